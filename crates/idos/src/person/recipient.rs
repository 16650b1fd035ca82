//! With whom something is shared.

use idos_client::{party::Recipient, person::Person};
use idos_crypto::PublicKey;
use idos_types::{PartyId, Uuid};

use crate::role::RoleError;

/// A recipient.
#[derive(clap::Args)]
pub(super) struct RecipientArgs {
    /// The consumer that the network admitted, by its id: its key is proved.
    #[arg(long, value_name = "ID", required_unless_present = "grantee")]
    with: Option<Uuid>,
    /// Somebody whom the network did not admit, by the name that grants know it by. Nobody vouches
    /// for the key, so it has to come from the recipient itself.
    #[arg(
        long,
        value_name = "ADDRESS",
        conflicts_with = "with",
        requires = "key"
    )]
    grantee: Option<String>,
    /// The public key of --grantee, base64.
    #[arg(long, value_name = "KEY", requires = "grantee")]
    key: Option<String>,
}

impl RecipientArgs {
    /// Who that is, with the key to seal for.
    pub(super) async fn find(&self, person: &Person) -> Result<Recipient, RoleError> {
        match (self.with, &self.grantee, &self.key) {
            (Some(party), _, _) => Ok(person.client().consumer(PartyId(party)).await?),
            (None, Some(grantee), Some(key)) => {
                let key = PublicKey::from_base64(key)
                    .map_err(|error| RoleError::Refused(format!("--key: {error}")))?;
                Ok(Recipient::unlisted(grantee, key))
            }
            _ => Err(RoleError::Refused("name a recipient by --with".to_owned())),
        }
    }
}
