//! What time it is for sessions, quotas and what clients are told. Rules know block time only.

use std::time::{SystemTime, UNIX_EPOCH};

use idos_types::BlockTime;

/// After how long a service that has nothing to do, and that nobody wakes, looks again.
pub(crate) const IDLE_MS: u64 = 60_000;

/// The time of this machine.
pub(crate) fn now() -> BlockTime {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    BlockTime::from_millis(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX))
}
