//! Where the time of blocks comes from.

use std::time::{SystemTime, UNIX_EPOCH};

use idos_types::BlockTime;

/// A clock.
pub trait Clock {
    /// What time it is.
    fn now(&self) -> BlockTime;
}

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> BlockTime {
        let since_1970 = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        BlockTime::from_millis(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX))
    }
}
