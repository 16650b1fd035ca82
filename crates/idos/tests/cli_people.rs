//! Commands for other wallets, published keys, revocation, edits, renewals and searches, on a real
//! node.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use serde_json::{Value, json};
use support::world::{FIRST_NAME, World, id, unsigned};

/// Where the status lists are said to be.
const PUBLIC_URL: &str = "https://issuer.example";

const KINDS: [(&str, &str); 5] = [
    ("ed25519", "FaceSign"),
    ("evm", "EVM"),
    ("near", "NEAR"),
    ("xrpl", "XRPL"),
    ("stellar", "Stellar"),
];

/// An issuer whom the network admitted, in the folder `issuer`; its address.
fn issuer(world: &World) -> String {
    let keys = world.keys("issuer", "issuer");
    let address = id(&keys["address"]);
    world.admit(&address);
    address
}

fn profile(world: &World, home: &str) {
    let facts = format!("{home}/profile.json");
    world.done(&["issuer", "profile", "--home", "issuer", &facts]);
}

fn write_grant(world: &World, home: &str, issuer: &str) -> String {
    let grant = format!("{home}/grant.json");
    let _ = fs::remove_file(world.path(&grant));
    let arguments = [
        "person",
        "write-grant",
        "--home",
        home,
        "--issuer",
        issuer,
        "--out",
    ];
    world.done(&[&arguments[..], &[&grant]].concat());
    grant
}

#[test]
fn profiles_have_wallets_of_every_kind() {
    let world = World::new();
    issuer(&world);
    let genesis = support::world::shown(&world.node.home().join("genesis.toml"));
    for (kind, name) in KINDS {
        let made = ["person", "keys", "--home", kind, "--wallet", kind, "--url"];
        let network = [world.node.url.as_str(), "--genesis", &genesis];
        world.done(&[&made[..], &network[..]].concat());
        profile(&world, kind);
        let shown = world.done(&["person", "show", "--home", kind]);
        assert_eq!(shown["wallets"][0]["kind"], name);
        world.file("value", "a value");
        let add = [
            "person",
            "add-attribute",
            "--home",
            kind,
            "note",
            "--value-file",
        ];
        world.done(&[&add[..], &["value"]].concat());
    }
    for (number, (kind, _)) in (1_u8..).zip(KINDS) {
        let seed = world.file("seed", &format!("{}\n", hex::encode([number; 32])));
        let add = [
            "person",
            "add-wallet",
            "--home",
            "evm",
            "--wallet",
            kind,
            "--key-file",
        ];
        let add = [&add[..], &[seed.as_str()]].concat();
        world.done(&add);
        world.refused(&add);
    }
    let shown = world.done(&["person", "show", "--home", "evm"]);
    let mut kinds: Vec<_> = shown["wallets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|wallet| wallet["kind"].as_str().unwrap())
        .collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["EVM", "EVM", "FaceSign", "NEAR", "Stellar", "XRPL"]);

    fs::write(world.path("near/wallet-kind"), "purse\n").unwrap();
    let refused = world.refused(&["person", "show", "--home", "near"]);
    assert!(refused.contains("no kind of wallet"), "{refused}");
}

#[test]
fn parties_publish_their_keys_and_are_relied_on() {
    let world = World::new();
    let address = issuer(&world);
    let consumer = world.keys("consumer", "consumer");
    world.keys("person", "person");
    profile(&world, "person");
    let grant = write_grant(&world, "person", &address);
    world.file("unsigned.json", &unsigned());
    let issued = world.done(&[
        "issuer",
        "issue",
        "--home",
        "issuer",
        "--profile",
        "person/profile.json",
        "--grant",
        &grant,
        "unsigned.json",
        "--revocable",
        "--public-url",
        PUBLIC_URL,
    ]);
    let credential = id(&issued["id"]);

    let party = world.admit_party(&id(&consumer["address"]), "consumer");
    let share = [
        "person",
        "share",
        "--home",
        "person",
        &credential,
        "--with",
        &party,
    ];
    let early = world.refused(&share);
    assert!(early.contains("published no keys"), "{early}");
    let publish = |role: &'static str, party: &str| {
        let home = ["--home", role, "--party"].map(str::to_owned);
        let mut arguments = vec![role.to_owned(), "publish-keys".to_owned()];
        arguments.extend(home);
        arguments.extend([party, "--name", role].map(str::to_owned));
        arguments
    };
    let run = |arguments: &[String]| {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        world.done(&arguments)
    };
    assert_eq!(run(&publish("consumer", &party))["version"], 1);
    assert_eq!(run(&publish("consumer", &party))["version"], 2);
    let shared = world.done(&share);

    let copy = id(&shared["copy"]);
    let verify = ["consumer", "verify", "--home", "consumer", &copy];
    assert_eq!(world.ended(&verify, 1)["verdict"], "invalid");
    let trusted = world.admit_party(&address, "issuer");
    let stolen: Vec<_> = publish("consumer", &trusted);
    let stolen: Vec<_> = stolen.iter().map(String::as_str).collect();
    world.refused(&stolen);
    run(&publish("issuer", &trusted));
    // It has a status, and whoever lacks the list is told where it may come from.
    let lacking = world.ended(&verify, 2);
    assert_eq!(lacking["verdict"], "cannot-say");
    let lacking = lacking["report"].to_string();
    for source in ["--online", "--status-list"] {
        assert!(lacking.contains(source), "{lacking}");
    }
    let published = list(&world);
    let with_list = [&verify[..], &["--status-list", &published]].concat();
    assert_eq!(world.done(&with_list)["verdict"], "valid");
}

/// The revocation list, as the server of the folder publishes it.
fn list(world: &World) -> String {
    let serve = [
        "issuer",
        "serve",
        "--home",
        "issuer",
        "--listen",
        "127.0.0.1:0",
    ];
    let token = world.file("token", &"07".repeat(32));
    let public = ["--public-url", PUBLIC_URL, "--token-file", &token];
    let arguments = [&serve[..], &public].concat();
    let mut server = world
        .command(&arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(server.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    let listening: Value = serde_json::from_str(&line).unwrap();
    let url = id(&listening["url"]);
    let answer = ureq::get(format!("{url}/status/ed25519-revocation")).call();
    let list = answer.unwrap().body_mut().read_to_string().unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    world.file("list.json", &list)
}

#[test]
fn what_commands_issued_is_revoked() {
    let world = World::new();
    let address = issuer(&world);
    for home in ["person", "other"] {
        world.keys("person", home);
        profile(&world, home);
    }
    world.file("unsigned.json", &unsigned());
    let grant = write_grant(&world, "person", &address);
    let revocable = ["--revocable", "--public-url", PUBLIC_URL];
    let issue = [
        "issuer",
        "issue",
        "--home",
        "issuer",
        "--profile",
        "person/profile.json",
        "--grant",
        &grant,
        "unsigned.json",
    ];
    let issue = [&issue[..], &revocable[..]].concat();
    let issued = world.done(&issue);
    let name = id(&issued["credential"]);
    // Not that of the grant, which the person chose.
    assert_eq!(name, format!("urn:uuid:{}", id(&issued["id"])));
    // The second time it is found, and has the same entry.
    let again = world.done(&issue);
    assert_eq!(again["event"], "issued-before");
    assert_eq!(again["credential"], name.as_str());
    let shown = world.done(&[
        "person",
        "credential",
        "--home",
        "person",
        &id(&issued["id"]),
    ]);
    let did = id(&shown["content"]["issuer"]);
    let file = world.file("credential.json", &shown["content"].to_string());
    let verify = ["credential", "verify", &file, "--trust", &did];
    assert_eq!(world.ended(&verify, 2)["verdict"], "cannot-say", "no list");
    let published = list(&world);
    let with_list = [&verify[..], &["--status-list", &published]].concat();
    assert_eq!(world.done(&with_list)["verdict"], "valid");
    world.done(&[
        "issuer", "status", "--home", "issuer", &name, "--set", "revoked",
    ]);
    list(&world);
    assert_eq!(world.ended(&with_list, 1)["verdict"], "invalid");
    // To suspend it, and to take that back, takes nothing of the revocation back.
    let lists = rusqlite::Connection::open(world.path("issuer/status.sqlite")).unwrap();
    let entry = "INSERT INTO entries (list, position, credential)
        VALUES ('ed25519-suspension', 7, ?1), ('ed25519-suspension', 8, 'urn:example:other')";
    lists.execute(entry, [&name]).unwrap();
    for (of, status, told) in [
        (name.as_str(), "suspended", "suspended"),
        (name.as_str(), "valid", "no-longer-suspended"),
        ("urn:example:other", "suspended", "suspended"),
        ("urn:example:other", "valid", "valid"),
    ] {
        let set = ["issuer", "status", "--home", "issuer", of, "--set", status];
        assert_eq!(world.done(&set)["status"], told);
    }
    assert_eq!(world.ended(&with_list, 1)["verdict"], "invalid");
    // Nobody can be asked at a name that does not exist: it cannot be said.
    let online = [&verify[..], &["--online"]].concat();
    assert_eq!(world.ended(&online, 2)["verdict"], "cannot-say");

    // Two write grants, one id: both credentials have an entry, and both are revoked by it.
    let mut named: Value = serde_json::from_str(&unsigned()).unwrap();
    named["id"] = "urn:example:twice".into();
    world.file("named.json", &named.to_string());
    let mut places = Vec::new();
    for _ in 0..2 {
        let grant = write_grant(&world, "person", &address);
        let give = ["issuer", "issue", "--home", "issuer", "named.json"];
        let with = ["--profile", "person/profile.json", "--grant", &grant];
        let issued = world.done(&[&give[..], &with[..], &revocable[..]].concat());
        let shown = ["person", "credential", "--home", "person"];
        let shown = world.done(&[&shown[..], &[&id(&issued["id"])]].concat());
        let status = &shown["content"]["credentialStatus"]["statusListIndex"];
        places.push(id(status));
    }
    assert_ne!(places[0], places[1]);
    let set = ["issuer", "status", "--home", "issuer", "urn:example:twice"];
    world.done(&[&set[..], &["--set", "revoked"]].concat());
    let lists = rusqlite::Connection::open(world.path("issuer/status.sqlite")).unwrap();
    let set = "SELECT count(*) FROM entries WHERE credential = 'urn:example:twice' AND is_set = 1";
    let set: i64 = lists.query_row(set, [], |row| row.get(0)).unwrap();
    assert_eq!(set, 2);

    let grant = write_grant(&world, "other", &address);
    let people = json!([{
        "profile": "other/profile.json", "grant": grant, "subject": { "firstName": FIRST_NAME },
    }]);
    world.file("people.json", &people.to_string());
    let many = [
        "issuer",
        "issue-many",
        "--home",
        "issuer",
        "people.json",
        "--template",
    ];
    let many = [&many[..], &["unsigned.json"], &revocable[..]].concat();
    assert_eq!(world.done(&many)["issued"], 1);
    let journal = fs::read_to_string(world.path("people.json.journal")).unwrap();
    let line: Value = serde_json::from_str(journal.lines().next().unwrap()).unwrap();
    let name = id(&line["credential"]);
    world.done(&[
        "issuer", "status", "--home", "issuer", &name, "--set", "revoked",
    ]);
    let mut with_id: Value = serde_json::from_str(&unsigned()).unwrap();
    with_id["id"] = "urn:example:1".into();
    world.file("unsigned.json", &with_id.to_string());
    let refused = world.refused(&many);
    assert!(refused.contains("has an id"), "{refused}");
}

/// What is in the revocation list, by credential.
fn entries(world: &World) -> Vec<(String, u32)> {
    let lists = rusqlite::Connection::open(world.path("issuer/status.sqlite")).unwrap();
    let mut rows = lists
        .prepare("SELECT credential, position FROM entries ORDER BY credential")
        .unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

#[test]
fn an_interrupted_list_takes_one_entry_for_each_person() {
    let world = World::new();
    let address = issuer(&world);
    world.keys("person", "person");
    profile(&world, "person");
    world.file("unsigned.json", &unsigned());
    let grant = write_grant(&world, "person", &address);
    let people = json!([{ "profile": "person/profile.json", "grant": grant }]);
    world.file("people.json", &people.to_string());
    let many = ["issuer", "issue-many", "--home", "issuer", "people.json"];
    let how = [
        "--template",
        "unsigned.json",
        "--revocable",
        "--public-url",
        PUBLIC_URL,
    ];
    let many = [&many[..], &how[..]].concat();

    // It ends after it has taken an entry, and before it has written anything: this node is asked
    // for what a write needs, and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let mut interrupted = world
        .command(&[&many[..], &["--url", &url]].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let asked = silent.accept().unwrap();
    let taken = entries(&world);
    interrupted.kill().unwrap();
    interrupted.wait().unwrap();
    drop(asked);
    assert_eq!(taken.len(), 1);

    assert_eq!(world.done(&many)["issued"], 1);
    assert_eq!(entries(&world), taken);
    // It ends after it has written, and before it has noted that.
    fs::remove_file(world.path("people.json.journal")).unwrap();
    assert_eq!(world.done(&many)["before"], 1);
    assert_eq!(entries(&world), taken);

    let list = world.done(&["person", "list", "--home", "person"]);
    let id = id(&list["credentials"][0]["id"]);
    let shown = world.done(&["person", "credential", "--home", "person", &id]);
    let (name, position) = &taken[0];
    assert_eq!(shown["content"]["id"], name.as_str());
    let status = &shown["content"]["credentialStatus"];
    assert_eq!(status["statusListIndex"], position.to_string());
    world.done(&[
        "issuer", "status", "--home", "issuer", name, "--set", "revoked",
    ]);

    // What an attempt has taken that the network refused stays: another one may have it too.
    let again = ["issuer", "issue", "--home", "issuer", "unsigned.json"];
    let with = ["--profile", "person/profile.json", "--grant", &grant];
    let mut other: Value = serde_json::from_str(&unsigned()).unwrap();
    other["id"] = "urn:example:1".into();
    world.file("unsigned.json", &other.to_string());
    let how = ["--revocable", "--public-url", PUBLIC_URL];
    let other = [&again[..], &with[..], &how[..]].concat();
    world.refused(&other);
    let stays = entries(&world);
    assert_eq!(stays.len(), 2);
    assert!(stays.contains(&taken[0]));
    world.refused(&other);
    assert_eq!(entries(&world), stays);
}

#[test]
fn an_attempt_that_fails_leaves_the_entry_to_one_that_issued_meanwhile() {
    let world = World::new();
    let address = issuer(&world);
    world.keys("person", "person");
    profile(&world, "person");
    world.file("unsigned.json", &unsigned());
    let grant = write_grant(&world, "person", &address);
    let issue = ["issuer", "issue", "--home", "issuer", "unsigned.json"];
    let with = ["--profile", "person/profile.json", "--grant", &grant];
    let how = ["--revocable", "--public-url", PUBLIC_URL];
    let issue = [&issue[..], &with[..], &how[..]].concat();

    // The first has taken the entry, and asks a node that says nothing until the second has issued.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let mut first = world
        .command(&[&issue[..], &["--url", &url]].concat())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let asked = silent.accept().unwrap();
    let taken = entries(&world);
    assert_eq!(taken.len(), 1);
    world.done(&issue);
    drop((asked, silent));
    assert!(!first.wait().unwrap().success());
    assert_eq!(entries(&world), taken);
    world.done(&[
        "issuer",
        "status",
        "--home",
        "issuer",
        &taken[0].0,
        "--set",
        "revoked",
    ]);
}

#[test]
fn data_is_edited_found_and_renewed() {
    let world = World::new();
    issuer(&world);
    world.keys("person", "person");
    profile(&world, "person");
    let consumer = world.keys("consumer", "consumer");
    let person =
        |arguments: &[&str]| world.done(&[&["person"], arguments, &["--home", "person"]].concat());

    world.file("value", "before\n");
    let note = id(&person(&["add-attribute", "note", "--value-file", "value"])["id"]);
    world.file("value", "after\n");
    person(&["edit-attribute", &note, "--value-file", "value"]);
    let attributes = person(&["attributes"]);
    assert_eq!(attributes["attributes"][0]["value"], "after");
    assert_eq!(attributes["attributes"][0]["key"], "note");
    person(&["remove-attribute", &note]);
    assert_eq!(person(&["attributes"])["attributes"], json!([]));
    world.refused(&["person", "remove-attribute", &note, "--home", "person"]);

    let content = |version: u8| {
        json!({ "version": version, "country": "PT", "validUntil": "2020-01-01T00:00:00Z" })
            .to_string()
    };
    world.file("content.json", &content(1));
    world.file("notes.json", r#"{"type":"human","level":2}"#);
    let added = person(&["add", "content.json", "--notes-file", "notes.json"]);
    let credential = id(&added["id"]);
    world.file("plain.json", r#"{"country":"FR"}"#);
    person(&["add", "plain.json"]);

    let found = |arguments: &[&str]| {
        let found = person(&[&["filter"], arguments].concat());
        found["credentials"].as_array().unwrap().len()
    };
    assert_eq!(found(&[]), 2);
    assert_eq!(found(&["--notes", "type=human", "--notes", "level=2"]), 1);
    assert_eq!(found(&["--notes", "type=robot"]), 0);
    assert_eq!(
        found(&["--without-notes", "type=human", "--notes", "level=2"]),
        0
    );
    world.file("looked-for.json", r#"{"pick":{"country":["FR","ES"]}}"#);
    assert_eq!(found(&["--content-file", "looked-for.json"]), 1);
    assert_eq!(found(&["--issuer", &"ab".repeat(32)]), 0);
    let expiring = person(&["expiring"]);
    assert_eq!(expiring["credentials"].as_array().unwrap().len(), 1);
    assert_eq!(expiring["credentials"][0]["id"], credential.as_str());

    let (grantee, key) = (id(&consumer["address"]), id(&consumer["key"]));
    let shared = person(&["share", &credential, "--grantee", &grantee, "--key", &key]);
    let (grant, old) = (id(&shared["grant"]), id(&shared["copy"]));
    assert_eq!(person(&["renew"])["event"], "nothing-to-renew");
    world.file("content.json", &content(2));
    person(&["edit", &credential, "content.json"]);
    let shown = person(&["credential", &credential]);
    assert_eq!(shown["content"]["version"], 2);
    assert!(
        shown["notes"].as_str().unwrap().contains("human"),
        "they stay"
    );
    assert_eq!(person(&["renew"])["event"], "would-renew");
    let unlisted = world.refused(&["person", "renew", "--yes", "--home", "person"]);
    assert!(unlisted.contains("--grant and --key"), "{unlisted}");
    let fetch = |copy: &str| world.run(&["consumer", "fetch", "--home", "consumer", copy]);
    assert!(fetch(&old).status.success(), "nothing happened yet");
    let renewed = person(&["renew", "--grant", &grant, "--key", &key, "--yes"]);
    let new = fetch(&id(&renewed["copy"]));
    let new: Value = serde_json::from_slice(&new.stdout).unwrap();
    assert_eq!(new["content"]["version"], 2);
    assert_eq!(fetch(&old).status.code(), Some(1));
    assert_eq!(person(&["renew"])["event"], "nothing-to-renew");

    // Who has the newer version already loses the older one, and gets nothing twice; no key is needed.
    world.file("content.json", &content(3));
    person(&["edit", &credential, "content.json"]);
    let shared = person(&["share", &credential, "--grantee", &grantee, "--key", &key]);
    let newer = id(&shared["copy"]);
    let told = person(&["renew"]);
    assert_eq!(told["event"], "would-end-older");
    assert_eq!(told["copy"], newer.as_str());
    assert_eq!(person(&["renew", "--yes"])["event"], "older-ended");
    assert_eq!(fetch(&id(&renewed["copy"])).status.code(), Some(1));
    assert!(fetch(&newer).status.success());
    assert_eq!(person(&["renew"])["event"], "nothing-to-renew");
    world.assert_discreet(&["issuer", "consumer", "person"]);
}

#[test]
fn several_older_grants_to_one_grantee_become_one_newer() {
    let world = World::new();
    issuer(&world);
    world.keys("person", "person");
    profile(&world, "person");
    let consumer = world.keys("consumer", "consumer");
    let (address, key) = (id(&consumer["address"]), id(&consumer["key"]));
    let party = world.admit_party(&address, "consumer");
    let publish = ["consumer", "publish-keys", "--home", "consumer"];
    let name = ["--party", &party, "--name", "consumer"];
    world.done(&[&publish[..], &name].concat());
    let person =
        |arguments: &[&str]| world.done(&[&["person"], arguments, &["--home", "person"]].concat());
    let events = |arguments: &[&str]| {
        let all = [&["person", "renew", "--home", "person"], arguments].concat();
        let output = world.run(&all);
        assert!(output.status.success(), "{arguments:?}");
        let lines = String::from_utf8(output.stdout).unwrap();
        let lines = lines.lines().map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            line
        });
        lines.collect::<Vec<_>>()
    };

    world.file("content.json", "{}");
    let credential = id(&person(&["add", "content.json"])["id"]);
    // One ends, one is spelled otherwise, and lasts.
    let ends = ["--expires", "2040-01-01T00:00:00Z"];
    let spelled = address.to_uppercase();
    let by_address = ["--grantee", &spelled, "--key", &key];
    let first = person(&[&["share", &credential, "--with", &party], &ends[..]].concat());
    let second = person(&[&["share", &credential], &by_address[..]].concat());
    let (first, second) = (id(&first["grant"]), id(&second["grant"]));
    world.file("content.json", r#"{"newer":true}"#);
    person(&["edit", &credential, "content.json"]);

    let told = events(&[]);
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0]["event"], "would-renew");
    assert_eq!(told[0]["grant"], second.as_str(), "it lasts longest");
    assert_eq!(told[1]["event"], "would-end-older");
    assert_eq!(told[1]["copy"], Value::Null);
    let done = events(&["--yes"]);
    assert_eq!(done.len(), 2, "{done:?}");
    assert_eq!(done[0]["event"], "renewed");
    assert_eq!(done[1]["event"], "older-ended");
    assert_eq!(done[1]["grant"], first.as_str());
    assert_eq!(done[1]["copy"], done[0]["copy"]);
    let left = person(&["grants"]);
    let left = left["grants"].as_array().unwrap();
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(events(&[])[0]["event"], "nothing-to-renew");
    let copy = id(&done[0]["copy"]);
    let fetched = world.done(&["consumer", "fetch", "--home", "consumer", &copy]);
    assert_eq!(fetched["content"]["newer"], true);
}
