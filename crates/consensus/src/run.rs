//! Runs a node of a real network.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use commonware_macros::select;
use commonware_runtime::{Runner as _, Supervisor as _, tokio};

use crate::{
    ConsensusError, Options, Parts, Wake,
    clock::set_back,
    engine,
    engine::Node,
    folder,
    marker::{FileSlot, Slots},
    network,
};

/// Takes part in the network until [`Wake::stop`], or until something fails that the node cannot
/// go on from. Blocks its thread, which must not be one of an asynchronous runtime.
///
/// When it returns, all its threads have ended and the parts have been dropped.
pub fn run(options: Options, parts: Parts, wake: &Wake) -> Result<(), ConsensusError> {
    folder::claim(&options.directory, options.genesis.hash())?;
    let slots = Slots {
        marker: Box::new(FileSlot(options.vote_marker.clone())),
        folder: Box::new(FileSlot(options.directory.join("incarnation"))),
    };
    let wake = wake.clone();
    drive(options, async move |context: tokio::Context, options| {
        let network = network::connect(&context, &options).await;
        let node = Node {
            prefix: String::new(),
            slots,
            parts,
            wake,
            options,
        };
        engine::run(context.child("node"), node, network).await
    })
}

/// Runs something on threads of its own until it ends, or until the clock is set back.
pub(crate) fn drive(
    options: Options,
    work: impl AsyncFnOnce(tokio::Context, Options) -> Result<(), ConsensusError>,
) -> Result<(), ConsensusError> {
    network::check_listen(&options)?;
    let runtime = tokio::Config::new()
        .with_storage_directory(&options.directory)
        .with_read_write_timeout(network::SILENCE)
        .with_worker_threads(options.workers.get());
    // A task that panics ends the runtime, and the panic arrives here.
    catch_unwind(AssertUnwindSafe(move || {
        tokio::Runner::new(runtime).start(async |context| {
            let clock = context.child("clock");
            select! {
                ended = work(context, options) => ended,
                step = set_back(&clock) => Err(ConsensusError::ClockSetBack(step)),
            }
        })
    }))
    .unwrap_or_else(|panic| Err(ConsensusError::Panicked(message(panic.as_ref()))))
}

/// What a panic says.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message").to_owned()
}
