//! Whatever a person changes, and wherever it is interrupted: they can open what is theirs, and who
//! was shut out stays out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

use idos_crypto::{
    Factor, KeyRing, KeyRingError, KeyStanding, NewFactor, Password, PasswordCost, PublicKey,
    RecoveryWords, Salt, Sealed, SecretKey, UnlockError, UserKey, UserKeys,
};
use idos_types::{UserId, Uuid, limits::FORMER_KEYS};
use proptest::prelude::*;

const USER: UserId = UserId(Uuid::from_u128(0x9f51b3b2_4cbe_4c2b_8ea3_0b0c1b2f1a11));
const COST: PasswordCost = PasswordCost::LEAST;

fn password(number: u32) -> Password {
    Password::new(&format!("password {number}")).unwrap()
}

/// What the network stores of one person, and what was sealed to them at some time.
struct Network {
    ring: Vec<u8>,
    shown: PublicKey,
    sealed: Vec<(Sealed, Vec<u8>)>,
}

impl Network {
    fn ring(&self) -> KeyRing {
        KeyRing::decode(&self.ring, USER).unwrap()
    }

    /// Somebody seals to the key that the profile shows.
    fn deliver(&mut self) {
        let text = format!("text {}", self.sealed.len()).into_bytes();
        self.sealed.push((self.shown.seal(&text).unwrap(), text));
    }

    /// The person opens everything that was ever sealed to them.
    fn check(&self, keys: &UserKeys) {
        for (sealed, text) in &self.sealed {
            assert_eq!(keys.open(sealed).unwrap().as_bytes(), text);
        }
        assert_ne!(keys.standing(&self.shown), KeyStanding::Unknown);
    }
}

/// What a person knows.
struct Person {
    passwords: Vec<Password>,
    given_up: Vec<Password>,
    words: RecoveryWords,
    seen: u64,
}

impl Person {
    /// Unlocks by the first that works, as a person does who does not know how far a change came.
    fn unlock(&self, network: &Network) -> idos_crypto::Unlocked {
        let ring = network.ring();
        let by_password = self
            .passwords
            .iter()
            .find_map(|password| ring.unlock(&Factor::Password(password), self.seen).ok());
        by_password.expect("one of the passwords that the person may know works")
    }

    /// The passwords that work are those the person may know; the words work always.
    fn check(&self, network: &Network) {
        let ring = network.ring();
        network.check(&self.unlock(network).keys);
        network.check(
            &ring
                .unlock(&Factor::Words(&self.words), self.seen)
                .unwrap()
                .keys,
        );
        for password in &self.given_up {
            let error = ring.unlock(&Factor::Password(password), self.seen);
            assert_eq!(error.unwrap_err(), UnlockError::WrongPassword);
        }
    }
}

fn start() -> (Network, Person) {
    let words = RecoveryWords::generate().unwrap();
    let first = password(0);
    let factor = NewFactor::Password(&first, COST);
    let (ring, keys) = KeyRing::create(USER, UserKey::generate().unwrap(), &factor).unwrap();
    let (ring, _) = ring.with_factor(&keys, &NewFactor::Words(&words)).unwrap();
    let network = Network {
        ring: ring.encode(),
        shown: keys.public_key(),
        sealed: Vec::new(),
    };
    let person = Person {
        passwords: vec![first],
        given_up: Vec::new(),
        words,
        seen: ring.revision(),
    };
    (network, person)
}

/// What a person does, and after how many of its writes everything stops.
#[derive(Debug, Clone)]
enum Act {
    ChangePassword { writes: usize },
    ForgetPassword { writes: usize },
    ReplaceKey { writes: usize },
}

fn act() -> impl Strategy<Value = Act> {
    (0..3_u8, 0..=2_usize).prop_map(|(kind, writes)| match kind {
        0 => Act::ChangePassword { writes },
        1 => Act::ForgetPassword { writes },
        _ => Act::ReplaceKey { writes },
    })
}

fn change_password(network: &mut Network, person: &mut Person, forgot: bool, writes: usize) {
    let new = password(u32::try_from(network.sealed.len()).unwrap() + 1);
    let ring = network.ring();
    let unlocked = if forgot {
        ring.unlock(&Factor::Words(&person.words), person.seen)
            .unwrap()
    } else {
        person.unlock(network)
    };
    let change = ring.change_password(&unlocked, &new, COST).unwrap();
    let old = std::mem::take(&mut person.passwords);
    match writes {
        0 => person.passwords = old,
        1 if !forgot => {
            // Both passwords work; of earlier ones only the one that opened it.
            network.ring = change.both.encode();
            let (kept, gone): (Vec<_>, Vec<_>) = old.into_iter().partition(|password| {
                let factor = Factor::Password(password);
                network.ring().unlock(&factor, 0).is_ok()
            });
            assert_eq!(kept.len(), 1);
            person.given_up.extend(gone);
            person.passwords = kept;
            person.passwords.push(new);
        }
        _ => {
            network.ring = change.done.encode();
            person.given_up.extend(old);
            person.passwords = vec![new];
        }
    }
}

fn replace_key(network: &mut Network, person: &mut Person, writes: usize) {
    let unlocked = person.unlock(network);
    let known = person.passwords.last().unwrap().clone();
    let factors = [
        NewFactor::Password(&known, COST),
        NewFactor::Words(&person.words),
    ];
    let (ring, keys) = network
        .ring()
        .replace_key(&unlocked.keys, UserKey::generate().unwrap(), &factors)
        .unwrap();
    if writes >= 1 {
        network.ring = ring.encode();
        let old = std::mem::take(&mut person.passwords);
        person.passwords = vec![known];
        let works = |password: &Password| ring.unlock(&Factor::Password(password), 0).is_ok();
        person
            .given_up
            .extend(old.into_iter().filter(|old| !works(old)));
    }
    if writes >= 2 {
        network.shown = keys.public_key();
        // What is sealed from now on, the replaced key does not open.
        network.deliver();
        let (newest, _) = network.sealed.last().unwrap();
        assert!(unlocked.keys.open(newest).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn wherever_a_change_stops_the_person_gets_in_and_nobody_else(
        acts in proptest::collection::vec(act(), 1..5),
    ) {
        let (mut network, mut person) = start();
        for act in acts {
            network.deliver();
            match act {
                Act::ChangePassword { writes } => {
                    change_password(&mut network, &mut person, false, writes);
                }
                Act::ForgetPassword { writes } => {
                    change_password(&mut network, &mut person, true, writes);
                }
                Act::ReplaceKey { writes } => replace_key(&mut network, &mut person, writes),
            }
            network.deliver();
            person.check(&network);
            person.seen = network.ring().revision();
        }
    }
}

#[test]
fn a_changed_password_seals_nothing_again_and_an_old_ring_is_noticed() {
    let (network, person) = start();
    let old_ring = network.ring();
    let unlocked = person.unlock(&network);
    let new = password(1);
    let change = old_ring.change_password(&unlocked, &new, COST).unwrap();
    let (both, done) = (change.both, change.done);
    for (ring, known, works) in [
        (&both, &person.passwords[0], true),
        (&both, &new, true),
        (&done, &person.passwords[0], false),
        (&done, &new, true),
    ] {
        let opened = ring.unlock(&Factor::Password(known), 0);
        assert_eq!(opened.is_ok(), works);
        if let Ok(opened) = opened {
            assert_eq!(opened.keys.public_key(), network.shown);
        }
    }
    // A node that gives the ring with the old password is caught by whoever has seen the newer one.
    let seen = done.revision();
    let error = old_ring.unlock(&Factor::Password(&person.passwords[0]), seen);
    let got = old_ring.revision();
    assert_eq!(error.unwrap_err(), UnlockError::Old { got, seen });
}

#[test]
fn a_person_of_the_compatible_suite_moves_over_without_sealing_anything_again() {
    let first = password(0);
    let compatible = SecretKey::from_password(&first, Salt::of(USER).unwrap());
    let shown = compatible.public_key();
    let sealed = shown.seal(b"old").unwrap();
    let key = UserKey::adopt(compatible).unwrap();
    let factor = NewFactor::Password(&first, COST);
    let (ring, keys) = KeyRing::create(USER, key, &factor).unwrap();
    assert_eq!(keys.public_key(), shown);
    assert_eq!(keys.open(&sealed).unwrap().as_bytes(), b"old");

    // With another password the same key; only a replaced key shuts out who knows the first.
    let unlocked = ring.unlock(&Factor::Password(&first), 0).unwrap();
    let ring = ring
        .change_password(&unlocked, &password(1), COST)
        .unwrap()
        .done;
    let second = password(1);
    let unlocked = ring.unlock(&Factor::Password(&second), 0).unwrap();
    assert_eq!(unlocked.keys.public_key(), shown);
    let factors = [NewFactor::Password(&second, COST)];
    let (ring, keys) = ring
        .replace_key(&unlocked.keys, UserKey::generate().unwrap(), &factors)
        .unwrap();
    assert_ne!(keys.public_key(), shown);
    let unlocked = ring.unlock(&Factor::Password(&second), 0).unwrap();
    assert_eq!(unlocked.keys.open(&sealed).unwrap().as_bytes(), b"old");
    let new = unlocked.keys.public_key().seal(b"new").unwrap();
    let thief = SecretKey::from_password(&first, Salt::of(USER).unwrap());
    assert!(thief.open(&new).is_err());
}

#[test]
fn the_standing_of_a_shown_key_tells_how_far_a_replacement_came() {
    let (network, person) = start();
    let before = person.unlock(&network).keys;
    let factors = [NewFactor::Words(&person.words)];
    let new = UserKey::generate().unwrap();
    let (ring, after) = network.ring().replace_key(&before, new, &factors).unwrap();
    assert_eq!(before.standing(&network.shown), KeyStanding::Current);
    assert_eq!(after.standing(&network.shown), KeyStanding::Former);
    // The ring of before with the profile of after: the node gave an old ring.
    assert_eq!(before.standing(&after.public_key()), KeyStanding::Unknown);
    // The ring opens by what was given, and by nothing else.
    let error = ring.unlock(&Factor::Password(&person.passwords[0]), 0);
    assert_eq!(error.unwrap_err(), UnlockError::NoSuchFactor);
}

#[test]
fn replaced_keys_are_kept_up_to_the_limit_and_never_dropped() {
    let (network, person) = start();
    let sealed = network.shown.seal(b"first").unwrap();
    let envelope = person
        .unlock(&network)
        .keys
        .current()
        .hybrid_key()
        .public_key()
        .seal(b"", b"first")
        .unwrap();
    let factors = [NewFactor::Words(&person.words)];
    let (mut ring, mut keys) = (network.ring(), person.unlock(&network).keys);
    for _ in 0..FORMER_KEYS {
        let new = UserKey::generate().unwrap();
        (ring, keys) = ring.replace_key(&keys, new, &factors).unwrap();
    }
    let new = UserKey::generate().unwrap();
    let error = ring.replace_key(&keys, new, &factors).unwrap_err();
    let (what, most) = ("replaced keys", FORMER_KEYS);
    assert_eq!(error, KeyRingError::TooMany { what, most });
    let ring = KeyRing::from_base64(&ring.to_base64(), USER).unwrap();
    let keys = ring.unlock(&Factor::Words(&person.words), 0).unwrap().keys;
    assert_eq!(keys.former().len(), FORMER_KEYS);
    assert_eq!(keys.open(&sealed).unwrap().as_bytes(), b"first");
    assert_eq!(
        keys.open_envelope(b"", &envelope).unwrap().as_bytes(),
        b"first"
    );
}

#[test]
fn new_recovery_words_take_the_place_of_all_earlier_ones() {
    let first = password(1);
    let factor = NewFactor::Password(&first, COST);
    let (ring, keys) = KeyRing::create(USER, UserKey::generate().unwrap(), &factor).unwrap();
    let words = [(); 4].map(|()| RecoveryWords::generate().unwrap());
    let mut last = ring;
    for earlier in &words[..2] {
        last = last
            .with_factor(&keys, &NewFactor::Words(earlier))
            .unwrap()
            .0;
    }
    for new in &words[2..] {
        let (ring, id) = last.with_words(&keys, new).unwrap();
        assert!(ring.revision() > last.revision());
        let unlocked = ring.unlock(&Factor::Words(new), 0).unwrap();
        assert_eq!(unlocked.by, id);
        for other in words.iter().filter(|it| !std::ptr::eq(*it, new)) {
            let refused = ring.unlock(&Factor::Words(other), 0).unwrap_err();
            assert_eq!(refused, UnlockError::WrongWords);
        }
        assert!(ring.unlock(&Factor::Password(&first), 0).is_ok());
        last = ring;
    }
    let (_, stranger) = KeyRing::create(USER, UserKey::generate().unwrap(), &factor).unwrap();
    assert_eq!(
        last.with_words(&stranger, &words[0]),
        Err(KeyRingError::OtherKeys)
    );
}
