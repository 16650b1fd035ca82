//! `--revocable`: what is issued by commands gets an entry of the list that `idos issuer serve`
//! publishes.

use std::path::Path;

use idos_credential::Suite;
use idos_types::Uuid;
use serde_json::{Map, Value};

use crate::{issuer::serve::Revocations, role::RoleError, web::web_url::WebUrl};

/// Whether what is issued can be revoked.
#[derive(clap::Args)]
pub(crate) struct RevocableArgs {
    /// Give the credential an entry in the revocation list, and an `id` if it has none:
    /// `idos issuer status` revokes by it.
    #[arg(long, requires = "public_url")]
    revocable: bool,
    /// Where others reach `idos issuer serve`, which publishes the list.
    #[arg(long, value_name = "URL", requires = "revocable")]
    public_url: Option<WebUrl>,
}

/// The list, if what is issued can be revoked.
pub(crate) struct Revocable(Option<Revocations>);

impl RevocableArgs {
    /// Opens the list of an issuer's folder.
    pub(crate) fn open(&self, home: &Path, suite: Suite) -> Result<Revocable, RoleError> {
        let lists = match (self.revocable, &self.public_url) {
            (true, Some(url)) => Some(Revocations::open(home, url, suite)?),
            _ => None,
        };
        Ok(Revocable(lists))
    }
}

impl Revocable {
    /// Gives a credential its entry; the answer is the `id` by which it is revoked. Without an `id` it
    /// gets one from the id under which it is `issued`, which every attempt derives anew: whoever starts
    /// again after an interruption gives the same id and entry. That of the write grant would not do: its
    /// signer chooses it, and the network forgets it in time.
    pub(crate) fn give(
        &self,
        issued: Uuid,
        credential: &mut Map<String, Value>,
    ) -> Result<Option<String>, RoleError> {
        let Some(lists) = &self.0 else {
            return Ok(None);
        };
        if credential.contains_key("credentialStatus") {
            let text = "the credential has a credentialStatus: leave it out, or --revocable";
            return Err(RoleError::Refused(text.to_owned()));
        }
        let id = credential
            .entry("id")
            .or_insert_with(|| format!("urn:uuid:{issued}").into());
        let id = id.as_str().map(str::to_owned).ok_or_else(|| {
            RoleError::Refused("the id of the credential has to be a text".to_owned())
        })?;
        lists.add(&id, issued, credential)?;
        Ok(Some(id))
    }

    /// Whether each credential gets an `id` of its own.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }
}
