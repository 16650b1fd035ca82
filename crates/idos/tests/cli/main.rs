//! People, an issuer and a consumer by the commands alone, on a real node.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod keys;
#[path = "../support/mod.rs"]
mod support;
mod verify;

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use serde_json::Value;
use support::world::{FIRST_NAME, NEW_PASSWORD, PASSWORD, World, id, shown, unsigned};

#[test]
fn a_whole_story_by_commands() {
    let world = World::new();
    let issuer = world.keys("issuer", "issuer");
    let (issuer_key, issuer_did) = (id(&issuer["address"]), id(&issuer["keys"][0]["did"]));
    world.admit(&issuer_key);
    let consumer = world.keys("consumer", "consumer");
    world.keys("person", "person");

    // A profile, made once however often it is asked for.
    let facts = "person/profile.json";
    let before = world.refused(&["person", "show", "--home", "person"]);
    assert!(before.contains("no profile"), "{before}");
    let profile = ["issuer", "profile", "--home", "issuer", facts];
    assert_eq!(world.done(&profile)["event"], "profile-created");
    assert_eq!(world.done(&profile)["event"], "profile-exists");
    let shown = world.done(&["person", "show", "--home", "person"]);
    assert_eq!(shown["wallets"].as_array().unwrap().len(), 1);

    // The issuer may add one credential, and only with the person's grant.
    world.done(&[
        "person",
        "write-grant",
        "--home",
        "person",
        "--issuer",
        &issuer_key,
        "--out",
        "grant.json",
    ]);
    world.file("unsigned.json", &unsigned());
    let issue = [
        "issuer",
        "issue",
        "--home",
        "issuer",
        "--profile",
        facts,
        "--grant",
        "grant.json",
        "unsigned.json",
    ];
    let issued = world.done(&issue);
    assert_eq!(issued["event"], "issued");
    // Once, however often it is asked for.
    let again = world.done(&issue);
    assert_eq!(again["event"], "issued-before");
    for name in ["id", "copy"] {
        assert_eq!(again[name], issued[name], "{name}");
    }
    let credential = id(&issued["id"]);
    let list = world.done(&["person", "list", "--home", "person"]);
    assert_eq!(list["credentials"].as_array().unwrap().len(), 1);
    let opened = world.done(&["person", "credential", "--home", "person", &credential]);
    assert_eq!(
        opened["content"]["credentialSubject"]["firstName"],
        FIRST_NAME
    );
    assert_eq!(opened["content"]["issuer"], issuer_did.as_str());

    // Shared with a consumer, fetched, verified, revoked.
    let (grantee, key) = (id(&consumer["address"]), id(&consumer["key"]));
    let shared = world.done(&[
        "person",
        "share",
        "--home",
        "person",
        &credential,
        "--grantee",
        &grantee,
        "--key",
        &key,
    ]);
    let (grant, copy) = (id(&shared["grant"]), id(&shared["copy"]));
    let grants = world.done(&["consumer", "grants", "--home", "consumer"]);
    assert_eq!(grants["grants"][0]["credential"], copy.as_str());
    world.done(&[
        "consumer",
        "fetch",
        "--home",
        "consumer",
        &copy,
        "--out",
        "fetched.json",
    ]);
    let verify = ["consumer", "verify", "--home", "consumer", &copy];
    assert_eq!(world.ended(&verify, 1)["verdict"], "invalid", "not a party");
    let trusting = [&verify[..], &["--trust", &issuer_did]].concat();
    assert_eq!(world.done(&trusting)["verdict"], "valid");
    // What cannot be looked at is neither valid nor invalid.
    for lacking in [
        ["--trust-file", "/nonexistent"],
        ["--url", "http://127.0.0.1:1"],
    ] {
        let said = world.ended(&[&verify[..], &lacking].concat(), 2);
        assert_eq!(said, Value::Null, "no verdict");
    }
    let offline = [
        "credential",
        "verify",
        "fetched.json",
        "--trust",
        &issuer_did,
    ];
    assert_eq!(world.done(&offline)["verdict"], "valid");
    let mine = world.done(&["person", "grants", "--home", "person"]);
    assert!(mine["grants"].to_string().contains(&grant));
    world.done(&["person", "revoke", "--home", "person", &grant]);
    world.refused(&["consumer", "fetch", "--home", "consumer", &copy]);

    // A grant that is given up by the consumer.
    let again = world.done(&[
        "person",
        "share",
        "--home",
        "person",
        &credential,
        "--grantee",
        &grantee,
        "--key",
        &key,
    ]);
    let again = id(&again["copy"]);
    world.done(&["consumer", "rescind", "--home", "consumer", &again]);
    world.refused(&["consumer", "fetch", "--home", "consumer", &again]);
    world.assert_discreet(&["issuer", "consumer", "person"]);
}

/// People in the test of an interrupted list.
const PEOPLE: usize = 30;

#[test]
fn a_killed_list_goes_on_and_issues_nobody_twice() {
    let world = World::new();
    let issuer = world.keys("issuer", "issuer");
    let issuer_key = id(&issuer["address"]);
    world.admit(&issuer_key);
    let homes: Vec<_> = (0..PEOPLE).map(|number| format!("p{number}")).collect();
    for home in &homes {
        world.keys("person", home);
    }
    let facts: Vec<_> = homes
        .iter()
        .map(|home| format!("{home}/profile.json"))
        .collect();
    let facts: Vec<_> = facts.iter().map(String::as_str).collect();
    world.done(&[&["issuer", "profile", "--home", "issuer"], &facts[..]].concat());
    let mut list = "profile,grant,firstName,familyName\n".to_owned();
    for home in &homes {
        let grant = world.write_grant(home, &issuer_key);
        list += &format!("{home}/profile.json,{grant},{FIRST_NAME},\"{home}, the person\"\n");
    }
    world.file("people.csv", &list);
    world.file("template.json", &unsigned());
    let arguments = [
        "issuer",
        "issue-many",
        "--home",
        "issuer",
        "people.csv",
        "--template",
        "template.json",
    ];

    let mut first = world
        .command(&arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(first.stdout.take().unwrap()).lines();
    let issued = lines
        .take(7)
        .filter(|line| line.as_ref().unwrap().contains("issued"))
        .count();
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(issued, 7);

    let all = world.done(&arguments);
    let count = |name: &str| usize::try_from(all[name].as_u64().unwrap()).unwrap();
    assert_eq!(
        (count("issued") + count("before"), count("refused")),
        (PEOPLE, 0)
    );
    assert!(count("before") >= 7 && count("issued") > 0, "{all}");
    let again = world.done(&arguments);
    assert_eq!(again["before"], PEOPLE);

    // Without its journal, the grants themselves are for once.
    fs::remove_file(world.path("people.csv.journal")).unwrap();
    assert_eq!(world.done(&arguments)["before"], PEOPLE);
    for home in &homes {
        let list = world.done(&["person", "list", "--home", home]);
        assert_eq!(list["credentials"].as_array().unwrap().len(), 1, "{home}");
    }
    world.assert_discreet(&["issuer", "p0"]);
}

#[test]
fn a_command_begins_where_the_last_one_came_to() {
    let world = World::new();
    let consumer = world.keys("consumer", "consumer");
    // There is nothing to prove before the first block.
    world.admit_party(&id(&consumer["address"]), "consumer");
    let grants = ["consumer", "grants", "--home", "consumer"];
    let kept = world.path("consumer/checkpoint.json");
    assert!(!kept.exists());
    world.done(&grants);
    let text = fs::read_to_string(&kept).unwrap();
    assert!(text.contains(r#""epoch":"0""#), "{text}");

    // Whoever came to a later epoch believes no validators of the first.
    let later = text.replace(r#""epoch":"0""#, r#""epoch":"5""#);
    fs::write(&kept, later).unwrap();
    let refusal = world.refused(&grants);
    assert!(refusal.contains("epoch 5 has long replaced"), "{refusal}");
    fs::write(&kept, "{").unwrap();
    let refusal = world.refused(&grants);
    assert!(refusal.contains("is no checkpoint; remove it"), "{refusal}");

    // What somebody names counts instead, and is kept.
    world.file("named.json", &text);
    world.done(&[&grants[..], &["--checkpoint", "named.json"]].concat());
    assert_eq!(fs::read_to_string(&kept).unwrap(), text);
    world.file("other.json", &text.replace("idos-test", "idos-other"));
    let refusal = world.refused(&[&grants[..], &["--checkpoint", "other.json"]].concat());
    assert!(refusal.contains("of the chain idos-other"), "{refusal}");
    let genesis = world.node.home().join("genesis.toml");
    let keys = [
        "consumer",
        "keys",
        "--home",
        "new",
        "--url",
        &world.node.url,
    ];
    let from = [
        "--genesis",
        genesis.to_str().unwrap(),
        "--checkpoint",
        "named.json",
    ];
    world.done(&[&keys[..], &from].concat());
    let kept = world.path("new/checkpoint.json");
    assert_eq!(fs::read_to_string(kept).unwrap(), text);
}

#[test]
fn what_counts_is_told_before_the_folder_is_written() {
    let world = World::new();
    let issuer = world.keys("issuer", "issuer");
    world.admit(&id(&issuer["address"]));
    world.keys("person", "person");
    let create = ["issuer", "profile", "--home", "issuer"];
    world.done(&[&create[..], &["person/profile.json"]].concat());
    let end = |arguments: &[&str]| {
        let idos = world.command(&[&["person"], arguments, &["--home", "person"]].concat());
        // No file may get longer than it is, as if the disk were full.
        let mut full = Command::new("sh");
        full.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""])
            .arg(idos.get_program())
            .args(idos.get_args())
            .current_dir(world.path(""))
            .env("IDOS_PASSWORD", PASSWORD);
        let output = full.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        (told, String::from_utf8(output.stderr).unwrap())
    };
    let new = world.file("new-password", NEW_PASSWORD);
    let (told, error) = end(&["password", "--new-password-file", &new]);
    assert_eq!(told["event"], "password-changed");
    assert!(error.contains("the password is changed"), "{error}");
    // What is no reason to end is said as well.
    let warning = error.lines().find(|line| line.starts_with("warning: "));
    let warning = warning.expect(&error);
    assert!(
        warning.contains("checkpoint.json cannot be written"),
        "{warning}"
    );
    assert!(warning.contains("File too large"), "{warning}");
    let left = fs::read_dir(world.path("person")).unwrap();
    let left = left.map(|it| it.unwrap().file_name().into_string().unwrap());
    assert!(left.into_iter().all(|name| !name.contains(".new")));
    let attributes = ["person", "attributes", "--home", "person"];
    world.done(&[&attributes[..], &["--password-file", &new]].concat());
    world.refused(&attributes);

    let (told, error) = end(&["recovery-words", "--password-file", &new]);
    assert!(error.contains("the words above count"), "{error}");
    let words = world.file("words", &id(&told["words"]));
    let recover = [
        "person",
        "recover",
        "--home",
        "back",
        "--words-file",
        &words,
    ];
    let genesis = shown(&world.node.home().join("genesis.toml"));
    let network = ["--url", &world.node.url, "--genesis", &genesis];
    let password = ["--new-password-file", &new];
    world.done(&[&recover[..], &network, &password].concat());
}
