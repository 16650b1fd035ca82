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
fn the_owner_sees_what_is_shared_and_with_whom() {
    let scene = Scene::new();
    let [credential, attribute] = scene.own();
    let nothing = scene.text("person", &["grants"], "person");
    assert!(nothing.contains("nothing is shared"), "{nothing}");
    let share = ["share", &credential, "--with", &scene.party];
    let first = scene.person(&share);
    assert_eq!(first["earlier_grants"], json!([]));
    let share_attribute = ["share-attribute", &attribute, "--with", &scene.party];
    let copies = [(); 2].map(|()| id(&scene.person(&share_attribute)["copy"]));

    let grants = scene.person(&["grants"]);
    let grant = &grants["grants"][0];
    assert_eq!(grant["original"], credential.as_str());
    assert_eq!(grant["credential"], first["copy"]);
    assert_eq!(grant["grantee_name"], "The Bank");
    let mut shared: Vec<_> = grants["attributes"].as_array().unwrap().iter().collect();
    shared.sort_by_key(|it| it["copy"] != copies[0].as_str());
    for (shared, copy) in shared.iter().zip(&copies) {
        assert_eq!(
            **shared,
            json!({
                "copy": copy, "original": attribute, "key": "email",
                "grantee": scene.bank, "grantee_name": "The Bank",
            })
        );
    }
    let text = scene.text("person", &["grants"], "person");
    assert!(text.contains(&format!("credential {credential}")), "{text}");
    let whom = format!("The Bank ({})", scene.bank);
    assert_eq!(text.matches(&whom).count(), 3, "{text}");

    let listed = scene.person(&["attributes"]);
    let of = listed["attributes"][0]["shared"].as_array().unwrap();
    assert_eq!(of.len(), 2, "{listed}");
    assert!(of.iter().all(|it| it["grantee"] == scene.bank.as_str()));
    let text = scene.text("person", &["attributes"], "person");
    assert_eq!(text.matches(&whom).count(), 2, "{text}");

    // Only the device that shared an attribute knows with whom.
    fs::remove_file(scene.world.path("person/shared-attributes.json")).unwrap();
    let grants = scene.person(&["grants"]);
    assert_eq!(grants["attributes"].as_array().unwrap().len(), 2);
    assert_eq!(grants["attributes"][0]["grantee"], Value::Null);

    // Once more is another grant, which is said.
    let again = [&["person"], &share[..], &["--home", "person"]].concat();
    let output = scene.world.run(&again);
    let first = id(&first["grant"]);
    assert!(errors(&output).contains(&first), "{}", errors(&output));
    let again: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(again["earlier_grants"], json!([first]));
    for copy in &copies {
        scene.person(&["remove-attribute", copy]);
    }
    assert_eq!(scene.person(&["grants"])["attributes"], json!([]));
}

#[test]
fn consumers_see_whose_a_grant_is_and_who_signed() {
    let scene = Scene::new();
    let world = &scene.world;
    let trusted = world.admit_party(&scene.issuer, "issuer");
    let publish = ["issuer", "publish-keys", "--home", "issuer"];
    world.done(&[&publish[..], &["--party", &trusted, "--name", "The Issuer"]].concat());
    let issued: Value = serde_json::from_slice(&scene.issue(&[]).stdout).unwrap();
    let credential = id(&issued["id"]);
    let shared = scene.person(&["share", &credential, "--with", &scene.party]);
    let copy = id(&shared["copy"]);
    let owner = id(&scene.person(&["show"])["profile"]);

    let text = scene.text("consumer", &["grants"], "bank");
    assert!(text.contains(&format!("of {owner}")), "{text}");
    let verified = world.done(&["consumer", "verify", &copy, "--home", "bank"]);
    let did = id(&verified["issuer"]["id"]);
    assert!(did.starts_with("did:key:"), "{did}");
    assert_eq!(verified["issuer"]["name"], "The Issuer");
    let text = scene.text("consumer", &["verify", &copy], "bank");
    for told in [
        &format!("owner   {owner}"),
        &id(&shared["grant"]),
        &format!("The Issuer ({did})"),
    ] {
        assert!(text.contains(told.as_str()), "{told}: {text}");
    }
}

#[test]
fn what_no_issuer_could_use_is_not_signed() {
    let scene = Scene::new();
    let [credential, _] = scene.own();
    let (issuer, bank) = (scene.issuer.as_str(), scene.bank.as_str());
    let did = "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";
    let sign = [
        "person",
        "write-grant",
        "--home",
        "person",
        "--out",
        "grant",
    ];
    for wrong in [
        &["--issuer", "zz"] as &[_],
        &["--issuer", did],
        &["--issuer", issuer, "--grantee", ""],
        &["--issuer", issuer, "--grantee", "garbage"],
    ] {
        let output = scene.world.run(&[&sign[..], wrong].concat());
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
    }
    let filter = ["person", "filter", "--home", "person", "--issuer", "zz"];
    assert_eq!(scene.world.run(&filter).status.code(), Some(2));
    let past = ["--lock-until", PAST];
    let whom = ["--with", &scene.party];
    for locked in [
        &["write-grant", "--out", "grant", "--issuer", issuer] as &[_],
        &[&["share", &credential], &whom[..]].concat(),
        &[&["access-grant", &credential], &whom[..]].concat(),
    ] {
        let refused = scene.refused(&[locked, &past].concat());
        assert!(refused.contains("is in the past"), "{refused}");
    }
    assert!(!scene.world.path("grant").exists());
    assert_eq!(scene.person(&["grants"])["grants"], json!([]));
    let evm = "0xd8da6bf26964af9d7eed9e03e53415d37aa96045";
    let near = "ed25519:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF";
    let stellar = "GAAZI4TCR3TY5OJHCTJC2A4QSY6CJWJH5IAJTGKIN2ER7LBNVKOCCWN7";
    let xrpl = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh";
    for (number, grantee) in [bank, evm, near, stellar, xrpl].iter().enumerate() {
        let out = format!("grant-{number}");
        let sign = [
            "write-grant",
            "--out",
            &out,
            "--issuer",
            issuer,
            "--grantee",
        ];
        scene.person(&[&sign[..], &[grantee]].concat());
    }
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

#[test]
fn a_status_that_a_credential_does_not_have_is_told_from_no_credential() {
    let scene = Scene::new();
    let revocable = ["--revocable", "--public-url", "https://issuer.example"];
    let issued: Value = serde_json::from_slice(&scene.issue(&revocable).stdout).unwrap();
    let name = id(&issued["credential"]);
    let set = |id: &str| {
        let set = ["issuer", "status", "--home", "issuer", id];
        scene
            .world
            .refused(&[&set[..], &["--set", "suspended"]].concat())
    };
    let other = set(&name);
    assert!(other.contains("can be revoked"), "{other}");
    let unknown = set("urn:example:nobody");
    assert!(!unknown.contains("can be revoked"), "{unknown}");
}

#[test]
fn a_status_list_where_nobody_would_find_it_is_told() {
    let scene = Scene::new();
    let issue = |url: &str| errors(&scene.issue(&["--revocable", "--public-url", url]));
    let open = issue("http://issuer.example");
    assert!(open.contains("https"), "{open}");
    let same = issue("http://issuer.example");
    assert!(!same.contains("another"), "{same}");
    let other = issue("https://issuer.example");
    assert!(other.contains("http://issuer.example"), "{other}");
    assert!(!issue("http://127.0.0.1:8492").contains("https only"));
    scene.issue(&[]);
}

/// What `docs/integration.md` shows, in its order.
fn samples() -> Vec<String> {
    let document = include_str!("../../../docs/integration.md");
    let of_section = document.split("### What is issued").nth(1).unwrap();
    let section = of_section.split("\n### ").next().unwrap();
    let blocks = section.split("```").skip(1).step_by(2);
    let content = |block: &str| block.split_once('\n').unwrap().1.to_owned();
    blocks.map(content).collect()
}

#[test]
fn the_samples_of_the_document_are_issued_and_verify() {
    let scene = Scene::new();
    let world = &scene.world;
    let trusted = world.admit_party(&scene.issuer, "issuer");
    let publish = ["issuer", "publish-keys", "--home", "issuer"];
    world.done(&[&publish[..], &["--party", &trusted, "--name", "The Issuer"]].concat());
    let samples = samples();
    let names = [
        "credential.json",
        "notes.json",
        "template.json",
        "people.csv",
    ];
    assert_eq!(samples.len(), names.len());
    for (name, sample) in names.iter().zip(&samples) {
        world.file(name, sample);
    }
    world.keys("person", "ada");
    let profile = ["issuer", "profile", "--home", "issuer", "ada/profile.json"];
    world.done(&profile);
    let grant = world.write_grant("ada", &scene.issuer);
    let issue = ["issuer", "issue", "--home", "issuer", "credential.json"];
    let to = ["--profile", "ada/profile.json", "--grant", &grant];
    let notes = ["--notes-file", "notes.json"];
    let issued = world.done(&[&issue[..], &to, &notes].concat());
    // What the demo bank looks for.
    let filter = ["person", "filter", "--home", "ada"];
    let wanted = ["--notes", "type=kyc", "--notes", "status=approved"];
    let found = world.done(&[filter, wanted].concat());
    assert_eq!(found["credentials"][0]["id"], issued["id"]);
    fs::remove_file(world.path(&grant)).unwrap();
    world.write_grant("ada", &scene.issuer);
    let many = ["issuer", "issue-many", "--home", "issuer", "people.csv"];
    let all = world.done(&[&many[..], &["--template", "template.json"]].concat());
    assert_eq!(all["issued"], 1);

    let listed = world.done(&["person", "list", "--home", "ada"]);
    let listed = listed["credentials"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().any(|it| it["id"] == issued["id"]));
    for credential in listed {
        let share = ["person", "share", "--home", "ada", "--with", &scene.party];
        let shared = world.done(&[&share[..], &[&id(&credential["id"])]].concat());
        let verify = ["consumer", "verify", "--home", "bank"];
        let report = world.done(&[&verify[..], &[&id(&shared["copy"])]].concat());
        assert_eq!(report["report"]["fieldBinding"], "proven");
    }
}

#[test]
fn the_document_names_every_field_of_every_type() {
    let document = include_str!("../../../docs/integration.md");
    for name in ["kyc", "personhood", "wallets", "social", "achievement"] {
        let context = format!("`urn:idos:context:{name}:v1`");
        let row = document.lines().find(|line| line.contains(&context));
        let fields = row.unwrap().rsplit_once(&context).unwrap().1;
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../linked-data/contexts");
        let terms = fs::read_to_string(format!("{folder}/{name}-v1.json")).unwrap();
        let terms: Value = serde_json::from_str(&terms).unwrap();
        let terms = terms["@context"].as_object().unwrap().keys();
        let mut terms: Vec<_> = terms.filter(|term| !term.starts_with('@')).collect();
        let mut named: Vec<_> = fields.split('`').skip(1).step_by(2).collect();
        terms.sort_unstable();
        named.sort_unstable();
        assert_eq!(named, terms);
    }
}
