//! The one binary.

mod command;
mod consumer;
mod credential_verify;
mod demo;
mod devnet;
mod issuer;
mod node;
mod pages;
mod person;
mod role;
mod tour;
mod web;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{
    command::{
        exit::Exit,
        log::Log,
        output::{self, Output},
    },
    consumer::ConsumerCommand,
    demo::DemoCommand,
    issuer::IssuerCommand,
    node::NodeCommand,
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

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.json);
    if let Some(log) = log_of(&cli.command) {
        log.start();
    }
    let exit = match run(cli.command, output) {
        Ok(exit) => exit,
        Err(error) => {
            output::print_error(error.as_ref());
            Exit::of(error.as_ref())
        }
    };
    exit.into()
}

/// How a command says what goes wrong beside its result.
fn log_of(command: &Command) -> Option<Log> {
    match command {
        // The configuration of the node says it.
        Command::Node(NodeCommand::Start(_)) => None,
        Command::Devnet(_)
        | Command::Dashboard(_)
        | Command::Enclave(_)
        | Command::Demo(_)
        | Command::Issuer(IssuerCommand::Serve(_)) => Some(Log::OfServer),
        _ => Some(Log::ForPeople),
    }
}

fn run(command: Command, output: Output) -> Result<Exit, Box<dyn std::error::Error>> {
    match command {
        Command::Devnet(args) => devnet::run(args, output)?,
        Command::Tour(args) => tour::run(&args, output)?,
        Command::Node(command) => return node::run(command, output),
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
