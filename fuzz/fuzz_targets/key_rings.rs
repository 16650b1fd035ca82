//! Key rings. Bytes that are read have one encoding; a ring that a node edited never opens.
#![no_main]

use std::sync::LazyLock;

use idos_crypto::{
    Factor, KeyRing, NewFactor, PasskeyId, PasskeyInput, PasskeySecret, Password, PasswordCost,
    UserKey,
};
use idos_fuzz_seed::{edit, split};
use idos_types::{UserId, Uuid};
use libfuzzer_sys::fuzz_target;

/// The person of the recorded ring.
const USER: UserId = UserId(Uuid::from_u128(0x9f51b3b2_4cbe_4c2b_8ea3_0b0c1b2f1a11));

struct Person {
    ring: Vec<u8>,
    passkey: PasskeyId,
    answer: PasskeySecret,
}

static PERSON: LazyLock<Person> = LazyLock::new(|| {
    let passkey = PasskeyId::new(vec![7; 16]).expect("an id");
    let answer = PasskeySecret::new([9; 32].into());
    let input = PasskeyInput::generate().expect("randomness");
    let by_passkey = NewFactor::Passkey(&passkey, input, &answer);
    let key = UserKey::generate().expect("randomness");
    let (ring, keys) = KeyRing::create(USER, key, &by_passkey).expect("a ring");
    let new = UserKey::generate().expect("randomness");
    let (ring, keys) = ring.replace_key(&keys, new, &[by_passkey]).expect("a ring");
    let password = Password::new("password").expect("a password");
    let by_password = NewFactor::Password(&password, PasswordCost::LEAST);
    let (ring, _) = ring.with_factor(&keys, &by_password).expect("a ring");
    let ring = ring.encode();
    Person {
        ring,
        passkey,
        answer,
    }
});

fuzz_target!(|input: &[u8]| {
    if let Ok(ring) = KeyRing::decode(input, USER) {
        assert_eq!(ring.encode(), input);
        let again = KeyRing::from_base64(&ring.to_base64(), USER);
        assert_eq!(again.as_ref(), Ok(&ring));
        assert!(opens(&ring).is_err());
    }
    let [edits, cut, appended] = split(input);
    let mut bytes = PERSON.ring.clone();
    let mut is_edited = edit(&mut bytes, edits);
    let kept = bytes.len().saturating_sub(cut.len());
    is_edited |= kept < bytes.len() || !appended.is_empty();
    bytes.truncate(kept);
    bytes.extend_from_slice(appended);
    let restored = bytes == PERSON.ring;
    if let Ok(ring) = KeyRing::decode(&bytes, USER) {
        assert_eq!(opens(&ring).is_ok(), restored || !is_edited);
    }
});

fn opens(ring: &KeyRing) -> Result<(), idos_crypto::UnlockError> {
    let factor = Factor::Passkey(&PERSON.passkey, &PERSON.answer);
    ring.unlock(&factor, 0).map(drop)
}
