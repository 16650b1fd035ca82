//! The one binary.

mod devnet;
mod end;
mod home;
mod membership;
mod new_folder;
mod node_backup;
mod node_doctor;
mod node_init;
mod node_join;
mod node_ready;
mod node_start;
mod node_status;
mod node_vote;
mod operator;
mod output;
mod secret_file;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{node_vote::Decision, output::Output};

/// idOS: identity data of people, encrypted under their own keys, on a network of nodes.
#[derive(Parser)]
#[command(name = "idos", version)]
struct Cli {
    /// Print JSON for programs, one object per line.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a whole network on this machine, to develop against.
    Devnet(devnet::Args),
    /// Run a node.
    #[command(subcommand)]
    Node(NodeCommand),
}

#[derive(Subcommand)]
enum NodeCommand {
    /// Make the folder of a node: settings, genesis and keys.
    Init(node_init::Args),
    /// Run the node of a folder until it is interrupted.
    Start(node_start::Args),
    /// Show where a node and its network stand.
    Status(node_status::Args),
    /// Ask the network to take this node, as its operator.
    Join(node_join::Args),
    /// Agree that a node follows the network.
    Approve(node_vote::Args),
    /// Say that this node has caught up: it validates from an epoch on.
    Ready(node_ready::Args),
    /// Ask to validate no more with this node.
    Leave(node_ready::Args),
    /// Take a node out of the network.
    Remove(node_vote::Args),
    /// Find what is wrong with a node, running or not, and what to do about it.
    Doctor(node_doctor::Args),
    /// Copy a node's state to a file, while it runs or not.
    Backup(node_backup::BackupArgs),
    /// Make the state of a node that has none from such a file.
    Restore(node_backup::RestoreArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.json);
    let done: Result<ExitCode, Box<dyn std::error::Error>> = match cli.command {
        Command::Devnet(args) => devnet::run(args, output)
            .map(|()| ExitCode::SUCCESS)
            .map_err(Into::into),
        Command::Node(command) => run_node(command, output),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            output::print_error(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

fn run_node(command: NodeCommand, output: Output) -> Result<ExitCode, Box<dyn std::error::Error>> {
    match command {
        // It has exit codes for what it finds.
        NodeCommand::Doctor(args) => return Ok(node_doctor::run(args, output)),
        NodeCommand::Init(args) => node_init::run(args, output)?,
        NodeCommand::Start(args) => node_start::run(args, output)?,
        NodeCommand::Status(args) => node_status::run(args, output)?,
        NodeCommand::Join(args) => node_join::run(args, output)?,
        NodeCommand::Approve(args) => node_vote::run(Decision::Approve, args, output)?,
        NodeCommand::Ready(args) => node_ready::ready(args, output)?,
        NodeCommand::Leave(args) => node_ready::leave(args, output)?,
        NodeCommand::Remove(args) => node_vote::run(Decision::Remove, args, output)?,
        NodeCommand::Backup(args) => node_backup::backup(args, output)?,
        NodeCommand::Restore(args) => node_backup::restore_from(args, output)?,
    }
    Ok(ExitCode::SUCCESS)
}
