//! See [`Laggard`].

use std::time::Duration;

use idos_consensus::simulation::Line;

use super::Adversary;
use crate::random::Random;

/// Whatever it sends arrives late: by a part of the time that a view has, or by more than that.
pub struct Laggard(Line);

impl Laggard {
    pub(crate) fn new(random: &mut Random) -> Self {
        Self(Line {
            latency: Duration::from_millis(500 + random.below(4_500)),
            jitter: Duration::from_millis(random.below(500)),
            lost_of_thousand: 0,
        })
    }
}

impl Adversary for Laggard {
    fn line(&self) -> Option<Line> {
        Some(self.0)
    }
}
