//! `idos node`: what operators do.

mod backup;
pub(crate) mod doctor;
mod home;
pub(crate) mod init;
mod join;
mod membership;
pub(crate) mod operator;
mod ready;
mod restart;
mod start;
mod status;
mod vote;

use clap::Subcommand;

use crate::command::{exit::Exit, output::Output};
use vote::Decision;

/// The commands.
#[derive(Subcommand)]
pub(crate) enum NodeCommand {
    /// Make the folder of a node: settings, genesis and keys.
    Init(init::Args),
    /// Run the node of a folder until it is interrupted.
    Start(start::Args),
    /// Show where a node and its network stand.
    Status(status::Args),
    /// Ask the network to take this node, as its operator.
    Join(join::Args),
    /// Agree that a node follows the network.
    Approve(vote::Args),
    /// Say that this node has caught up: it validates from an epoch on.
    Ready(ready::Args),
    /// Ask to validate no more with this node.
    Leave(ready::Args),
    /// Take a node out of the network.
    Remove(vote::Args),
    /// Find what is wrong with a node, running or not, and what to do about it.
    Doctor(doctor::Args),
    /// Copy a node's state to a file, while it runs or not.
    Backup(backup::BackupArgs),
    /// Make the state of a node that has none from such a file.
    Restore(backup::RestoreArgs),
    /// Write the start of a new chain that goes on with this node's state, after too many nodes were
    /// lost.
    RestartGenesis(restart::GenesisArgs),
    /// Make this node one of that chain, with its state.
    RestartNetwork(restart::NetworkArgs),
}

/// Does one of them.
pub(crate) fn run(
    command: NodeCommand,
    output: Output,
) -> Result<Exit, Box<dyn std::error::Error>> {
    match command {
        NodeCommand::Doctor(args) => return Ok(doctor::run(args, output)?),
        NodeCommand::Init(args) => init::run(args, output)?,
        NodeCommand::Start(args) => start::run(args, output)?,
        NodeCommand::Status(args) => status::run(args, output)?,
        NodeCommand::Join(args) => join::run(args, output)?,
        NodeCommand::Approve(args) => vote::run(Decision::Approve, args, output)?,
        NodeCommand::Ready(args) => ready::ready(args, output)?,
        NodeCommand::Leave(args) => ready::leave(args, output)?,
        NodeCommand::Remove(args) => vote::run(Decision::Remove, args, output)?,
        NodeCommand::Backup(args) => backup::backup(args, output)?,
        NodeCommand::Restore(args) => backup::restore_from(args, output)?,
        NodeCommand::RestartGenesis(args) => restart::genesis(args, output)?,
        NodeCommand::RestartNetwork(args) => restart::network(args, output)?,
    }
    Ok(Exit::Done)
}
