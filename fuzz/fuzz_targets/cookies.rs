//! Session cookies. Somebody is signed in only by the one token that was handed out, unchanged and
//! from the web origin that signed in; a proof within a token has one encoding.
#![no_main]

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_zebra::{SigningKey, VerificationKey};
use idos_fuzz_seed::{edit, split};
use idos_node::fuzzing::{Gate, sign_in_proof};
use idos_wallet::{AuthType, Sender};
use libfuzzer_sys::fuzz_target;

const ORIGIN: &str = "https://app.test";
const NOW_MS: u64 = 1_000_000;

struct SignedIn {
    gate: Gate,
    caller: String,
    token: String,
}

static SIGNED_IN: LazyLock<SignedIn> = LazyLock::new(|| {
    let gate = Gate::new([7; 32], "chain");
    let key = SigningKey::from([9; 32]);
    let sender = Sender::parse(AuthType::Ed25519, VerificationKey::from(&key).as_ref())
        .expect("a key of ours");
    let caller = sender.caller();
    let sign = |text: &str| key.sign(text.as_bytes()).to_bytes().to_vec();
    let cookie = gate
        .sign_in(ORIGIN, sender, sign, NOW_MS)
        .expect("a sign-in");
    let (pair, _attributes) = cookie.split_once(';').expect("a cookie has attributes");
    let (_name, token) = pair.split_once('=').expect("a cookie has a value");
    SignedIn {
        gate,
        caller,
        token: token.to_owned(),
    }
});

fuzz_target!(|input: &[u8]| {
    let SignedIn {
        gate,
        caller,
        token,
    } = &*SIGNED_IN;
    let [edits, origin, before, after] = split(input);
    let [origin, before, after] = [origin, before, after].map(String::from_utf8_lossy);

    // A header that never saw the token, and a proof that nobody made for it.
    assert_eq!(gate.caller(ORIGIN, &before, NOW_MS), None);
    if let Ok(bytes) = URL_SAFE_NO_PAD.decode(&*before)
        && let Some(encoded) = sign_in_proof(&bytes)
    {
        assert_eq!(encoded, bytes);
    }

    // The token as text, and its bytes.
    let mut text = token.clone().into_bytes();
    let is_changed = edit(&mut text, edits);
    signed_in(&String::from_utf8_lossy(&text), is_changed);
    let mut bytes = URL_SAFE_NO_PAD.decode(token).expect("tokens are base64");
    let is_changed = edit(&mut bytes, edits);
    signed_in(&URL_SAFE_NO_PAD.encode(&bytes), is_changed);
    assert!(sign_in_proof(&bytes).is_none_or(|encoded| encoded == bytes));

    // The token among other things, and from elsewhere.
    let name = Gate::cookie_name(ORIGIN);
    let header = format!("{before}{name}={token}{after}");
    let found = gate.caller(ORIGIN, &header, NOW_MS);
    assert!(found.is_none() || found.as_ref() == Some(caller));
    let name = Gate::cookie_name(&origin);
    let header = format!("{before}{name}={token}{after}");
    let found = gate.caller(&origin, &header, NOW_MS);
    assert!(found.is_none() || origin == ORIGIN);
    let ended = NOW_MS + 3_600_000;
    assert_eq!(
        gate.caller(ORIGIN, &format!("{}={token}", Gate::cookie_name(ORIGIN)), ended),
        None
    );
});

/// The token signs its owner in if, and only if, it is unchanged.
fn signed_in(token: &str, is_changed: bool) {
    let SignedIn { gate, caller, .. } = &*SIGNED_IN;
    let name = Gate::cookie_name(ORIGIN);
    let found = gate.caller(ORIGIN, &format!("a=b; {name}={token}; Path=/"), NOW_MS);
    assert_eq!(found.as_ref(), (!is_changed).then_some(caller));
}
