//! `publish-keys` of issuers and consumers: what a party signs with, and what others seal to.

use idos_client::{Client, party::NewPartyKeys};
use idos_crypto::{PublicKey, SigningKey};
use idos_types::{PartyId, Uuid};
use serde_json::json;

use crate::{
    command::output::Output,
    role::{RoleArgs, RoleError, block_on},
};

/// What the command is given.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) role: RoleArgs,
    /// The party, by the id that whoever admitted it chose.
    #[arg(long, value_name = "ID")]
    party: Uuid,
    /// Name to show to people.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Decentralized identifier [default: an issuer's did:key; a consumer has none]
    #[arg(long, value_name = "DID")]
    did: Option<String>,
}

/// Publishes the keys of a folder, in place of those before.
pub(crate) fn publish(
    args: &Args,
    client: &Client,
    own_did: Option<&str>,
    (signing, encryption): (&SigningKey, PublicKey),
    output: Output,
) -> Result<(), RoleError> {
    let party = PartyId(args.party);
    let keys = NewPartyKeys {
        name: &args.name,
        did: args.did.as_deref().or(own_did),
        signing,
        encryption,
    };
    let listed = block_on(async {
        client.publish_party_keys(party, &keys).await?;
        Ok(client.party(party).await?)
    })?;
    let version = listed.party.version;
    let text = format!("published version {version} of the keys of the party {party}");
    let json = json!({ "event": "keys-published", "party": party.to_string(), "version": version });
    Ok(output.print(&text, &json)?)
}
