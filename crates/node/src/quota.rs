//! How much of something is allowed within a minute.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use idos_types::{BlockTime, limits::COUNTED_AT_ONCE};

const MINUTE_MS: u64 = 60_000;

/// Amounts within the running minute, by whom they are counted for.
pub(crate) struct Quota<K> {
    per_minute: u64,
    most_keys: usize,
    minute: Mutex<Minute<K>>,
}

struct Minute<K> {
    number: u64,
    used: HashMap<K, u64>,
}

/// What became of an amount.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Taken {
    /// It is within the quota, and counted.
    Counted,
    /// It is beyond the quota of whoever it is counted for.
    UsedUp,
    /// So many others are counted in this minute that nobody can say.
    Crowded,
}

impl<K: Eq + Hash> Quota<K> {
    pub(crate) fn new(per_minute: u64) -> Self {
        Self::of_at_most(COUNTED_AT_ONCE, per_minute)
    }

    /// A quota that counts for so many at once.
    pub(crate) fn of_at_most(most_keys: usize, per_minute: u64) -> Self {
        Self {
            per_minute,
            most_keys,
            minute: Mutex::new(Minute {
                number: 0,
                used: HashMap::new(),
            }),
        }
    }

    /// Counts `amount` more if that is within the quota.
    pub(crate) fn take(&self, key: K, amount: u64, now: BlockTime) -> Taken {
        let number = now.millis() / MINUTE_MS;
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        if minute.number != number {
            *minute = Minute {
                number,
                used: HashMap::new(),
            };
        }
        if minute.used.len() >= self.most_keys && !minute.used.contains_key(&key) {
            return Taken::Crowded;
        }
        let used = minute.used.entry(key).or_default();
        match used.checked_add(amount) {
            Some(sum) if sum <= self.per_minute => {
                *used = sum;
                Taken::Counted
            }
            _ => Taken::UsedUp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_its_quota_and_the_next_a_new_one() {
        let quota = Quota::new(2);
        let now = BlockTime::from_millis(0);
        assert_eq!(quota.take(1, 1, now), Taken::Counted);
        assert_eq!(quota.take(1, 1, now), Taken::Counted);
        assert_eq!(quota.take(1, 1, now), Taken::UsedUp);
        assert_eq!(quota.take(1, u64::MAX, now), Taken::UsedUp);
        assert_eq!(quota.take(2, 2, now), Taken::Counted);
        let next = BlockTime::from_millis(MINUTE_MS);
        assert_eq!(quota.take(1, 2, next), Taken::Counted);
    }

    #[test]
    fn whoever_is_counted_already_is_not_refused_for_the_crowd() {
        let quota = Quota::new(2);
        let now = BlockTime::from_millis(0);
        for key in 0..COUNTED_AT_ONCE {
            assert_eq!(quota.take(key, 1, now), Taken::Counted);
        }
        assert_eq!(quota.take(0, 1, now), Taken::Counted);
        assert_eq!(quota.take(0, 1, now), Taken::UsedUp);
        assert_eq!(quota.take(COUNTED_AT_ONCE, 1, now), Taken::Crowded);
    }
}
