//! Puts transactions into blocks and blocks into an order that never changes, behind a trait: what
//! to propose, and what to do with a block that is final. What is in an item is not known here.

mod block;
mod clock;
mod solo;
mod wake;

pub use block::{Block, Header, HeaderError, Item};
pub use clock::{Clock, SystemClock};
pub use solo::run;
pub use wake::Wake;

use std::error::Error;

use idos_types::{BlockTime, Digest};

/// The newest block that has been executed for good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tip {
    /// Its height; the genesis has height 0.
    pub height: u64,
    /// Digest of its header.
    pub hash: Digest,
    /// Its time.
    pub time: BlockTime,
}

/// The state machine that blocks drive.
///
/// Whoever implements it promises that [`Application::finalized`] is deterministic and atomic: a
/// crash leaves either the state before the block or the state after it, and [`Application::tip`]
/// tells which.
pub trait Application {
    /// The newest block executed for good.
    fn tip(&self) -> Tip;

    /// When [`Application::propose`] has to be asked even if nobody wakes the loop.
    fn wake_at(&mut self) -> Result<Option<BlockTime>, ApplicationError>;

    /// The items of a block at `time`; `None` when nothing waits and nothing is due.
    fn propose(&mut self, time: BlockTime) -> Result<Option<Vec<Item>>, ApplicationError>;

    /// Executes a block for good. When it returns, the block survives a crash.
    fn finalized(&mut self, block: Block) -> Result<(), ApplicationError>;
}

/// The application can not go on: the node must stop, since a state machine that skips a block
/// differs from all others.
pub type ApplicationError = Box<dyn Error + Send + Sync>;
