//! Why a request is not done, as the client reads it (RFC 9457).

use std::fmt::Display;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use idos_credential::{Fault, IssueError};
use serde_json::{Value, json};

use crate::{command::output::reason, issuer::serve::StatusListsError};

/// Why a request is not done.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    code: &'static str,
    /// The address of its type, if a standard gives one.
    kind: Option<String>,
    detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            kind: None,
            detail: detail.into(),
        }
    }

    /// What is wrong with a credential or presentation, by the same names wherever that is found.
    pub(crate) fn of_fault(fault: &Fault) -> Self {
        Self {
            kind: fault.problem_type(),
            ..Self::bad(fault.code(), fault.to_string())
        }
    }

    /// The client sent something that cannot be.
    pub(crate) fn bad(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// A fault of this server. The client learns nothing of the reason, which goes to the log.
    pub(crate) fn internal(reason: impl Display) -> Self {
        tracing::error!(%reason, "a request was not done by a fault of this server");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "this server is at fault; its operator finds the reason in its log",
        )
    }

    /// What is wrong and who must do what.
    #[cfg(test)]
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    /// As JSON.
    pub(crate) fn body(&self) -> Value {
        let kind = self.kind.clone();
        json!({
            "type": kind.unwrap_or_else(|| format!("urn:idos:problem:{}", self.code)),
            "title": self.code,
            "status": self.status.as_u16(),
            "detail": self.detail,
        })
    }
}

impl From<IssueError> for Problem {
    fn from(error: IssueError) -> Self {
        let detail = error.to_string();
        let code = match error {
            IssueError::Structure(error) => return Self::of_fault(&error.into()),
            IssueError::Schema(error) => return Self::of_fault(&error.into()),
            IssueError::Proof(error) => return Self::of_fault(&error.into()),
            IssueError::Method(error) => return Self::of_fault(&error.into()),
            IssueError::Status(error) => return Self::of_fault(&error.into()),
            IssueError::Issuer { .. } => "another-issuer",
            IssueError::Signed => "proof-already",
            IssueError::Version => "suite-of-another-version",
            IssueError::NotDisclosable => "not-disclosable",
        };
        Self::bad(code, detail)
    }
}

impl From<StatusListsError> for Problem {
    fn from(error: StatusListsError) -> Self {
        let detail = error.to_string();
        match &error {
            StatusListsError::Unknown => {
                Self::new(StatusCode::NOT_FOUND, "unknown-credential", detail)
            }
            StatusListsError::OtherCredential(_) => Self::bad("another-credential", detail),
            StatusListsError::Final => Self::bad("revoked-for-good", detail),
            StatusListsError::Full
            | StatusListsError::TooManyIssuers
            | StatusListsError::Database(_)
            | StatusListsError::File { .. }
            | StatusListsError::NoIssuer(_)
            | StatusListsError::Randomness(_)
            | StatusListsError::List(_)
            | StatusListsError::Issue(_) => Self::internal(reason(&error)),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (
            self.status,
            [(header::CONTENT_TYPE, kind)],
            self.body().to_string(),
        )
            .into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use std::{fs::File, sync::Arc};

    use super::*;

    #[test]
    fn the_reason_of_a_fault_is_in_the_log_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let log = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(Arc::new(File::create(&path).unwrap()))
            .finish();
        let problem =
            tracing::subscriber::with_default(log, || Problem::internal("the disk is full"));
        assert_eq!(problem.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!problem.body().to_string().contains("disk"));
        let log = std::fs::read_to_string(&path).unwrap();
        assert!(log.contains("reason=the disk is full"), "{log}");
    }
}
