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
    issuer::{Issuer, NewCredential},
    party::Recipient,
    signed_grant::{HandedWriteGrant, ProfileFacts},
};
use idos_credential::{IssueError, IssueOptions, Issuer as Signer, parse_json};
use idos_ledger::USED_WRITE_GRANTS;
use idos_types::{Uuid, limits::CREDENTIAL_BYTES};
use serde_json::{Map, Value, json};

use crate::{
    command::{
        bounded_file,
        clock::now,
        output::{Output, text_of},
    },
    issuer::{
        people::{SUITE, check_one_person, open, owner_key, signer},
        revocable::{Given, Revocable, RevocableArgs},
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
    issuer: Issuer,
    signer: Signer,
    template: Map<String, Value>,
    copy_for: Recipient,
    revocable: Revocable,
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
        let issuer = open(&args.role)?;
        let copy_for = match args.copy_for {
            Some(party) => issuer.client().consumer(party.into()).await?,
            None => issuer.as_recipient(),
        };
        let parent = args.list.parent().unwrap_or(Path::new(""));
        let work = Work {
            issuer,
            copy_for,
            template,
            revocable,
            signer: signer(&args.role)?,
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
        progress(row, entries.len(), &json, output).map_err(RoleError::Print)?;
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
            if line.user.is_some_and(|user| user != facts.user) {
                let text = format!(
                    "{} was used to issue to another person: name the grant that this one signed",
                    entry.grant
                );
                return Err(RoleError::Refused(text));
            }
            return Ok(Outcome::Before(line.clone()));
        }
        let owner_key = owner_key(&facts, &handed)?;
        let mut unsigned = self.unsigned(entry)?;
        let given = self.revocable.give(grant.id, &mut unsigned)?;
        let content = match self.signed(unsigned) {
            Ok(content) => content,
            Err(error) => {
                given.map(Given::unused).transpose()?;
                return Err(RoleError::Refused(format!("{}: {error}", entry.profile)));
            }
        };
        let new = NewCredential {
            notes: "",
            content: content.as_bytes(),
        };
        let issuing = self.issuer.issue(&new, grant, &owner_key, &self.copy_for);
        let error = match issuing.await {
            Ok(issued) => {
                return Ok(Outcome::Issued(Line {
                    grant: grant.id,
                    user: Some(facts.user),
                    id: Some(issued.original.0),
                    copy: Some(issued.copy.0),
                    credential: given.map(|given| given.id),
                }));
            }
            Err(error) => error,
        };
        let credential = given.as_ref().map(|given| given.id.clone());
        given.map(|given| given.take_back(&error)).transpose()?;
        match error {
            // It was sent, and the interruption came before it was noted. The grant is for once.
            FlowError::Client(ClientError::Refused { message, .. })
                if message.contains(USED_WRITE_GRANTS) =>
            {
                Ok(Outcome::Before(Line {
                    grant: grant.id,
                    user: Some(facts.user),
                    id: None,
                    copy: None,
                    credential,
                }))
            }
            error => Err(error.into()),
        }
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

    fn signed(&self, unsigned: Map<String, Value>) -> Result<String, IssueError> {
        let how = IssueOptions::new(SUITE, now());
        // Read anew: what came from the list was not read as strictly as credentials are.
        self.signer
            .issue(&Value::Object(unsigned).to_string(), &how)
    }
}

/// A line for programs; for people a bar, if somebody looks.
fn progress(row: usize, all: usize, json: &Value, output: Output) -> io::Result<()> {
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
    terminal.flush()
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
    output.print(&text, &json).map_err(RoleError::Print)?;
    if refused == 0 {
        return Ok(());
    }
    let text = format!("{refused} were refused: correct what the errors name, and start it again");
    Err(RoleError::Refused(text))
}
