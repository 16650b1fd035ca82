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
    issuer::{Issued, Issuer, NewCredential},
    keys::Seed,
    party::Recipient,
    signed_grant::{HandedWriteGrant, ProfileFacts, WriteGrant},
};
use idos_credential::{IssueError, IssueOptions, Issuer as Signer, parse_json};
use idos_ledger::USED_WRITE_GRANTS;
use idos_types::{UserId, Uuid, limits::CREDENTIAL_BYTES};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::{
    command::{
        bounded_file,
        clock::now,
        output::{Output, text_of},
    },
    issuer::{
        people::{SUITE, check_one_person, id_key, issued_ids, open, owner_key, signer},
        revocable::{Given, Revocable, RevocableArgs},
    },
    role::{RoleArgs, RoleError, block_on, read_json},
};
use journal::{Journal, Line};
use list::Entry;

/// Domain of the digests that ids are made of.
const ID: &str = "idos/issue-many-id/v1";
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
    /// What ids of credentials are made with, so that nobody else can guess what they are made of.
    id_key: Seed,
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
            id_key: id_key(&args.role)?,
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
        self.issue(entry, &facts, &handed).await
    }

    /// Issues to a person of whom the journal has nothing.
    async fn issue(
        &self,
        entry: &Entry,
        facts: &ProfileFacts,
        handed: &HandedWriteGrant,
    ) -> Result<Outcome, RoleError> {
        let grant = &handed.grant;
        let owner_key = owner_key(facts, handed)?;
        let mut unsigned = self.unsigned(entry)?;
        // Before it gets an entry of a status list, which the next attempt need not get.
        let ids = self.ids(facts.user, grant, &unsigned)?;
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
        let line = |credential| Line {
            grant: grant.id,
            user: Some(facts.user),
            id: Some(ids.original.0),
            copy: Some(ids.copy.0),
            credential,
        };
        let issuing = self
            .issuer
            .issue_as(ids, &new, grant, &owner_key, &self.copy_for);
        let Err(error) = issuing.await else {
            return Ok(Outcome::Issued(line(given.map(|given| given.id))));
        };
        if !is_used(&error) {
            given.map(|given| given.take_back(&error)).transpose()?;
            return Err(error.into());
        }
        let before = self.issued_before(ids, facts.user, &entry.grant).await;
        // What is there may have this very entry, and what could not be looked at as well.
        let is_other = matches!(before, Err(RoleError::Refused(_))) && self.copies_are_own();
        if is_other || matches!(before, Ok(None)) {
            given.map(|given| given.take_back(&error)).transpose()?;
        }
        Ok(Outcome::Before(line(before?)))
    }

    /// The ids of what is issued to a person by a grant: others if anything else is issued by it.
    fn ids(
        &self,
        user: Uuid,
        grant: &WriteGrant,
        unsigned: &Map<String, Value>,
    ) -> Result<Issued, RoleError> {
        let issued = serde_json::to_vec(&(user, grant, unsigned)).map(Zeroizing::new);
        let issued = issued.map_err(|error| RoleError::Refused(error.to_string()))?;
        Ok(issued_ids(ID, &self.id_key, &issued))
    }

    /// Whether a grant was used for this very credential: by an attempt that was interrupted before it
    /// could note that, or whose journal is lost. A node's word is not enough, and the grant may have
    /// been used for anything: that the copy is there is proved. The answer is the `id` by which the
    /// credential is revoked, if it can be.
    async fn issued_before(
        &self,
        ids: Issued,
        user: Uuid,
        file: &str,
    ) -> Result<Option<String>, RoleError> {
        let Issued { original, copy } = ids;
        if !self.copies_are_own() {
            return Err(RoleError::Refused(format!(
                "{file} was used already, and whether for this credential cannot be proved, since the \
                 copy is not for this issuer: if the person has the credential {original}, or the \
                 consumer the copy {copy}, it was, and this row is done; otherwise let the person sign \
                 another grant"
            )));
        }
        match self.issuer.as_consumer().fetch(copy).await {
            Ok(found) if found.owner == UserId(user) => Ok(revoked_by(found.content.as_bytes())),
            Ok(_) | Err(FlowError::NotFound { .. }) => Err(RoleError::Refused(format!(
                "{file} was used for something else, or what was issued by it is no longer shared with \
                 this issuer: look what the person has, and if it is not this credential, let them sign \
                 another grant"
            ))),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether this issuer can read the copies.
    fn copies_are_own(&self) -> bool {
        let own = self.issuer.as_recipient();
        self.copy_for.grantee().eq_ignore_ascii_case(own.grantee())
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

/// Whether a node says that a write grant was used before.
fn is_used(error: &FlowError) -> bool {
    matches!(
        error,
        FlowError::Client(ClientError::Refused { message, .. })
            if message.contains(USED_WRITE_GRANTS)
    )
}

/// The `id` by which a credential is revoked, if it can be.
fn revoked_by(content: &[u8]) -> Option<String> {
    let credential: Value = serde_json::from_slice(content).ok()?;
    credential.get("credentialStatus")?;
    Some(credential.get("id")?.as_str()?.to_owned())
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
