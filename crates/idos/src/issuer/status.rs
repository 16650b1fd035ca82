//! `idos issuer status`: revoking and suspending what was issued with a status.

use std::path::PathBuf;

use idos_credential::StatusPurpose;
use serde_json::json;
use thiserror::Error;

use crate::{
    command::output::{Output, PrintError},
    issuer::serve::{StatusLists, StatusListsError},
};

/// What the command is given.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder of the issuer; the server may run.
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    /// The `id` of the credential.
    id: String,
    /// What it becomes.
    #[arg(long, value_enum)]
    set: Status,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Status {
    /// Ended for good.
    Revoked,
    /// Not counting for now.
    Suspended,
    /// No longer suspended.
    Valid,
}

/// Why the status is as it was.
#[derive(Debug, Error)]
pub(crate) enum StatusError {
    /// The lists.
    #[error(transparent)]
    Lists(#[from] StatusListsError),
    /// It was issued with another status.
    #[error("the credential {id} {has}: what else can become of it is settled when it is issued")]
    OtherPurpose {
        /// The `id` of the credential.
        id: String,
        /// What can become of it.
        has: &'static str,
    },
    /// Nobody can be told.
    #[error(transparent)]
    Print(#[from] PrintError),
}

/// Tells a credential that has another status from one that is not known.
fn explained(
    error: StatusListsError,
    lists: &StatusLists,
    purpose: StatusPurpose,
    id: &str,
) -> Result<StatusError, StatusListsError> {
    let (other, has) = match purpose {
        StatusPurpose::Revocation => {
            let has = "can be suspended, and not revoked";
            (StatusPurpose::Suspension, has)
        }
        _ => {
            let has = "can be revoked, and not suspended";
            (StatusPurpose::Revocation, has)
        }
    };
    if !matches!(error, StatusListsError::Unknown) || !lists.has(other, id)? {
        return Ok(error.into());
    }
    let id = id.to_owned();
    Ok(StatusError::OtherPurpose { id, has })
}

/// Sets the status of a credential.
pub(crate) fn run(args: &Args, output: Output) -> Result<(), StatusError> {
    let (purpose, value, name) = match args.set {
        Status::Revoked => (StatusPurpose::Revocation, true, "revoked"),
        Status::Suspended => (StatusPurpose::Suspension, true, "suspended"),
        Status::Valid => (StatusPurpose::Suspension, false, "valid"),
    };
    let lists = StatusLists::open(&args.home)?;
    let set = lists.set(purpose, Some(&args.id), None, value);
    set.or_else(|error| Err(explained(error, &lists, purpose, &args.id)?))?;
    let (text, name) = match args.set {
        // A revocation is for good, and counts beside the suspension.
        Status::Valid if lists.is_set(StatusPurpose::Revocation, &args.id)? => (
            format!("{} is no longer suspended; it is revoked", args.id),
            "no-longer-suspended",
        ),
        _ => (
            format!(
                "{} is {name}; verifiers see it when they fetch the list",
                args.id
            ),
            name,
        ),
    };
    let json = json!({ "event": "status", "id": args.id, "status": name });
    Ok(output.print(&text, &json)?)
}
