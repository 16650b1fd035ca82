//! `idos issuer issue-many`: credentials for many people, from a list that may be gone through
//! again after an interruption.

mod journal;
mod list;

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use idos_client::{
    Error as ClientError, FlowError,
    signed_grant::{HandedWriteGrant, ProfileFacts},
};
use idos_credential::parse_json;
use idos_types::{Uuid, limits::CREDENTIAL_BYTES};
use serde_json::{Map, Value, json};

use crate::{
    command::{
        bounded_file,
        output::{Output, PrintError, text_of},
    },
    issuer::{
        issuance::{Issuance, Request},
        people::{SUITE, check_one_person},
        revocable::RevocableArgs,
    },
    role::{RoleArgs, RoleError, block_on, read_json},
};
use journal::{Journal, Line};
use list::Entry;

/// Characters of the progress bar.
const BAR: usize = 40;

/// What the command is given.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    role: RoleArgs,
    /// The people: a .json file, `[{"profile", "grant", "subject": {…}}]`, or a .csv file with the
    /// columns profile and grant, and one for each field of the subject. Files are looked for
    /// beside it.
    list: PathBuf,
    /// The credential without signature that everybody gets, with their own subject.
    #[arg(long, value_name = "FILE")]
    template: PathBuf,
    /// The consumer that the grants name, if it is not the issuer itself.
    #[arg(long, value_name = "ID")]
    copy_for: Option<Uuid>,
    #[command(flatten)]
    revocable: RevocableArgs,
}

/// How far it is.
#[derive(Default)]
struct Count {
    issued: usize,
    before: usize,
    refused: usize,
}

/// What became of one person.
enum Outcome {
    Issued(Line),
    Before(Line),
    Refused(RoleError),
}

/// Everything that is the same for everybody.
struct Work {
    issuance: Issuance,
    template: Map<String, Value>,
    folder: PathBuf,
}

/// Issues to everybody on the list to whom nothing was issued yet.
pub(crate) fn run(args: &Args, output: Output) -> Result<(), RoleError> {
    let entries = list::read(&args.list)?;
    let text = bounded_file::read_text(&args.template, CREDENTIAL_BYTES)?;
    let Ok(Value::Object(template)) = parse_json(&text) else {
        let text = format!("{} is no credential in JSON", args.template.display());
        return Err(RoleError::Refused(text));
    };
    let revocable = args.revocable.open(&args.role.home, SUITE)?;
    if revocable.is_on() && template.contains_key("id") {
        let text = "the template has an id, which everybody's credential would have: leave it out";
        return Err(RoleError::Refused(text.to_owned()));
    }
    let mut journal = Journal::open(&args.list)?;
    let count = block_on(async {
        let parent = args.list.parent().unwrap_or(Path::new(""));
        let work = Work {
            issuance: Issuance::open(&args.role, args.copy_for, revocable).await?,
            template,
            folder: parent.to_owned(),
        };
        issue_all(&work, &entries, &mut journal, output).await
    })?;
    finish(&count, &args.list, &journal, output)
}

async fn issue_all(
    work: &Work,
    entries: &[Entry],
    journal: &mut Journal,
    output: Output,
) -> Result<Count, RoleError> {
    let mut count = Count::default();
    for (at, entry) in entries.iter().enumerate() {
        let row = at.saturating_add(1);
        let outcome = match work.one(entry, journal).await {
            Ok(outcome) => outcome,
            Err(error) if stops(&error) => return Err(error.of_row(row, &entry.profile)),
            Err(error) => Outcome::Refused(error.of_row(row, &entry.profile)),
        };
        let json = match outcome {
            Outcome::Issued(line) => {
                journal.add(&line)?;
                count.issued += 1;
                json!({
                    "event": "issued", "row": row, "id": line.id, "copy": line.copy,
                    "credential": line.credential,
                })
            }
            Outcome::Before(line) => {
                if !journal.has(line.grant) {
                    journal.add(&line)?;
                }
                count.before += 1;
                json!({
                    "event": "issued-before", "row": row, "id": line.id, "copy": line.copy,
                    "credential": line.credential,
                })
            }
            Outcome::Refused(error) => {
                count.refused += 1;
                crate::command::output::print_error(&error);
                json!({
                    "event": "refused", "row": row, "profile": entry.profile,
                    "reason": crate::command::output::reason(&error),
                })
            }
        };
        progress(row, entries.len(), &json, output)?;
    }
    Ok(count)
}

/// Whether nobody else would fare better. What was refused, cannot be sent, or cannot be read, is of
/// one person.
fn stops(error: &RoleError) -> bool {
    match error {
        RoleError::Flow(FlowError::Client(
            ClientError::Refused { .. }
            | ClientError::TooLarge { .. }
            | ClientError::Catalogue(_)
            | ClientError::Argument(_)
            | ClientError::Layout(_),
        )) => false,
        RoleError::Flow(FlowError::Client(_)) | RoleError::Write { .. } => true,
        RoleError::Afterwards { source, .. } => stops(source),
        _ => false,
    }
}

impl Work {
    async fn one(&self, entry: &Entry, journal: &Journal) -> Result<Outcome, RoleError> {
        let facts: ProfileFacts =
            read_json(&self.folder.join(&entry.profile), "a person's profile file")?;
        let handed: HandedWriteGrant = read_json(&self.folder.join(&entry.grant), "a write grant")?;
        let grant = &handed.grant;
        check_one_person((&entry.profile, &facts), (&entry.grant, grant))?;
        if let Some(line) = journal.line(grant.id) {
            if line.user.is_some_and(|user| user != facts.user.0) {
                let text = format!(
                    "{} was used to issue to another person: name the grant that this one signed",
                    entry.grant
                );
                return Err(RoleError::Refused(text));
            }
            return Ok(Outcome::Before(line.clone()));
        }
        self.issue(entry, &facts, &handed).await
    }

    /// Issues to a person of whom the journal has nothing.
    async fn issue(
        &self,
        entry: &Entry,
        facts: &ProfileFacts,
        handed: &HandedWriteGrant,
    ) -> Result<Outcome, RoleError> {
        let request = Request {
            facts,
            handed,
            file: &entry.profile,
            grant_file: &entry.grant,
            notes: "",
            unsigned: self.unsigned(entry)?,
        };
        let issued = self.issuance.issue(request).await?;
        let line = Line {
            grant: handed.grant.id,
            user: Some(facts.user.0),
            id: Some(issued.ids.original.0),
            copy: Some(issued.ids.copy.0),
            credential: issued.credential,
        };
        Ok(if issued.is_before {
            Outcome::Before(line)
        } else {
            Outcome::Issued(line)
        })
    }

    /// The credential of a person.
    fn unsigned(&self, entry: &Entry) -> Result<Map<String, Value>, RoleError> {
        let mut credential = self.template.clone();
        let subject = credential
            .entry("credentialSubject")
            .or_insert_with(|| Value::Object(Map::new()));
        let Value::Object(subject) = subject else {
            let text = "the credentialSubject of the template has to be one object";
            return Err(RoleError::Refused(text.to_owned()));
        };
        subject.extend(entry.subject.clone());
        Ok(credential)
    }
}

/// A line for programs; for people a bar, if somebody looks.
fn progress(row: usize, all: usize, json: &Value, output: Output) -> Result<(), PrintError> {
    if output.is_json() {
        return output.print("", json);
    }
    let mut terminal = io::stderr().lock();
    if !terminal.is_terminal() {
        return Ok(());
    }
    let full = (row * BAR).checked_div(all).unwrap_or(BAR).min(BAR);
    let (full, empty) = ("#".repeat(full), ".".repeat(BAR - full));
    let end = if row == all { "\n" } else { "" };
    write!(terminal, "\r[{full}{empty}] {row} of {all}{end}")?;
    Ok(terminal.flush()?)
}

fn finish(count: &Count, list: &Path, journal: &Journal, output: Output) -> Result<(), RoleError> {
    let Count {
        issued,
        before,
        refused,
    } = *count;
    let text = format!(
        "issued {issued}, {before} were issued before, {refused} were refused\n\
         {} notes to whom was issued: keep it beside {}",
        journal.path().display(),
        list.display()
    );
    let json = json!({
        "event": "all", "issued": issued, "before": before, "refused": refused,
        "journal": text_of(journal.path()),
    });
    output.print(&text, &json)?;
    if refused == 0 {
        return Ok(());
    }
    let text = format!("{refused} were refused: correct what the errors name, and start it again");
    Err(RoleError::Refused(text))
}
