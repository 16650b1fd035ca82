//! Proofs that a person owns a wallet. Who is told to own it is whom a row with this wallet would
//! name; a text made for something else, or for another chain or profile, proves nothing.
#![no_main]

use std::sync::LazyLock;

use ed25519_zebra::{SigningKey, VerificationKey};
use idos_fuzz_seed::split;
use idos_types::{
    Identity, Uuid, WalletType,
    limits::{OWNERSHIP_MESSAGE_BYTES, SHORT_TEXT_BYTES},
};
use idos_wallet::{
    AuthType, Sender, SignedBy, WalletError, ownership_message, verify_ownership,
    verify_wallet_signature,
};
use libfuzzer_sys::fuzz_target;

const CHAIN: &str = "idos-testchain-1";
const USER: Uuid = Uuid::from_u128(0x9f51b3b2_4cbe_4c2b_8ea3_0b0c1b2f1a11);
const OTHER: Uuid = Uuid::from_u128(1);
/// How texts begin that are signed for something else.
const OTHER_PURPOSES: [&str; 3] = [
    " wants you to sign in with your ",
    "Kwil view call.\n",
    "operation: ",
];

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from([7; 32]));
/// Kind, address and public key of wallets of ours that sign the plain message.
static WALLETS: LazyLock<[(WalletType, String, String); 2]> = LazyLock::new(|| {
    let key = VerificationKey::from(&*KEY);
    let hex_key = hex::encode(key.as_ref());
    let xrpl_key = [&[0xed], key.as_ref()].concat();
    let xrpl = Sender::parse(AuthType::Xrpl, &xrpl_key)
        .expect("a key of ours")
        .caller();
    [
        (WalletType::FaceSign, hex_key.clone(), hex_key),
        (WalletType::Xrpl, xrpl, hex::encode(xrpl_key)),
    ]
});

fuzz_target!(|input: &[u8]| {
    let fields: [&[u8]; 5] = split(input);
    let [choice, message, address, key, signature] =
        fields.map(|field| String::from_utf8_lossy(field));
    let choice = usize::from(choice.bytes().next().unwrap_or_default());
    let kinds = WalletType::ALL;
    let kind = kinds[choice % kinds.len()];
    let key = (!key.is_empty()).then_some(&*key);
    let _ = owned(kind, &address, key, &message, &signature);

    let ours = &WALLETS[choice / kinds.len() % WALLETS.len()];
    match choice / kinds.len() / WALLETS.len() % 4 {
        // Applications have people sign any text that is not made for something else.
        0 => drop(signed_by(ours, &message)),
        1 => {
            let is_nonce = message.len() <= SHORT_TEXT_BYTES && !message.contains(['\n', '\r']);
            let text = ownership_message(CHAIN, USER, &message);
            assert_eq!(signed_by(ours, &text).is_ok(), is_nonce);
        }
        2 => {
            for (chain, user) in [(CHAIN, OTHER), ("other", USER)] {
                let text = ownership_message(chain, user, &message);
                assert!(signed_by(ours, &text).is_err());
            }
        }
        _ => {
            for purpose in OTHER_PURPOSES {
                assert!(signed_by(ours, &format!("{purpose}{message}")).is_err());
            }
        }
    }
});

/// What a wallet of ours that signs `message` proves.
fn signed_by(
    (kind, address, key): &(WalletType, String, String),
    message: &str,
) -> Result<SignedBy, WalletError> {
    let signature = hex::encode(KEY.sign(message.as_bytes()).to_bytes());
    let signed = verify_wallet_signature(*kind, address, Some(key), message, &signature);
    assert_eq!(signed.is_ok(), message.len() <= OWNERSHIP_MESSAGE_BYTES);
    let other = hex::encode(KEY.sign(b"another message").to_bytes());
    assert!(
        message == "another message" || owned(*kind, address, Some(key), message, &other).is_err()
    );
    owned(*kind, address, Some(key), message, &signature)
}

/// Checks a proof; whoever it names is the same in every way of telling.
fn owned(
    kind: WalletType,
    address: &str,
    key: Option<&str>,
    message: &str,
    signature: &str,
) -> Result<SignedBy, WalletError> {
    let owned = verify_ownership(kind, address, key, message, signature, CHAIN, USER);
    if let Ok(signed) = &owned {
        let plain = verify_wallet_signature(kind, address, key, message, signature);
        assert_eq!(plain.as_ref(), Ok(signed));
        assert_eq!(
            Identity::of_wallet(kind, address, key).as_ref(),
            Some(&signed.identity)
        );
    }
    owned
}
