//! Whether the clock of this machine is right, as far as others can tell.

use std::time::Duration;

use super::finding::Finding;

const CHECK: &str = "clock";

/// What another clock said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// This clock before it was asked, and after, in milliseconds since 1970.
    pub(super) asked: u64,
    pub(super) answered: u64,
    /// The other one in between.
    pub(super) other: u64,
}

impl Reading {
    /// By how much this clock is surely ahead of the other, or behind it.
    fn ahead(self) -> u64 {
        self.asked.saturating_sub(self.other)
    }

    fn behind(self) -> u64 {
        self.other.saturating_sub(self.answered)
    }
}

/// `block_time` is that of the newest block that the node has, and `tolerance` how far it may be ahead
/// of a right clock.
pub(super) fn check(now: u64, block_time: u64, others: &[Reading], tolerance: Duration) -> Finding {
    let tolerance = u64::try_from(tolerance.as_millis()).unwrap_or(u64::MAX);
    let early = block_time.saturating_sub(now);
    if early > tolerance {
        let text = format!("the newest block is {early} ms in the future: the clock is behind");
        return wrong(text, tolerance);
    }
    // One other clock may be wrong itself; more of them than not are not.
    let differ: Vec<_> = others
        .iter()
        .filter(|reading| reading.ahead().max(reading.behind()) > tolerance)
        .collect();
    if differ.len() * 2 > others.len() {
        let ahead = differ.iter().map(|reading| reading.ahead()).max();
        let behind = differ.iter().map(|reading| reading.behind()).max();
        let text = format!(
            "{} of {} other nodes have another time: this clock is up to {} ms ahead and {} ms behind",
            differ.len(),
            others.len(),
            ahead.unwrap_or(0),
            behind.unwrap_or(0),
        );
        return wrong(text, tolerance);
    }
    match others.len() {
        0 => Finding::sound(
            CHECK,
            "not behind the newest block (--node URL of other nodes tells more)",
        ),
        count => Finding::sound(CHECK, format!("agrees with {count} other nodes")),
    }
}

fn wrong(text: String, tolerance: u64) -> Finding {
    let advice = format!(
        "set the clock and keep it by NTP (`timedatectl`): those of nodes have to agree within \
         {tolerance} ms"
    );
    Finding::wrong(CHECK, text, advice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::doctor::finding::State;

    const TOLERANCE: Duration = Duration::from_millis(500);

    fn reading(other: u64) -> Reading {
        Reading {
            asked: 10_000,
            answered: 10_200,
            other,
        }
    }

    #[test]
    fn a_clock_behind_the_chain_is_named() {
        assert_eq!(check(10_000, 10_500, &[], TOLERANCE).state, State::Sound);
        let found = check(10_000, 10_501, &[], TOLERANCE);
        assert_eq!(found.state, State::Wrong);
        assert!(found.text.contains("behind"), "{found:?}");
    }

    #[test]
    fn a_clock_that_most_others_contradict_is_named() {
        let state = |others: &[Reading]| check(10_000, 0, others, TOLERANCE).state;
        for (other, expected) in [
            (9_500, State::Sound),
            (9_499, State::Wrong),
            (10_700, State::Sound),
            (10_701, State::Wrong),
        ] {
            assert_eq!(state(&[reading(other)]), expected, "{other}");
        }
        let (right, wrong) = (reading(10_100), reading(60_000));
        assert_eq!(state(&[right, wrong]), State::Sound);
        assert_eq!(state(&[right, wrong, wrong]), State::Wrong);
    }
}
