//! How much of something is allowed within a minute.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use idos_types::BlockTime;

/// Keys remembered at once.
const KEYS: usize = 100_000;
const MINUTE_MS: u64 = 60_000;

/// Amounts within the running minute, by whom they are counted for.
pub(crate) struct Quota<K> {
    per_minute: u64,
    minute: Mutex<Minute<K>>,
}

struct Minute<K> {
    number: u64,
    used: HashMap<K, u64>,
}

impl<K: Eq + Hash> Quota<K> {
    pub(crate) fn new(per_minute: u64) -> Self {
        Self {
            per_minute,
            minute: Mutex::new(Minute {
                number: 0,
                used: HashMap::new(),
            }),
        }
    }

    /// Whether `amount` more is within the quota; counts it if so.
    pub(crate) fn take(&self, key: K, amount: u64, now: BlockTime) -> bool {
        let number = now.millis() / MINUTE_MS;
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        if minute.number != number {
            *minute = Minute {
                number,
                used: HashMap::new(),
            };
        }
        if minute.used.len() >= KEYS && !minute.used.contains_key(&key) {
            return false;
        }
        let used = minute.used.entry(key).or_default();
        let within = used.saturating_add(amount) <= self.per_minute;
        if within {
            *used += amount;
        }
        within
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_its_quota_and_the_next_a_new_one() {
        let quota = Quota::new(2);
        let now = BlockTime::from_millis(0);
        assert!(quota.take(1, 1, now) && quota.take(1, 1, now));
        assert!(!quota.take(1, 1, now));
        assert!(quota.take(2, 2, now));
        assert!(quota.take(1, 2, BlockTime::from_millis(MINUTE_MS)));
    }

    #[test]
    fn whoever_is_counted_already_is_not_refused_for_the_crowd() {
        let quota = Quota::new(2);
        let now = BlockTime::from_millis(0);
        for key in 0..KEYS {
            assert!(quota.take(key, 1, now));
        }
        assert!(quota.take(0, 1, now));
        assert!(!quota.take(KEYS, 1, now));
    }
}
