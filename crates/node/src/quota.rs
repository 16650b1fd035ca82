//! How much strangers at one address may make the network do.

use std::{collections::HashMap, net::IpAddr, sync::Mutex, sync::PoisonError};

use idos_types::BlockTime;

/// Addresses remembered at once.
const ADDRESSES: usize = 100_000;
const MINUTE_MS: u64 = 60_000;

/// Counts within the running minute of each address.
pub(crate) struct Quota {
    per_minute: u32,
    counts: Mutex<HashMap<IpAddr, (u64, u32)>>,
}

impl Quota {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self {
            per_minute,
            counts: Mutex::default(),
        }
    }

    /// Whether one more is within the quota of this address; counts it if so.
    pub(crate) fn take(&self, address: IpAddr, now: BlockTime) -> bool {
        let minute = now.millis() / MINUTE_MS;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= ADDRESSES {
            counts.retain(|_, (at, _)| *at == minute);
        }
        if counts.len() >= ADDRESSES {
            return false;
        }
        let entry = counts.entry(household(address)).or_insert((minute, 0));
        if entry.0 != minute {
            *entry = (minute, 0);
        }
        let within = entry.1 < self.per_minute;
        entry.1 += u32::from(within);
        within
    }
}

/// What one subscriber has: an IPv4 address, or the 2^64 addresses of an IPv6 network.
fn household(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_its_quota_and_the_next_a_new_one() {
        let quota = Quota::new(2);
        let address = IpAddr::from([127, 0, 0, 1]);
        let now = BlockTime::from_millis(0);
        assert!(quota.take(address, now) && quota.take(address, now));
        assert!(!quota.take(address, now));
        assert!(quota.take(IpAddr::from([127, 0, 0, 2]), now));
        assert!(quota.take(address, BlockTime::from_millis(MINUTE_MS)));
    }

    #[test]
    fn addresses_of_one_ipv6_network_share_a_quota() {
        let quota = Quota::new(1);
        let now = BlockTime::from_millis(0);
        assert!(quota.take(IpAddr::from([1, 2, 3, 4, 0, 0, 0, 1]), now));
        assert!(!quota.take(IpAddr::from([1, 2, 3, 4, 0, 0, 0, 2]), now));
    }
}
