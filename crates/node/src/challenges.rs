//! Challenges of private mode: each signed call answers one, once.
//!
//! A challenge says when it was given, under a code that only this node can make. So nothing is kept
//! of those that are given, and whoever asks for many takes nobody's place: remembered are only those
//! that were answered, until they would have ended.

use std::{
    collections::HashSet,
    sync::{Mutex, OnceLock, PoisonError},
    time::Instant,
};

use hmac::{Hmac, KeyInit, Mac};
use idos_types::limits::{ANSWERED_CHALLENGES, CHALLENGE_SECONDS};
use sha2::Sha256;
use zeroize::Zeroizing;

/// How long a challenge is good, in milliseconds.
const LIFE: u64 = CHALLENGE_SECONDS * 1000;

/// When a challenge was given, in milliseconds after the node started, and what no other has.
type Name = [u8; 16];
/// As long as a block of the hash: all of it counts.
type Key = Zeroizing<[u8; 64]>;

/// Gives challenges and takes answers.
pub(crate) struct Challenges {
    started: Instant,
    /// Of this run: no challenge outlives what is remembered of answers.
    key: OnceLock<Key>,
    answered: Mutex<Answers>,
    most_answers: usize,
}

/// What was answered in this span of [`LIFE`] and in the one before: all that is not over.
#[derive(Default)]
struct Answers {
    span: u64,
    newer: HashSet<Name>,
    older: HashSet<Name>,
}

/// What became of an answered challenge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answered {
    InTime,
    Late,
    /// Never given, or answered before.
    Unknown,
    /// More were answered lately than can be remembered.
    TooMany,
}

impl Challenges {
    /// Those of a node that starts.
    pub(crate) fn new(now: Instant) -> Self {
        Self {
            started: now,
            key: OnceLock::new(),
            answered: Mutex::default(),
            most_answers: ANSWERED_CHALLENGES,
        }
    }

    /// A new challenge; an error without randomness.
    pub(crate) fn give(&self, now: Instant) -> Result<[u8; 32], getrandom::Error> {
        let mut random = [0; 8];
        getrandom::fill(&mut random)?;
        let time = self.millis(now).to_be_bytes();
        let name = joined(time, random);
        let code = authenticator(self.key()?, &name).finalize().into_bytes();
        Ok(joined(name, code))
    }

    /// Takes an answer.
    pub(crate) fn answer(&self, challenge: &[u8; 32], now: Instant) -> Answered {
        let Some((name, code)) = challenge.split_first_chunk() else {
            return Answered::Unknown;
        };
        let is_ours = self.key.get().is_some_and(|key| {
            let expected = authenticator(key, name);
            expected.verify_truncated_left(code).is_ok()
        });
        let Some((time, _)) = name.split_first_chunk().filter(|_| is_ours) else {
            return Answered::Unknown;
        };
        let given = u64::from_be_bytes(*time);
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        let now = answered.move_on(self.millis(now).max(given));
        if now >= given.saturating_add(LIFE) {
            return Answered::Late;
        }
        if answered.has(name) {
            return Answered::Unknown;
        }
        if answered.count() >= self.most_answers {
            return Answered::TooMany;
        }
        answered.newer.insert(*name);
        Answered::InTime
    }

    /// The key; a new one the first time.
    fn key(&self) -> Result<&Key, getrandom::Error> {
        if let Some(key) = self.key.get() {
            return Ok(key);
        }
        let mut key = Zeroizing::new([0; 64]);
        getrandom::fill(key.as_mut())?;
        Ok(self.key.get_or_init(|| key))
    }

    fn millis(&self, now: Instant) -> u64 {
        let since = now.saturating_duration_since(self.started);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

impl Answers {
    /// Forgets what is over by now. Returns what time it is: never earlier than what was forgotten.
    fn move_on(&mut self, now: u64) -> u64 {
        let span = now / LIFE;
        if span > self.span {
            let newer = std::mem::take(&mut self.newer);
            let is_next = span - self.span == 1;
            self.older = if is_next { newer } else { HashSet::new() };
            self.span = span;
        }
        now.max(self.span.saturating_mul(LIFE))
    }

    fn has(&self, name: &Name) -> bool {
        self.newer.contains(name) || self.older.contains(name)
    }

    fn count(&self) -> usize {
        self.newer.len() + self.older.len()
    }
}

fn authenticator(key: &Key, name: &Name) -> Hmac<Sha256> {
    let key: &[u8; 64] = key;
    Hmac::new(key.into()).chain_update(name)
}

/// The first bytes of two, one after the other.
fn joined<const N: usize>(
    first: impl IntoIterator<Item = u8>,
    second: impl IntoIterator<Item = u8>,
) -> [u8; N] {
    let mut joined = [0; N];
    let bytes = first.into_iter().chain(second);
    joined
        .iter_mut()
        .zip(bytes)
        .for_each(|(to, from)| *to = from);
    joined
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn after(start: Instant, millis: u64) -> Instant {
        start + Duration::from_millis(millis)
    }

    #[test]
    fn a_challenge_is_answered_once_and_in_time() {
        let start = Instant::now();
        let challenges = Challenges::new(start);
        let first = challenges.give(start).unwrap();
        assert_eq!(challenges.answer(&first, start), Answered::InTime);
        assert_eq!(challenges.answer(&first, start), Answered::Unknown);
        let second = challenges.give(start).unwrap();
        let third = challenges.give(start).unwrap();
        let last = after(start, LIFE - 1);
        assert_eq!(challenges.answer(&second, last), Answered::InTime);
        assert_eq!(challenges.answer(&first, last), Answered::Unknown);
        let late = after(start, LIFE);
        for challenge in [first, second, third] {
            assert_eq!(challenges.answer(&challenge, late), Answered::Late);
        }
    }

    #[test]
    fn whoever_asks_for_many_takes_nobodys_place() {
        let start = Instant::now();
        let challenges = Challenges::new(start);
        let first = challenges.give(start).unwrap();
        for _ in 0..20_000 {
            challenges.give(start).unwrap();
        }
        let last = challenges.give(start).unwrap();
        for challenge in [first, last] {
            assert_eq!(challenges.answer(&challenge, start), Answered::InTime);
        }
    }

    #[test]
    fn what_this_node_did_not_give_is_no_challenge() {
        let start = Instant::now();
        let challenges = Challenges::new(start);
        assert_eq!(challenges.answer(&[7; 32], start), Answered::Unknown);
        let good = challenges.give(start).unwrap();
        for position in 0..good.len() {
            let mut altered = good;
            altered[position] ^= 1;
            assert_eq!(challenges.answer(&altered, start), Answered::Unknown);
        }
        let other = Challenges::new(start);
        other.give(start).unwrap();
        assert_eq!(other.answer(&good, start), Answered::Unknown);
        assert_eq!(challenges.answer(&good, start), Answered::InTime);
    }

    #[test]
    fn answers_that_are_remembered_are_bounded_and_forgotten() {
        let start = Instant::now();
        let challenges = Challenges {
            most_answers: 2,
            ..Challenges::new(start)
        };
        let answer = |millis| {
            let now = after(start, millis);
            challenges.answer(&challenges.give(now).unwrap(), now)
        };
        assert_eq!(answer(0), Answered::InTime);
        assert_eq!(answer(LIFE), Answered::InTime);
        assert_eq!(answer(LIFE), Answered::TooMany);
        assert_eq!(answer(2 * LIFE), Answered::InTime);
        assert_eq!(answer(9 * LIFE), Answered::InTime);
        assert_eq!(answer(9 * LIFE), Answered::InTime);
        assert_eq!(answer(9 * LIFE), Answered::TooMany);
    }

    proptest! {
        #[test]
        fn nothing_is_answered_twice_whatever_comes_when(
            given in 0..3 * LIFE,
            answers in prop::collection::vec(0..6 * LIFE, 1..20),
        ) {
            let start = Instant::now();
            let challenges = Challenges::new(start);
            let challenge = challenges.give(after(start, given)).unwrap();
            // Threads that ask at the same time need not come in the order of their clocks.
            let in_time = answers.into_iter().filter(|millis| {
                let answered = challenges.answer(&challenge, after(start, *millis));
                assert!(answered != Answered::InTime || *millis < given + LIFE);
                answered == Answered::InTime
            });
            prop_assert!(in_time.count() <= 1);
        }
    }
}
