//! Where a verification has status lists and DID documents from: files, and what is fetched if that is
//! allowed.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use idos_client::online::{FetchError, Fetched, Online};
use idos_credential::{
    DocumentError, DocumentSource, FetchedList, JsonError, Report, StatusSource, TrustList,
    Verifier, parse_json,
};
use idos_types::limits::{CREDENTIAL_BYTES, DID_DOCUMENT_BYTES};
use serde_json::Value;
use thiserror::Error;

use crate::command::{
    bounded_file::{self, FileError},
    clock::seconds,
};

/// What the commands that verify are given.
#[derive(Default, clap::Args)]
pub(crate) struct SourceArgs {
    /// A status list credential that was fetched before; its file's date tells when. Several times
    /// for several.
    #[arg(long = "status-list", value_name = "FILE")]
    status_lists: Vec<PathBuf>,
    /// The document of a did:web that was fetched before; several times for several.
    #[arg(long = "did-document", value_name = "FILE")]
    did_documents: Vec<PathBuf>,
    /// Fetch what is missing: documents of trusted issuers that have a did:web, and status lists. Their
    /// hosts learn that somebody verifies.
    #[arg(long)]
    online: bool,
}

/// Why they cannot be had.
#[derive(Debug, Error)]
pub(crate) enum SourceError {
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
}

/// The sources of one verification.
pub(crate) struct Sources {
    lists: Lists,
    documents: Documents,
    online: Option<Online>,
}

impl SourceArgs {
    /// Reads the files, and is ready to fetch for these issuers.
    pub(crate) fn read(&self, trust: &TrustList) -> Result<Sources, SourceError> {
        let online = self.online.then(|| Online::new(trust)).transpose()?;
        let fetched = || online.as_ref().map(Online::fetched);
        Ok(Sources {
            lists: Lists::read(&self.status_lists, fetched())?,
            documents: Documents::read(&self.did_documents, fetched())?,
            online,
        })
    }
}

impl Sources {
    /// A verifier that believes these issuers, with these sources.
    pub(crate) fn verifier(&self, trust: TrustList) -> Verifier {
        Verifier::new(trust)
            .with_statuses(self.lists.clone())
            .with_documents(self.documents.clone())
    }

    /// Verifies, and again with what that lacked, if it may be fetched.
    pub(crate) async fn report(&self, verify: impl Fn() -> Report) -> Report {
        match &self.online {
            None => verify(),
            Some(online) => online.report(verify).await,
        }
    }
}

/// Status lists in files, by address; others may be fetched.
#[derive(Clone)]
struct Lists {
    files: BTreeMap<String, FetchedList>,
    fetched: Option<Fetched>,
}

impl Lists {
    fn read(paths: &[PathBuf], fetched: Option<Fetched>) -> Result<Self, SourceError> {
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
#[derive(Clone)]
struct Documents {
    files: BTreeMap<String, String>,
    fetched: Option<Fetched>,
}

impl Documents {
    fn read(paths: &[PathBuf], fetched: Option<Fetched>) -> Result<Self, SourceError> {
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
) -> Result<(String, String), SourceError> {
    let text = bounded_file::read_text(path, max)?;
    let document = parse_json(&text).map_err(|source| SourceError::Form {
        path: path.to_owned(),
        expected,
        source,
    })?;
    let id = document.get("id").and_then(Value::as_str);
    let id = id.ok_or_else(|| SourceError::NoId {
        path: path.to_owned(),
    })?;
    Ok((id.to_owned(), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_lacks_a_list_is_told_what_to_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.json");
        fs::write(&path, r#"{"id": "https://issuer.example/status/1"}"#).unwrap();
        let args = SourceArgs {
            status_lists: vec![path.clone()],
            ..SourceArgs::default()
        };
        let lists = args.read(&TrustList::new()).unwrap().lists;
        assert!(lists.status_list("https://issuer.example/status/1").is_ok());
        let lacking = lists
            .status_list("https://issuer.example/status/2")
            .unwrap_err();
        assert!(
            lacking.contains("--online") && lacking.contains("--status-list"),
            "{lacking}"
        );
        fs::write(&path, "{}").unwrap();
        let refused = args.read(&TrustList::new()).map(drop);
        assert!(
            matches!(refused, Err(SourceError::NoId { .. })),
            "{refused:?}"
        );
    }
}
