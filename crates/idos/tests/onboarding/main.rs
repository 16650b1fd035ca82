//! People who are taken on by an issuer over HTTP, and who share with the demo bank: against a
//! development network with its pages, with the SDK as the person.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a failing helper fails the test"
)]

mod scene;
#[path = "../support/mod.rs"]
mod support;

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc};

use idos_client::{
    keys::{NearKey, random_seed},
    person::ShareTerms,
};
use idos_types::{PartyId, Uuid};
use scene::{Scene, Somebody, failed, get, post, request, subject, with};
use serde_json::{Value as Json, json};

#[tokio::test(flavor = "multi_thread")]
async fn an_adult_of_the_eu_gets_an_account_and_others_do_not() {
    let scene = Scene::new();
    assert_eq!(scene.bank["name"], "Demo Bank");
    assert_eq!(scene.bank["asks"], json!(["over 18", "lives in the EU"]));
    let (adult, copy) = scene.shared(&subject("1990-04-30", "PT")).await;
    let decision = scene.apply(copy, adult.facts.user.0);
    assert_eq!(
        (&decision["approved"], failed(&decision).len()),
        (&json!(true), 0),
        "{decision}"
    );
    assert_eq!(decision["checks"].as_array().unwrap().len(), 4);

    let person = adult.open(&scene.network).await;
    let entry = person.originals().await.unwrap().remove(0);
    let notes: Json = serde_json::from_str(&entry.header.public_notes).unwrap();
    assert_eq!(
        (
            &notes["type"],
            &notes["level"],
            &notes["status"],
            &notes["issuer"]
        ),
        (
            &json!("kyc"),
            &json!("basic"),
            &json!("approved"),
            &json!("Devnet KYC")
        )
    );
    let owned = person
        .credential(&adult.keys, entry.header.id)
        .await
        .unwrap();
    let content: Json = serde_json::from_slice(&owned.content).unwrap();
    assert_eq!(content["proof"]["cryptosuite"], "eddsa-jcs-2022");
    assert_eq!(content["credentialSubject"]["familyName"], "Family");

    let (minor, of_minor) = scene.shared(&subject("2020-01-01", "PT")).await;
    assert_eq!(
        failed(&scene.apply(of_minor, minor.facts.user.0)),
        ["over 18"]
    );
    let mut abroad = subject("1990-04-30", "PT");
    abroad["residentialAddressCountry"] = "BR".into();
    let (abroad, of_abroad) = scene.shared(&abroad).await;
    assert_eq!(
        failed(&scene.apply(of_abroad, abroad.facts.user.0)),
        ["lives in the EU"]
    );

    // What is another's, or nobody's, is nothing.
    assert_eq!(failed(&scene.apply(copy, minor.facts.user.0)), ["shared"]);
    assert_eq!(
        failed(&scene.apply(Uuid::new_v4(), adult.facts.user.0)),
        ["shared"]
    );
    let (status, problem) = post(&scene.applications, &json!({"copyId": copy}));
    assert_eq!(
        (status, &problem["title"]),
        (400, &json!("malformed-request"))
    );

    // What a person shared of themselves, signed by nobody whom the network admitted.
    let own = idos_crypto::SigningKey::generate().unwrap();
    let forged = content.to_string().replace("1990-04-30", "1980-04-30");
    let keys = &adult.keys;
    let forged = person
        .add_credential(keys, "{}", forged.as_bytes(), &own)
        .await
        .unwrap();
    let bank: Uuid = scene.bank["partyId"].as_str().unwrap().parse().unwrap();
    let bank = scene.network.consumer(PartyId(bank)).await.unwrap();
    let shared = person
        .share(keys, forged, &bank, ShareTerms::default())
        .await
        .unwrap();
    assert_eq!(
        failed(&scene.apply(shared.copy.0, adult.facts.user.0)),
        ["genuine"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_made_once_and_for_whom_it_is() {
    let scene = Scene::new();
    let first = Somebody::new(&scene.network).await;
    let (status, answer) = post(&scene.profiles, &first.profile());
    assert_eq!(
        (status, &answer["userId"]),
        (201, &json!(first.facts.user.0))
    );
    assert_eq!(post(&scene.profiles, &first.profile()).0, 200);

    let conflict = |body: &Json| {
        let (status, problem) = post(&scene.profiles, body);
        assert_eq!(status, 409, "{problem}");
        assert!(problem["detail"].is_string());
        problem["title"].as_str().unwrap().to_owned()
    };
    // The wallet of somebody who has a profile, for another one.
    let wallet = Arc::clone(&first.wallet);
    let second = Somebody::with_wallet(&scene.network, wallet).await;
    assert_eq!(conflict(&second.profile()), "wallet-taken");
    // Another key for a profile that is there.
    let other = Somebody::new(&scene.network).await;
    let key = json!(other.facts.encryption_public_key);
    // Nothing is there of the other one: nobody could ever erase it.
    let again = with(second.profile(), "/encryptionPublicKey", key.clone());
    assert_eq!(conflict(&again), "wallet-taken");
    let stolen = with(first.profile(), "/encryptionPublicKey", key);
    assert_eq!(conflict(&stolen), "profile-taken");

    // Another wallet does not take the place of the one that is linked, whoever knows the ids of both.
    let stranger = Somebody::new(&scene.network).await;
    let proof = stranger.proof_for(first.facts.user.0, &scene.network).await;
    assert_eq!(
        conflict(&with(first.profile(), "/wallet", proof)),
        "refused"
    );
    first.open(&scene.network).await;

    // Nobody proves the name of a NEAR account, so none is somebody else's address: it would keep them out.
    let mallory = Somebody::new(&scene.network).await;
    assert_eq!(post(&scene.profiles, &mallory.profile()).0, 201);
    let victim = Somebody::new(&scene.network).await;
    let name = victim.facts.wallet.address.to_ascii_lowercase();
    let namesake = NearKey::from_seed(&random_seed().unwrap(), Some(name)).unwrap();
    let person = mallory.open(&scene.network).await;
    let refused = person.add_wallet(&namesake).await.unwrap_err();
    assert!(refused.to_string().contains("invalid"), "{refused}");
    assert_eq!(post(&scene.profiles, &victim.profile()).0, 201);
    victim.open(&scene.network).await;

    let right = other.profile();
    for (pointer, value, title) in [
        ("/userId", json!(Uuid::new_v4()), "invalid-wallet"),
        ("/userId", json!(7), "malformed-request"),
        ("/passwordStore", json!("mpc"), "malformed-request"),
        ("/encryptionPublicKey", json!("x"), "not-a-key"),
        ("/wallet/type", json!("Paper"), "invalid-wallet"),
        ("/wallet/signature", json!("00"), "invalid-wallet"),
        ("/wallet/message", json!("Log in"), "invalid-wallet"),
    ] {
        let (status, problem) = post(&scene.profiles, &with(right.clone(), pointer, value));
        assert_eq!(
            (status, &problem["title"]),
            (400, &json!(title)),
            "{pointer}: {problem}"
        );
    }
    // Nothing of that was kept.
    let address = &other.facts.wallet.address;
    let rows = scene
        .network
        .call("has_profile", vec![address.as_str().into()])
        .await
        .unwrap();
    assert!(!rows.first().unwrap().get::<bool>("has_profile").unwrap());
    assert_eq!(post(&scene.profiles, &right).0, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_needs_a_grant_for_this_issuer_that_was_not_used() {
    let mut scene = Scene::new();
    let somebody = Somebody::new(&scene.network).await;
    assert_eq!(post(&scene.profiles, &somebody.profile()).0, 201);
    let person = somebody.open(&scene.network).await;
    let subject = subject("1990-04-30", "PT");
    let right = somebody.credential(&person, &scene.issuer, &subject).await;
    let grantee = with(scene.issuer.clone(), "/grantee", json!("somebody-else"));
    let key = with(
        scene.issuer.clone(),
        "/issuerPublicKey",
        json!("00".repeat(32)),
    );
    let stranger = Somebody::new(&scene.network).await;
    for (body, status, title) in [
        (
            somebody.credential(&person, &grantee, &subject).await,
            400,
            "other-grant",
        ),
        (
            somebody.credential(&person, &key, &subject).await,
            400,
            "other-grant",
        ),
        (
            with(right.clone(), "/writeGrant/signature", json!("00")),
            409,
            "refused",
        ),
        (
            with(right.clone(), "/userId", json!(Uuid::new_v4())),
            404,
            "no-profile",
        ),
        (
            with(
                right.clone(),
                "/encryptionPublicKey",
                json!(stranger.facts.encryption_public_key),
            ),
            400,
            "other-key",
        ),
        (
            with(right.clone(), "/encryptionPublicKey", json!("x")),
            400,
            "not-a-key",
        ),
        (
            with(right.clone(), "/subject/dateOfBirth", json!("2090-01-01")),
            400,
            "wrong-subject",
        ),
        (
            with(right.clone(), "/subject/nationality", json!("Portugal")),
            400,
            "wrong-subject",
        ),
        (
            with(right.clone(), "/subject/firstName", json!("")),
            400,
            "wrong-subject",
        ),
        (
            with(
                right.clone(),
                "/subject/idDocumentType",
                json!("LIBRARY_CARD"),
            ),
            400,
            "malformed-request",
        ),
        (
            with(right.clone(), "/subject", json!({})),
            400,
            "malformed-request",
        ),
    ] {
        let (got, problem) = post(&scene.credentials, &body);
        assert_eq!(
            (got, &problem["title"]),
            (status, &json!(title)),
            "{problem}"
        );
        assert!(problem["detail"].is_string());
    }
    let issued = post(&scene.credentials, &right);
    assert_eq!(issued.0, 201);
    // Whoever did not hear the answer asks again, and hears the same, also from a server that was
    // started anew.
    assert_eq!(post(&scene.credentials, &right), issued);
    assert_eq!(scene.devnet.terminate(), Some(0));
    scene.devnet.start();
    let scene = Scene::of(scene.devnet);
    assert_eq!(post(&scene.credentials, &right), issued);
    let person = somebody.open(&scene.network).await;
    assert_eq!(person.originals().await.unwrap().len(), 1);
    // Anything else by the same grant, or by somebody else, is not that.
    assert_eq!(post(&scene.profiles, &stranger.profile()).0, 201);
    let of_stranger = with(right.clone(), "/userId", json!(stranger.facts.user.0));
    let key = json!(stranger.facts.encryption_public_key);
    let of_stranger = with(of_stranger, "/encryptionPublicKey", key);
    for other in [
        with(right.clone(), "/subject/firstName", json!("Another")),
        with(right.clone(), "/subject/dateOfBirth", json!("1990-05-01")),
        of_stranger,
    ] {
        let (status, problem) = post(&scene.credentials, &other);
        assert_eq!((status, &problem["title"]), (409, &json!("grant-used")));
    }
    let unsigned = with(right, "/writeGrant/signature", json!("00"));
    assert_eq!(post(&scene.credentials, &unsigned).1["title"], "refused");
    assert_eq!(person.originals().await.unwrap().len(), 1);
}

#[test]
fn only_the_pages_of_the_issuer_may_ask() {
    let scene = Scene::new();
    let dashboard = scene.devnet.page("dashboard").to_owned();
    let json_of = |origin: &str| {
        let headers = [("content-type", "application/json"), ("origin", origin)];
        request("POST", &scene.profiles, &headers, "{}")
    };
    let (status, _, allowed) = json_of(&dashboard);
    assert_eq!((status, allowed), (400, dashboard.clone()));
    let (status, problem, allowed) = json_of("https://evil.example");
    assert_eq!(
        (status, &problem["title"], allowed.as_str()),
        (403, &json!("other-page"), "")
    );
    let asked = [
        ("origin", dashboard.as_str()),
        ("access-control-request-method", "POST"),
    ];
    let (status, _, allowed) = request("OPTIONS", &scene.profiles, &asked, "");
    assert_eq!((status, allowed), (204, dashboard.clone()));
    let rebound = [
        ("content-type", "application/json"),
        ("host", "evil.example"),
    ];
    assert_eq!(request("POST", &scene.profiles, &rebound, "{}").0, 421);
    let form = [
        ("content-type", "text/plain"),
        ("origin", dashboard.as_str()),
    ];
    assert_eq!(request("POST", &scene.profiles, &form, "{}").0, 415);
    let large = "x".repeat(2 * 1024 * 1024);
    assert_eq!(
        request(
            "POST",
            &scene.profiles,
            &[("content-type", "application/json")],
            &large
        )
        .0,
        413
    );
}

#[test]
fn a_development_network_goes_on_with_the_same_parties() {
    let mut scene = Scene::new();
    let closed = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o077 == 0;
    for folder in ["issuer", "bank"] {
        let folder = scene.devnet.home().join(folder);
        assert!(closed(&folder));
        for file in fs::read_dir(folder).unwrap() {
            assert!(closed(&file.unwrap().path()));
        }
    }
    assert_eq!(scene.devnet.terminate(), Some(0));
    scene.devnet.start();
    let issuer = get(&format!("{}/onboarding/v1", scene.devnet.page("issuer")));
    assert_eq!(issuer, scene.issuer);
    assert_eq!(issuer["selfAsserted"], true);
    let bank = get(&format!("{}/api/terms", scene.devnet.page("demo")));
    assert_eq!(bank, scene.bank);
}
