//! Reads of the flows: always with proof.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use idos_ledger::{Answer, Proved};
use idos_proof::Freshness;
use idos_types::{BlockTime, Value, limits::STALE_SECONDS};

use crate::{client::Client, flow_error::FlowError};

/// How old an answer may be.
pub(crate) const MAX_AGE: Duration = Duration::from_secs(STALE_SECONDS);

impl Client {
    /// The proved answer to a view, of now.
    pub(crate) async fn proved(
        &self,
        view: &str,
        arguments: Vec<Value>,
    ) -> Result<Answer, FlowError> {
        Ok(self.proved_at(view, arguments).await?.answer)
    }

    /// The same, with the state of which it is true.
    pub(crate) async fn proved_at(
        &self,
        view: &str,
        arguments: Vec<Value>,
    ) -> Result<Proved, FlowError> {
        let freshness = Freshness {
            min_height: 0,
            max_age: MAX_AGE,
            now: now(),
        };
        Ok(self.prove(view, arguments, freshness).await?)
    }
}

/// The time by this machine's clock.
pub(crate) fn now() -> BlockTime {
    BlockTime::from_millis(now_millis())
}

/// The time by this machine's clock, in milliseconds since 1970.
fn now_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}

/// The time by this machine's clock, in seconds since 1970.
pub(crate) fn now_seconds() -> i64 {
    i64::try_from(now_millis() / 1000).unwrap_or(i64::MAX)
}
