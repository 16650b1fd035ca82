//! `idos credential verify`: the whole verification of a credential in a file, without asking
//! anybody, unless `--online` allows it.

use std::{io, path::PathBuf};

use idos_credential::{DocumentError, Fault, MethodError, Occasion, Policy, Report, StatusPolicy};
use idos_types::limits::CREDENTIAL_BYTES;
use serde_json::json;
use thiserror::Error;

use crate::command::{
    bounded_file::{self, FileError},
    clock::now,
    exit::Exit,
    output::Output,
    trust_args::{TrustArgs, TrustError},
    verify_sources::{SourceArgs, SourceError},
};

/// Seconds for which a status list counts as fresh: a day.
const STATUS_SECONDS: i64 = 24 * 3600;

/// What the command is given.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The credential, or with --challenge the presentation.
    file: PathBuf,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    sources: SourceArgs,
    /// What to do if the status of the credential cannot be known.
    #[arg(long, value_enum, default_value_t = Status::Require)]
    status: Status,
    /// The file is a presentation, made for this challenge.
    #[arg(long, value_name = "TEXT")]
    challenge: Option<String>,
    /// The presentation was made for this verifier.
    #[arg(long, value_name = "TEXT", requires = "challenge")]
    domain: Option<String>,
    /// The credentials of the presentation have to be about its holder: who shows them is who they are
    /// about. Issuers then have to issue to the DID of the holder's key.
    #[arg(long, requires = "challenge")]
    subject_is_holder: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Status {
    /// A list that is missing, older than a day or ended by its own word: it cannot be said.
    Require,
    /// Lists count if they are there and fresh.
    BestEffort,
    /// Status is not looked at.
    Ignore,
}

/// Why nothing is verified.
#[derive(Debug, Error)]
pub(crate) enum VerifyError {
    /// Nobody is believed.
    #[error(
        "it is not said whose credentials you believe: name issuers with --trust or --trust-file"
    )]
    Nobody,
    /// Whom to believe.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// Status lists and DID documents.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The threads it needs.
    #[error("the operating system does not give what the command needs")]
    System(#[source] io::Error),
    /// Nobody can be told.
    #[error("the result cannot be printed")]
    Print(#[source] io::Error),
}

/// What it comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    Valid,
    Invalid,
    CannotSay,
}

impl Verdict {
    fn of(report: &Report) -> Self {
        match report.fault() {
            None => Self::Valid,
            Some(fault) if lacks_something(fault) => Self::CannotSay,
            Some(_) => Self::Invalid,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::CannotSay => "cannot-say",
        }
    }

    fn exit(self) -> Exit {
        match self {
            Self::Valid => Exit::Done,
            Self::Invalid => Exit::Failed,
            Self::CannotSay => Exit::CannotSay,
        }
    }
}

/// Whether the fault is not the credential's: a file is missing here.
fn lacks_something(fault: &Fault) -> bool {
    match fault {
        Fault::Status(error) => error.is_unknown(),
        Fault::Method(MethodError::Document { reason, .. }) => matches!(
            reason,
            DocumentError::Offline | DocumentError::Unavailable(_)
        ),
        Fault::Credential { reason, .. } => lacks_something(reason),
        _ => false,
    }
}

/// Verifies and prints every check.
pub(crate) fn run(args: Args, output: Output) -> Result<Exit, VerifyError> {
    if args.trust.is_empty() {
        return Err(VerifyError::Nobody);
    }
    let policy = Policy {
        status: match args.status {
            Status::Require => StatusPolicy::Fresh {
                within: STATUS_SECONDS,
            },
            Status::BestEffort => StatusPolicy::BestEffort {
                within: STATUS_SECONDS,
            },
            Status::Ignore => StatusPolicy::Ignore,
        },
        subject_is_holder: args.subject_is_holder,
        ..Policy::default()
    };
    let trust = args.trust.read()?;
    let sources = args.sources.read(&trust)?;
    let verifier = sources.verifier(trust).with_policy(policy);
    let text = bounded_file::read_text(&args.file, CREDENTIAL_BYTES)?;
    let now = now();
    let occasion = args.challenge.map(|challenge| Occasion {
        challenge,
        domain: args.domain,
    });
    let verify = || match &occasion {
        None => verifier.verify(&text, now),
        Some(occasion) => verifier.verify_presentation(&text, occasion, now),
    };
    let report = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(VerifyError::System)?
        .block_on(sources.report(verify));
    print(&report, output).map_err(VerifyError::Print)
}

/// Prints every check, and says what it comes to.
pub(crate) fn print(report: &Report, output: Output) -> io::Result<Exit> {
    let verdict = Verdict::of(report);
    let json = json!({ "event": "verified", "verdict": verdict.name(), "report": report });
    output.print(&text_of(report, verdict), &json)?;
    Ok(verdict.exit())
}

fn text_of(report: &Report, verdict: Verdict) -> String {
    let checks = report.to_string();
    let checks = checks.split_once('\n').map_or("", |(_, checks)| checks);
    let verdict = match verdict {
        Verdict::Valid => "valid",
        Verdict::Invalid => "NOT VALID",
        Verdict::CannotSay => "it cannot be said: something is missing here",
    };
    format!("{verdict}\n{}", checks.trim_end())
}

#[cfg(test)]
mod tests {
    use idos_credential::{Seconds, StatusError};

    use super::*;

    #[test]
    fn a_list_that_another_can_replace_makes_it_unknown_not_invalid() {
        let url = || "https://issuer.example/status/1".to_owned();
        let unknown = [
            StatusError::Unavailable {
                url: url(),
                reason: String::new(),
            },
            StatusError::Stale {
                url: url(),
                fetched_at: Seconds(0),
            },
            StatusError::Ended {
                url: url(),
                until: Seconds(0),
            },
        ];
        for error in unknown {
            let of_presentation = Fault::Credential {
                number: 1,
                reason: Box::new(error.clone().into()),
            };
            assert!(lacks_something(&of_presentation), "{error}");
            assert!(lacks_something(&error.into()));
        }
        for error in [StatusError::Revoked, StatusError::Length(url())] {
            assert!(!lacks_something(&error.into()));
        }
    }
}
