//! How often one address may ask for what costs something.

use std::{
    collections::HashMap,
    net::IpAddr,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use idos_connections::household;

use super::problem::Problem;

/// Addresses remembered at once; beyond that those are forgotten that have been quiet.
const ADDRESSES: usize = 10_000;
/// After so long a quiet address has its whole limit again, so that nothing is lost with it.
const QUIET: Duration = Duration::from_secs(60);
/// How often quiet addresses are looked for: each time all are looked at.
const SWEEP: Duration = Duration::from_secs(1);

/// A limit for each address.
pub(crate) struct Rate {
    quota: Quota,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    addresses: HashMap<IpAddr, Address>,
    swept: Option<Instant>,
}

struct Address {
    limit: DefaultDirectRateLimiter,
    /// When it was let in last.
    last: Instant,
}

impl Rate {
    /// So many in a minute, all of them at once if need be.
    pub(crate) fn per_minute(requests: NonZeroU32) -> Self {
        Self {
            quota: Quota::per_minute(requests),
            known: Mutex::default(),
        }
    }

    /// Counts a request, or refuses it.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), Problem> {
        self.check_at(address, Instant::now())
    }

    /// However many others ask, whoever is known already has their own limit.
    fn check_at(&self, address: IpAddr, now: Instant) -> Result<(), Problem> {
        let address = household(address);
        // Entries are whole at any time.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.addresses.contains_key(&address) && !known.has_room(now) {
            return Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "crowded",
                "too many addresses ask at the same time: wait a minute, then try again",
            ));
        }
        let asking = known.addresses.entry(address).or_insert_with(|| Address {
            limit: RateLimiter::direct(self.quota),
            last: now,
        });
        if asking.limit.check().is_err() {
            return Err(Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-requests",
                "there were too many requests from this address: wait a minute, then try again",
            ));
        }
        asking.last = now;
        Ok(())
    }
}

impl Known {
    /// Whether there is room for another address, if need be in the place of quiet ones.
    fn has_room(&mut self, now: Instant) -> bool {
        let is_due = self
            .swept
            .is_none_or(|swept| now.saturating_duration_since(swept) >= SWEEP);
        if self.addresses.len() >= ADDRESSES && is_due {
            self.swept = Some(now);
            self.addresses
                .retain(|_, address| now.saturating_duration_since(address.last) < QUIET);
        }
        self.addresses.len() < ADDRESSES
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn each_address_has_its_own_limit() {
        let rate = Rate::per_minute(NonZeroU32::new(2).unwrap());
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(rate.check(address("192.0.2.1")).is_ok());
        assert!(rate.check(address("::ffff:192.0.2.1")).is_ok());
        let refused = rate.check(address("192.0.2.1")).unwrap_err();
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(rate.check(address("192.0.2.2")).is_ok());
    }

    #[test]
    fn a_crowd_keeps_out_nobody_who_is_known() {
        let rate = Rate::per_minute(NonZeroU32::new(2).unwrap());
        let numbered =
            |number: usize| IpAddr::from(Ipv4Addr::from_bits(u32::try_from(number).unwrap()));
        let begin = Instant::now();
        for number in 0..ADDRESSES {
            assert!(rate.check_at(numbered(number), begin).is_ok());
        }
        let status = |number, now| {
            let checked = rate.check_at(numbered(number), now);
            checked.map_err(|problem| problem.status)
        };
        let new = ADDRESSES;
        // Who is new is not told that they asked too often; who is known is counted as before.
        let crowded = Err(StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(status(new, begin), crowded);
        assert_eq!(status(0, begin), Ok(()));
        assert_eq!(status(0, begin), Err(StatusCode::TOO_MANY_REQUESTS));
        assert_eq!(status(1, begin + QUIET / 2), Ok(()));
        // All are looked at once in a while, and those who were quiet make room.
        assert_eq!(status(new, begin + QUIET - SWEEP / 2), crowded);
        assert_eq!(status(new, begin + QUIET), crowded);
        assert_eq!(status(new, begin + QUIET + SWEEP), Ok(()));
        let known = rate.known.lock().unwrap();
        assert_eq!(known.addresses.len(), 2);
        assert!(known.addresses.contains_key(&numbered(1)));
    }
}
