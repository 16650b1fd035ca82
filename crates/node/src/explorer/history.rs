//! What happened in the last hour, minute by minute, from the headers and receipts of this node.

use std::collections::VecDeque;

use idos_explorer::MinuteSample;
use idos_store::{Listed, Snapshot, StoreError};

const MINUTE_MS: u64 = 60_000;
/// How many minutes are kept.
const MINUTES: usize = 60;
/// Blocks that are read at once.
const AT_ONCE: usize = 512;
/// Most blocks that one question reads; the next one goes on.
const MOST: usize = 16 * AT_ONCE;

/// Blocks and transactions per minute.
#[derive(Default)]
pub(super) struct History {
    /// The first height that is not in it; none before the first question.
    next: Option<u64>,
    minutes: VecDeque<MinuteSample>,
}

impl History {
    /// Takes in the blocks that came since the last time.
    pub(super) fn follow(&mut self, snapshot: &Snapshot<'_>) -> Result<(), StoreError> {
        let Some(head) = snapshot.head()? else {
            return Ok(());
        };
        let span = MINUTE_MS * u64::try_from(MINUTES).unwrap_or(u64::MAX);
        let since = head.time.millis().saturating_sub(span);
        // The genesis is no block that anybody made.
        let first = snapshot.first_block_since(since, head.height)?.max(1);
        // However long nobody asked: what is older than the hour is not shown.
        let mut next = self.next.map_or(first, |next| next.max(first));
        for _ in 0..MOST / AT_ONCE {
            let blocks = snapshot.blocks_from(next, AT_ONCE)?;
            let is_last = blocks.len() < AT_ONCE;
            for block in blocks {
                next = block.height.saturating_add(1);
                self.add(&block);
            }
            // What is counted stays counted if the next read is interrupted.
            self.next = Some(next);
            if is_last {
                break;
            }
        }
        self.next = Some(next);
        Ok(())
    }

    fn add(&mut self, block: &Listed) {
        let time = block.time.millis() / MINUTE_MS * MINUTE_MS;
        match self.minutes.back_mut().filter(|last| last.time == time) {
            Some(last) => {
                last.blocks += 1;
                last.transactions += block.transactions;
            }
            None => self.minutes.push_back(MinuteSample {
                time,
                blocks: 1,
                transactions: block.transactions,
            }),
        }
        while self.minutes.len() > MINUTES {
            self.minutes.pop_front();
        }
    }

    /// The last sixty minutes by this clock, the oldest first; the running one is the last.
    pub(super) fn minutes(&self, now_ms: u64) -> Vec<MinuteSample> {
        let newest = now_ms / MINUTE_MS * MINUTE_MS;
        let count = u64::try_from(MINUTES).unwrap_or_default();
        (0..count)
            .rev()
            .map(|ago| {
                let time = newest.saturating_sub(ago * MINUTE_MS);
                let known = self.minutes.iter().find(|sample| sample.time == time);
                known.copied().unwrap_or(MinuteSample {
                    time,
                    blocks: 0,
                    transactions: 0,
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use idos_types::{BlockTime, Digest};

    use super::*;
    use crate::testing::Bench;

    fn block(height: u64, minute: u64, transactions: u64) -> Listed {
        Listed {
            height,
            hash: Digest::default(),
            time: BlockTime::from_millis(minute * MINUTE_MS + 59_999),
            transactions,
        }
    }

    #[test]
    fn blocks_are_added_up_by_minute_and_gaps_are_empty() {
        let mut history = History::default();
        for listed in [block(1, 100, 2), block(2, 100, 3), block(3, 102, 0)] {
            history.add(&listed);
        }
        let minutes = history.minutes(103 * MINUTE_MS + 1);
        assert_eq!(minutes.len(), MINUTES);
        let last: Vec<_> = minutes[MINUTES - 4..]
            .iter()
            .map(|sample| (sample.time / MINUTE_MS, sample.blocks, sample.transactions))
            .collect();
        assert_eq!(last, [(100, 2, 5), (101, 0, 0), (102, 1, 0), (103, 0, 0)]);
        assert!(
            minutes[..MINUTES - 4]
                .iter()
                .all(|sample| sample.blocks == 0)
        );
    }

    #[test]
    fn what_is_older_than_the_hour_is_passed_over() {
        let mut bench = Bench::new(4);
        let mut history = History::default();
        let mut counts = |minutes: &[u64]| {
            for minute in minutes {
                let block = bench.next(minute * MINUTE_MS, Vec::new());
                bench.execute(&block);
            }
            let followed = bench.readers.read(|snapshot| history.follow(snapshot));
            followed.unwrap().unwrap();
            history
                .minutes
                .iter()
                .map(|minute| minute.blocks)
                .sum::<u64>()
        };
        assert_eq!(counts(&[1, 2]), 2);
        assert_eq!(counts(&[3, 4, 5, 200, 201]), 4);
    }

    #[test]
    fn it_never_grows_beyond_an_hour() {
        let mut history = History::default();
        for minute in 0..200 {
            history.add(&block(minute, minute, 1));
        }
        assert_eq!(history.minutes.len(), MINUTES);
        assert!(
            history
                .minutes(199 * MINUTE_MS)
                .iter()
                .all(|sample| sample.blocks == 1)
        );
    }
}
