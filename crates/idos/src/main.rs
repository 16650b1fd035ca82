//! The one binary.

mod devnet;
mod end;
mod home;
mod new_folder;
mod node_init;
mod node_start;
mod output;
mod secret_file;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::output::Output;

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
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.json);
    let done: Result<(), Box<dyn std::error::Error>> = match cli.command {
        Command::Devnet(args) => devnet::run(args, output).map_err(Into::into),
        Command::Node(NodeCommand::Init(args)) => node_init::run(args, output).map_err(Into::into),
        Command::Node(NodeCommand::Start(args)) => {
            node_start::run(args, output).map_err(Into::into)
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::print_error(error.as_ref());
            ExitCode::FAILURE
        }
    }
}
