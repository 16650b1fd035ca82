//! Signatures of NEAR wallets. An envelope verifies only for the message, nonce, recipient and
//! callback that were signed, with the one signature there is; whatever a wallet signs verifies. Any
//! bytes have one spelling, which has itself as its spelling.
#![no_main]

use std::sync::LazyLock;

use ed25519_zebra::{SigningKey, VerificationKey};
use idos_fuzz_seed::split;
use idos_types::limits::SHORT_TEXT_BYTES;
use idos_wallet::{AuthType, Sender};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

const TAG: u32 = 2_147_484_061;

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from([7; 32]));
static SENDER: LazyLock<Sender> = LazyLock::new(|| {
    let key = VerificationKey::from(&*KEY);
    Sender::parse(AuthType::Nep413, key.as_ref()).expect("a key of ours")
});

fuzz_target!(|input: &[u8]| {
    let [message, envelope, recipient, callback] = split(input);

    // This key has signed nothing so far: no bytes can verify.
    assert!(SENDER.verify(message, envelope).is_err());
    let spelled = SENDER.canonical(envelope);
    assert_eq!(SENDER.canonical(&spelled), spelled);

    let (Ok(recipient), Ok(callback)) = (
        std::str::from_utf8(recipient),
        std::str::from_utf8(callback),
    ) else {
        return;
    };
    let mut nonce = [0; 32];
    nonce
        .iter_mut()
        .zip(envelope)
        .for_each(|(to, from)| *to = *from);
    let signed = sign(message, &nonce, recipient, callback);
    let fits = recipient.len() <= SHORT_TEXT_BYTES && signed.len() <= 16 * 1024;
    assert_eq!(SENDER.verify_canonical(message, &signed).is_ok(), fits);
    if fits && callback.is_empty() && signed.len() + 4 <= 16 * 1024 {
        let twin = with_empty_callback(&signed);
        assert!(SENDER.verify(message, &twin).is_ok());
        assert!(SENDER.verify_canonical(message, &twin).is_err());
        assert_eq!(SENDER.canonical(&twin), signed);
    }

    let other = [message, &[0]].concat();
    assert!(SENDER.verify(&other, &signed).is_err());
    for at in some_bytes(message, &signed) {
        let mut changed = signed.clone();
        changed[at] ^= envelope.first().copied().unwrap_or_default() | 1;
        assert!(SENDER.verify(message, &changed).is_err(), "byte {at}");
    }
});

/// The envelope that a wallet makes.
fn sign(message: &[u8], nonce: &[u8; 32], recipient: &str, callback: &str) -> Vec<u8> {
    let mut payload = TAG.to_le_bytes().to_vec();
    string(&mut payload, message);
    payload.extend_from_slice(nonce);
    string(&mut payload, recipient.as_bytes());
    if callback.is_empty() {
        payload.push(0);
    } else {
        payload.push(1);
        string(&mut payload, callback.as_bytes());
    }
    let signature = KEY.sign(&Sha256::digest(&payload)).to_bytes();
    let len = u16::try_from(payload.len()).unwrap_or_default();
    [&len.to_be_bytes(), payload.as_slice(), &signature].concat()
}

fn string(payload: &mut Vec<u8>, bytes: &[u8]) {
    let len = u32::try_from(bytes.len()).expect("inputs are short");
    payload.extend_from_slice(&len.to_le_bytes());
    payload.extend_from_slice(bytes);
}

/// The same envelope with an empty callback URL, which counts as none.
fn with_empty_callback(signed: &[u8]) -> Vec<u8> {
    let (payload, signature) = signed[2..].split_at(signed.len() - 2 - 64);
    let (_none, payload) = payload.split_last().expect("it ends with the flag");
    let payload = [payload, &[1, 0, 0, 0, 0]].concat();
    let len = u16::try_from(payload.len()).unwrap_or_default();
    [&len.to_be_bytes(), payload.as_slice(), signature].concat()
}

/// Some of the bytes that must not change: the length, the tag, the message, the nonce and the signature.
fn some_bytes(message: &[u8], signed: &[u8]) -> [usize; 7] {
    let nonce = 2 + 4 + 4 + message.len();
    let (begin, end) = (signed.len() - 64, signed.len() - 1);
    [0, 2, nonce - 1, nonce, nonce + 31, begin, end]
}
