//! The clock of this machine, in the two units in which the network writes times.

use std::time::{Duration, SystemTime};

use idos_credential::Seconds;

/// Seconds since 1970, as grants and credentials have them.
pub(crate) fn now() -> Seconds {
    seconds(SystemTime::now())
}

/// Milliseconds since 1970, as blocks have them.
pub(crate) fn now_millis() -> u64 {
    u64::try_from(since_1970(SystemTime::now()).as_millis()).unwrap_or(u64::MAX)
}

/// Seconds since 1970 of another time, such as that of a file.
pub(crate) fn seconds(time: SystemTime) -> Seconds {
    Seconds(i64::try_from(since_1970(time).as_secs()).unwrap_or(i64::MAX))
}

/// What is before 1970 is a clock that was never set.
fn since_1970(time: SystemTime) -> Duration {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_units_begin_in_1970() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(7);
        assert_eq!(seconds(at), Seconds(7));
        assert_eq!(seconds(at - Duration::from_secs(8)), Seconds(0));
        let (seconds, millis) = (now().0, i64::try_from(now_millis()).unwrap());
        assert!((millis / 1000 - seconds).abs() <= 1);
    }
}
