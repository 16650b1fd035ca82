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
use idos_connections::Group;

use super::problem::Problem;

/// Addresses remembered at once; beyond that those are forgotten that have been quiet.
const ADDRESSES: usize = 10_000;
/// After so long a quiet address has its whole limit again, so that nothing is lost with it.
const QUIET: Duration = Duration::from_secs(60);
/// How often quiet addresses are looked for: each time all are looked at.
const SWEEP: Duration = Duration::from_secs(1);

/// A limit for each household, and a few times that for each neighbourhood.
pub(crate) struct Rate {
    requests: NonZeroU32,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    addresses: HashMap<Group, Address>,
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
            requests,
            known: Mutex::default(),
        }
    }

    /// Counts a request, or refuses it.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), Problem> {
        self.check_at(address, Instant::now())
    }

    /// However many others ask, whoever is known already has their own limit.
    fn check_at(&self, address: IpAddr, now: Instant) -> Result<(), Problem> {
        // Entries are whole at any time.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let groups = Group::of(address);
        let is_new = |group: &Group| !known.addresses.contains_key(group);
        if groups.clone().any(|group| is_new(&group)) && !known.has_room(now) {
            return Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "crowded",
                "too many addresses ask at the same time: wait a minute, then try again",
            ));
        }
        // The household first: what it asks too much does not count for its neighbours.
        for group in groups {
            let asking = known.addresses.entry(group).or_insert_with(|| Address {
                limit: RateLimiter::direct(Quota::per_minute(self.requests_of(group))),
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
        }
        Ok(())
    }

    fn requests_of(&self, group: Group) -> NonZeroU32 {
        let share = u32::try_from(group.share(1)).unwrap_or(u32::MAX);
        self.requests
            .saturating_mul(NonZeroU32::new(share).unwrap_or(NonZeroU32::MIN))
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

    use idos_types::limits::HOUSEHOLDS_OF_NEIGHBOURHOOD;

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
    fn neighbours_have_a_few_limits_together() {
        let rate = Rate::per_minute(NonZeroU32::MIN);
        let of = |network: u16| IpAddr::from([0x2001, 0xdb8, 0, network, 0, 0, 0, 1]);
        let most = u16::try_from(HOUSEHOLDS_OF_NEIGHBOURHOOD).unwrap();
        for network in 0..most {
            assert!(rate.check(of(network)).is_ok());
        }
        let refused = rate.check(of(most)).unwrap_err();
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert!(rate.check("2001:db8:1::1".parse().unwrap()).is_ok());
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
        assert!(known.addresses.contains_key(&Group::Household(numbered(1))));
    }
}
