//! `idos credential verify`: the whole verification of a credential in a file, without asking
//! anybody, unless `--online` allows it.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use idos_client::online::{FetchError, Fetched, Online};
use idos_credential::{
    DocumentError, DocumentSource, Fault, FetchedList, JsonError, MethodError, Occasion, Policy,
    Report, StatusError, StatusPolicy, StatusSource, Verifier, parse_json,
};
use idos_types::limits::{CREDENTIAL_BYTES, DID_DOCUMENT_BYTES};
use serde_json::{Value, json};
use thiserror::Error;

use crate::command::{
    bounded_file::{self, FileError},
    clock::{now, seconds},
    exit::Exit,
    output::Output,
    trust_args::{TrustArgs, TrustError},
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
    /// A status list credential that was fetched before; its file's date tells when. Several times
    /// for several.
    #[arg(long = "status-list", value_name = "FILE")]
    status_lists: Vec<PathBuf>,
    /// What to do if the status of the credential cannot be known.
    #[arg(long, value_enum, default_value_t = Status::Require)]
    status: Status,
    /// The document of a did:web that was fetched before; several times for several.
    #[arg(long = "did-document", value_name = "FILE")]
    did_documents: Vec<PathBuf>,
    /// Fetch what is missing: documents of trusted issuers that have a did:web, and status lists. Their
    /// hosts learn that somebody verifies.
    #[arg(long)]
    online: bool,
    /// The file is a presentation, made for this challenge.
    #[arg(long, value_name = "TEXT")]
    challenge: Option<String>,
    /// The presentation was made for this verifier.
    #[arg(long, value_name = "TEXT", requires = "challenge")]
    domain: Option<String>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Status {
    /// A list that is missing or older than a day: it cannot be said.
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
    /// A status list or DID document.
    #[error("{} is no {expected}; name another file", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What it has to be.
        expected: &'static str,
        /// What is wrong.
        source: JsonError,
    },
    /// A status list or DID document without id.
    #[error("{} has no id, so nothing can refer to it; name another file", path.display())]
    NoId {
        /// The file.
        path: PathBuf,
    },
    /// Nothing can be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
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
        Fault::Status(StatusError::Unavailable { .. } | StatusError::Stale { .. }) => true,
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
        ..Policy::default()
    };
    let trust = args.trust.read()?;
    let online = args.online.then(|| Online::new(&trust)).transpose()?;
    let fetched = || online.as_ref().map(Online::fetched);
    let verifier = Verifier::new(trust)
        .with_policy(policy)
        .with_statuses(Lists::read(&args.status_lists, fetched())?)
        .with_documents(Documents::read(&args.did_documents, fetched())?);
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
    let report = match &online {
        None => verify(),
        Some(online) => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(VerifyError::System)?
            .block_on(online.report(verify)),
    };
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

/// Status lists in files, by address; others may be fetched.
struct Lists {
    files: BTreeMap<String, FetchedList>,
    fetched: Option<Fetched>,
}

impl Lists {
    fn read(paths: &[PathBuf], fetched: Option<Fetched>) -> Result<Self, VerifyError> {
        let mut lists = BTreeMap::new();
        for path in paths {
            let (id, credential) = read_with_id(path, CREDENTIAL_BYTES, "status list credential")?;
            let written = fs::metadata(path).and_then(|it| it.modified());
            let written = written.map_err(|source| FileError::Read {
                path: path.clone(),
                source,
            })?;
            let list = FetchedList {
                credential,
                fetched_at: seconds(written),
            };
            lists.insert(id, list);
        }
        let files = lists;
        Ok(Self { files, fetched })
    }
}

impl StatusSource for Lists {
    fn status_list(&self, url: &str) -> Result<FetchedList, String> {
        match (self.files.get(url), &self.fetched) {
            (Some(list), _) => Ok(list.clone()),
            (None, Some(fetched)) => fetched.status_list(url),
            (None, None) => Err("allow --online, or name its file with --status-list".to_owned()),
        }
    }
}

/// DID documents in files, by DID; others may be fetched.
struct Documents {
    files: BTreeMap<String, String>,
    fetched: Option<Fetched>,
}

impl Documents {
    fn read(paths: &[PathBuf], fetched: Option<Fetched>) -> Result<Self, VerifyError> {
        let files = paths
            .iter()
            .map(|path| read_with_id(path, DID_DOCUMENT_BYTES, "DID document"));
        let files = files.collect::<Result<_, _>>()?;
        Ok(Self { files, fetched })
    }
}

impl DocumentSource for Documents {
    fn did_document(&self, did: &str) -> Result<String, DocumentError> {
        match (self.files.get(did), &self.fetched) {
            (Some(document), _) => Ok(document.clone()),
            (None, Some(fetched)) => fetched.did_document(did),
            (None, None) => Err(DocumentError::Offline),
        }
    }
}

fn read_with_id(
    path: &Path,
    max: usize,
    expected: &'static str,
) -> Result<(String, String), VerifyError> {
    let text = bounded_file::read_text(path, max)?;
    let document = parse_json(&text).map_err(|source| VerifyError::Form {
        path: path.to_owned(),
        expected,
        source,
    })?;
    let id = document.get("id").and_then(Value::as_str);
    let id = id.ok_or_else(|| VerifyError::NoId {
        path: path.to_owned(),
    })?;
    Ok((id.to_owned(), text))
}
