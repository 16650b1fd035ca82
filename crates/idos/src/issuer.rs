//! `idos issuer`: what issuers do.

mod issuance;
pub(crate) mod keys;
mod many;
pub(crate) mod people;
mod revocable;
pub(crate) mod serve;
mod status;

use clap::Subcommand;

use crate::{command::output::Output, role::party_keys};

/// The commands.
#[derive(Subcommand)]
pub(crate) enum IssuerCommand {
    /// Make the folder with the issuer's keys.
    Keys(keys::Args),
    /// Publish its keys as a party that the network admitted.
    PublishKeys(party_keys::Args),
    /// Create profiles of people.
    Profile(people::ProfileArgs),
    /// Sign a credential, and give it to a person who granted that.
    Issue(Box<people::IssueArgs>),
    /// Issue to many people from a list, and go on after an interruption.
    IssueMany(many::Args),
    /// Make an access grant that a person signed, on what was issued here.
    GrantAccess(people::GrantAccessArgs),
    /// Replace the public notes of issued credentials.
    Notes(people::NotesArgs),
    /// Revoke or suspend what was issued with a status.
    Status(status::Args),
    /// Issue and verify over HTTP, by the VC-API of the W3C.
    Serve(Box<serve::Args>),
}

/// Does one of them.
pub(crate) fn run(
    command: IssuerCommand,
    output: Output,
) -> Result<(), Box<dyn std::error::Error>> {
    match command {
        IssuerCommand::Keys(args) => keys::run(args, output)?,
        IssuerCommand::PublishKeys(args) => people::publish_keys(&args, output)?,
        IssuerCommand::Profile(args) => people::profile(&args, output)?,
        IssuerCommand::Issue(args) => people::issue(&args, output)?,
        IssuerCommand::IssueMany(args) => many::run(&args, output)?,
        IssuerCommand::GrantAccess(args) => people::grant_access(&args, output)?,
        IssuerCommand::Notes(args) => people::notes(&args, output)?,
        IssuerCommand::Status(args) => status::run(&args, output)?,
        IssuerCommand::Serve(args) => serve::run(*args, output)?,
    }
    Ok(())
}
