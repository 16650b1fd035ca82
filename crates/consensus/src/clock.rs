//! Notices that the clock of the machine was set back.

use std::time::{Duration, Instant, SystemTime};

use commonware_runtime::Clock;

/// How often somebody looks.
const LOOK: Duration = Duration::from_secs(1);
/// A smaller step holds nothing up for long. Services of time that set clocks back in steps do so by
/// less than this only where leap seconds are.
const STEP: Duration = Duration::from_secs(2);

/// What two clocks said at the same moment.
struct Clocks {
    /// That of the machine, which can be set.
    wall: SystemTime,
    /// One that only goes on.
    steady: Instant,
}

impl Clocks {
    /// By how much the wall clock was set back since, if that is a step.
    fn step_back(&self, now: &Self) -> Option<Duration> {
        let expected = self.wall.checked_add(now.steady - self.steady)?;
        let step = expected.duration_since(now.wall).ok()?;
        (step >= STEP).then_some(step)
    }
}

/// Waits until the clock is set back, and says by how much. Limits of rates and what is timed would
/// wait until it is as late as it was.
pub(crate) async fn set_back(context: &impl Clock) -> Duration {
    let look = || Clocks {
        wall: context.current(),
        steady: Instant::now(),
    };
    let mut before = look();
    loop {
        context.sleep(LOOK).await;
        let now = look();
        if let Some(step) = before.step_back(&now) {
            return step;
        }
        before = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_is_noticed_and_no_other() {
        let (wall, steady) = (SystemTime::now(), Instant::now());
        let before = Clocks { wall, steady };
        let after_one_second = |wall| Clocks {
            wall,
            steady: steady + LOOK,
        };
        let back = |by| before.step_back(&after_one_second(wall + LOOK - by));
        assert_eq!(back(Duration::ZERO), None);
        assert_eq!(back(STEP - Duration::from_nanos(1)), None);
        assert_eq!(back(STEP), Some(STEP));
        let hour = Duration::from_secs(3_600);
        assert_eq!(back(hour), Some(hour));
        let ahead = after_one_second(wall + hour);
        assert_eq!(before.step_back(&ahead), None);
    }
}
