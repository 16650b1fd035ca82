//! What is sealed, in both suites. It opens exactly if no byte was edited, and nothing that was not
//! sealed opens at all.
#![no_main]

use std::sync::LazyLock;

use idos_crypto::{HybridSecretKey, PublicKey, Sealed, SecretKey};
use idos_fuzz_seed::{edit, split};
use libfuzzer_sys::fuzz_target;

const TEXT: &[u8] = b"a text of some length";

static KEY: LazyLock<SecretKey> = LazyLock::new(|| SecretKey::from_bytes([7; 32].into()));
static SEALED: LazyLock<Sealed> = LazyLock::new(|| KEY.public_key().seal(TEXT).expect("a box"));
static HYBRID: LazyLock<HybridSecretKey> =
    LazyLock::new(|| HybridSecretKey::from_bytes([7; 32].into()));
static ENVELOPE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    HYBRID
        .public_key()
        .seal(b"here", TEXT)
        .expect("an envelope")
});

fuzz_target!(|input: &[u8]| {
    assert!(HYBRID.open(b"here", input).is_err());
    let sender = SEALED.encryptor_public_key();
    if let Ok(sealed) = Sealed::new(input.to_vec(), sender) {
        assert!(KEY.open(&sealed).is_err());
    }
    let [edits, key, context] = split(input);

    let mut bytes = ENVELOPE.clone();
    let is_edited = edit(&mut bytes, edits);
    let opened = HYBRID.open(b"here", &bytes);
    assert_eq!(opened.is_ok(), !is_edited);
    let elsewhere = HYBRID.open(context, &bytes);
    assert_eq!(elsewhere.is_ok(), !is_edited && context == b"here");

    let mut bytes = SEALED.content().to_vec();
    let is_edited = edit(&mut bytes, edits);
    if let Ok(sealed) = Sealed::new(bytes, sender) {
        assert_eq!(KEY.open(&sealed).is_ok(), !is_edited);
    }
    let mut other = *sender.as_bytes();
    if edit(&mut other, key) {
        let other = PublicKey::from_bytes(other);
        let sealed = Sealed::new(SEALED.content().to_vec(), other).expect("it is long enough");
        // The highest bit of a coordinate does not count.
        let mut same = *other.as_bytes();
        same[31] ^= 0x80;
        assert_eq!(KEY.open(&sealed).is_ok(), same == *sender.as_bytes());
    }
});
