//! `idos credential verify`: the whole verification of a credential in a file, without asking
//! anybody, unless `--online` allows it.

use std::{io, path::PathBuf};

use idos_credential::{Fault, FieldBinding, Occasion, Policy, Report, StatusPolicy};
use idos_types::limits::CREDENTIAL_BYTES;
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::command::{
    bounded_file::{self, FileError},
    clock::now,
    exit::Exit,
    output::{Output, PrintError},
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
    #[command(flatten)]
    verdict: VerdictArgs,
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
    #[error(transparent)]
    Print(#[from] PrintError),
}

/// What is let pass all the same.
#[derive(clap::Args)]
pub(crate) struct VerdictArgs {
    /// Let a credential pass whose holder may have moved values between fields, as in every credential
    /// of the official SDK. For those who need to know who signed, and not what a field says.
    #[arg(long)]
    allow_moved_fields: bool,
}

impl VerdictArgs {
    /// What a report comes to.
    pub(crate) fn of(&self, report: &Report) -> Verdict {
        let is_bound = self.allow_moved_fields || report.field_binding == FieldBinding::Proven;
        match report.fault() {
            None if is_bound => Verdict::Valid,
            None => Verdict::NotBound,
            Some(fault) if fault.is_unknown() => Verdict::Lacking,
            Some(_) => Verdict::Invalid,
        }
    }
}

/// What it comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    Valid,
    Invalid,
    /// Something is missing here.
    Lacking,
    /// Nobody can tell which value is of which field.
    NotBound,
}

impl Verdict {
    /// Whether whoever wants to rely on it may.
    pub(crate) fn is_valid(self) -> bool {
        self == Self::Valid
    }

    fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Lacking | Self::NotBound => "cannot-say",
        }
    }

    /// A short name of what is wrong, which does not change.
    fn code(self, report: &Report) -> Option<&'static str> {
        match self {
            Self::NotBound => Some("fields-not-bound"),
            _ => report.fault().map(Fault::code),
        }
    }

    fn for_people(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "NOT VALID",
            Self::Lacking => "it cannot be said: something is missing here",
            Self::NotBound => {
                "it cannot be said: values may have been moved between fields; the issuer must issue by \
                 another suite or context, or --allow-moved-fields lets it pass"
            }
        }
    }

    fn exit(self) -> Exit {
        match self {
            Self::Valid => Exit::Done,
            Self::Invalid => Exit::Failed,
            Self::Lacking | Self::NotBound => Exit::CannotSay,
        }
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
    Ok(print(
        &report,
        args.verdict.of(&report),
        Map::new(),
        &[],
        output,
    )?)
}

/// Prints every check, and says what it comes to; programs are told more besides, and people these lines.
pub(crate) fn print(
    report: &Report,
    verdict: Verdict,
    mut json: Map<String, Value>,
    lines: &[String],
    output: Output,
) -> Result<Exit, PrintError> {
    json.extend([
        ("event".to_owned(), "verified".into()),
        ("verdict".to_owned(), verdict.name().into()),
        ("code".to_owned(), verdict.code(report).into()),
        ("report".to_owned(), json!(report)),
    ]);
    let json = Value::Object(json);
    output.print(&text_of(report, verdict, lines), &json)?;
    Ok(verdict.exit())
}

fn text_of(report: &Report, verdict: Verdict, lines: &[String]) -> String {
    let checks = report.to_string();
    let checks = checks.split_once('\n').map_or("", |(_, checks)| checks);
    let lines: String = lines.iter().map(|line| format!("{line}\n")).collect();
    format!("{}\n{lines}{}", verdict.for_people(), checks.trim_end())
}
