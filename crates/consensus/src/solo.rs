//! The order of a network of one validator: what it proposes is final.

use std::time::Duration;

use idos_types::BlockTime;
use tracing::debug;

use crate::{Application, ApplicationError, Block, Clock, Wake, wake::Woken};

/// Makes blocks until [`Wake::stop`], or until the application can not go on. Blocks its thread.
///
/// A block is made as soon as something waits or is due; an idle network makes none.
pub fn run(
    application: &mut dyn Application,
    clock: &dyn Clock,
    wake: &Wake,
) -> Result<(), ApplicationError> {
    loop {
        let limit = application
            .wake_at()?
            .map(|deadline| until(clock.now(), deadline));
        if wake.wait(limit) == Woken::Stop {
            return Ok(());
        }
        while !wake.is_stopped() && make_block(application, clock)? {}
    }
}

/// How long to wait for a deadline.
fn until(now: BlockTime, deadline: BlockTime) -> Duration {
    Duration::from_millis(deadline.millis().saturating_sub(now.millis()))
}

/// Makes one block, if there is anything to put into one.
fn make_block(
    application: &mut dyn Application,
    clock: &dyn Clock,
) -> Result<bool, ApplicationError> {
    let tip = application.tip();
    // A clock that was set back must not set the network back.
    let after_tip = BlockTime::from_millis(tip.time.millis() + 1);
    let time = clock.now().max(after_tip);
    let Some(items) = application.propose(time)? else {
        return Ok(false);
    };
    let block = Block::new(tip.height + 1, tip.hash, time, items);
    debug!(
        height = block.header.height,
        items = block.items.len(),
        "block"
    );
    application.finalized(block)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, thread};

    use idos_types::Digest;

    use super::*;
    use crate::{Item, Tip};

    /// Orders numbers, and is stopped by the last.
    struct Numbers {
        tip: Tip,
        waiting: Vec<u8>,
        deadline: Option<BlockTime>,
        blocks: Vec<Block>,
        wake: Wake,
    }

    impl Numbers {
        fn new(waiting: Vec<u8>) -> Self {
            let tip = Tip {
                height: 0,
                hash: Digest::default(),
                time: BlockTime::from_millis(50),
            };
            Self {
                tip,
                waiting,
                deadline: None,
                blocks: Vec::new(),
                wake: Wake::default(),
            }
        }
    }

    impl Application for Numbers {
        fn tip(&self) -> Tip {
            self.tip
        }

        fn wake_at(&mut self) -> Result<Option<BlockTime>, ApplicationError> {
            Ok(self.deadline)
        }

        fn propose(&mut self, time: BlockTime) -> Result<Option<Vec<Item>>, ApplicationError> {
            if self.deadline.is_some_and(|deadline| deadline <= time) {
                return Ok(Some(Vec::new()));
            }
            Ok(self
                .waiting
                .pop()
                .map(|number| vec![Item::new(vec![number])]))
        }

        fn finalized(&mut self, block: Block) -> Result<(), ApplicationError> {
            let header = block.header;
            self.tip = Tip {
                height: header.height,
                hash: header.hash(),
                time: header.time,
            };
            self.blocks.push(block);
            self.deadline = None;
            if self.waiting.is_empty() {
                self.wake.stop();
            }
            Ok(())
        }
    }

    struct At(Cell<u64>);

    impl Clock for At {
        fn now(&self) -> BlockTime {
            BlockTime::from_millis(self.0.get())
        }
    }

    #[test]
    fn blocks_chain_and_time_grows_although_the_clock_stands_still() {
        let mut numbers = Numbers::new(vec![1, 2, 3]);
        let wake = numbers.wake.clone();
        wake.work();
        run(&mut numbers, &At(Cell::new(10)), &wake).unwrap();
        let headers: Vec<_> = numbers.blocks.iter().map(|block| block.header).collect();
        assert_eq!(headers.len(), 3);
        assert!(
            headers
                .windows(2)
                .all(|pair| pair[1].parent == pair[0].hash()
                    && pair[1].height == pair[0].height + 1
                    && pair[1].time > pair[0].time)
        );
        assert_eq!(headers[0].time, BlockTime::from_millis(51));
    }

    #[test]
    fn a_deadline_makes_a_block_without_items() {
        let mut numbers = Numbers::new(Vec::new());
        numbers.deadline = Some(BlockTime::from_millis(60));
        let wake = numbers.wake.clone();
        run(&mut numbers, &At(Cell::new(70)), &wake).unwrap();
        assert_eq!(numbers.blocks.len(), 1);
        assert!(numbers.blocks[0].items.is_empty());
    }

    #[test]
    fn work_from_another_thread_wakes_the_loop() {
        let mut numbers = Numbers::new(vec![1]);
        let wake = numbers.wake.clone();
        let other = wake.clone();
        let waker = thread::spawn(move || other.work());
        run(&mut numbers, &At(Cell::new(70)), &wake).unwrap();
        waker.join().unwrap();
        assert_eq!(numbers.blocks.len(), 1);
    }
}
