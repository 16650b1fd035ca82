//! What each request of the VC-API does. Nothing here waits for anybody.

use std::sync::Arc;

use axum::http::StatusCode;
use idos_credential::{
    IssueOptions, Issuer, MadeFor, Occasion, Report, StatusPurpose, Suite, Verifier, derive,
};
use serde_json::{Map, Value, json};

use super::{
    authority::{Authority, OwnDocument},
    own_lists::OwnLists,
    request::{self, Members},
};
use crate::{command::clock::now, web::problem::Problem};

/// Everything that requests need.
pub(super) struct Operations {
    pub(super) authority: Arc<Authority>,
    pub(super) verifier: Verifier,
    /// The same for presentations whose credentials have to be about their holder.
    pub(super) of_holders: Verifier,
    pub(super) lists: Option<Arc<OwnLists>>,
    /// The suite when none is asked for.
    pub(super) suite: Suite,
    /// Whether every credential gets a revocation entry.
    pub(super) revocable: bool,
}

/// An answer that is no problem.
pub(super) type Answer = (StatusCode, Value);

/// Entries that were given out for a credential: list and position.
type Entries = Vec<(String, u32)>;

impl Operations {
    /// `POST /credentials/issue`.
    pub(super) fn issue(&self, mut request: Members) -> Result<Answer, Problem> {
        let mut credential = request.take_unsigned("credential")?;
        let options = request.options()?;
        let (suite, issuer) = self.signer(&credential, "issuer", &options)?;
        let mut how = IssueOptions::new(suite, now());
        how.mandatory = options
            .texts("mandatoryPointers")?
            .into_iter()
            .map(str::to_owned)
            .collect();
        let entries = self.add_status(&mut credential, &options, suite)?;
        match issuer.issue_json(Value::Object(credential), &how) {
            Ok(signed) => Ok((StatusCode::CREATED, signed)),
            Err(error) => {
                self.release(&entries);
                Err(error.into())
            }
        }
    }

    /// `POST /credentials/verify`.
    pub(super) fn verify(&self, mut request: Members) -> Result<Answer, Problem> {
        let credential = request.take_object("verifiableCredential")?;
        let options = request.options()?;
        let option = |name| options.text(name).map(|text| text.map(str::to_owned));
        let expected = MadeFor {
            purpose: option("expectedProofPurpose")?,
            challenge: option("challenge")?,
            domain: option("domain")?,
        };
        let text = Value::Object(credential).to_string();
        let report = self.verifier.verify_made_for(&text, &expected, now());
        Ok(reported(&report))
    }

    /// `POST /credentials/derive`.
    pub(super) fn derive(&self, mut request: Members) -> Result<Answer, Problem> {
        let credential = request.take_object("verifiableCredential")?;
        let options = request.options()?;
        let pointers = options.texts("selectivePointers")?;
        let header = options.text("presentationHeader")?.unwrap_or_default();
        let text = Value::Object(credential).to_string();
        let documents = OwnDocument(Arc::clone(&self.authority));
        let derived = derive(&text, &pointers, header.as_bytes(), &documents)?;
        let derived = serde_json::from_str(&derived).map_err(Problem::internal)?;
        Ok((StatusCode::CREATED, derived))
    }

    /// `POST /presentations`: the issuer presents credentials that it holds itself.
    pub(super) fn present(&self, mut request: Members) -> Result<Answer, Problem> {
        let presentation = request.take_unsigned("presentation")?;
        let options = request.options()?;
        let occasion = occasion(&options)?;
        let known = ["@context", "type", "holder", "verifiableCredential"];
        if let Some(other) = presentation
            .keys()
            .find(|name| !known.contains(&name.as_str()))
        {
            return Err(request::wrong(other, "left out of a presentation"));
        }
        let (suite, issuer) = self.signer(&presentation, "holder", &options)?;
        if let Some(holder) = presentation.get("holder")
            && holder.as_str() != Some(issuer.id())
        {
            return Err(request::wrong("holder", issuer.id()));
        }
        let credentials: Vec<String> = match presentation.get("verifiableCredential") {
            Some(Value::Array(credentials)) => credentials.iter().map(Value::to_string).collect(),
            Some(credential) => vec![credential.to_string()],
            None => Vec::new(),
        };
        let credentials: Vec<&str> = credentials.iter().map(String::as_str).collect();
        let how = IssueOptions::new(suite, now());
        let signed = issuer.present(&credentials, &occasion, &how)?;
        let signed = serde_json::from_str(&signed).map_err(Problem::internal)?;
        Ok((StatusCode::CREATED, signed))
    }

    /// `POST /presentations/verify`.
    pub(super) fn verify_presentation(&self, mut request: Members) -> Result<Answer, Problem> {
        let presentation = request.take_object("verifiablePresentation")?;
        let options = request.options()?;
        let occasion = occasion(&options)?;
        let verifier = match options.truth("subjectIsHolder")? {
            Some(true) => &self.of_holders,
            _ => &self.verifier,
        };
        let text = Value::Object(presentation).to_string();
        let report = verifier.verify_presentation(&text, &occasion, now());
        Ok(reported(&report))
    }

    /// `POST /credentials/status`.
    pub(super) fn set_status(&self, mut request: Members) -> Result<Answer, Problem> {
        let lists = self.lists()?;
        let entry = Value::Object(request.take_object("credentialStatus")?);
        let purpose = request::purpose(&entry)?;
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let place = match (text("statusListCredential"), text("statusListIndex")) {
            (None, None) => None,
            (Some(url), Some(index)) => Some((
                lists
                    .name_of(url)
                    .filter(|name| name.ends_with(purpose.name()))
                    .ok_or_else(|| {
                        request::wrong("statusListCredential", "a list of this issuer")
                    })?,
                index
                    .parse()
                    .map_err(|_| request::wrong("statusListIndex", "a whole number as text"))?,
            )),
            _ => {
                let expected = "an entry with both statusListCredential and statusListIndex";
                return Err(request::wrong("credentialStatus", expected));
            }
        };
        let credential = request.text("credentialId")?;
        if place.is_none() && credential.is_none() {
            return Err(request::wrong("credentialId", "the id of a credential"));
        }
        let value = request.truth("status")?.unwrap_or(true);
        lists.lists.set(purpose, credential, place, value)?;
        Ok((StatusCode::OK, json!({ "status": value })))
    }

    /// `GET /status/{name}`.
    pub(super) fn list(&self, name: &str) -> Result<Arc<str>, Problem> {
        let list = match &self.lists {
            Some(lists) => lists.credential(name, now())?,
            None => None,
        };
        list.ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "unknown-list", "no such list"))
    }

    /// Whose key signs a document that names its signer by `member`, if it does.
    fn signer(
        &self,
        document: &Map<String, Value>,
        member: &str,
        options: &Members,
    ) -> Result<(Suite, &Issuer), Problem> {
        let named = match document.get(member) {
            Some(Value::Object(named)) => named.get("id").and_then(Value::as_str),
            Some(named) => named.as_str(),
            None => None,
        };
        self.authority
            .signer(options.suite()?, named, self.suite)
            .ok_or_else(|| Problem::internal("no key of the issuer signs by this suite"))
    }

    fn lists(&self) -> Result<&OwnLists, Problem> {
        self.lists.as_deref().ok_or_else(|| {
            Problem::bad(
                "no-status-lists",
                "this issuer has no status lists: its operator can name their address by --public-url",
            )
        })
    }

    /// Adds the status entries that were asked for, or that every credential gets.
    fn add_status(
        &self,
        credential: &mut Map<String, Value>,
        options: &Members,
        suite: Suite,
    ) -> Result<Entries, Problem> {
        let has_own = credential.contains_key("credentialStatus");
        let purposes = match options.statuses()? {
            Some(_) if has_own => {
                let expected = "either in the credential or among the options";
                return Err(request::wrong("credentialStatus", expected));
            }
            Some(purposes) => purposes,
            None if self.revocable && !has_own => {
                vec![StatusPurpose::Revocation]
            }
            None => Vec::new(),
        };
        if purposes.is_empty() {
            return Ok(Vec::new());
        }
        let lists = self.lists()?;
        let id = match options.text("credentialId")? {
            Some(id) => Some(id.to_owned()),
            None => credential
                .get("id")
                .and_then(Value::as_str)
                .map(str::to_owned),
        };
        let mut given = Vec::new();
        let mut entries = Vec::new();
        for purpose in purposes {
            match entry(lists, suite, purpose, id.as_deref()) {
                Ok((name, position, entry)) => {
                    given.push((name, position));
                    entries.push(entry);
                }
                Err(problem) => {
                    self.release(&given);
                    return Err(problem);
                }
            }
        }
        let status = match entries.pop() {
            Some(only) if entries.is_empty() => only,
            last => Value::Array(entries.into_iter().chain(last).collect()),
        };
        credential.insert("credentialStatus".to_owned(), status);
        Ok(given)
    }

    fn release(&self, entries: &Entries) {
        for (list, position) in entries {
            if let Some(lists) = &self.lists {
                lists.release(list, *position);
            }
        }
    }
}

/// Gives out one entry: the name of its list, its position there, and how the credential names it.
fn entry(
    lists: &OwnLists,
    suite: Suite,
    purpose: StatusPurpose,
    id: Option<&str>,
) -> Result<(String, u32, Value), Problem> {
    let name = lists.name(suite, purpose)?.ok_or_else(|| {
        Problem::bad(
            "no-status-by-this-key",
            "nobody could check a status list by this key: the operator has to name a did:web",
        )
    })?;
    let (position, entry) = lists.entry(&name, purpose, id)?;
    Ok((name, position, entry))
}

/// The occasion of a presentation, which whoever asks for it makes up.
fn occasion(options: &Members) -> Result<Occasion, Problem> {
    let challenge = options.text("challenge")?.filter(|text| !text.is_empty());
    let challenge = challenge
        .ok_or_else(|| request::wrong("challenge", "the text that the presentation is made for"))?;
    Ok(Occasion {
        challenge: challenge.to_owned(),
        domain: options.text("domain")?.map(str::to_owned),
    })
}

/// What a verification found: 200 if all is well.
fn reported(report: &Report) -> Answer {
    let status = if report.verified {
        StatusCode::OK
    } else {
        StatusCode::BAD_REQUEST
    };
    let mut body = json!(report);
    if let (Some(body), Some(fault)) = (body.as_object_mut(), report.fault()) {
        body.insert(
            "problemDetails".to_owned(),
            json!([Problem::of_fault(fault).body()]),
        );
    }
    (status, body)
}

#[cfg(test)]
mod tests {
    use idos_credential::TrustList;

    use super::*;
    use crate::{command::new_folder, issuer::keys};

    /// Those of a new issuer with status lists, and a connection to the file of these.
    fn operations(folder: &std::path::Path) -> (Operations, rusqlite::Connection) {
        let home = folder.join("issuer");
        new_folder::make(&home, &keys::new_files().unwrap()).unwrap();
        let authority = Arc::new(Authority::load(&home, None).unwrap());
        let base = "https://issuer.example".parse().unwrap();
        let lists = OwnLists::open(&home, &base, Arc::clone(&authority)).unwrap();
        let operations = Operations {
            authority,
            verifier: Verifier::new(TrustList::default()),
            of_holders: Verifier::new(TrustList::default()),
            lists: Some(Arc::new(lists)),
            suite: Suite::EddsaJcs2022,
            revocable: true,
        };
        let file = rusqlite::Connection::open(home.join("status.sqlite")).unwrap();
        (operations, file)
    }

    #[test]
    fn whoever_asks_hears_why_nothing_was_issued_whatever_becomes_of_the_entry() {
        let folder = tempfile::tempdir().unwrap();
        let (operations, file) = operations(folder.path());
        let issue = || {
            let request = json!({ "credential": { "id": "urn:a" } }).to_string();
            let request = Members::parse(request.as_bytes()).unwrap();
            operations.issue(request).unwrap_err()
        };
        let entries = || {
            let count = file.query_row("SELECT count(*) FROM entries", [], |row| row.get(0));
            count.unwrap_or(-1)
        };
        let refused = issue();
        assert_eq!((refused.status, entries()), (StatusCode::BAD_REQUEST, 0));
        file.execute_batch(
            "CREATE TRIGGER kept BEFORE DELETE ON entries
             BEGIN SELECT RAISE(ABORT, 'it stays'); END",
        )
        .unwrap();
        assert_eq!(issue().body(), refused.body());
        assert_eq!(entries(), 1);
    }
}
