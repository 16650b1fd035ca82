//! Whole networks in one thread, in virtual time, the same every time for the same seed.
//!
//! Nodes run the very code that [`crate::run`] runs; only clock, network, storage and randomness
//! are simulated. What the parts of a node do must be as deterministic: no clock but the one they
//! are told, no randomness of their own, no threads, and no order that depends on hashes.
//!
//! Storage does not forget in a crash what has not been synced: torn writes are a matter for real
//! processes.

mod control;
mod filter;
mod line;
mod node;
mod skewed;
mod towards;
mod voice;

pub use control::{Control, Half};
pub use filter::{Cast, Fate, Message, Rule};
pub use line::Line;
pub use skewed::Skew;
pub use voice::Voice;

use std::{cell::RefCell, future::Future, num::NonZeroU64, rc::Rc, time::Duration};

use commonware_p2p::simulated;
use commonware_runtime::{Runner as _, Supervisor as _, deterministic};
use commonware_utils::NZUsize;
use futures::future::{FutureExt as _, LocalBoxFuture};
use idos_types::BlockTime;

use crate::{
    Header, Timing,
    engine::largest_message,
    shared::{instant, now},
};

/// Most nodes of a simulated network.
const NODES: std::num::NonZeroUsize = NZUsize!(64);

/// What a simulated network starts from.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Everything that is random follows from it.
    pub seed: u64,
    /// Virtual time after which the simulation fails.
    pub limit: Duration,
    /// See [`crate::Options::chain_id`].
    pub chain_id: String,
    /// What time it is when the simulation starts.
    pub start: BlockTime,
    /// See [`crate::Options::genesis`].
    pub genesis: Header,
    /// See [`crate::Options::epoch_blocks`].
    pub epoch_blocks: NonZeroU64,
    /// See [`crate::Options::timing`].
    pub timing: Timing,
}

/// How a simulation went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// A digest of everything that happened: equal for equal seeds.
    pub state: String,
    /// When it was over.
    pub ended: BlockTime,
}

/// Runs a scenario. It panics if a task of a node does, or if the limit of time is over.
pub fn simulate<F>(plan: Plan, scenario: impl FnOnce(Control) -> F + 'static) -> Report
where
    F: Future<Output = ()> + 'static,
{
    run(plan, Box::new(|control| scenario(control).boxed_local()))
}

type Scenario = Box<dyn FnOnce(Control) -> LocalBoxFuture<'static, ()>>;

/// Not generic, so that the engine is compiled here and not wherever a scenario is written.
fn run(plan: Plan, scenario: Scenario) -> Report {
    let config = deterministic::Config::new()
        .with_seed(plan.seed)
        .with_start_time(instant(plan.start))
        .with_timeout(Some(plan.limit));
    deterministic::Runner::new(config).start(|context| async move {
        let (network, oracle) = simulated::Network::new(
            context.child("network"),
            simulated::Config {
                max_size: largest_message(),
                max_peers_per_set: NODES,
                disconnect_on_block: true,
                tracked_peer_sets: NZUsize!(2),
            },
        );
        network.start();
        let context = Rc::new(context);
        let control = control::State {
            context: Rc::clone(&context),
            oracle,
            plan,
            rules: filter::Rules::default(),
            nodes: RefCell::default(),
        };
        scenario(Control(Rc::new(control))).await;
        Report {
            state: context.auditor().state(),
            ended: now(context.as_ref()),
        }
    })
}
