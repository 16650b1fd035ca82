//! Challenges of private mode: each signed call answers one, once.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use idos_types::{
    BlockTime,
    limits::{CHALLENGE_SECONDS, CHALLENGES},
};

/// Open challenges, by when they end in milliseconds since 1970.
#[derive(Default)]
pub(crate) struct Challenges(Mutex<HashMap<[u8; 32], u64>>);

/// What became of an answered challenge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answered {
    InTime,
    Late,
    /// Never given, or answered before.
    Unknown,
}

impl Challenges {
    /// A new challenge; `None` when too many are open, or without randomness.
    pub(crate) fn give(&self, now: BlockTime) -> Option<[u8; 32]> {
        let mut challenge = [0; 32];
        getrandom::fill(&mut challenge).ok()?;
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= CHALLENGES {
            open.retain(|_, ends| *ends > now.millis());
        }
        if open.len() >= CHALLENGES {
            return None;
        }
        open.insert(
            challenge,
            now.millis().saturating_add(CHALLENGE_SECONDS * 1000),
        );
        Some(challenge)
    }

    /// Takes an answer.
    pub(crate) fn answer(&self, challenge: &[u8; 32], now: BlockTime) -> Answered {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match open.remove(challenge) {
            Some(ends) if now.millis() < ends => Answered::InTime,
            Some(_) => Answered::Late,
            None => Answered::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_answered_once_and_in_time() {
        let challenges = Challenges::default();
        let now = BlockTime::from_millis(0);
        let first = challenges.give(now).unwrap();
        assert_eq!(challenges.answer(&first, now), Answered::InTime);
        assert_eq!(challenges.answer(&first, now), Answered::Unknown);
        let second = challenges.give(now).unwrap();
        let late = BlockTime::from_millis(CHALLENGE_SECONDS * 1000);
        assert_eq!(challenges.answer(&second, late), Answered::Late);
    }

    #[test]
    fn open_challenges_are_bounded() {
        let challenges = Challenges::default();
        let now = BlockTime::from_millis(0);
        for _ in 0..CHALLENGES {
            challenges.give(now).unwrap();
        }
        assert_eq!(challenges.give(now), None);
        assert!(
            challenges
                .give(BlockTime::from_millis(CHALLENGE_SECONDS * 1000))
                .is_some()
        );
    }
}
