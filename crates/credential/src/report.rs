//! What a verification found, check by check.

use std::fmt;

use serde::Serialize;

use crate::fault::Fault;

/// A check, in the order in which they are made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Check {
    /// Readable JSON within the limits.
    Size,
    /// The form of the data model, known contexts, defined terms.
    Structure,
    /// Exactly one proof, of an allowed suite.
    Suite,
    /// The proof was made for this purpose.
    Purpose,
    /// The signing key is the issuer's (of a presentation: the holder's).
    Issuer,
    /// The issuer is on the trust list and the key not revoked.
    Trust,
    /// The signature.
    Proof,
    /// It is valid now.
    Dates,
    /// It is not revoked or suspended.
    Status,
    /// What it says has the form of its type.
    Schema,
    /// A presentation was made for this occasion.
    Challenge,
    /// The credentials of a presentation.
    Credentials,
}

impl Check {
    /// The checks of a credential, in order.
    pub const OF_CREDENTIAL: [Self; 10] = [
        Self::Size,
        Self::Structure,
        Self::Suite,
        Self::Purpose,
        Self::Issuer,
        Self::Trust,
        Self::Proof,
        Self::Dates,
        Self::Status,
        Self::Schema,
    ];
    /// The checks of a presentation, in order.
    pub const OF_PRESENTATION: [Self; 9] = [
        Self::Size,
        Self::Structure,
        Self::Suite,
        Self::Purpose,
        Self::Issuer,
        Self::Challenge,
        Self::Proof,
        Self::Dates,
        Self::Credentials,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Structure => "structure",
            Self::Suite => "suite",
            Self::Purpose => "purpose",
            Self::Issuer => "issuer",
            Self::Trust => "trust",
            Self::Proof => "proof",
            Self::Dates => "dates",
            Self::Status => "status",
            Self::Schema => "schema",
            Self::Challenge => "challenge",
            Self::Credentials => "credentials",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a check went.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "camelCase")]
pub enum Outcome {
    /// Well.
    Passed,
    /// Not well.
    Failed {
        /// A short name of what is wrong, which does not change.
        code: &'static str,
        /// What is wrong and who must do what.
        reason: String,
    },
    /// There was nothing to check.
    NotApplicable {
        /// Why not.
        reason: String,
    },
    /// An earlier check failed.
    NotReached,
}

/// Whether the values of a credential are bound to their fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FieldBinding {
    /// Nobody but the issuer can have moved a value to another field, or put it into a list.
    Proven,
    /// The signature would hold if that had been done: contexts give several fields one meaning, or
    /// something is written as no suite but `eddsa-jcs-2022` signs it.
    NotProven,
}

/// Whether the credentials of a presentation are about its holder.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum SubjectIsHolder {
    /// Each is.
    Proven,
    /// That was not asked for: whoever shows them may show those of somebody else.
    NotCompared,
}

/// One line of a report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Line {
    /// Which check.
    pub check: Check,
    /// How it went.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What a verification found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Whether every check passed or had nothing to check.
    pub verified: bool,
    /// Every check in order.
    pub checks: Vec<Line>,
    /// Whether values are bound to their fields. Not proven unless the proof is right.
    pub field_binding: FieldBinding,
    /// Of a presentation that verified and shows credentials: whether they are about its holder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_is_holder: Option<SubjectIsHolder>,
    /// Of a presentation: the reports of its credentials.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<Report>,
    #[serde(skip)]
    fault: Option<Fault>,
}

impl Report {
    /// What is wrong, if anything.
    pub fn fault(&self) -> Option<&Fault> {
        self.fault.as_ref()
    }

    /// The check that failed, if one did.
    pub fn failed(&self) -> Option<Check> {
        self.checks
            .iter()
            .find(|line| matches!(line.outcome, Outcome::Failed { .. }))
            .map(|line| line.check)
    }

    /// How this check went; not reached if it is none of this report.
    pub fn outcome(&self, check: Check) -> &Outcome {
        self.checks
            .iter()
            .find(|line| line.check == check)
            .map_or(&Outcome::NotReached, |line| &line.outcome)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", if self.verified { "verified" } else { "refused" })?;
        for line in &self.checks {
            match &line.outcome {
                Outcome::Passed => writeln!(f, "  {}: passed", line.check)?,
                Outcome::Failed { reason, .. } => {
                    writeln!(f, "  {}: FAILED: {reason}", line.check)?
                }
                Outcome::NotApplicable { reason } => {
                    writeln!(f, "  {}: nothing to check: {reason}", line.check)?;
                }
                Outcome::NotReached => writeln!(f, "  {}: not reached", line.check)?,
            }
        }
        if self.verified && self.field_binding == FieldBinding::NotProven {
            writeln!(
                f,
                "  field binding not proven: values may have been moved between fields or put into lists"
            )?;
        }
        if self.subject_is_holder == Some(SubjectIsHolder::NotCompared) {
            writeln!(
                f,
                "  subject not compared with the holder: the credentials may be about somebody else"
            )?;
        }
        for (at, credential) in self.credentials.iter().enumerate() {
            write!(f, "credential {}: {credential}", at + 1)?;
        }
        Ok(())
    }
}

/// Notes checks one after another.
pub(crate) struct Writer {
    order: &'static [Check],
    lines: Vec<Line>,
    fault: Option<Fault>,
    field_binding: FieldBinding,
    subject_is_holder: Option<SubjectIsHolder>,
    credentials: Vec<Report>,
}

impl Writer {
    pub(crate) fn new(order: &'static [Check]) -> Self {
        Self {
            order,
            lines: Vec::with_capacity(order.len()),
            fault: None,
            field_binding: FieldBinding::NotProven,
            subject_is_holder: None,
            credentials: Vec::new(),
        }
    }

    /// Notes the next check; none if it failed.
    pub(crate) fn check<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        match result {
            Ok(value) => {
                self.note(Outcome::Passed);
                Some(value)
            }
            Err(fault) => {
                self.note(Outcome::Failed {
                    code: fault.code(),
                    reason: fault.to_string(),
                });
                self.fault.get_or_insert(fault);
                None
            }
        }
    }

    /// Notes that the next check has nothing to check.
    pub(crate) fn not_applicable(&mut self, reason: impl Into<String>) {
        self.note(Outcome::NotApplicable {
            reason: reason.into(),
        });
    }

    pub(crate) fn bind(&mut self, field_binding: FieldBinding) {
        self.field_binding = field_binding;
    }

    /// Notes the credentials of a presentation, and whether they were compared with its holder.
    pub(crate) fn credentials(&mut self, credentials: Vec<Report>, subjects: SubjectIsHolder) {
        self.credentials = credentials;
        self.subject_is_holder = Some(subjects);
    }

    fn note(&mut self, outcome: Outcome) {
        if let Some(check) = self.order.get(self.lines.len()) {
            self.lines.push(Line {
                check: *check,
                outcome,
            });
        }
    }

    /// The report; checks that were not made are noted as not reached.
    pub(crate) fn finish(mut self) -> Report {
        let verified = self.fault.is_none() && self.lines.len() == self.order.len();
        while self.lines.len() < self.order.len() {
            self.note(Outcome::NotReached);
        }
        Report {
            verified,
            checks: self.lines,
            field_binding: if verified {
                self.field_binding
            } else {
                FieldBinding::NotProven
            },
            subject_is_holder: self.subject_is_holder.filter(|_| verified),
            credentials: self.credentials,
            fault: self.fault,
        }
    }
}
