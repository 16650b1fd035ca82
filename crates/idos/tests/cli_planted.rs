//! What an issuer can put into a profile to be in its owner's way, on a real node.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use std::{fs, sync::Arc};

use idos_client::{
    FlowError,
    issuer::{Issuer, NewCredential},
    keys::{Ed25519Key, Seed},
    person::{Person, is_key_ring},
    signed_grant::HandedWriteGrant,
};
use idos_crypto::{
    KeyRing, KeyRingError, NewFactor, Password, PasswordCost, PublicKey, SecretKey, UserKey,
};
use idos_ledger::{Attribute, AttributeCopy};
use idos_types::UserId;
use serde_json::{Value, json};
use support::{
    client::{Client, new_id, text, uuid},
    sdk::network_of,
    world::{NEW_PASSWORD, World, id, unsigned},
};
use tokio::runtime::Runtime;

/// A person whose profile an issuer created.
struct Scene {
    world: World,
    issuer: String,
    /// The profile.
    user: String,
}

impl Scene {
    fn new() -> Self {
        let world = World::new();
        let issuer = id(&world.keys("issuer", "issuer")["address"]);
        world.admit(&issuer);
        let user = id(&world.keys("person", "person")["profile"]);
        let create = ["issuer", "profile", "--home", "issuer"];
        world.done(&[&create[..], &["person/profile.json"]].concat());
        Self {
            world,
            issuer,
            user,
        }
    }

    /// Before the owner's first act the issuer adds an attribute; its id.
    fn plant(&self, key: &str, value: &str) -> String {
        let seed = fs::read_to_string(self.world.path("issuer/ed25519.key")).unwrap();
        let mut bytes = [0; 32];
        hex::decode_to_slice(seed.trim(), &mut bytes).unwrap();
        let attribute = new_id();
        let user = self.user.parse().unwrap();
        let arguments = vec![uuid(attribute), uuid(user), text(key), text(value)];
        let url = &self.world.node.url;
        Client::new(bytes).execute(url, "add_attribute_as_inserter", arguments);
        attribute.to_string()
    }

    fn person(&self, arguments: &[&str]) -> Value {
        self.world
            .done(&[&["person"], arguments, &["--home", "person"]].concat())
    }

    /// The issuer issues by a write grant; what lets it, with another key in the person's file if one is given.
    fn issue(&self, key: Option<&PublicKey>) -> [String; 9] {
        let file = self.world.write_grant("person", &self.issuer);
        let path = self.world.path(&file);
        let mut grant: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        fs::remove_file(&path).unwrap();
        if let Some(key) = key {
            grant["encryption_public_key"] = key.to_base64().into();
        }
        let grant = self.world.file("signed.json", &grant.to_string());
        self.world.file("unsigned.json", &unsigned());
        let profile = "person/profile.json";
        [
            "issuer",
            "issue",
            "--home",
            "issuer",
            "unsigned.json",
            "--profile",
            profile,
            "--grant",
            &grant,
        ]
        .map(str::to_owned)
    }

    /// The issuer issues by its own program, which seals to whatever key it is given; the credential.
    fn sealed_to(&self, key: &PublicKey) -> String {
        let file = self.world.write_grant("person", &self.issuer);
        let path = self.world.path(&file);
        let handed: HandedWriteGrant = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        fs::remove_file(&path).unwrap();
        let mut seed = Seed::default();
        let signing = fs::read_to_string(self.world.path("issuer/ed25519.key")).unwrap();
        hex::decode_to_slice(signing.trim(), seed.as_mut_slice()).unwrap();
        let encryption = SecretKey::generate().unwrap();
        let issuer = Issuer::new(network_of(&self.world.node), &seed, encryption).unwrap();
        let new = NewCredential {
            notes: "",
            content: b"closed",
        };
        let copy_for = issuer.as_recipient();
        let issued = issuer.issue(&new, &handed.grant, key, &copy_for);
        let ids = Runtime::new().unwrap().block_on(issued).unwrap();
        ids.original.0.to_string()
    }
}

#[test]
fn what_does_not_open_is_named_and_takes_nothing_else_away() {
    let scene = Scene::new();
    let world = &scene.world;
    let planted = scene.plant("note", "idos:box:x");
    let other = SecretKey::generate().unwrap().public_key();
    let refused = world.refused(&scene.issue(Some(&other)).each_ref().map(String::as_str));
    assert!(
        refused.contains("not the one that the profile"),
        "{refused}"
    );
    let issued = world.done(&scene.issue(None).each_ref().map(String::as_str));
    let (closed, open) = (scene.sealed_to(&other), id(&issued["id"]));
    world.file("value", "mine");
    let own = id(&scene.person(&["add-attribute", "phone", "--value-file", "value"])["id"]);

    let listed = scene.person(&["attributes"]);
    let of = |wanted: &str| {
        let mut all = listed["attributes"].as_array().unwrap().iter();
        all.find(|it| it["id"] == wanted).unwrap().clone()
    };
    assert_eq!(of(&own)["value"], "mine");
    assert_eq!(of(&planted)["value"], Value::Null);
    assert!(of(&planted)["does_not_open"].is_string());
    let shown = world.for_people(&["person", "attributes", "--home", "person"]);
    let shown = String::from_utf8(shown).unwrap();
    assert!(
        shown.contains(&format!("{planted}  does not open")),
        "{shown}"
    );

    // What is asked for alone is named by the error.
    let refused = world.refused(&["person", "credential", "--home", "person", &closed]);
    assert!(
        refused.contains(&format!("{closed} does not open")),
        "{refused}"
    );
    world.file("looked-for.json", r#"{"omit":{"country":["FR"]}}"#);
    let found = scene.person(&["filter", "--content-file", "looked-for.json"]);
    let found = found["credentials"].as_array().unwrap().clone();
    let is = |id: &str, has: &str| {
        found
            .iter()
            .any(|it| it["id"] == id && it.get(has).is_some())
    };
    assert_eq!(found.len(), 2);
    assert!(is(&closed, "does_not_open") && is(&open, "notes"));
    let expiring = scene.person(&["expiring"]);
    assert_eq!(expiring["credentials"].as_array().unwrap().len(), 1);
    assert_eq!(expiring["credentials"][0]["id"], closed.as_str());
    // The issuer has a copy of either.
    let renewed = scene.person(&["renew"]);
    assert_eq!(renewed["event"], "does-not-open");
    assert_eq!(renewed["id"], closed.as_str());

    let export = ["person", "export", "--home", "person", "--to", "all"];
    let done = world.ended(&export, 1);
    assert_eq!(done["credentials"], 2);
    assert_eq!(done["do_not_open"].as_array().unwrap().len(), 2);
    let profile = fs::read(world.path("all/profile.json")).unwrap();
    let profile: Value = serde_json::from_slice(&profile).unwrap();
    let attributes = profile["attributes"].as_array().unwrap();
    let sealed = attributes.iter().find(|it| it["id"] == planted.as_str());
    assert_eq!(sealed.unwrap()["sealed_value"], "idos:box:x");
    let file = |name: String| fs::read_to_string(world.path(&format!("all/{name}"))).unwrap();
    assert!(!file(format!("credential-{closed}.sealed")).is_empty());
    let content: Value = serde_json::from_str(&file(format!("credential-{open}.json"))).unwrap();
    assert!(content["proof"].is_object());

    // It can go, and then nothing is missing.
    scene.person(&["remove-attribute", &planted]);
    scene.person(&["remove", &closed]);
    let again = ["export", "--to", "again"];
    assert_eq!(scene.person(&again)["do_not_open"], json!([]));
}

/// The person of the folder `person`, by the SDK.
async fn person_of(world: &World) -> Person {
    let mut seed = Seed::default();
    let key = fs::read_to_string(world.path("person/wallet.key")).unwrap();
    hex::decode_to_slice(key.trim(), seed.as_mut_slice()).unwrap();
    let wallet = Arc::new(Ed25519Key::from_seed(&seed).unwrap());
    let client = network_of(&world.node).with_wallet(wallet);
    Person::open(client).await.unwrap()
}

/// What the network has of the person's attributes.
async fn rows(world: &World) -> Vec<(Attribute, Option<AttributeCopy>)> {
    person_of(world).await.attribute_rows().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_ring_of_somebody_else_locks_nobody_out() {
    let scene = Scene::new();
    let world = &scene.world;
    let user = UserId(scene.user.parse().unwrap());
    let (password, cost) = (Password::new("of the issuer").unwrap(), PasswordCost::LEAST);
    let factor = NewFactor::Password(&password, cost);
    let (ring, _) = KeyRing::create(user, UserKey::generate().unwrap(), &factor).unwrap();
    let rings =
        ["no ring".to_owned(), ring.to_base64()].map(|it| scene.plant("idos:key-ring", &it));

    // Neither is in the way, whether the person has a key ring or not.
    let change = [
        "person",
        "password",
        "--home",
        "person",
        "--new-password-file",
    ];
    let new = world.file("new-password", NEW_PASSWORD);
    world.file("value", "mine");
    let own = id(&scene.person(&["add-attribute", "phone", "--value-file", "value"])["id"]);
    world.done(&[&change[..], &[&new]].concat());
    let open = |arguments: &[&str]| {
        let password = ["--home", "person", "--password-file", &new];
        world.done(&[&["person"], arguments, &password[..]].concat())
    };
    let listed = open(&["attributes"]);
    let ids = listed["attributes"].as_array().unwrap().iter();
    let ids: Vec<_> = ids.map(|it| id(&it["id"])).collect();
    assert!(ids.contains(&own) && rings.iter().all(|it| ids.contains(it)));
    assert_eq!(ids.len(), 3, "the ring of the person is not listed");

    // They can be removed, and the ring of the person cannot.
    for ring in &rings {
        scene.person(&["remove-attribute", ring]);
    }
    let stored = rows(world).await;
    assert_eq!(stored.len(), 2);
    let own = stored.iter().find(|(row, _)| is_key_ring(row)).unwrap();
    let own = own.0.id.to_string();
    world.refused(&["person", "remove-attribute", "--home", "person", &own]);
    let listed = open(&["attributes"]);
    assert_eq!(listed["attributes"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_locks_themselves_out_by_the_name_of_the_key_ring() {
    let scene = Scene::new();
    let world = &scene.world;
    world.file("value", "mine");
    let add = ["person", "add-attribute", "--value-file", "value"];
    let own = id(&world.done(&[&add[..], &["phone", "--home", "person"]].concat())["id"]);
    let edit = ["person", "edit-attribute", &own, "--value-file", "value"];
    for command in [
        [&add[..], &["idos:key-ring"]].concat(),
        [&edit[..], &["--key", "idos:key-ring"]].concat(),
    ] {
        let refused = world.refused(&[&command[..], &["--home", "person"]].concat());
        assert!(refused.contains("name another key"), "{refused}");
    }
    let person = person_of(world).await;
    let refused = person.add_plain_attribute("idos:key-ring", "x").await;
    assert!(matches!(refused, Err(FlowError::ReservedKey)));

    // What another client, or an earlier version, put there is no ring, and its owner can remove it.
    let no_ring = idos_client::fresh_id().unwrap();
    let arguments = vec![
        idos_types::Value::Uuid(no_ring),
        idos_types::Value::from("idos:key-ring"),
        idos_types::Value::from("idos:box:x"),
    ];
    let adding = person.client().execute("add_attribute", arguments);
    adding.await.unwrap();
    let no_ring = no_ring.to_string();
    let ids = |listed: Value| -> Vec<_> {
        let all = listed["attributes"].as_array().unwrap().iter();
        all.map(|it| id(&it["id"])).collect()
    };
    let listed = ids(scene.person(&["attributes"]));
    assert!(listed.contains(&no_ring) && listed.contains(&own));
    let new = world.file("new-password", NEW_PASSWORD);
    scene.person(&["password", "--new-password-file", &new]);
    scene.person(&["remove-attribute", &no_ring]);
    let listed = scene.person(&["attributes", "--password-file", &new]);
    assert_eq!(ids(listed), [own]);
}

/// A ring of a later version is one that only a later program reads.
#[test]
fn a_key_ring_that_cannot_be_read_yet_stays_one() {
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    let user = UserId(new_id());
    let (password, cost) = (Password::new(NEW_PASSWORD).unwrap(), PasswordCost::LEAST);
    let factor = NewFactor::Password(&password, cost);
    let (ring, _) = KeyRing::create(user, UserKey::generate().unwrap(), &factor).unwrap();
    let row = |value: String| Attribute {
        id: new_id().into(),
        user_id: user,
        attribute_key: "idos:key-ring".to_owned(),
        value,
        inserter: None,
    };
    let mut bytes = STANDARD.decode(ring.to_base64()).unwrap();
    assert!(is_key_ring(&row(ring.to_base64())));
    let version = bytes.iter().position(|byte| *byte == 1).unwrap();
    bytes[version] = 9;
    let later = STANDARD.encode(&bytes);
    assert!(matches!(
        KeyRing::from_base64(&later, user),
        Err(KeyRingError::UnknownVersion(9))
    ));
    assert!(is_key_ring(&row(later)));
    for none in ["", "x", "idos:box:x"] {
        assert!(!is_key_ring(&row(none.to_owned())));
    }
    let others = Attribute {
        user_id: UserId(new_id()),
        ..row(ring.to_base64())
    };
    assert!(!is_key_ring(&others));
}
