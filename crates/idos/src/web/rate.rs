//! How often one address may ask for what costs something.

use std::{net::IpAddr, num::NonZeroU32};

use axum::http::StatusCode;
use governor::{DefaultKeyedRateLimiter, Quota};
use idos_connections::household;

use super::problem::Problem;

/// Addresses remembered at once; beyond that those are forgotten that have been quiet.
const ADDRESSES: usize = 10_000;

/// A limit for each address.
pub(crate) struct Rate(DefaultKeyedRateLimiter<IpAddr>);

impl Rate {
    /// So many in a minute, all of them at once if need be.
    pub(crate) fn per_minute(requests: NonZeroU32) -> Self {
        Self(DefaultKeyedRateLimiter::keyed(Quota::per_minute(requests)))
    }

    /// Counts a request, or refuses it.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), Problem> {
        if self.0.len() >= ADDRESSES {
            self.0.retain_recent();
        }
        let has_room = self.0.len() < ADDRESSES;
        if has_room && self.0.check_key(&household(address)).is_ok() {
            return Ok(());
        }
        Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-requests",
            "there were too many requests from this address: wait a minute, then try again",
        ))
    }
}

#[cfg(test)]
mod tests {
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
}
