//! Epochs: stretches of blocks in which the validators stay the same.

use std::num::NonZeroU64;

use crate::limits::{EPOCH_BLOCKS, FEWEST_EPOCH_BLOCKS, MOST_EPOCH_BLOCKS};

/// How many blocks make an epoch. The only place that knows which height is of which epoch:
/// height 0, the genesis, is the first of epoch 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EpochLength(u64);

impl EpochLength {
    /// A length within its limits.
    pub fn new(blocks: u64) -> Option<Self> {
        (FEWEST_EPOCH_BLOCKS..=MOST_EPOCH_BLOCKS)
            .contains(&blocks)
            .then_some(Self(blocks))
    }

    /// How many blocks.
    pub fn blocks(self) -> u64 {
        self.0
    }

    /// How many blocks; there is no epoch without.
    pub fn non_zero(self) -> NonZeroU64 {
        NonZeroU64::new(self.0).unwrap_or(NonZeroU64::MIN)
    }

    /// The epoch of a height.
    pub fn epoch_of(self, height: u64) -> u64 {
        height / self.0
    }

    /// The last height of an epoch.
    pub fn last_height(self, epoch: u64) -> u64 {
        epoch.saturating_add(1).saturating_mul(self.0) - 1
    }

    /// The first height of an epoch.
    pub fn first_height(self, epoch: u64) -> u64 {
        epoch.saturating_mul(self.0)
    }

    /// The epoch that ends with this height, if one does.
    pub fn ended_by(self, height: u64) -> Option<u64> {
        let epoch = self.epoch_of(height);
        (self.last_height(epoch) == height).then_some(epoch)
    }
}

impl Default for EpochLength {
    fn default() -> Self {
        Self(EPOCH_BLOCKS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_limits() {
        for refused in [0, 1, FEWEST_EPOCH_BLOCKS - 1, MOST_EPOCH_BLOCKS + 1] {
            assert_eq!(EpochLength::new(refused), None);
        }
        for blocks in [FEWEST_EPOCH_BLOCKS, MOST_EPOCH_BLOCKS] {
            assert_eq!(
                EpochLength::new(blocks).map(EpochLength::blocks),
                Some(blocks)
            );
        }
        assert_eq!(EpochLength::new(EPOCH_BLOCKS), Some(EpochLength::default()));
    }

    #[test]
    fn every_height_is_of_one_epoch_and_the_last_one_ends_it() {
        let length = EpochLength::new(128).unwrap();
        for (height, epoch, ended) in [
            (0, 0, None),
            (1, 0, None),
            (126, 0, None),
            (127, 0, Some(0)),
            (128, 1, None),
            (255, 1, Some(1)),
            (256, 2, None),
        ] {
            assert_eq!(length.epoch_of(height), epoch, "{height}");
            assert_eq!(length.ended_by(height), ended, "{height}");
        }
        assert_eq!(length.last_height(0), 127);
        assert_eq!(length.last_height(1), 255);
        // Heights that no chain reaches do not overflow.
        let last = length.epoch_of(u64::MAX);
        assert_eq!(length.last_height(last), u64::MAX - 1);
    }
}
