//! `idos issuer`: what issuers do.

use clap::Subcommand;

use crate::{
    issuer_keys, issuer_many, issuer_people, issuer_serve, issuer_status, output::Output,
    party_keys,
};

/// The commands.
#[derive(Subcommand)]
pub(crate) enum IssuerCommand {
    /// Make the folder with the issuer's keys.
    Keys(issuer_keys::Args),
    /// Publish its keys as a party that the network admitted.
    PublishKeys(party_keys::Args),
    /// Create profiles of people.
    Profile(issuer_people::ProfileArgs),
    /// Sign a credential, and give it to a person who granted that.
    Issue(Box<issuer_people::IssueArgs>),
    /// Issue to many people from a list, and go on after an interruption.
    IssueMany(issuer_many::Args),
    /// Make an access grant that a person signed, on what was issued here.
    GrantAccess(issuer_people::GrantAccessArgs),
    /// Replace the public notes of issued credentials.
    Notes(issuer_people::NotesArgs),
    /// Revoke or suspend what was issued with a status.
    Status(issuer_status::Args),
    /// Issue and verify over HTTP, by the VC-API of the W3C.
    Serve(Box<issuer_serve::Args>),
}

/// Does one of them.
pub(crate) fn run(
    command: IssuerCommand,
    output: Output,
) -> Result<(), Box<dyn std::error::Error>> {
    match command {
        IssuerCommand::Keys(args) => issuer_keys::run(args, output)?,
        IssuerCommand::PublishKeys(args) => issuer_people::publish_keys(&args, output)?,
        IssuerCommand::Profile(args) => issuer_people::profile(&args, output)?,
        IssuerCommand::Issue(args) => issuer_people::issue(&args, output)?,
        IssuerCommand::IssueMany(args) => issuer_many::run(&args, output)?,
        IssuerCommand::GrantAccess(args) => issuer_people::grant_access(&args, output)?,
        IssuerCommand::Notes(args) => issuer_people::notes(&args, output)?,
        IssuerCommand::Status(args) => issuer_status::run(&args, output)?,
        IssuerCommand::Serve(args) => issuer_serve::run(*args, output)?,
    }
    Ok(())
}
