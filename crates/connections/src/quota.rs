//! How much of something is allowed within a minute.

use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use idos_types::{BlockTime, limits::COUNTED_AT_ONCE};

use crate::household::Group;

const MINUTE_MS: u64 = 60_000;

/// Amounts within the running minute, by whom they are counted for.
#[derive(Debug)]
pub struct Quota<K> {
    per_minute: u64,
    most_keys: usize,
    minute: Mutex<Minute<K>>,
}

#[derive(Debug)]
struct Minute<K> {
    number: u64,
    used: HashMap<K, u64>,
}

/// What became of an amount.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// It is within the quota, and counted.
    Counted,
    /// It is beyond the quota of whoever it is counted for.
    UsedUp,
    /// So many others are counted in this minute that nobody can say.
    Crowded,
}

impl<K: Copy + Eq + Hash> Quota<K> {
    /// A quota of so much in each minute, all of it at once if need be, that counts for at most
    /// [`COUNTED_AT_ONCE`].
    pub fn new(per_minute: u64) -> Self {
        Self::of_at_most(COUNTED_AT_ONCE, per_minute)
    }

    /// A quota that counts for so many at once.
    pub fn of_at_most(most_keys: usize, per_minute: u64) -> Self {
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
    pub fn take(&self, key: K, amount: u64, now: BlockTime) -> Taken {
        self.take_each([(key, self.per_minute)].into_iter(), amount, now)
    }

    /// Counts `amount` more for each of these, if that is within what each may have, or for none.
    fn take_each(
        &self,
        keys: impl Iterator<Item = (K, u64)> + Clone,
        amount: u64,
        now: BlockTime,
    ) -> Taken {
        let number = now.millis() / MINUTE_MS;
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        if minute.number != number {
            *minute = Minute {
                number,
                used: HashMap::new(),
            };
        }
        let used = &mut minute.used;
        let is_new = |(key, _): &(K, u64)| !used.contains_key(key);
        let new = keys.clone().filter(is_new).count();
        if new > 0 && used.len() + new > self.most_keys {
            return Taken::Crowded;
        }
        let is_beyond = |(key, most): (K, u64)| {
            let before = used.get(&key).copied().unwrap_or(0);
            before.checked_add(amount).is_none_or(|sum| sum > most)
        };
        if keys.clone().any(is_beyond) {
            return Taken::UsedUp;
        }
        for (key, _) in keys {
            *used.entry(key).or_default() += amount;
        }
        Taken::Counted
    }
}

impl Quota<Group> {
    /// Counts one more from an address, if that is within the quota of its household and a few times that
    /// for all its neighbours together.
    pub fn take_from(&self, address: IpAddr, now: BlockTime) -> Taken {
        let per_minute = usize::try_from(self.per_minute).unwrap_or(usize::MAX);
        let share = |group: Group| {
            let share = u64::try_from(group.share(per_minute));
            (group, share.unwrap_or(u64::MAX))
        };
        self.take_each(Group::of(address).map(share), 1, now)
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
        assert_eq!(quota.take(1, 1, next), Taken::UsedUp);
        // A clock that was fast is set: nobody waits until it would have come so far.
        assert_eq!(quota.take(1, 2, now), Taken::Counted);
    }

    #[test]
    fn neighbours_have_a_few_quotas_together_and_what_one_is_refused_counts_for_none() {
        let quota = Quota::new(2);
        let now = BlockTime::from_millis(0);
        let take = |network| {
            let address = IpAddr::from([0x2001, 0xdb8, 0, network, 0, 0, 0, 1]);
            quota.take_from(address, now)
        };
        let counted = (0..20).filter(|_| take(0) == Taken::Counted);
        assert_eq!(counted.count(), 2);
        for network in [1, 2, 3] {
            assert_eq!([take(network), take(network)], [Taken::Counted; 2]);
        }
        assert_eq!(take(4), Taken::UsedUp);
        let other = IpAddr::from([0x2001, 0xdb8, 1, 0, 0, 0, 0, 1]);
        assert_eq!(quota.take_from(other, now), Taken::Counted);
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
