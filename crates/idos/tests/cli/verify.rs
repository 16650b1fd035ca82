//! What a verdict is about, and what it does not let pass, by commands.

use std::{fs, os::unix::fs::PermissionsExt as _};

use idos_credential::{IssueOptions, Issuer, KeyKind, Seconds, SecretKey, Suite};
use serde_json::{Value, json};

use crate::support::world::{World, id, unsigned};

/// A credential by a key of this test, whose one subject may stand in a list: of that only the suite that
/// signs the text itself tells.
fn signed(suite: Suite) -> (String, String) {
    let key = SecretKey::from_bytes(KeyKind::Ed25519, &[7; 32]).unwrap();
    let issuer = Issuer::did_key(key);
    let mut credential: Value = serde_json::from_str(&unsigned()).unwrap();
    credential["credentialSubject"] = json!([credential["credentialSubject"]]);
    let how = IssueOptions::new(suite, Seconds(1_700_000_000));
    let signed = issuer.issue(&credential.to_string(), &how).unwrap();
    (signed, issuer.id().to_owned())
}

#[test]
fn values_that_may_have_been_moved_pass_only_if_that_is_said() {
    let world = World::new();
    let issuer = world.keys("issuer", "issuer");
    world.admit(&id(&issuer["address"]));
    let consumer = world.keys("consumer", "consumer");
    world.keys("person", "person");
    let facts = "person/profile.json";
    world.done(&["issuer", "profile", "--home", "issuer", facts]);
    let (bound, did) = signed(Suite::EddsaJcs2022);
    let (moved, _) = signed(Suite::EddsaRdfc2022);
    let bound = world.file("bound.json", &bound);
    let moved = world.file("moved.json", &moved);
    let allowing = ["--allow-moved-fields"];

    let verify = |file: &str| ["credential", "verify", file, "--trust", &did].map(str::to_owned);
    let (of_bound, of_moved) = (verify(&bound), verify(&moved));
    let of_bound = of_bound.each_ref().map(String::as_str);
    let of_moved = of_moved.each_ref().map(String::as_str);
    assert_eq!(world.done(&of_bound)["code"], Value::Null);
    let said = world.ended(&of_moved, 2);
    assert_eq!(said["verdict"], "cannot-say");
    assert_eq!(said["code"], "fields-not-bound");
    assert_eq!(said["report"]["verified"], true);
    let said = world.done(&[&of_moved[..], &allowing].concat());
    assert_eq!(said["verdict"], "valid");
    // Nothing else passes by that.
    let others = ["credential", "verify", &moved, "--trust", "did:key:z6Mk"];
    let said = world.ended(&[&others[..], &allowing].concat(), 1);
    assert_eq!(said["code"], "untrusted-issuer");

    // The same of what is shared; and what was verified is what is written, if it is valid.
    let added = id(&world.done(&["person", "add", "--home", "person", &moved])["id"]);
    let share = ["person", "share", "--home", "person", &added];
    let (address, key) = (id(&consumer["address"]), id(&consumer["key"]));
    let to = ["--grantee", &address, "--key", &key];
    let shared = world.done(&[&share[..], &to].concat());
    let copy = id(&shared["copy"]);
    let verify = ["consumer", "verify", "--home", "consumer", &copy];
    let into = ["--trust", &did, "--out", "verified.json"];
    let verify = [&verify[..], &into].concat();
    let said = world.ended(&verify, 2);
    assert_eq!(said["code"], "fields-not-bound");
    assert!(!world.path("verified.json").exists());
    let allowing = [&verify[..], &allowing].concat();
    let said = world.done(&allowing);
    assert_eq!(said["verdict"], "valid");
    let fetch = ["consumer", "fetch", "--home", "consumer", &copy];
    let fetched = world.done(&[&fetch[..], &["--out", "fetched.json"]].concat());
    for name in ["id", "owner", "grant", "content_hash"] {
        assert!(!said[name].is_null(), "{name}");
        assert_eq!(said[name], fetched[name], "{name}");
    }
    assert_eq!(said["grant"]["id"], shared["grant"]);
    let content = fs::read(world.path("verified.json")).unwrap();
    assert_eq!(content, fs::read(world.path("fetched.json")).unwrap());
    let mode = fs::metadata(world.path("verified.json")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o077, 0);
    // A file that is there is kept, and there is no verdict that could be taken for one about it.
    assert_eq!(world.ended(&allowing, 2), Value::Null);
    assert_eq!(fs::read(world.path("verified.json")).unwrap(), content);
}
