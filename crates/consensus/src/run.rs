//! Runs a node of the network.

use crate::{ConsensusError, Options, Parts, Wake};

/// Takes part in the network until [`Wake::stop`], or until something fails that the node can not
/// go on from. Blocks its thread.
pub fn run(options: Options, parts: Parts, wake: &Wake) -> Result<(), ConsensusError> {
    let _ = (options, parts, wake);
    Err(ConsensusError::Ended("not wired yet"))
}
