//! With whom something is shared.

use idos_client::{FlowError, party::Recipient, person::Person};
use idos_crypto::PublicKey;
use idos_types::{PartyId, Uuid};
use serde_json::{Value, json};

use crate::{
    command::output::{Output, inert},
    role::RoleError,
};

/// A recipient.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("whom").required(true).args(["with", "grantee"]))]
pub(super) struct RecipientArgs {
    /// The consumer that the network admitted, by its id: its key is proved.
    #[arg(long, value_name = "ID")]
    with: Option<Uuid>,
    /// Somebody whom the network did not admit, by the name that grants know it by. Nobody vouches
    /// for the key, so it has to come from the recipient itself. Of a party that the network did
    /// admit another key than the published one is refused.
    #[arg(long, value_name = "ADDRESS", requires = "key")]
    grantee: Option<String>,
    /// The public key of --grantee, base64; with --with, another than the published one is refused.
    #[arg(long, value_name = "KEY", requires = "whom")]
    key: Option<String>,
}

impl RecipientArgs {
    /// Who that is, with the key to seal for. It is told before anything is shared: a lock cannot be
    /// taken back.
    pub(super) async fn find(
        &self,
        person: &Person,
        output: Output,
    ) -> Result<Recipient, RoleError> {
        let recipient = self.look_up(person).await?;
        output.announce(&format!("sharing with {}", who(&recipient)));
        Ok(recipient)
    }

    async fn look_up(&self, person: &Person) -> Result<Recipient, RoleError> {
        let key = self.key.as_deref().map(PublicKey::from_base64).transpose();
        let key = key.map_err(|error| RoleError::Refused(format!("--key: {error}")))?;
        match (self.with, &self.grantee, key) {
            (Some(party), _, given) => {
                let recipient = person.client().consumer(PartyId(party)).await?;
                if given.is_some_and(|given| given != recipient.key()) {
                    let grantee = recipient.grantee().to_owned();
                    return Err(FlowError::RecipientKey { grantee }.into());
                }
                Ok(recipient)
            }
            (None, Some(grantee), Some(key)) => Ok(with_key(person, grantee, key).await?),
            _ => Err(RoleError::Refused("name a recipient by --with".to_owned())),
        }
    }
}

/// A recipient for people: by the name that it published, which is proved, and by its address.
pub(super) fn who(recipient: &Recipient) -> String {
    let address = inert(recipient.grantee());
    match recipient.name() {
        Some(name) => format!("{} ({address})", inert(name)),
        None => format!("{address}, for whose key nobody vouches"),
    }
}

/// What was shared, with whom, for programs; the name is `null` if the network admitted nobody there.
pub(super) fn with_recipient(mut shared: Value, recipient: &Recipient) -> Value {
    if let Some(members) = shared.as_object_mut() {
        members.insert("grantee".to_owned(), json!(recipient.grantee()));
        members.insert("grantee_name".to_owned(), json!(recipient.name()));
    }
    shared
}

/// Somebody with the key that is said to be theirs. Of a party that the network admitted it has to be
/// the published one; for the key of anybody else nobody vouches.
pub(super) async fn with_key(
    person: &Person,
    grantee: &str,
    key: PublicKey,
) -> Result<Recipient, FlowError> {
    match person.client().recipient_at(grantee, Some(key)).await {
        Err(FlowError::UnknownRecipient(_)) => Ok(Recipient::unlisted(grantee, key)),
        found => found,
    }
}
