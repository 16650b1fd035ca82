//! Presentations: the holder of credentials shows them on an occasion.

use idos_types::limits::PRESENTED_CREDENTIALS;
use serde_json::{Map, Value, json};

use crate::{
    dates::Seconds,
    did::{self, Purpose},
    fault::Fault,
    issuer::{IssueError, IssueOptions, Issuer, add_context},
    json,
    proof::{self, Proof},
    report::{Check, FieldBinding, Report, SubjectIsHolder, Writer},
    structure::{StructureError, Version, check_whole, each},
    suite::Suite,
    verifier::{Verifier, purpose},
};

/// The occasion of a presentation. The verifier makes up the challenge, anew each time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Occasion {
    /// What the verifier asked to be signed; at least 16 random bytes as text.
    pub challenge: String,
    /// Who the verifier is, such as its web origin.
    pub domain: Option<String>,
}

impl Issuer {
    /// Presents credentials, each given as JSON, as their holder.
    pub fn present(
        &self,
        credentials: &[&str],
        occasion: &Occasion,
        options: &IssueOptions,
    ) -> Result<String, IssueError> {
        let credentials = credentials
            .iter()
            .map(|text| json::parse(text))
            .collect::<Result<Vec<_>, _>>()
            .map_err(StructureError::from)?;
        let presentation = json!({
            "@context": [Version::V2_0.context()],
            "type": ["VerifiablePresentation"],
            "holder": self.id(),
            "verifiableCredential": credentials,
        });
        let Value::Object(mut presentation) = presentation else {
            return Err(StructureError::NotAnObject.into());
        };
        add_context(&mut presentation, options.suite);
        check_whole(&presentation, "VerifiablePresentation")?;
        let mut of_proof = self.options(Purpose::Authentication, options);
        of_proof.insert("challenge".to_owned(), occasion.challenge.clone().into());
        if let Some(domain) = &occasion.domain {
            of_proof.insert("domain".to_owned(), domain.clone().into());
        }
        let signed = proof::sign(presentation, options.suite, of_proof, self.key(), &[])?;
        Ok(Value::Object(signed).to_string())
    }
}

impl Verifier {
    /// Verifies a presentation made for this occasion, and every credential in it. One without
    /// `holder` is from whoever controls the signing key; one without credentials says who signs.
    pub fn verify_presentation(
        &self,
        presentation: &str,
        occasion: &Occasion,
        now: Seconds,
    ) -> Report {
        let mut report = Writer::new(&Check::OF_PRESENTATION);
        self.presentation(&mut report, presentation, occasion, now);
        report.finish()
    }

    fn presentation(
        &self,
        report: &mut Writer,
        text: &str,
        occasion: &Occasion,
        now: Seconds,
    ) -> Option<()> {
        let parsed = json::parse(text).map_err(|error| Fault::Structure(error.into()));
        let document = report.check(parsed)?;
        let document = report.check(structure(document))?;
        let proof = report.check(self.proof_of(&document))?;
        report.check(purpose(&proof, Purpose::Authentication))?;
        let holder = holder(&document);
        let signer = holder.and_then(|holder| {
            let signer = match holder {
                Some(holder) => self.signer(&proof, holder)?,
                None => self.method(&proof)?,
            };
            self.not_revoked(&proof, &signer.controller)?;
            Ok(signer)
        });
        let signer = report.check(signer)?;
        report.check(for_occasion(&proof, occasion))?;
        report.check(proof.check(&document, &signer.key).map_err(Fault::from))?;
        report.check(self.proof_dates(&proof, now))?;
        if each(document.get("verifiableCredential")).next().is_none() {
            // All that it says is its holder, which is signed where it stands.
            if proof.suite == Suite::EddsaJcs2022 {
                report.bind(FieldBinding::Proven);
            }
            report.not_applicable("it shows no credentials: it says who signs, and nothing else");
            return Some(());
        }
        // Who is the holder, if it names one.
        let (outcome, credentials) = self.credentials(&document, &signer.controller, now);
        if credentials
            .iter()
            .all(|credential| credential.field_binding == FieldBinding::Proven)
        {
            report.bind(FieldBinding::Proven);
        }
        let subjects = if self.policy().subject_is_holder {
            SubjectIsHolder::Proven
        } else {
            SubjectIsHolder::NotCompared
        };
        report.credentials(credentials, subjects);
        report.check(outcome)
    }

    fn credentials(
        &self,
        document: &Map<String, Value>,
        holder: &str,
        now: Seconds,
    ) -> (Result<(), Fault>, Vec<Report>) {
        let credentials: Vec<_> = each(document.get("verifiableCredential")).collect();
        if credentials.len() > PRESENTED_CREDENTIALS {
            let fault = Fault::Credentials {
                got: credentials.len(),
                max: PRESENTED_CREDENTIALS,
            };
            return (Err(fault), Vec::new());
        }
        let mut outcome = Ok(());
        let mut reports = Vec::with_capacity(credentials.len());
        for (at, credential) in credentials.into_iter().enumerate() {
            let report = self.verify_json(credential.clone(), now);
            let fault = report.fault().cloned().or_else(|| {
                let subjects = each(credential.get("credentialSubject"));
                self.other_subject(subjects, holder)
            });
            if let Some(reason) = fault
                && outcome.is_ok()
            {
                outcome = Err(Fault::Credential {
                    number: at.saturating_add(1),
                    reason: Box::new(reason),
                });
            }
            reports.push(report);
        }
        (outcome, reports)
    }

    /// A subject who is not the holder, if the policy wants them to be the same.
    fn other_subject<'a>(
        &self,
        mut subjects: impl Iterator<Item = &'a Value>,
        holder: &str,
    ) -> Option<Fault> {
        if !self.policy().subject_is_holder {
            return None;
        }
        subjects.find_map(|subject| {
            let id = subject
                .get("id")
                .and_then(Value::as_str)
                .unwrap_or_default();
            (id != holder).then(|| Fault::NotTheSubject(did::short(id)))
        })
    }
}

fn structure(document: Value) -> Result<Map<String, Value>, Fault> {
    let Value::Object(document) = document else {
        return Err(StructureError::NotAnObject.into());
    };
    check_whole(&document, "VerifiablePresentation")?;
    Ok(document)
}

/// Who it says it is from, if it does.
fn holder(document: &Map<String, Value>) -> Result<Option<&str>, Fault> {
    let Some(holder) = document.get("holder") else {
        return Ok(None);
    };
    let id = match holder {
        Value::Object(holder) => holder.get("id").and_then(Value::as_str),
        holder => holder.as_str(),
    };
    id.map(Some).ok_or(Fault::NoHolder)
}

fn for_occasion(proof: &Proof, occasion: &Occasion) -> Result<(), Fault> {
    if !proof.names("challenge", &occasion.challenge) {
        return Err(Fault::Challenge("challenge"));
    }
    match &occasion.domain {
        Some(domain) if !proof.names("domain", domain) => Err(Fault::Challenge("domain")),
        _ => Ok(()),
    }
}
