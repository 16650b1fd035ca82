//! Wrong things, through the SDK and on a real node: each has an error of its own. The table of all
//! is in `docs/errors.md`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use idos_client::{
    Error, FlowError, NodeFault, Owner,
    issuer::StatusRegister,
    person::{Person, ShareTerms},
};
use idos_credential::{
    FetchedList, IssueOptions, Issuer as Signer, KeyKind, Seconds, SecretKey as CredentialKey,
    StatusPurpose, StatusSource, Suite, TrustList, Verifier,
};
use idos_crypto::{Factor, OpenError, Password, SecretKey, SigningKey, UnlockError, content_hash};
use idos_types::{CredentialId, Value};
use serde_json::{Value as Json, json};
use support::{node::Node, proxy::Proxy, sdk::Sdk};

const PASSWORD: &str = "correct horse battery";
/// 21 November 2026, 12:00.
const NOW: Seconds = Seconds(1_795_262_400);
const YEAR: i64 = 365 * 24 * 3600;
const LIST: &str = "https://issuer.example/status/1";

fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_the_callers() {
    let node = Node::started();
    let sdk = Sdk::new(&node).await;
    let (mut person, keys, _) = sdk.person(&password(PASSWORD)).await;
    let wrong = password("a wrong password");
    let refused = person
        .unlock(&Factor::Password(&wrong), 0)
        .await
        .unwrap_err();
    assert!(matches!(
        refused,
        FlowError::Unlock(UnlockError::WrongPassword)
    ));
    assert_eq!(refused.owner(), Owner::Caller);
    let refused = person.unlock_compatible(&wrong).unwrap_err();
    assert!(matches!(refused, FlowError::WrongPassword));
    // A ring that is older than what this device saw is the node's.
    let ahead = keys.revision().unwrap() + 1;
    let right = password(PASSWORD);
    let older = person.unlock(&Factor::Password(&right), ahead).await;
    let older = older.unwrap_err();
    assert!(matches!(older, FlowError::Unlock(UnlockError::Old { .. })));
    assert_eq!(older.owner(), Owner::Node);
}

/// Shares a copy as a program could that does it wrong.
async fn share(
    person: &Person,
    original: CredentialId,
    grantee: &str,
    (content, encryptor): (&[u8], &str),
    hash: &str,
) -> CredentialId {
    let copy = CredentialId(idos_client::fresh_id().unwrap());
    let signer = SigningKey::generate().unwrap();
    let signed = signer.sign_credential("", content);
    let arguments = vec![
        Value::Uuid(copy.0),
        Value::Uuid(original.0),
        Value::from(""),
        Value::from(signed.public_notes_signature),
        Value::from(signed.broader_signature),
        Value::from(base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            content,
        )),
        Value::from(hash),
        Value::from(encryptor),
        Value::from(signed.issuer_auth_public_key),
        Value::from(grantee),
        Value::Int(0),
    ];
    let client = person.client();
    client.execute("share_credential", arguments).await.unwrap();
    copy
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sealed_wrongly_is_named_and_its_senders() {
    let node = Node::started();
    let sdk = Sdk::new(&node).await;
    let (person, keys, _) = sdk.person(&password(PASSWORD)).await;
    let signer = SigningKey::generate().unwrap();
    let text = b"what is shared";
    let original = person.add_credential(&keys, "{}", text, &signer);
    let original = original.await.unwrap();
    let reader = sdk.reader();
    let (consumer, address) = (reader.by(sdk.through(&[&node.url])), &reader.address);
    let hash = content_hash(text).to_string();
    let sealed = consumer.public_key().seal(text).unwrap();
    let encryptor = sealed.encryptor_public_key().to_base64();
    let right = sealed.content().to_vec();
    let fetch = async |content: &[u8], encryptor: &str, hash: &str| {
        let copy = share(&person, original, address, (content, encryptor), hash).await;
        consumer.fetch(copy).await
    };
    let fetched = fetch(&right, &encryptor, &hash).await.unwrap();
    assert_eq!(fetched.content.as_bytes(), text);

    let mut flipped = right.clone();
    *flipped.last_mut().unwrap() ^= 1;
    let mut other_nonce = right.clone();
    other_nonce[..24].copy_from_slice(&[7; 24]);
    let another = SecretKey::generate().unwrap().public_key();
    let for_another = another.seal(text).unwrap();
    let sender_of_another = for_another.encryptor_public_key().to_base64();
    for (what, content, encryptor, expected) in [
        (
            "cut",
            &right[..39],
            &encryptor,
            OpenError::Truncated { len: 39, least: 40 },
        ),
        (
            "cut within",
            &right[..right.len() - 1],
            &encryptor,
            OpenError::Refused,
        ),
        ("a bit flipped", &flipped, &encryptor, OpenError::Refused),
        (
            "another nonce",
            &other_nonce,
            &encryptor,
            OpenError::Refused,
        ),
        (
            "for another",
            for_another.content(),
            &sender_of_another,
            OpenError::Refused,
        ),
    ] {
        let refused = fetch(content, encryptor, &hash).await.unwrap_err();
        assert_eq!(refused.owner(), Owner::Counterparty, "{what}");
        let FlowError::Open(error) = refused else {
            panic!("{what}: {refused}");
        };
        assert_eq!(error, expected, "{what}");
    }
    let other = content_hash(b"something else").to_string();
    let swapped = fetch(&right, &encryptor, &other).await.unwrap_err();
    assert!(matches!(swapped, FlowError::Swapped(_)));
    assert_eq!(swapped.owner(), Owner::Counterparty);
}

/// Status lists that somebody fetched.
struct Lists(String);

impl StatusSource for Lists {
    fn status_list(&self, url: &str) -> Result<FetchedList, String> {
        assert_eq!(url, LIST);
        Ok(FetchedList {
            credential: self.0.clone(),
            fetched_at: NOW,
        })
    }
}

/// A signed credential; `before` changes what is signed, `after` what was.
fn credential(signer: &Signer, before: impl Fn(&mut Json), after: impl Fn(&mut Json)) -> String {
    let mut unsigned = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "urn:idos:context:kyc:v1"],
        "type": ["VerifiableCredential"],
        "issuer": signer.id(),
        "validFrom": Seconds(NOW.0 - YEAR).rfc3339(),
        "validUntil": Seconds(NOW.0 + YEAR).rfc3339(),
        "credentialSubject": { "firstName": "Given" },
    });
    before(&mut unsigned);
    let how = IssueOptions::new(Suite::EddsaJcs2022, NOW);
    let mut signed = signer.issue_json(unsigned, &how).unwrap();
    after(&mut signed);
    signed.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_shared_credential_is_named() {
    let node = Node::started();
    let sdk = Sdk::new(&node).await;
    let (person, keys, _) = sdk.person(&password(PASSWORD)).await;
    let reader = sdk.reader();
    let (consumer, recipient) = (reader.by(sdk.through(&[&node.url])), reader.recipient());
    let signer = || Signer::did_key(CredentialKey::generate(KeyKind::Ed25519).unwrap());
    let (issuer, other) = (signer(), signer());

    let mut register = StatusRegister::new(LIST, StatusPurpose::Revocation, 131_072).unwrap();
    register.set(7, true).unwrap();
    let (from, until) = (Seconds(NOW.0 - 60), Seconds(NOW.0 + 3600));
    let list = register.credential(&issuer, Suite::EddsaJcs2022, from, until);
    let trust = TrustList::new().with_did(issuer.id());
    let verifier = Verifier::new(trust).with_statuses(Lists(list.unwrap()));

    let as_is = |_: &mut Json| {};
    let date = |name: &'static str, seconds: i64| {
        move |it: &mut Json| it[name] = Seconds(seconds).rfc3339().into()
    };
    let status = |index: usize| {
        let entry = register.entry(index);
        move |it: &mut Json| it["credentialStatus"] = entry.clone()
    };
    let cases = [
        ("valid", credential(&issuer, status(8), as_is)),
        (
            "unknown-context",
            credential(&issuer, as_is, |it| {
                it["@context"][1] = "https://evil.example/v1".into();
            }),
        ),
        (
            "undefined-term",
            credential(&issuer, as_is, |it| {
                it["credentialSubject"]["unheardOf"] = 1.into();
            }),
        ),
        (
            "expired",
            credential(&issuer, date("validUntil", NOW.0 - 3600), as_is),
        ),
        (
            "not-yet-valid",
            credential(&issuer, date("validFrom", NOW.0 + 3600), as_is),
        ),
        ("untrusted-issuer", credential(&other, as_is, as_is)),
        (
            "not-the-issuers-key",
            credential(&other, as_is, |it| it["issuer"] = issuer.id().into()),
        ),
        (
            "wrong-proof",
            credential(&issuer, as_is, |it| {
                it["credentialSubject"]["firstName"] = "Another".into();
            }),
        ),
        ("revoked", credential(&issuer, status(7), as_is)),
        ("malformed-json", "no credential at all".to_owned()),
    ];
    for (expected, content) in cases {
        let own = SigningKey::generate().unwrap();
        let added = person.add_credential(&keys, "{}", content.as_bytes(), &own);
        let added = added.await.unwrap();
        let shared = person.share(&keys, added, &recipient, ShareTerms::default());
        let fetched = consumer.fetch(shared.await.unwrap().copy).await.unwrap();
        let report = fetched.verify(&verifier, NOW);
        let code = report.fault().map_or("valid", |fault| fault.code());
        assert_eq!(code, expected, "{report}");
        assert_eq!(report.verified, expected == "valid");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_before_anything_is_sent() {
    let node = Node::started();
    let sdk = Sdk::new(&node).await;
    let (_, keys, wallet) = sdk.person(&password(PASSWORD)).await;
    let proxy = Proxy::before(&node.url, |_, _| true);
    let client = sdk.through(&[&proxy.url]).with_wallet(wallet);
    let person = Person::open(client).await.unwrap();
    let signer = SigningKey::generate().unwrap();
    let broadcasts = || {
        let methods = proxy.methods();
        methods.iter().filter(|it| *it == "user.broadcast").count()
    };

    let large = vec![b'x'; 4_400_000];
    person
        .add_credential(&keys, "{}", &large, &signer)
        .await
        .unwrap();
    assert_eq!(broadcasts(), 1);
    let refused = person
        .add_credential(&keys, "{}", &vec![b'x'; 4_600_000], &signer)
        .await
        .unwrap_err();
    let FlowError::Client(Error::TooLarge { len, max }) = refused else {
        panic!("{refused}");
    };
    assert!(len > max);
    let text = Error::TooLarge { len, max }.to_string();
    assert!(text.contains(&max.to_string()), "{text}");
    let refused = person
        .add_credential(&keys, "{}", &vec![b'x'; 6_100_000], &signer)
        .await
        .unwrap_err();
    assert!(matches!(refused, FlowError::Seal(_)), "{refused}");
    assert_eq!(refused.owner(), Owner::Caller);
    assert_eq!(broadcasts(), 1);
}

/// Makes something else of an answer.
type Lie = fn(&mut Json);

/// A member of every row of an answer that has it.
fn each(answer: &mut Json, name: &str, change: impl Fn(&mut String)) {
    let claims = answer["result"]["claims"].as_array_mut();
    for claim in claims.into_iter().flatten() {
        for row in claim["rows"].as_array_mut().into_iter().flatten() {
            if let Some(Json::String(text)) = row.get_mut(name) {
                change(text);
            }
        }
    }
}

/// Another first character of the same alphabet.
fn other_start(text: &mut String) {
    let other = if text.starts_with('A') { "B" } else { "A" };
    text.replace_range(..1, other);
}

/// Makes a refusal of an answer.
fn refuse(answer: &mut Json, code: i64) {
    if let Some(answer) = answer.as_object_mut() {
        answer.remove("result");
        answer.insert("error".to_owned(), json!({ "code": code, "message": "no" }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lies_or_hangs_is_passed_over() {
    let node = Node::started();
    let sdk = Sdk::new(&node).await;
    let (person, keys, _) = sdk.person(&password(PASSWORD)).await;
    let reader = sdk.reader();
    let signer = SigningKey::generate().unwrap();
    let added = person.add_credential(&keys, "{}", b"what is shared", &signer);
    let added = added.await.unwrap();
    let recipient = reader.recipient();
    let shared = person.share(&keys, added, &recipient, ShareTerms::default());
    let shared = shared.await.unwrap().copy;
    let by = |urls: &[&str]| reader.by(sdk.through(urls));

    let lies: [(&str, Lie); 7] = [
        ("another content", |answer| {
            each(answer, "content", other_start)
        }),
        ("another row", |answer| each(answer, "row", other_start)),
        ("nothing is there", |answer| {
            let claims = answer["result"]["claims"].as_array_mut();
            for claim in claims.into_iter().flatten() {
                claim["rows"] = json!([]);
            }
        }),
        ("another height", |answer| {
            if let Some(height) = answer["result"]["height"].as_u64() {
                answer["result"]["height"] = (height + 1).into();
            }
        }),
        ("no certificate", |answer| {
            answer["result"]["certificate"] = "AAAA".into();
        }),
        ("wrong parameters", |answer| refuse(answer, -32602)),
        ("not signed in", |answer| refuse(answer, -901)),
    ];
    for (what, lie) in lies {
        let lied = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&lied);
        let liar = Proxy::before(&node.url, move |method, answer| {
            if method == "idos.prove" {
                let before = answer.clone();
                lie(answer);
                counter.fetch_add(usize::from(*answer != before), Ordering::SeqCst);
            }
            true
        });
        let alone = by(&[&liar.url]).fetch(shared).await;
        let refused = alone.err().unwrap_or_else(|| panic!("{what} was believed"));
        assert!(lied.load(Ordering::SeqCst) > 0, "{what} was not said");
        let both = by(&[&liar.url, &node.url]).fetch(shared).await;
        assert!(both.is_ok(), "{what}");
        // Alone, it cannot be told from a node that is right to refuse.
        if matches!(refused, FlowError::Client(Error::Refused { .. })) {
            continue;
        }
        assert_eq!(refused.owner(), Owner::Node, "{what}: {refused}");
        let FlowError::Client(Error::Nodes { source, .. }) = &refused else {
            panic!("{what}: {refused}");
        };
        assert!(
            matches!(source, NodeFault::NotProved(_) | NodeFault::Unreadable(_)),
            "{what}: {source}"
        );
    }

    let silent = Proxy::before(&node.url, |_, _| false);
    let both = by(&[&silent.url, &node.url]);
    assert!(both.fetch(shared).await.is_ok());
    assert!(!silent.methods().is_empty(), "it was asked first");
}
