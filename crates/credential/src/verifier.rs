//! The whole verification of a credential: every check in order, and why one failed.

use std::collections::BTreeSet;

use idos_types::limits::{CREDENTIAL_SKEW_SECONDS, STATUS_ENTRIES};
use serde_json::Value;

use crate::{
    dates::Seconds,
    did::{self, DocumentSource, Method, MethodError, NoDocuments, Purpose},
    fault::Fault,
    json::{self, JsonError},
    proof::Proof,
    report::{Check, FieldBinding, Report, Writer},
    schema::{self, SchemaError},
    status::{Entry, NoStatusLists, StatusError, StatusPolicy, StatusSource},
    structure::Credential,
    suite::Suite,
    terms,
    trust::TrustList,
};

/// What a verifier accepts.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The suites it accepts.
    pub suites: BTreeSet<Suite>,
    /// What it does about revocation.
    pub status: StatusPolicy,
    /// Seconds by which clocks may differ.
    pub skew: i64,
    /// Whether a `credentialSchema` that is not known here is passed over.
    pub ignore_foreign_schemas: bool,
    /// Whether the credentials of a presentation have to be about its holder.
    pub subject_is_holder: bool,
}

impl Default for Policy {
    /// Every suite, status lists of at most a day, five minutes of skew.
    fn default() -> Self {
        Self {
            suites: Suite::ALL.into(),
            status: StatusPolicy::Fresh { within: 24 * 3600 },
            skew: CREDENTIAL_SKEW_SECONDS,
            ignore_foreign_schemas: false,
            subject_is_holder: false,
        }
    }
}

/// What the proof of a credential has to be made for, besides asserting it: the options of the same
/// names of VC Data Integrity 1.0, section 4.4. What is none is not looked at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MadeFor {
    /// `expectedProofPurpose`. The only one that a credential can pass with is `assertionMethod`.
    pub purpose: Option<String>,
    /// `challenge`.
    pub challenge: Option<String>,
    /// `domain`.
    pub domain: Option<String>,
}

impl MadeFor {
    fn by(&self, proof: &Proof) -> Result<(), Fault> {
        if let Some(expected) = self.purpose.as_ref().filter(|it| **it != proof.purpose) {
            return Err(Fault::Purpose {
                got: did::short(&proof.purpose),
                expected: did::short(expected),
            });
        }
        for (member, expected) in [("challenge", &self.challenge), ("domain", &self.domain)] {
            if let Some(expected) = expected
                && !proof.names(member, expected)
            {
                return Err(Fault::Challenge(member));
            }
        }
        Ok(())
    }
}

/// Verifies credentials and presentations. Asks nobody but the sources given to it.
pub struct Verifier {
    trust: TrustList,
    policy: Policy,
    statuses: Box<dyn StatusSource + Send + Sync>,
    documents: Box<dyn DocumentSource + Send + Sync>,
}

impl Verifier {
    /// A verifier that believes these issuers, fetches nothing, and has the default policy.
    pub fn new(trust: TrustList) -> Self {
        Self {
            trust,
            policy: Policy::default(),
            statuses: Box::new(NoStatusLists),
            documents: Box::new(NoDocuments),
        }
    }

    /// With another policy.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// With status lists from this source.
    #[must_use]
    pub fn with_statuses(mut self, statuses: impl StatusSource + Send + Sync + 'static) -> Self {
        self.statuses = Box::new(statuses);
        self
    }

    /// With DID documents from this source.
    #[must_use]
    pub fn with_documents(
        mut self,
        documents: impl DocumentSource + Send + Sync + 'static,
    ) -> Self {
        self.documents = Box::new(documents);
        self
    }

    /// Verifies a credential at this time.
    pub fn verify(&self, credential: &str, now: Seconds) -> Report {
        self.verify_made_for(credential, &MadeFor::default(), now)
    }

    /// Verifies a credential whose proof has to be made for what the verifier expects.
    pub fn verify_made_for(&self, credential: &str, expected: &MadeFor, now: Seconds) -> Report {
        let mut report = Writer::new(&Check::OF_CREDENTIAL);
        let document = json::parse(credential).map_err(|error| Fault::Structure(error.into()));
        if let Some(document) = report.check(document) {
            self.check(&mut report, document, expected, now);
        }
        report.finish()
    }

    /// Verifies a credential as it came: what is no UTF-8 is refused, and nothing in it replaced.
    pub fn verify_bytes(&self, credential: &[u8], now: Seconds) -> Report {
        match str::from_utf8(credential) {
            Ok(text) => self.verify(text, now),
            Err(error) => {
                let error = JsonError::Malformed(error.to_string());
                let mut report = Writer::new(&Check::OF_CREDENTIAL);
                report.check::<()>(Err(Fault::Structure(error.into())));
                report.finish()
            }
        }
    }

    /// Verifies a credential of a presentation.
    pub(crate) fn verify_json(&self, document: Value, now: Seconds) -> Report {
        let mut report = Writer::new(&Check::OF_CREDENTIAL);
        report.check(Ok(()));
        self.check(&mut report, document, &MadeFor::default(), now);
        report.finish()
    }

    /// Every check after the first; stops at the first that fails.
    fn check(
        &self,
        report: &mut Writer,
        document: Value,
        expected: &MadeFor,
        now: Seconds,
    ) -> Option<()> {
        let (credential, proof) = self.signed(report, document, expected)?;
        if proof.suite == Suite::EddsaJcs2022 || terms::all_bind(credential.document()) {
            report.bind(FieldBinding::Proven);
        }
        report.check(self.dates(&credential, &proof, now))?;
        self.status(report, &credential, now)?;
        self.schema(report, &credential)
    }

    /// The checks that are the same at any time: who signed what.
    fn signed(
        &self,
        report: &mut Writer,
        document: Value,
        expected: &MadeFor,
    ) -> Option<(Credential, Proof)> {
        let credential = report.check(Credential::of_json(document).map_err(Fault::from))?;
        let proof = report.check(self.proof(&credential))?;
        let made_for = purpose(&proof, Purpose::AssertionMethod).and_then(|()| expected.by(&proof));
        report.check(made_for)?;
        let method = report.check(self.signer(&proof, credential.issuer()))?;
        report.check(self.trusted(&proof, credential.issuer(), &method))?;
        report.check(
            proof
                .check(credential.document(), &method.key)
                .map_err(Fault::from),
        )?;
        Some((credential, proof))
    }

    /// The one proof, if its suite is accepted.
    pub(crate) fn proof(&self, credential: &Credential) -> Result<Proof, Fault> {
        self.proof_of(credential.document())
    }

    pub(crate) fn proof_of(
        &self,
        document: &serde_json::Map<String, Value>,
    ) -> Result<Proof, Fault> {
        let proof = Proof::of(document)?;
        if !self.policy.suites.contains(&proof.suite) {
            return Err(Fault::SuiteNotAllowed(proof.suite));
        }
        Ok(proof)
    }

    /// The key of the proof, if it belongs to `owner` and is meant for the proof's purpose.
    pub(crate) fn signer(&self, proof: &Proof, owner: &str) -> Result<Method, Fault> {
        let method = self.method(proof)?;
        if method.controller != owner {
            return Err(Fault::NotTheIssuers {
                issuer: did::short(owner),
                controller: did::short(&method.controller),
            });
        }
        Ok(method)
    }

    /// The key of the proof, whoever it belongs to, if it is meant for the proof's purpose.
    pub(crate) fn method(&self, proof: &Proof) -> Result<Method, Fault> {
        let purpose = if proof.purpose == Purpose::Authentication.name() {
            Purpose::Authentication
        } else {
            Purpose::AssertionMethod
        };
        match self.trust.key(&proof.method) {
            Some((controller, key)) => Ok(Method {
                controller: controller.to_owned(),
                key: key.clone(),
            }),
            None if !proof.method.starts_with("did:") => {
                Err(MethodError::Form(did::short(&proof.method)).into())
            }
            None => {
                let documents = self.documents.as_ref();
                Ok(did::resolve(&proof.method, purpose, documents)?)
            }
        }
    }

    fn trusted(&self, proof: &Proof, issuer: &str, method: &Method) -> Result<(), Fault> {
        if !self.trust.trusts(issuer) {
            return Err(Fault::Untrusted(did::short(issuer)));
        }
        // Who says a DID is its own says the truth if the DID says the same of its key.
        if let Some(keys) = self.trust.claimed_by(issuer)
            && !keys.contains(&method.key)
            && !did::lists(issuer, keys, self.documents.as_ref())?
        {
            return Err(Fault::Untrusted(did::short(issuer)));
        }
        self.not_revoked(proof, issuer)
    }

    /// Refuses a proof that was made since the key of `owner` was revoked.
    pub(crate) fn not_revoked(&self, proof: &Proof, owner: &str) -> Result<(), Fault> {
        match self.trust.revoked_since(owner, &proof.method) {
            // A proof without date may be of any date.
            Some(since) if proof.created.is_none_or(|created| created >= since) => {
                Err(Fault::KeyRevoked {
                    method: did::short(&proof.method),
                    since,
                })
            }
            _ => Ok(()),
        }
    }

    fn dates(&self, credential: &Credential, proof: &Proof, now: Seconds) -> Result<(), Fault> {
        if let Some(from) = credential.valid_from()
            && from > self.latest(now)
        {
            return Err(Fault::NotYetValid(from));
        }
        if let Some(until) = credential.valid_until()
            && until < self.earliest(now)
        {
            return Err(Fault::Expired(until));
        }
        self.proof_dates(proof, now)
    }

    pub(crate) fn proof_dates(&self, proof: &Proof, now: Seconds) -> Result<(), Fault> {
        if let Some(created) = proof.created
            && created > self.latest(now)
        {
            return Err(Fault::ProofFromTheFuture(created));
        }
        if let Some(expires) = proof.expires
            && expires < self.earliest(now)
        {
            return Err(Fault::ProofExpired(expires));
        }
        Ok(())
    }

    fn latest(&self, now: Seconds) -> Seconds {
        Seconds(now.0.saturating_add(self.policy.skew))
    }

    fn earliest(&self, now: Seconds) -> Seconds {
        Seconds(now.0.saturating_sub(self.policy.skew))
    }

    fn status(&self, report: &mut Writer, credential: &Credential, now: Seconds) -> Option<()> {
        let (within, required) = match self.policy.status {
            StatusPolicy::Fresh { within } => (within, true),
            StatusPolicy::BestEffort { within } => (within, false),
            StatusPolicy::Ignore => {
                report.not_applicable("the verifier does not look at status");
                return Some(());
            }
        };
        let entries: Vec<_> = credential.entries("credentialStatus").collect();
        if entries.is_empty() {
            report.not_applicable("it has no status");
            return Some(());
        }
        if entries.len() > STATUS_ENTRIES {
            let error = StatusError::Entry("at most 8 entries are allowed");
            return report.check(Err(error.into()));
        }
        let mut unknown = None;
        for entry in entries {
            match self.entry(entry, credential.issuer(), within, now) {
                Ok(()) => {}
                Err(error) if !required && error.is_unknown() => unknown = Some(error),
                Err(error) => return report.check(Err(error.into())),
            }
        }
        match unknown {
            Some(error) => {
                report.not_applicable(error.to_string());
                Some(())
            }
            None => report.check(Ok(())),
        }
    }

    /// Looks one entry up in its list, which has to be the same issuer's.
    fn entry(
        &self,
        entry: &serde_json::Map<String, Value>,
        issuer: &str,
        within: i64,
        now: Seconds,
    ) -> Result<(), StatusError> {
        let Some(entry) = Entry::of(entry)? else {
            return Ok(());
        };
        let url = did::short(&entry.url);
        let fetched =
            self.statuses
                .status_list(&entry.url)
                .map_err(|reason| StatusError::Unavailable {
                    url: url.clone(),
                    reason,
                })?;
        let found = self.look_up(&entry, &fetched.credential, issuer, now);
        let is_fresh = fetched.fetched_at >= Seconds(now.0.saturating_sub(within))
            && fetched.fetched_at <= self.latest(now);
        // Nobody takes a revocation back, so it counts from however old a list.
        if !is_fresh && found != Err(StatusError::Revoked) {
            return Err(StatusError::Stale {
                url,
                fetched_at: fetched.fetched_at,
            });
        }
        found
    }

    /// Looks one entry up in the text of its list.
    fn look_up(
        &self,
        entry: &Entry,
        list: &str,
        issuer: &str,
        now: Seconds,
    ) -> Result<(), StatusError> {
        let wrong = |reason: String| StatusError::List {
            url: did::short(&entry.url),
            reason,
        };
        let document = json::parse(list).map_err(|error| wrong(error.to_string()))?;
        // A status list has no status itself.
        let mut report = Writer::new(&Check::OF_CREDENTIAL);
        report.check(Ok(()));
        let signed = self.signed(&mut report, document, &MadeFor::default());
        let signed = signed.filter(|(list, _)| self.schema(&mut report, list).is_some());
        let Some((list, proof)) = signed else {
            let report = report.finish();
            let why = report.fault().map(ToString::to_string);
            let why = why.unwrap_or_default();
            if report.fault().is_some_and(|fault| lacks_key(fault, issuer)) {
                let url = did::short(&entry.url);
                return Err(StatusError::Unavailable { url, reason: why });
            }
            return Err(wrong(why));
        };
        if list.issuer() != issuer {
            return Err(wrong("it is another issuer's".to_owned()));
        }
        // Whoever serves an address could give another list of the same issuer there.
        if list.id() != Some(entry.url.as_str()) {
            return Err(wrong("its id is not this address".to_owned()));
        }
        let ended = match self.dates(&list, &proof, now) {
            Ok(()) => None,
            Err(Fault::Expired(until) | Fault::ProofExpired(until)) => Some(until),
            Err(fault) => return Err(wrong(fault.to_string())),
        };
        match (entry.look_up(&list), ended) {
            (Ok(()) | Err(StatusError::Suspended), Some(until)) => Err(StatusError::Ended {
                url: did::short(&entry.url),
                until,
            }),
            (found, _) => found,
        }
    }

    fn schema(&self, report: &mut Writer, credential: &Credential) -> Option<()> {
        let known = match schema::check(credential) {
            Ok(known) => known,
            Err(error) => return report.check(Err(error.into())),
        };
        let foreign = credential.entries("credentialSchema").next();
        match foreign {
            Some(schema) if !self.policy.ignore_foreign_schemas => {
                let id = schema.get("id").and_then(Value::as_str).unwrap_or_default();
                return report.check(Err(SchemaError::Foreign(did::short(id)).into()));
            }
            _ if known => return report.check(Ok(())),
            Some(_) => report.not_applicable("the verifier ignores schemas of others"),
            None => report.not_applicable("it is of no type with known fields"),
        }
        Some(())
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }
}

/// Whether a key of this issuer cannot be looked up. Of somebody else's key it does not matter: it signs
/// nothing for this one.
fn lacks_key(fault: &Fault, issuer: &str) -> bool {
    let issuer = did::short(issuer);
    fault.is_unknown()
        && matches!(fault, Fault::Method(MethodError::Document { did, .. }) if *did == issuer)
}

/// Whether a proof was made for this purpose.
pub(crate) fn purpose(proof: &Proof, expected: Purpose) -> Result<(), Fault> {
    if proof.purpose == expected.name() {
        return Ok(());
    }
    Err(Fault::Purpose {
        got: did::short(&proof.purpose),
        expected: expected.name().to_owned(),
    })
}
