//! See [`ClockSkewer`].

use std::time::Duration;

use idos_consensus::simulation::Skew;

use super::Adversary;
use crate::random::Random;

/// Furthest a clock is wrong: hours, as after a flat battery, are no worse than minutes.
const MOST_SECONDS: u64 = 600;

/// Its clock is ahead or behind, by a second up to ten minutes: so are the times of its blocks, and
/// what it takes for early and for late.
pub struct ClockSkewer(Skew);

impl ClockSkewer {
    pub(crate) fn new(random: &mut Random) -> Self {
        let by = Duration::from_secs(1 + random.below(MOST_SECONDS));
        Self(match random.one_in(2) {
            true => Skew::Ahead(by),
            false => Skew::Behind(by),
        })
    }
}

impl Adversary for ClockSkewer {
    fn skew(&self) -> Skew {
        self.0
    }
}
