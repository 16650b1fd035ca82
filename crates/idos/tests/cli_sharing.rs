//! What people share by commands: access that they sign for others to submit, and attributes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use std::{
    ffi::OsStr,
    fs,
    os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _},
    path::Path,
    sync::Arc,
};

use idos_client::{
    keys::{Ed25519Key, Seed},
    person::Person,
};
use idos_crypto::{Password, SigningKey};
use serde_json::{Value, json};
use support::{
    sdk::network_of,
    world::{World, id, unsigned},
};

/// A lock that holds longer than any test.
const LOCK: &str = "2030-01-01T00:00:00Z";

/// An issuer, a person with a profile, two consumers: the address of the issuer, then address and
/// key of the first consumer.
fn everybody(world: &World) -> [String; 3] {
    let issuer = world.keys("issuer", "issuer");
    let issuer = id(&issuer["address"]);
    world.admit(&issuer);
    world.keys("person", "person");
    world.done(&[
        "issuer",
        "profile",
        "--home",
        "issuer",
        "person/profile.json",
    ]);
    world.keys("consumer", "other");
    let consumer = world.keys("consumer", "consumer");
    [issuer, id(&consumer["address"]), id(&consumer["key"])]
}

/// Whoever sees the grants on a copy, beside a company's, does not see whose copy it is.
fn assert_strangers_see_no_wallet(world: &World, copy: &str) {
    let profile = fs::read_to_string(world.path("person/profile.json")).unwrap();
    let profile: Value = serde_json::from_str(&profile).unwrap();
    let wallet = id(&profile["wallet"]["address"]);
    let ask = |path: &str| {
        let url = format!("{}{path}", world.node.url);
        let mut answer = ureq::get(&url).call().unwrap();
        answer.body_mut().read_to_string().unwrap()
    };
    let grants = ask(&format!("/api/v1/grants?data_id={copy}"));
    let found: Value = serde_json::from_str(&grants).unwrap();
    let found = found["grants"].as_array().expect(&grants);
    assert!(!found.is_empty());
    let mut seen = grants.clone();
    seen += &ask(&format!("/explorer/grants?data_id={copy}"));
    for grant in found {
        let grant = id(&grant["id"]);
        for path in ["/api/v1/grants", "/explorer/grants"] {
            seen += &ask(&format!("{path}/{grant}"));
        }
    }
    assert!(!seen.contains(&wallet), "{seen}");
    let of_wallet = ask(&format!("/api/v1/grants?grantee={wallet}"));
    assert!(!of_wallet.contains(copy), "{of_wallet}");
}

/// A credential of the person of which the issuer has a copy.
fn issued(world: &World, issuer: &str) -> String {
    let grant = world.write_grant("person", issuer);
    world.file("unsigned.json", &unsigned());
    let issue = ["issuer", "issue", "--home", "issuer", "unsigned.json"];
    let to = ["--profile", "person/profile.json", "--grant", &grant];
    id(&world.done(&[&issue[..], &to].concat())["id"])
}

#[test]
fn access_that_a_person_signed_is_made_by_others() {
    let world = World::new();
    let [issuer, address, key] = everybody(&world);
    let credential = issued(&world, &issuer);
    let sign = ["person", "access-grant", "--home", "person", &credential];
    let to = ["--grantee", &address, "--key", &key];
    let locked = ["--lock-until", LOCK, "--out", "access.json"];
    let sign_locked = [&sign[..], &to, &locked].concat();
    let fetch = |copy: &str| world.run(&["consumer", "fetch", "--home", "consumer", copy]);
    let copies = || {
        let list = world.done(&["person", "list", "--home", "person"]);
        list["credentials"][0]["copies"].as_u64().unwrap()
    };

    let before = copies();
    let signed = world.done(&sign_locked);
    let copy = id(&signed["copy"]);
    assert_eq!(signed["grantee_name"], Value::Null, "nobody vouches");
    assert_strangers_see_no_wallet(&world, &copy);
    let own = world.done(&["person", "grants", "--home", "person"]);
    let own = own["grants"].as_array().unwrap().iter();
    let prepared: Vec<_> = own.filter(|it| it["prepared"] == true).collect();
    assert_eq!(prepared.len(), 1);
    assert_eq!(prepared[0]["credential"], copy.as_str());
    let mode = fs::metadata(world.path("access.json")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o077, 0);
    // A file that is there is kept, and no second copy is made.
    world.refused(&sign_locked);
    assert_eq!(copies(), before + 1);
    // Nor for a file that cannot be made.
    let nowhere = [&sign[..], &to, &["--out", "missing/access.json"]].concat();
    world.refused(&nowhere);
    assert_eq!(copies(), before + 1);
    // Nobody can read the copy yet, nor make the grant for somebody else or with other terms.
    assert_eq!(fetch(&copy).status.code(), Some(1));
    let accept = ["consumer", "accept", "--home", "consumer"];
    let of_another = world.refused(&["consumer", "accept", "--home", "other", "access.json"]);
    assert!(of_another.contains("grantee"), "{of_another}");
    let text = fs::read_to_string(world.path("access.json")).unwrap();
    let mut altered: Value = serde_json::from_str(&text).unwrap();
    altered["locked_until"] = 0.into();
    let altered = world.file("altered.json", &altered.to_string());
    world.refused(&[&accept[..], &[&altered]].concat());
    world.refused(&[&accept[..], &["person/profile.json"]].concat());
    assert_eq!(fetch(&copy).status.code(), Some(1));

    let accepted = world.done(&[&accept[..], &["access.json"]].concat());
    assert_eq!(accepted["event"], "access-granted");
    assert_eq!(accepted["credential"], copy.as_str());
    assert!(fetch(&copy).status.success());
    assert_strangers_see_no_wallet(&world, &copy);
    let granted = world.done(&["consumer", "grants", "--home", "consumer"]);
    let granted = granted["grants"].as_array().unwrap();
    assert_eq!(granted.len(), 1);
    assert_eq!(granted[0]["credential"], copy.as_str());
    assert_eq!(granted[0]["locked_until"], signed["locked_until"]);
    world.refused(&[&accept[..], &["access.json"]].concat());
    let grant = id(&granted[0]["id"]);
    let held = world.refused(&["person", "revoke", "--home", "person", &grant]);
    assert!(held.contains("locked"), "{held}");

    // What nobody can be handed is named, to be taken back.
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    let lost = [&sign[..], &to].concat();
    let lost = world.command(&lost).stdout(full).output().unwrap();
    assert_eq!(lost.status.code(), Some(1));
    let lost = String::from_utf8(lost.stderr).unwrap();
    let mine = world.done(&["person", "grants", "--home", "person"]);
    let mut mine = mine["grants"].as_array().unwrap().iter();
    let own = mine.find(|it| lost.contains(&id(&it["id"]))).expect(&lost);
    assert!(lost.contains(&id(&own["credential"])), "{lost}");
    world.done(&["person", "revoke", "--home", "person", &id(&own["id"])]);

    // Printed instead, and submitted by the issuer, who knows the content.
    let signed = world.done(&[&sign[..], &to].concat());
    let (copy, own) = (id(&signed["copy"]), id(&signed["own_grant"]));
    let access = world.file("printed.json", &signed["access_grant"].to_string());
    let submit = ["issuer", "grant-access", "--home", "issuer"];
    let mut unknown = signed["access_grant"].clone();
    unknown["content_hash"] = "00".repeat(32).into();
    let unknown = world.file("unknown.json", &unknown.to_string());
    let refused = world.refused(&[&submit[..], &[&unknown]].concat());
    assert!(refused.contains("content"), "{refused}");
    let made = world.done(&[&submit[..], &[&access]].concat());
    assert_eq!(made["grantee"], address.as_str());
    assert!(fetch(&copy).status.success());
    let mine = world.done(&["person", "grants", "--home", "person"]);
    let theirs = mine["grants"].as_array().unwrap().iter();
    let theirs: Vec<_> = theirs
        .filter(|grant| grant["credential"] == copy.as_str())
        .map(|grant| id(&grant["id"]))
        .collect();
    assert_eq!(theirs.len(), 2);
    for grant in &theirs {
        world.done(&["person", "revoke", "--home", "person", grant]);
    }
    assert!(theirs.contains(&own));
    assert_eq!(fetch(&copy).status.code(), Some(1));
    world.refused(&[&submit[..], &[&access]].concat());

    // Without a recipient the command line is wrong.
    assert_eq!(world.run(&sign).status.code(), Some(2));
    world.assert_discreet(&["issuer", "consumer", "person"]);
}

#[test]
fn a_shared_attribute_is_read_by_its_recipient_alone() {
    let world = World::new();
    let [_, address, key] = everybody(&world);
    let person =
        |arguments: &[&str]| world.done(&[&["person"], arguments, &["--home", "person"]].concat());
    let consumer = |home: &str, arguments: &[&str]| {
        world.done(&[&["consumer"], arguments, &["--home", home]].concat())
    };
    world.file("value", "name@mail.example\n");
    let email = id(&person(&["add-attribute", "email", "--value-file", "value"])["id"]);
    let share = [
        "share-attribute",
        &email,
        "--grantee",
        &address,
        "--key",
        &key,
    ];
    let copy = id(&person(&share)["copy"]);

    let listed = consumer("consumer", &["attributes"]);
    let profile = id(&person(&["show"])["profile"]);
    let entry = json!({ "id": copy, "key": "email", "owner": profile, "original": email });
    assert_eq!(listed["attributes"], json!([entry]));
    let of_owner = consumer("consumer", &["attributes", "--owner", &profile]);
    assert_eq!(of_owner["attributes"], json!([entry]));
    let fetched = consumer("consumer", &["attribute", &copy]);
    assert_eq!(fetched["value"], "name@mail.example");
    assert_eq!(fetched["owner"], profile.as_str());
    for nothing in [
        consumer("other", &["attributes"]),
        consumer("consumer", &["attributes", "--page", "2"]),
        consumer("consumer", &["attributes", "--owner", &copy]),
    ] {
        assert_eq!(nothing["attributes"], json!([]));
    }
    for (home, id) in [("other", &copy), ("consumer", &email)] {
        world.refused(&["consumer", "attribute", "--home", home, id]);
    }

    // The person sees what is shared, and ends it without the original, or with it.
    let mine = person(&["attributes"]);
    assert_eq!(mine["attributes"][0]["copies"], json!([copy]));
    person(&["remove-attribute", &copy]);
    world.refused(&["consumer", "attribute", "--home", "consumer", &copy]);
    let mine = person(&["attributes"]);
    assert_eq!(mine["attributes"][0]["value"], "name@mail.example");
    assert_eq!(mine["attributes"][0]["copies"], json!([]));
    let copy = id(&person(&share)["copy"]);
    person(&["remove-attribute", &email]);
    world.refused(&["consumer", "attribute", "--home", "consumer", &copy]);
    assert_eq!(
        consumer("consumer", &["attributes"])["attributes"],
        json!([])
    );
    let unnamed = ["person", "share-attribute", "--home", "person", &email];
    assert_eq!(world.run(&unnamed).status.code(), Some(2));
    world.assert_discreet(&["issuer", "consumer", "person"]);
}

#[test]
fn what_is_shared_ends_when_it_was_asked_to() {
    let world = World::new();
    let [issuer, address, key] = everybody(&world);
    let credential = issued(&world, &issuer);
    let person =
        |arguments: &[&str]| world.done(&[&["person"], arguments, &["--home", "person"]].concat());
    let grants = || person(&["grants"])["grants"].as_array().unwrap().clone();
    let before = grants().len();
    let share = ["share", &credential, "--grantee", &address, "--key", &key];
    for ends in [
        ["--lock-until", LOCK, "--expires", "2029-01-01T00:00:00Z"].as_slice(),
        &["--expires", "2020-01-01T00:00:00Z"],
    ] {
        let refused = [&["person"], &share[..], &["--home", "person"], ends].concat();
        let text = world.refused(&refused);
        assert!(text.contains("nothing was shared"), "{text}");
        assert_eq!(grants().len(), before);
    }
    let later = ["--expires", "2031-01-01T00:00:00Z"];
    let shared = person(&[&share[..], &later].concat());
    let ends = |grant: &Value| {
        let all = grants();
        let found = all.iter().find(|it| it["id"] == *grant).unwrap();
        found["expires_at"].as_i64().unwrap()
    };
    assert_eq!(ends(&shared["grant"]), 1_924_992_000);
    let grant = id(&shared["grant"]);
    person(&["set-expiry", &grant]);
    assert_eq!(ends(&shared["grant"]), 0);
    person(&["set-expiry", &grant, "--expires", LOCK]);
    assert_eq!(ends(&shared["grant"]), 1_893_456_000);
}

#[test]
fn another_key_than_the_published_one_is_refused() {
    let world = World::new();
    let [issuer, address, key] = everybody(&world);
    let credential = issued(&world, &issuer);
    let party = world.admit_party(&address, "consumer");
    let publish = ["consumer", "publish-keys", "--home", "consumer"];
    let as_party = ["--party", &party, "--name", "The Bank"];
    world.done(&[&publish[..], &as_party].concat());
    let other = id(&world.keys("consumer", "third")["key"]);
    world.file("value", "a value");
    let add = ["person", "add-attribute", "note", "--value-file", "value"];
    let note = id(&world.done(&[&add[..], &["--home", "person"]].concat())["id"]);

    let substituted = ["--grantee", &address, "--key", &other, "--home", "person"];
    for command in [
        ["share", &credential],
        ["access-grant", &credential],
        ["share-attribute", &note],
    ] {
        let text = world.refused(&[&["person"], &command[..], &substituted].concat());
        assert!(text.contains("not the one that it published"), "{text}");
    }
    // What an issuer said is not edited while somebody reads it; what persons say of themselves is.
    world.file("own.json", "{}");
    world.file("newer.json", "{\"newer\":true}");
    let own = id(&world.done(&["person", "add", "own.json", "--home", "person"])["id"]);
    let share = ["person", "share", &own, "--home", "person"];
    let published = ["--grantee", &address, "--key", &key];
    let shared = world.done(&[&share[..], &published].concat());
    // People see the name that is proved, however the recipient was named.
    let sign = ["person", "access-grant", "--home", "person", &own];
    let attribute = ["person", "share-attribute", "--home", "person", &note];
    let with = ["--with", &party];
    let to_file = |file| [&sign[..], &with, &["--out", file]].concat();
    let attribute = [&attribute[..], &with].concat();
    for said in [
        &shared,
        &world.done(&to_file("access.json")),
        &world.done(&attribute),
    ] {
        let whom = (&said["grantee"], &said["grantee_name"]);
        assert_eq!(whom, (&json!(address), &json!("The Bank")), "{said}");
    }
    for arguments in [
        &[&share[..], &with].concat(),
        &to_file("other.json"),
        &attribute,
    ] {
        let text = String::from_utf8(world.for_people(arguments)).unwrap();
        assert!(text.contains(&format!("The Bank ({address})")), "{text}");
    }
    let edit = |id| world.run(&["person", "edit", id, "newer.json", "--home", "person"]);
    assert_eq!(edit(&credential).status.code(), Some(1));
    assert_eq!(edit(&own).status.code(), Some(0));
    let renew = ["person", "renew", "--home", "person", "--yes", "--grant"];
    let grant = id(&shared["grant"]);
    let renew = [&renew[..], &[&grant, "--key"]].concat();
    let text = world.refused(&[&renew[..], &[&other]].concat());
    assert!(text.contains("not the one that it published"), "{text}");
    assert_eq!(
        world.done(&[&renew[..], &[&key]].concat())["event"],
        "renewed"
    );

    let help = world.run(&["person", "share", "--help"]);
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(help.contains("<--with <ID>|--grantee <ADDRESS>>"), "{help}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_and_names_stay_what_they_are() {
    let world = World::new();
    let [issuer, address, encryption_key] = everybody(&world);
    let grant = world.write_grant("person", &issuer);
    let grant: Value = serde_json::from_slice(&fs::read(world.path(&grant)).unwrap()).unwrap();
    let shown = world.done(&["person", "show", "--home", "person"]);
    assert_eq!(grant["encryption_public_key"], shown["key"]);

    // Folders and files whose names are no text.
    let name = |bytes: &'static [u8]| Path::new(OsStr::from_bytes(bytes));
    let done = |arguments: &[&str], path: &Path| {
        let output = world.command(arguments).arg(path).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {stderr}");
    };
    let genesis = support::world::shown(&world.node.home().join("genesis.toml"));
    let network = ["--url", &world.node.url, "--genesis", &genesis, "--home"];
    done(
        &[&["person", "keys"], &network[..]].concat(),
        name(b"\xffperson"),
    );
    let sign = ["person", "write-grant", "--home", "person", "--issuer"];
    done(
        &[&sign[..], &[&issuer, "--out"]].concat(),
        name(b"\xffgrant"),
    );
    done(
        &["person", "export", "--home", "person", "--to"],
        name(b"\xffout"),
    );

    // What somebody wrote into notes does not steer the terminal.
    world.file("content", "no JSON, but a text");
    world.file("notes", "{\"a\":\"\u{9b}2J\"}");
    let add = ["person", "add", "content", "--notes-file", "notes"];
    let added = world.done(&[&add[..], &["--home", "person"]].concat());
    for command in ["list", "filter"] {
        let text = world.for_people(&["person", command, "--home", "person"]);
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("\\u{9b}2J"), "{text}");
        assert!(!text.contains('\u{9b}'), "{text}");
    }
    let show = [
        "person",
        "credential",
        "--home",
        "person",
        &id(&added["id"]),
    ];
    assert_eq!(world.done(&show)["content"], "no JSON, but a text");

    // A content that is no text.
    let bytes = b"\x00\xff\xfe no text";
    let mut seed = Seed::default();
    let key = fs::read_to_string(world.path("person/wallet.key")).unwrap();
    hex::decode_to_slice(key.trim(), seed.as_mut_slice()).unwrap();
    let wallet = Arc::new(Ed25519Key::from_seed(&seed).unwrap());
    let client = network_of(&world.node).with_wallet(wallet);
    let person = Person::open(client).await.unwrap();
    let password = Password::new(support::world::PASSWORD).unwrap();
    let keys = person.unlock_compatible(&password).unwrap();
    let signer = SigningKey::generate().unwrap();
    let added = person
        .add_credential(&keys, "{}", bytes, &signer)
        .await
        .unwrap();
    let added = added.to_string();
    let show = ["person", "credential", "--home", "person", &added];
    let shown = world.for_people(&show);
    assert_eq!(shown, [&bytes[..], b"\n"].concat());
    let shown = world.done(&show);
    assert_eq!(shown["content_base64"], "AP/+IG5vIHRleHQ=");
    // Nor is it changed for whom it is shared with, as a credential or as an attribute.
    let sealed = keys.public_key().seal(bytes).unwrap();
    let sender = sealed.encryptor_public_key().to_base64();
    let value = format!("idos:box:{sender}:{}", sealed.content_base64());
    let attribute = person.add_plain_attribute("bytes", &value).await.unwrap();
    let listed = world.done(&["person", "attributes", "--home", "person"]);
    assert_eq!(listed["attributes"][0]["value_base64"], "AP/+IG5vIHRleHQ=");
    let to = ["--grantee", &address, "--key", &encryption_key];
    let fetched = |share: &str, id: &str, fetch: &str, name: &str| {
        let share = ["person", share, "--home", "person", id];
        let copy = world.done(&[&share[..], &to].concat())["copy"].clone();
        let fetch = [
            "consumer",
            fetch,
            "--home",
            "consumer",
            copy.as_str().unwrap(),
        ];
        assert_eq!(world.for_people(&fetch), [&bytes[..], b"\n"].concat());
        assert_eq!(world.done(&fetch)[name], "AP/+IG5vIHRleHQ=");
    };
    fetched("share", &added, "fetch", "content_base64");
    let attribute = attribute.to_string();
    fetched("share-attribute", &attribute, "attribute", "value_base64");
    world.done(&["person", "export", "--home", "person", "--to", "out"]);
    let file = world.path(&format!("out/credential-{added}.json"));
    assert_eq!(fs::read(file).unwrap(), bytes);
}
