//! Revocation and suspension by Bitstring Status List 1.0.

mod list;

use serde_json::{Map, Value};
use thiserror::Error;

pub use list::{ListError, StatusList, StatusPurpose};

use crate::{
    dates::Seconds,
    did::short,
    structure::{Credential, each},
};

/// A status list as it was fetched: the text of a credential, and when that was.
#[derive(Clone, Debug)]
pub struct FetchedList {
    /// The status list credential.
    pub credential: String,
    /// When it was fetched.
    pub fetched_at: Seconds,
}

/// Gives status list credentials: from a cache, from a bundle of the holder's, or from the network.
/// Verification itself fetches nothing.
pub trait StatusSource {
    /// The list at this address; an explanation if it cannot be had.
    fn status_list(&self, url: &str) -> Result<FetchedList, String>;
}

/// No lists: a credential that names one cannot be checked.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoStatusLists;

impl StatusSource for NoStatusLists {
    fn status_list(&self, _: &str) -> Result<FetchedList, String> {
        Err("this verifier fetches no status lists".to_owned())
    }
}

/// What to do when the status cannot be known for sure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StatusPolicy {
    /// The list has to be there and to have been fetched within so many seconds.
    Fresh {
        /// Seconds.
        within: i64,
    },
    /// A list that cannot be had, or whose key cannot, is too old or has ended is noted as "nothing to
    /// check".
    BestEffort {
        /// Seconds after which a list is too old.
        within: i64,
    },
    /// Status is not looked at.
    Ignore,
}

/// What is wrong with the status of a credential.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StatusError {
    /// Revoked.
    #[error("the issuer revoked it")]
    Revoked,
    /// Suspended.
    #[error("the issuer suspended it")]
    Suspended,
    /// An entry that cannot be understood.
    #[error("its status entry is not as it has to be: {0}; the issuer must issue it anew")]
    Entry(&'static str),
    /// A kind of entry that is not supported.
    #[error(
        "status entries of type {0:?} are not supported: the issuer must use BitstringStatusListEntry"
    )]
    Kind(String),
    /// The list, or the key that signed it, cannot be had.
    #[error("the status list {url:?} cannot be had: {reason}")]
    Unavailable {
        /// Its address.
        url: String,
        /// Why not.
        reason: String,
    },
    /// The list is too old, or its date is in the future, and nobody knows how old it is.
    #[error("the status list {url:?} was fetched on {}, too long ago or by a wrong clock: the verifier must fetch it anew", .fetched_at.rfc3339())]
    Stale {
        /// Its address.
        url: String,
        /// When it was fetched.
        fetched_at: Seconds,
    },
    /// The list counts no more, by its own word.
    #[error("the status list {url:?} counted until {} only: the verifier must fetch it anew", .until.rfc3339())]
    Ended {
        /// Its address.
        url: String,
        /// Until when it counted.
        until: Seconds,
    },
    /// The list is too long or too short.
    #[error("the status list {0:?} is not acceptable: {length}", length = ListError::Length)]
    Length(String),
    /// The list has no such entry.
    #[error("the status list {url:?} has no entry {index}")]
    Range {
        /// Its address.
        url: String,
        /// Which entry.
        index: usize,
    },
    /// The list's own proof, dates or form is wrong.
    #[error("the status list {url:?} is not acceptable: {reason}")]
    List {
        /// Its address.
        url: String,
        /// What is wrong.
        reason: String,
    },
}

impl StatusError {
    /// Whether this only means that the status is not known: with another list it may be.
    pub fn is_unknown(&self) -> bool {
        matches!(
            self,
            Self::Unavailable { .. } | Self::Stale { .. } | Self::Ended { .. }
        )
    }

    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Suspended => "suspended",
            Self::Entry(_) | Self::Kind(_) => "malformed-status",
            Self::Unavailable { .. } => "status-unavailable",
            Self::Stale { .. } | Self::Ended { .. } => "status-stale",
            Self::List { .. } | Self::Length(_) | Self::Range { .. } => "wrong-status-list",
        }
    }
}

/// The type of the entries that are understood here.
const KIND: &str = "BitstringStatusListEntry";

/// Checks the form of the entries of a credential that is to be issued. Those of other kinds are
/// whoever's who reads them.
pub(crate) fn check(credential: &Credential) -> Result<(), StatusError> {
    credential
        .entries("credentialStatus")
        .filter(|entry| each(entry.get("type")).any(|kind| kind.as_str() == Some(KIND)))
        .try_for_each(|entry| Entry::of(entry).map(|_| ()))
}

/// An entry of `credentialStatus`.
pub(crate) struct Entry {
    pub(crate) url: String,
    purpose: StatusPurpose,
    index: usize,
}

impl Entry {
    /// Reads an entry. None for a purpose that does not end the validity of a credential.
    pub(crate) fn of(entry: &Map<String, Value>) -> Result<Option<Self>, StatusError> {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let kind = text("type").ok_or(StatusError::Entry("`type` is one name"))?;
        if kind != KIND {
            return Err(StatusError::Kind(short(kind)));
        }
        let url = text("statusListCredential")
            .ok_or(StatusError::Entry("`statusListCredential` is an address"))?;
        let purpose =
            text("statusPurpose").ok_or(StatusError::Entry("`statusPurpose` is a text"))?;
        let index = text("statusListIndex")
            .filter(|text| text.len() <= 10 && text.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|text| text.parse().ok())
            .ok_or(StatusError::Entry(
                "`statusListIndex` is a whole number as text",
            ))?;
        if text("id") == Some(url) {
            return Err(StatusError::Entry("`id` is not the address of the list"));
        }
        let size = entry.get("statusSize").map_or(Some(1), Value::as_u64);
        let size = size
            .filter(|size| *size > 0)
            .ok_or(StatusError::Entry("`statusSize` is a whole number from 1"))?;
        let Some(purpose) = StatusPurpose::of_name(purpose) else {
            return Ok(None);
        };
        if size != 1 {
            let expected = "`statusSize` is 1 of a revocation or suspension";
            return Err(StatusError::Entry(expected));
        }
        Ok(Some(Self {
            url: url.to_owned(),
            purpose,
            index,
        }))
    }

    /// Looks into the list, whose proof has been checked.
    pub(crate) fn look_up(&self, list: &Credential) -> Result<(), StatusError> {
        let wrong = |reason: String| StatusError::List {
            url: short(&self.url),
            reason,
        };
        if !list
            .types()
            .any(|name| name == "BitstringStatusListCredential")
        {
            return Err(wrong("it is no BitstringStatusListCredential".to_owned()));
        }
        // An RDF suite does not sign which of several is the first.
        let mut subjects = list.subjects();
        let (Some(subject), None) = (subjects.next(), subjects.next()) else {
            return Err(wrong("it has other than one subject".to_owned()));
        };
        if subject.get("type").and_then(Value::as_str) != Some("BitstringStatusList") {
            return Err(wrong("its subject is no BitstringStatusList".to_owned()));
        }
        if !each(subject.get("statusPurpose"))
            .any(|purpose| purpose.as_str() == Some(self.purpose.name()))
        {
            return Err(wrong(format!("it is not for {}", self.purpose.name())));
        }
        let encoded = subject
            .get("encodedList")
            .and_then(Value::as_str)
            .ok_or_else(|| wrong("it has no encodedList".to_owned()))?;
        let list = StatusList::decode(encoded).map_err(|error| match error {
            ListError::Length => StatusError::Length(short(&self.url)),
            error => wrong(error.to_string()),
        })?;
        match (list.get(self.index), self.purpose) {
            (Some(false), _) => Ok(()),
            (Some(true), StatusPurpose::Revocation) => Err(StatusError::Revoked),
            (Some(true), StatusPurpose::Suspension) => Err(StatusError::Suspended),
            (None, _) => Err(StatusError::Range {
                url: short(&self.url),
                index: self.index,
            }),
        }
    }
}
