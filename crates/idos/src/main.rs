//! The one binary.

mod bounded_file;
mod checkpoint;
mod clock;
mod consumer;
mod credential_verify;
mod demo;
mod devnet;
mod end;
mod exit;
mod home;
mod issuer;
mod issuer_keys;
mod issuer_many;
mod issuer_people;
mod issuer_revocable;
mod issuer_serve;
mod issuer_status;
mod membership;
mod network_args;
mod new_folder;
mod node_backup;
mod node_doctor;
mod node_init;
mod node_join;
mod node_ready;
mod node_restart;
mod node_start;
mod node_status;
mod node_vote;
mod opened;
mod operator;
mod output;
mod pages;
mod party_keys;
mod password_args;
mod person;
mod role;
mod secret_file;
mod tour;
mod trust_args;
mod typed_secret;
mod verify_sources;
mod wallet_kind;
mod web;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{
    consumer::ConsumerCommand,
    demo::DemoCommand,
    exit::Exit,
    issuer::IssuerCommand,
    node_vote::Decision,
    output::Output,
    pages::{DashboardCommand, EnclaveCommand},
    person::PersonCommand,
};

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
    /// Play everything that people, issuers and consumers do on a network, and check each step.
    Tour(tour::Args),
    /// Run a node.
    #[command(subcommand)]
    Node(NodeCommand),
    /// Keep one's own data.
    #[command(subcommand)]
    Person(Box<PersonCommand>),
    /// Read what people shared.
    #[command(subcommand)]
    Consumer(Box<ConsumerCommand>),
    /// Issue credentials.
    #[command(subcommand)]
    Issuer(IssuerCommand),
    /// Look at credentials.
    #[command(subcommand)]
    Credential(CredentialCommand),
    /// The page where people look after their data.
    #[command(subcommand)]
    Dashboard(Box<DashboardCommand>),
    /// The page that keeps people's keys.
    #[command(subcommand)]
    Enclave(Box<EnclaveCommand>),
    /// A bank that shows what businesses do with what people share.
    #[command(subcommand)]
    Demo(Box<DemoCommand>),
}

#[derive(Subcommand)]
enum CredentialCommand {
    /// Verify a credential or presentation in a file.
    Verify(Box<credential_verify::Args>),
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
    /// Write the start of a new chain that goes on with this node's state, after too many nodes were
    /// lost.
    RestartGenesis(node_restart::GenesisArgs),
    /// Make this node one of that chain, with its state.
    RestartNetwork(node_restart::NetworkArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.json);
    let exit = match run(cli.command, output) {
        Ok(exit) => exit,
        Err(error) => {
            output::print_error(error.as_ref());
            Exit::of(error.as_ref())
        }
    };
    exit.into()
}

fn run(command: Command, output: Output) -> Result<Exit, Box<dyn std::error::Error>> {
    match command {
        Command::Devnet(args) => devnet::run(args, output)?,
        Command::Tour(args) => tour::run(&args, output)?,
        Command::Node(command) => return run_node(command, output),
        Command::Person(command) => person::run(*command, output)?,
        Command::Consumer(command) => return consumer::run(*command, output),
        Command::Issuer(command) => issuer::run(command, output)?,
        Command::Credential(CredentialCommand::Verify(args)) => {
            return Ok(credential_verify::run(*args, output)?);
        }
        Command::Dashboard(command) => pages::run_dashboard(*command, output)?,
        Command::Demo(command) => demo::run(*command, output)?,
        Command::Enclave(command) => pages::run_enclave(*command, output)?,
    }
    Ok(Exit::Done)
}

fn run_node(command: NodeCommand, output: Output) -> Result<Exit, Box<dyn std::error::Error>> {
    match command {
        NodeCommand::Doctor(args) => return Ok(node_doctor::run(args, output)?),
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
        NodeCommand::RestartGenesis(args) => node_restart::genesis(args, output)?,
        NodeCommand::RestartNetwork(args) => node_restart::network(args, output)?,
    }
    Ok(Exit::Done)
}
