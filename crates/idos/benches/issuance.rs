//! How many credentials an issuer hands out in a second through four nodes on this machine, beside how
//! many it could sign and seal if there were no network.
//!
//! `cargo bench -p idos --bench issuance`; `IDOS_BENCH_PEOPLE` sets to how many people.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    reason = "a benchmark that fails stops, and prints what it finds"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::{
    env,
    time::{Duration, Instant, SystemTime},
};

use idos_client::{
    issuer::NewCredential,
    person::Keys,
    signed_grant::{WriteGrant, WriteGrantTerms},
};
use idos_credential::{IssueOptions, Issuer as Signer, KeyKind, Seconds, SecretKey, Suite};
use idos_crypto::Password;
use serde_json::json;
use support::{network::Network, sdk::Sdk};

/// To how many people, unless told otherwise.
const PEOPLE: usize = 200;
/// How long their write grants can be used, in seconds.
const HOUR: i64 = 3600;

fn main() {
    let people = env::var("IDOS_BENCH_PEOPLE").ok();
    let people = people.map_or(PEOPLE, |people| people.parse().expect("a number of people"));
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(measure(people));
}

async fn measure(people: usize) {
    let network = Network::started();
    let sdk = Sdk::of(&network.home(0), network.urls.clone(), network.owner_seed()).await;
    let key = SecretKey::from_bytes(KeyKind::Ed25519, &[7; 32]).unwrap();
    let signer = Signer::did_key(key);
    let password = Password::new("a password of the benchmark").unwrap();
    let mut asking = Vec::new();
    for number in 0..people {
        let (person, keys, _) = sdk.person(&password).await;
        let terms = WriteGrantTerms {
            grantee: sdk.issuer.as_recipient().grantee().to_owned(),
            issuer_public_key: sdk.issuer.public_key(),
            locked_until: Seconds(0),
            not_before: Seconds(now() - HOUR),
            not_after: Seconds(now() + HOUR),
        };
        asking.push((number, keys, person.sign_write_grant(&terms).await.unwrap()));
    }

    let start = Instant::now();
    for (number, keys, _) in &asking {
        let content = signed(&signer, *number);
        keys.public_key().seal(content.as_bytes()).unwrap();
        let copy = sdk.issuer.as_recipient();
        copy.key().seal(content.as_bytes()).unwrap();
    }
    let alone = per_second(people, start.elapsed());

    let mut times = Vec::new();
    let start = Instant::now();
    for (number, keys, grant) in &asking {
        let begun = Instant::now();
        issue(&sdk, &signer, *number, keys, grant).await;
        times.push(begun.elapsed());
    }
    let issued = per_second(people, start.elapsed());
    times.sort();
    let size = signed(&signer, 0).len();
    println!("{people} credentials of {size} bytes, each for another person, one after the other:");
    println!("  signed and sealed twice, no network   {alone:>8.0} per second");
    println!("  issued through four nodes             {issued:>8.1} per second");
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!(
        "  until one is certified                {:>8.1} ms, p99 {:.1} ms",
        at(50),
        at(99)
    );
}

async fn issue(sdk: &Sdk, signer: &Signer, number: usize, keys: &Keys, grant: &WriteGrant) {
    let content = signed(signer, number);
    let new = NewCredential {
        notes: r#"{"type": "kyc", "status": "approved"}"#,
        content: content.as_bytes(),
    };
    let copy_for = sdk.issuer.as_recipient();
    sdk.issuer
        .issue(&new, grant, &keys.public_key(), &copy_for)
        .await
        .unwrap();
}

/// A signed credential about one of many.
fn signed(signer: &Signer, number: usize) -> String {
    let document = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2", "urn:idos:context:kyc:v1"],
        "type": ["VerifiableCredential"],
        "issuer": signer.id(),
        "validFrom": "2020-01-01T00:00:00Z",
        "credentialSubject": { "firstName": format!("Person {number}"), "familyName": "Of many" },
    });
    let options = IssueOptions::new(Suite::EddsaJcs2022, Seconds(now()));
    signer.issue(&document.to_string(), &options).unwrap()
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    i64::try_from(since.unwrap().as_secs()).unwrap()
}

fn per_second(count: usize, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}
