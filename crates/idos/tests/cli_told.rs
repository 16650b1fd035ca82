//! What commands of people, consumers and issuers say of what they did, and what they refuse before it is
//! done, on a real node.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use std::fs;

use serde_json::{Value, json};
use support::world::{World, id, unsigned};

/// Before any test.
const PAST: &str = "2020-01-01T00:00:00Z";

/// An issuer, a person with a profile and a bank that the network admitted and that published its keys.
struct Scene {
    world: World,
    issuer: String,
    bank: String,
    /// The bank's published key.
    key: String,
    /// The bank, as people name it.
    party: String,
}

impl Scene {
    fn new() -> Self {
        let world = World::new();
        let issuer = id(&world.keys("issuer", "issuer")["address"]);
        world.admit(&issuer);
        world.keys("person", "person");
        let profile = ["issuer", "profile", "--home", "issuer"];
        world.done(&[&profile[..], &["person/profile.json"]].concat());
        let consumer = world.keys("consumer", "bank");
        let (bank, key) = (id(&consumer["address"]), id(&consumer["key"]));
        let party = world.admit_party(&bank, "consumer");
        let publish = ["consumer", "publish-keys", "--home", "bank"];
        world.done(&[&publish[..], &["--party", &party, "--name", "The Bank"]].concat());
        Self {
            world,
            issuer,
            bank,
            key,
            party,
        }
    }

    fn person(&self, arguments: &[&str]) -> Value {
        self.world
            .done(&[&["person"], arguments, &["--home", "person"]].concat())
    }

    fn refused(&self, arguments: &[&str]) -> String {
        self.world
            .refused(&[&["person"], arguments, &["--home", "person"]].concat())
    }

    /// What a command of somebody prints for people.
    fn text(&self, role: &str, arguments: &[&str], home: &str) -> String {
        let arguments = [&[role], arguments, &["--home", home]].concat();
        String::from_utf8(self.world.for_people(&arguments)).unwrap()
    }

    /// A credential and an attribute that the person added.
    fn own(&self) -> [String; 2] {
        self.world.file("own.json", "{}");
        self.world.file("value", "name@mail.example");
        let credential = id(&self.person(&["add", "own.json"])["id"]);
        let add = ["add-attribute", "email", "--value-file", "value"];
        [credential, id(&self.person(&add)["id"])]
    }

    /// A credential that the issuer issues to the person, with more arguments.
    fn issue(&self, more: &[&str]) -> std::process::Output {
        let grant = self.world.write_grant("person", &self.issuer);
        self.world.file("unsigned.json", &unsigned());
        let issue = ["issuer", "issue", "--home", "issuer", "unsigned.json"];
        let to = ["--profile", "person/profile.json", "--grant", &grant];
        let output = self.world.run(&[&issue[..], &to, more].concat());
        fs::remove_file(self.world.path(&grant)).unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
        output
    }
}

fn errors(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn the_key_of_a_party_is_compared_however_the_party_is_named() {
    let scene = Scene::new();
    let [credential, attribute] = scene.own();
    let other = id(&scene.world.keys("consumer", "other")["key"]);
    let with = ["--with", &scene.party, "--key"];
    for command in [
        ["share", &credential],
        ["access-grant", &credential],
        ["share-attribute", &attribute],
    ] {
        let refused = scene.refused(&[&command[..], &with, &[&other]].concat());
        assert!(
            refused.contains("not the one that it published"),
            "{refused}"
        );
        scene.refused(&[&command[..], &with, &["no key"]].concat());
    }
    assert_eq!(scene.person(&["grants"])["grants"], json!([]));
    scene.person(&[&["share", &credential], &with[..], &[&scene.key]].concat());
}

#[test]
fn an_access_grant_that_is_printed_says_how_to_take_it_back() {
    let scene = Scene::new();
    let [credential, _] = scene.own();
    let sign = ["person", "access-grant", "--home", "person", &credential];
    let sign = [&sign[..], &["--with", &scene.party]].concat();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_idos"));
    let output = command
        .args(&sign)
        .current_dir(scene.world.path(""))
        .env("IDOS_PASSWORD", support::world::PASSWORD)
        .output()
        .unwrap();
    // What was signed is all that is on standard output.
    let access: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(access["grantee"], scene.bank.as_str());
    let own = id(&scene.person(&["grants"])["grants"][0]["id"]);
    assert!(errors(&output).contains(&own), "{}", errors(&output));
}

#[test]
fn an_issuer_is_told_what_its_command_did_not_find() {
    let scene = Scene::new();
    let world = &scene.world;
    // Whether anybody has such notes nobody tells.
    world.file("notes.json", r#"{"id":"nobody's","status":"ended"}"#);
    let notes = ["notes", "nobody's", "--notes-file", "notes.json"];
    let text = scene.text("issuer", &notes, "issuer");
    assert!(!text.contains("edited"), "{text}");
    assert!(text.contains("does not tell"), "{text}");
    // What has no id is never found.
    for notes in ["[1]", r#"{"id":7}"#, "text"] {
        world.file("no-id.json", notes);
        let said = errors(&scene.issue(&["--notes-file", "no-id.json"]));
        assert!(
            said.contains("warning: ") && said.contains("`id`"),
            "{said}"
        );
    }
    let said = errors(&scene.issue(&["--notes-file", "notes.json"]));
    assert!(said.is_empty(), "{said}");

    // A content that it has no copy of.
    let [credential, _] = scene.own();
    let sign = ["access-grant", &credential, "--with", &scene.party];
    scene.person(&[&sign[..], &["--out", "access.json"]].concat());
    let submit = ["issuer", "grant-access", "--home", "issuer", "access.json"];
    let refused = world.refused(&submit);
    assert!(refused.contains("content"), "{refused}");
    assert!(!refused.contains("00000000-0000"), "{refused}");
}

#[test]
fn a_password_is_not_changed_to_itself() {
    let scene = Scene::new();
    let same = scene.world.file("same", support::world::PASSWORD);
    let refused = scene.refused(&["password", "--new-password-file", &same]);
    assert!(refused.contains("is the one in use"), "{refused}");
    let listed = scene.person(&["attributes"]);
    assert_eq!(listed["attributes"], json!([]));
}
