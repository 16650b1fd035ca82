//! How often one address may ask for what costs something.

use std::{net::IpAddr, num::NonZeroU32};

use axum::http::StatusCode;
use idos_connections::{Group, Quota, Taken};
use idos_types::BlockTime;

use super::problem::Problem;
use crate::command::clock::now_millis;

/// A limit for each household, and a few times that for each neighbourhood.
pub(crate) struct Rate(Quota<Group>);

impl Rate {
    /// So many in a minute, all of them at once if need be.
    pub(crate) fn per_minute(requests: NonZeroU32) -> Self {
        Self(Quota::new(requests.get().into()))
    }

    /// Counts a request, or refuses it.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), Problem> {
        self.check_at(address, BlockTime::from_millis(now_millis()))
    }

    fn check_at(&self, address: IpAddr, now: BlockTime) -> Result<(), Problem> {
        match self.0.take_from(address, now) {
            Taken::Counted => Ok(()),
            Taken::UsedUp => Err(Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-requests",
                "there were too many requests from this address: wait a minute, then try again",
            )),
            Taken::Crowded => Err(Problem::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "crowded",
                "too many addresses ask at the same time: wait a minute, then try again",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE_MS: u64 = 60_000;

    /// The status with which a request is refused at a time.
    fn refused(rate: &Rate, address: IpAddr, millis: u64) -> Option<StatusCode> {
        let checked = rate.check_at(address, BlockTime::from_millis(millis));
        checked.err().map(|problem| problem.status)
    }

    #[test]
    fn each_address_has_its_own_limit_in_each_minute() {
        let rate = Rate::per_minute(NonZeroU32::new(2).unwrap());
        let refused = |address: &str, millis| refused(&rate, address.parse().unwrap(), millis);
        assert_eq!(refused("192.0.2.1", 0), None);
        assert_eq!(refused("::ffff:192.0.2.1", 1), None);
        let many = Some(StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused("192.0.2.1", MINUTE_MS - 1), many);
        assert_eq!(refused("192.0.2.2", MINUTE_MS - 1), None);
        assert_eq!(refused("192.0.2.1", MINUTE_MS), None);
    }

    #[test]
    fn who_is_new_to_a_crowd_is_not_told_that_they_asked_too_often() {
        let rate = Rate(Quota::of_at_most(1, 1));
        let [known, new] = ["192.0.2.1", "192.0.2.2"].map(|text| text.parse().unwrap());
        assert_eq!(refused(&rate, known, 0), None);
        let crowded = Some(StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused(&rate, new, 0), crowded);
        let many = Some(StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused(&rate, known, 0), many);
        assert_eq!(refused(&rate, new, MINUTE_MS), None);
    }
}
