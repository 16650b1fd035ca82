//! Entries of the revocation list for credentials that are issued by other commands: the server
//! publishes the list.

use std::{path::Path, sync::Arc};

use idos_credential::{StatusList, StatusPurpose, Suite};
use idos_types::Uuid;
use serde_json::{Map, Value};

use super::{
    ServeError, authority::Authority, own_lists::OwnLists, status_lists::StatusListsError,
};
use crate::web::web_url::WebUrl;

/// The revocation list of an issuer's folder.
pub(crate) struct Revocations {
    lists: OwnLists,
    name: String,
}

impl Revocations {
    /// The list for credentials that the folder's key signs by this suite. `public_url` is where the
    /// server is reached.
    pub(crate) fn open(home: &Path, public_url: &WebUrl, suite: Suite) -> Result<Self, ServeError> {
        let authority = Arc::new(Authority::load(home, None)?);
        let lists = OwnLists::open(home, public_url, authority)?;
        let name = lists.name(suite, StatusPurpose::Revocation)?;
        let name = name.ok_or(StatusListsError::Unknown)?;
        Ok(Self { lists, name })
    }

    /// Makes a credential that is issued by a write grant, under the id `issued`, revocable: by its `id`,
    /// which it has to have. The entry is not taken back whatever comes of it: another process may issue
    /// with it.
    pub(crate) fn add(
        &self,
        id: &str,
        issued: Uuid,
        credential: &mut Map<String, Value>,
    ) -> Result<(), StatusListsError> {
        let OwnLists { lists, .. } = &self.lists;
        let position = lists.allocate_for_grant(&self.name, id, issued)?;
        let (url, purpose) = (self.lists.url(&self.name), StatusPurpose::Revocation);
        let status = StatusList::entry(&url, purpose, position as usize);
        credential.insert("credentialStatus".to_owned(), status);
        Ok(())
    }
}
