//! Each fault of what comes from outside has its own named error.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

use idos_crypto::{
    CostError, Factor, HybridPublicKey, HybridSecretKey, KeyError, KeyRing, KeyRingError,
    NewFactor, OpenError, PasskeyId, PasskeyInput, PasskeySecret, Password, PasswordCost,
    PublicKey, RecoveryWords, SealError, Sealed, SecretKey, UnlockError, UserKey, UserKeys,
};
use idos_types::{
    ReadError, UserId, Uuid,
    limits::{KEY_RING_BYTES, MOST_ARGON2_KIB, SEALED_BYTES},
};
use proptest::prelude::*;

const TEXT: &[u8] = b"a text";
const USER: UserId = UserId(Uuid::from_u128(0x9f51b3b2_4cbe_4c2b_8ea3_0b0c1b2f1a11));

#[test]
fn a_box_opens_only_unchanged_and_for_its_recipient() {
    let key = SecretKey::generate().unwrap();
    let sealed = key.public_key().seal(TEXT).unwrap();
    let encryptor = sealed.encryptor_public_key();
    let open = |bytes: &[u8]| {
        let sealed = Sealed::new(bytes.to_vec(), encryptor)?;
        key.open(&sealed).map(|text| text.to_vec())
    };
    assert_eq!(open(sealed.content()), Ok(TEXT.to_vec()));

    let other = SecretKey::generate().unwrap();
    assert_eq!(other.open(&sealed), Err(OpenError::Refused));
    for at in 0..sealed.content().len() {
        let mut flipped = sealed.content().to_vec();
        flipped[at] ^= 0x80;
        assert_eq!(open(&flipped), Err(OpenError::Refused), "{at}");
    }
    let second = key.public_key().seal(TEXT).unwrap();
    let swapped = [&second.content()[..24], &sealed.content()[24..]].concat();
    assert_eq!(open(&swapped), Err(OpenError::Refused));
    let wrong_sender = Sealed::new(sealed.content().to_vec(), second.encryptor_public_key());
    assert_eq!(key.open(&wrong_sender.unwrap()), Err(OpenError::Refused));

    for len in 0..40 {
        let truncated = OpenError::Truncated { len, least: 40 };
        assert_eq!(open(&sealed.content()[..len]), Err(truncated));
    }
    for len in 40..sealed.content().len() {
        assert_eq!(open(&sealed.content()[..len]), Err(OpenError::Refused));
    }
    let (len, max) = (SEALED_BYTES + 1, SEALED_BYTES);
    let oversized = open(&vec![0; len]);
    assert_eq!(oversized, Err(OpenError::TooLarge { len, max }));
}

#[test]
fn the_columns_of_a_box_are_strict_base64() {
    let encryptor = PublicKey::from_bytes([9; 32]).to_base64();
    let good = "A".repeat(56);
    assert!(Sealed::from_base64(&good, &encryptor).is_ok());
    for bad in ["A".repeat(57), "-".repeat(56), format!(" {good}")] {
        let error = Sealed::from_base64(&bad, &encryptor);
        assert_eq!(error, Err(OpenError::Encoding));
    }
    let error = Sealed::from_base64(&good, "").unwrap_err();
    assert!(matches!(
        error,
        OpenError::Key(KeyError::Length { got: 0, .. })
    ));
    let long = "A".repeat(SEALED_BYTES / 3 * 4 + 4);
    let error = Sealed::from_base64(&long, &encryptor).unwrap_err();
    assert!(matches!(error, OpenError::TooLarge { .. }));
}

#[test]
fn keys_that_protect_nothing_are_refused() {
    let mut one = [0; 32];
    one[0] = 1;
    let key = SecretKey::generate().unwrap();
    for weak in [[0; 32], one].map(PublicKey::from_bytes) {
        assert_eq!(weak.seal(TEXT), Err(SealError::WeakKey));
        let sealed = Sealed::new(vec![0; 50], weak).unwrap();
        assert_eq!(key.open(&sealed), Err(OpenError::WeakKey));
        let mut bytes = *HybridSecretKey::generate().unwrap().public_key().as_bytes();
        bytes[1184..].copy_from_slice(weak.as_bytes());
        let hybrid = HybridPublicKey::from_bytes(bytes).unwrap();
        assert_eq!(hybrid.seal(b"", TEXT), Err(SealError::WeakKey));
    }
}

#[test]
fn what_can_not_be_stored_is_not_sealed() {
    let key = SecretKey::generate().unwrap().public_key();
    let hybrid = HybridSecretKey::generate().unwrap().public_key();
    let text = vec![7; SEALED_BYTES];
    for (empty, refused) in [
        (
            key.seal(b"").unwrap().content().len(),
            key.seal(&text).map(drop),
        ),
        (
            hybrid.seal(b"", b"").unwrap().len(),
            hybrid.seal(b"", &text).map(drop),
        ),
    ] {
        let (len, max) = (SEALED_BYTES, SEALED_BYTES - empty);
        assert_eq!(refused, Err(SealError::TooLarge { len, max }));
    }
    let most = &text[..SEALED_BYTES - 40];
    assert_eq!(key.seal(most).unwrap().content().len(), SEALED_BYTES);
}

#[test]
fn an_envelope_opens_only_unchanged_for_its_recipient_and_in_its_place() {
    let key = HybridSecretKey::generate().unwrap();
    let envelope = key.public_key().seal(b"here", TEXT).unwrap();
    let open = |bytes: &[u8]| key.open(b"here", bytes).map(|text| text.to_vec());
    assert_eq!(open(&envelope), Ok(TEXT.to_vec()));
    assert_eq!(key.open(b"there", &envelope), Err(OpenError::Altered));
    let other = HybridSecretKey::generate().unwrap();
    assert_eq!(
        other.open(b"here", &envelope),
        Err(OpenError::WrongRecipient)
    );

    let commitment = 5 + 1120;
    for at in (0..5)
        .chain((5..commitment).step_by(17))
        .chain(commitment..envelope.len())
    {
        let mut flipped = envelope.clone();
        flipped[at] ^= 0x80;
        let fault = match at {
            0..4 => OpenError::NotAnEnvelope,
            4 => OpenError::UnknownVersion(0x81),
            at if at < commitment + 32 => OpenError::WrongRecipient,
            _ => OpenError::Altered,
        };
        assert_eq!(open(&flipped), Err(fault), "{at}");
    }
    let least = commitment + 32 + 16;
    for len in [4, 5, 6, 1124, least - 1] {
        let truncated = OpenError::Truncated { len, least };
        assert_eq!(open(&envelope[..len]), Err(truncated));
    }
    assert_eq!(open(&envelope[..3]), Err(OpenError::NotAnEnvelope));
    assert_eq!(open(&envelope[..least]), Err(OpenError::Altered));
    let (len, max) = (SEALED_BYTES + 1, SEALED_BYTES);
    let oversized = open(&vec![0; len]);
    assert_eq!(oversized, Err(OpenError::TooLarge { len, max }));
}

/// A box and an envelope for keys of the same bytes: neither opens as the other.
#[test]
fn no_suite_is_taken_for_another() {
    let bytes = *SecretKey::generate().unwrap().expose();
    let key = SecretKey::from_bytes(bytes.into());
    let hybrid = HybridSecretKey::from_bytes(bytes.into());
    let sealed = key.public_key().seal(TEXT).unwrap();
    let error = hybrid.open(b"", sealed.content());
    assert_eq!(error, Err(OpenError::NotAnEnvelope));
    let envelope = hybrid.public_key().seal(b"", TEXT).unwrap();
    let as_box = Sealed::new(envelope, sealed.encryptor_public_key()).unwrap();
    assert_eq!(key.open(&as_box), Err(OpenError::Refused));
}

struct Person {
    password: Password,
    words: RecoveryWords,
    passkey: PasskeyId,
    answer: PasskeySecret,
    ring: KeyRing,
    keys: UserKeys,
}

fn person() -> Person {
    let password = Password::new("secret").unwrap();
    let words = RecoveryWords::generate().unwrap();
    let passkey = PasskeyId::new(vec![1, 2, 3]).unwrap();
    let answer = PasskeySecret::new([5; 32].into());
    let factor = NewFactor::Password(&password, PasswordCost::LEAST);
    let (ring, keys) = KeyRing::create(USER, UserKey::generate().unwrap(), &factor).unwrap();
    let (ring, _) = ring.with_factor(&keys, &NewFactor::Words(&words)).unwrap();
    let input = PasskeyInput::generate().unwrap();
    let factor = NewFactor::Passkey(&passkey, input, &answer);
    let (ring, _) = ring.with_factor(&keys, &factor).unwrap();
    Person {
        password,
        words,
        passkey,
        answer,
        ring,
        keys,
    }
}

fn fault(ring: &KeyRing, factor: Factor<'_>) -> UnlockError {
    ring.unlock(&factor, 0).unwrap_err()
}

#[test]
fn a_wrong_factor_is_named() {
    let Person { ring, passkey, .. } = person();
    let wrong = Password::new("Secret").unwrap();
    let error = fault(&ring, Factor::Password(&wrong));
    assert_eq!(error, UnlockError::WrongPassword);
    let wrong = RecoveryWords::generate().unwrap();
    assert_eq!(fault(&ring, Factor::Words(&wrong)), UnlockError::WrongWords);
    let wrong = PasskeySecret::new([6; 32].into());
    let error = fault(&ring, Factor::Passkey(&passkey, &wrong));
    assert_eq!(error, UnlockError::WrongPasskey);
    let unknown = PasskeyId::new(vec![9]).unwrap();
    let error = fault(&ring, Factor::Passkey(&unknown, &wrong));
    assert_eq!(error, UnlockError::NoSuchFactor);
}

#[test]
fn an_older_ring_is_named() {
    let Person { ring, words, .. } = person();
    let got = ring.revision();
    assert!(ring.unlock(&Factor::Words(&words), got).is_ok());
    let seen = got + 1;
    let error = ring.unlock(&Factor::Words(&words), seen).unwrap_err();
    assert_eq!(error, UnlockError::Old { got, seen });
}

/// Whatever single bit a node flips: the ring is refused, or does not open, by any factor.
#[test]
fn a_ring_with_any_bit_flipped_never_opens() {
    let Person {
        ring,
        words,
        passkey,
        answer,
        ..
    } = person();
    let bytes = ring.encode();
    for at in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[at / 8] ^= 1 << (at % 8);
        let Ok(ring) = KeyRing::decode(&flipped, USER) else {
            continue;
        };
        // The words take a millisecond each time; in the first byte of each eight is enough of them.
        let slow = (at % 64 == 0).then_some(Factor::Words(&words));
        let fast = Factor::Passkey(&passkey, &answer);
        for factor in slow.into_iter().chain([fast]) {
            let error = fault(&ring, factor);
            let named = [
                UnlockError::WrongWords,
                UnlockError::WrongPasskey,
                UnlockError::NoSuchFactor,
                UnlockError::Altered,
            ];
            assert!(named.contains(&error), "bit {at}: {error}");
        }
    }
}

#[test]
fn a_node_can_not_take_parts_of_rings_together() {
    let Person {
        ring,
        keys,
        words,
        password,
        ..
    } = person();
    let (id, _) = ring.wraps().next().unwrap();
    let without = ring.without(&keys, id).unwrap();
    let error = fault(&without, Factor::Password(&password));
    assert_eq!(error, UnlockError::NoSuchFactor);
    // The body of the newer ring, the tag of the older.
    let (new, old) = (without.encode(), ring.encode());
    let mixed = [&new[..new.len() - 32], &old[old.len() - 32..]].concat();
    let mixed = KeyRing::decode(&mixed, USER).unwrap();
    assert_eq!(fault(&mixed, Factor::Words(&words)), UnlockError::Altered);
    // The ring of one person given to another.
    let other = UserId(Uuid::from_u128(1));
    let error = KeyRing::decode(&ring.encode(), other);
    assert_eq!(error, Err(KeyRingError::OtherPerson));
    let mut renamed = ring.encode();
    renamed[9..25].copy_from_slice(other.0.as_bytes());
    let renamed = KeyRing::decode(&renamed, other).unwrap();
    assert_eq!(fault(&renamed, Factor::Words(&words)), UnlockError::Altered);
}

#[test]
fn nothing_weaker_than_the_floor_and_nothing_exhausting_is_read() {
    let bytes = person().ring.encode();
    // Magic, version, person, revision, number of wraps, id and kind of the first.
    let memory = 8 + 1 + 16 + 8 + 1 + 8 + 1;
    for (at, value, what) in [
        (memory, 8, "memory in KiB"),
        (memory, MOST_ARGON2_KIB + 1, "memory in KiB"),
        (memory, u32::MAX, "memory in KiB"),
        (memory + 4, 1, "number of passes"),
        (memory + 4, u32::MAX, "number of passes"),
        (memory + 8, 0, "number of lanes"),
        (memory + 8, 1 << 20, "number of lanes"),
    ] {
        let mut weak = bytes.clone();
        weak[at..at + 4].copy_from_slice(&value.to_be_bytes());
        let error = KeyRing::decode(&weak, USER).unwrap_err();
        let KeyRingError::Cost(CostError {
            what: named, got, ..
        }) = error
        else {
            panic!("{error}");
        };
        assert_eq!((named, got), (what, value));
    }
    let empty = Password::new("").unwrap();
    let factor = NewFactor::Password(&empty, PasswordCost::LEAST);
    let error = KeyRing::create(USER, UserKey::generate().unwrap(), &factor).unwrap_err();
    assert_eq!(error, KeyRingError::EmptyPassword);
}

#[test]
fn bytes_that_are_no_ring_are_named() {
    let good = person().ring.encode();
    let decode = |bytes: &[u8]| KeyRing::decode(bytes, USER).unwrap_err();
    let changed = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        decode(&bytes)
    };
    assert_eq!(decode(b""), KeyRingError::NotAKeyRing);
    assert_eq!(changed(0, b'x'), KeyRingError::NotAKeyRing);
    assert_eq!(changed(8, 2), KeyRingError::UnknownVersion(2));
    assert_eq!(changed(42, 9), KeyRingError::UnknownKind(9));
    assert_eq!(changed(41, 9), KeyRingError::Order);
    let most = 16;
    let what = "ways to open it";
    assert_eq!(changed(33, 255), KeyRingError::TooMany { what, most });
    let (len, max) = (KEY_RING_BYTES + 1, KEY_RING_BYTES);
    let error = decode(&vec![0; len]);
    assert_eq!(error, KeyRingError::TooLarge { len, max });
    for len in 8..good.len() {
        let error = decode(&good[..len]);
        assert!(matches!(
            error,
            KeyRingError::Read(ReadError::Truncated { .. })
        ));
    }
    let trailing = [good.as_slice(), &[0]].concat();
    let error = KeyRingError::Read(ReadError::Trailing(1));
    assert_eq!(decode(&trailing), error);
    let error = KeyRing::from_base64("idos", USER).unwrap_err();
    assert_eq!(error, KeyRingError::NotAKeyRing);
    let error = KeyRing::from_base64("%", USER).unwrap_err();
    assert_eq!(error, KeyRingError::Encoding);
    let error = KeyRing::from_base64(&"A".repeat(40_000), USER).unwrap_err();
    assert!(matches!(error, KeyRingError::TooLarge { .. }));
}

#[test]
fn changes_that_would_lock_a_person_out_are_refused() {
    let Person {
        ring, keys, words, ..
    } = person();
    let stranger = person();
    let factor = NewFactor::Words(&words);
    let error = ring.with_factor(&stranger.keys, &factor).unwrap_err();
    assert_eq!(error, KeyRingError::OtherKeys);
    let ids: Vec<_> = ring.wraps().map(|(id, _)| id).collect();
    let ring = ring.without(&keys, ids[0]).unwrap();
    let error = ring.without(&keys, ids[0]).unwrap_err();
    assert_eq!(error, KeyRingError::NoSuchWrap(ids[0]));
    let ring = ring.without(&keys, ids[1]).unwrap();
    let error = ring.without(&keys, ids[2]).unwrap_err();
    assert_eq!(error, KeyRingError::LastWrap);
    let error = ring.replace_key(&keys, UserKey::generate().unwrap(), &[]);
    assert_eq!(error.unwrap_err(), KeyRingError::NoFactor);
    let (ring, _) = ring.with_factor(&keys, &factor).unwrap();
    let (ring, _) = ring.with_factor(&keys, &factor).unwrap();
    let error = ring.with_factor(&keys, &factor).unwrap_err();
    let (what, most) = ("recovery words", 2);
    assert_eq!(error, KeyRingError::TooMany { what, most });
}

#[test]
fn nothing_secret_is_printed() {
    let Person {
        password,
        words,
        answer,
        keys,
        ring,
        ..
    } = person();
    let unlocked = ring.unlock(&Factor::Words(&words), 0).unwrap();
    let factor = Factor::Password(&password);
    let printed = format!("{password:?} {words:?} {answer:?} {keys:?} {unlocked:?} {factor:?}");
    let key = keys.current().encryption_key().expose();
    let first_word = words.expose().split(' ').next().unwrap().to_owned();
    for secret in [
        hex::encode(key),
        format!("{key:?}"),
        format!("{:?}", [5_u8; 32]),
        "\"secret\"".to_owned(),
        format!("{first_word} "),
    ] {
        assert!(!printed.contains(&secret), "{printed}");
    }
}

proptest! {
    /// Arbitrary bytes, bare and behind the head of a ring: read or refused, never a panic, and
    /// what is read has one encoding.
    #[test]
    fn arbitrary_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let headed = [b"idOSring\x01".as_slice(), USER.0.as_bytes(), &bytes].concat();
        for bytes in [&bytes, &headed] {
            if let Ok(ring) = KeyRing::decode(bytes, USER) {
                prop_assert_eq!(&ring.encode(), bytes);
            }
        }
        let key = HybridSecretKey::from_bytes([1; 32].into());
        let enveloped = [b"idOS\x01".as_slice(), &bytes].concat();
        prop_assert!(key.open(b"", &bytes).is_err());
        prop_assert!(key.open(b"", &enveloped).is_err());
    }
}
