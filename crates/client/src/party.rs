//! Parties: organisations whose keys others rely on, read with proof.

use idos_credential::{KeyKind, PublicKey as CredentialKey, TrustList};
use idos_crypto::{PublicKey, SigningKey};
use idos_ledger::{Answer, Party, PartyKeys, Proved, party_message};
use idos_types::{PartyId, Value, fold, limits::PAGE_ROWS};

use crate::{client::Client, execute::Executed, flow_error::FlowError};

/// How often the pages of parties are read anew when the state changes between two of them.
const READS: usize = 16;

/// A party with its current keys, if it published any.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListedParty {
    /// Whom the network admitted, as what.
    pub party: Party,
    /// What it published.
    pub keys: Option<PartyKeys>,
}

/// Who gets a copy, and the key that it is sealed with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recipient {
    grantee: String,
    key: PublicKey,
    name: Option<String>,
}

/// The keys that a party publishes.
#[derive(Clone, Debug)]
pub struct NewPartyKeys<'a> {
    /// Name to show to people.
    pub name: &'a str,
    /// Decentralized identifier, if it has one. An issuer is believed by it if it lists `signing`.
    pub did: Option<&'a str>,
    /// What it signs with: its credentials, its grants, its transactions.
    pub signing: &'a SigningKey,
    /// What others seal to.
    pub encryption: PublicKey,
}

impl Recipient {
    /// Somebody whom the network did not admit: another person, an application under test. Nobody
    /// vouches for the key, so it has to come from the recipient itself.
    pub fn unlisted(grantee: &str, key: PublicKey) -> Self {
        Self {
            grantee: grantee.to_owned(),
            key,
            name: None,
        }
    }

    /// The name by which grants know it.
    pub fn grantee(&self) -> &str {
        &self.grantee
    }

    /// What is sealed to.
    pub fn key(&self) -> PublicKey {
        self.key
    }

    /// The name that it published; none of an unlisted one.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Refuses another key than the published one.
    fn checked(self, given: Option<PublicKey>) -> Result<Self, FlowError> {
        if given.is_some_and(|given| given != self.key) {
            let grantee = self.grantee;
            return Err(FlowError::RecipientKey { grantee });
        }
        Ok(self)
    }

    /// The recipient that a party is.
    fn of(listed: &ListedParty) -> Result<Self, FlowError> {
        let keys = listed.published()?;
        Ok(Self {
            grantee: listed.party.address.clone(),
            key: listed.encryption_key()?,
            name: Some(keys.name.clone()),
        })
    }
}

impl ListedParty {
    /// Its keys, or the error that it has none.
    pub fn published(&self) -> Result<&PartyKeys, FlowError> {
        let keys = self.keys.as_ref();
        keys.ok_or(FlowError::NoPartyKeys(self.party.id))
    }

    /// What others seal to.
    pub fn encryption_key(&self) -> Result<PublicKey, FlowError> {
        let keys = self.published()?;
        PublicKey::from_base64(&keys.encryption_public_key).map_err(|source| FlowError::Key {
            whose: "a party",
            source,
        })
    }

    /// What it signs credentials with.
    fn signing_key(&self) -> Option<CredentialKey> {
        let keys = self.keys.as_ref()?;
        let bytes = hex::decode(&keys.signing_public_key).ok()?;
        CredentialKey::from_bytes(KeyKind::Ed25519, &bytes).ok()
    }
}

impl Client {
    /// A party, with proof.
    pub async fn party(&self, id: PartyId) -> Result<ListedParty, FlowError> {
        let answer = self.proved("get_party", vec![Value::Uuid(id.0)]).await?;
        let Answer::Party(found) = answer else {
            return Err(FlowError::OtherAnswer);
        };
        let (party, keys) = found.ok_or(FlowError::NoParty(id))?;
        Ok(ListedParty { party, keys })
    }

    /// Every party, of one role (`issuer`, `consumer`, `operator`) if given, with proof: all of one state, as one that is
    /// admitted or leaves between two pages would move another from one to the other, where nobody sees it.
    pub async fn parties(&self, role: Option<&str>) -> Result<Vec<ListedParty>, FlowError> {
        for _ in 0..READS {
            if let Some(all) = self.parties_of_one_state(role, PAGE_ROWS).await? {
                return Ok(all);
            }
        }
        Err(FlowError::ListMoved("parties"))
    }

    /// The same by pages of a size; `None` if they are not of the same state.
    async fn parties_of_one_state(
        &self,
        role: Option<&str>,
        size: i64,
    ) -> Result<Option<Vec<ListedParty>>, FlowError> {
        let (mut all, mut root) = (Vec::new(), None);
        for page in 1.. {
            let role = role.map_or(Value::Null, Value::from);
            let arguments = vec![role, Value::Int(page), Value::Int(size)];
            let Proved { statement, answer } = self.proved_at("get_parties", arguments).await?;
            let Answer::Parties(found) = answer else {
                return Err(FlowError::OtherAnswer);
            };
            if *root.get_or_insert(statement.root) != statement.root {
                return Ok(None);
            }
            let is_last = i64::try_from(found.len()).is_ok_and(|count| count < size);
            let listed = |(party, keys)| ListedParty { party, keys };
            all.extend(found.into_iter().map(listed));
            if is_last {
                break;
            }
        }
        Ok(Some(all))
    }

    /// The consumer of this id as a recipient: its key is the one that it published, with proof.
    pub async fn consumer(&self, id: PartyId) -> Result<Recipient, FlowError> {
        let listed = self.party(id).await?;
        if !listed.party.roles.consumer {
            let role = "consumer";
            return Err(FlowError::Role { party: id, role });
        }
        Recipient::of(&listed)
    }

    /// The party with this address as a recipient, whatever its roles. `given` is the key that
    /// somebody says is its own: another than the published one is refused.
    pub async fn recipient_at(
        &self,
        grantee: &str,
        given: Option<PublicKey>,
    ) -> Result<Recipient, FlowError> {
        let address = fold(grantee);
        let all = self.parties(None).await?;
        let listed = all.iter().find(|listed| listed.party.address == address);
        let listed = listed.ok_or_else(|| FlowError::UnknownRecipient(grantee.to_owned()))?;
        Recipient::of(listed)?.checked(given)
    }

    /// The issuers that the network admitted: what a verifier believes. An issuer is known by the
    /// `did:key` of its signing key, and by the DID that it published if that DID lists the same key.
    pub async fn trusted_issuers(&self) -> Result<TrustList, FlowError> {
        Ok(trust_list(&self.parties(Some("issuer")).await?))
    }

    /// Publishes the next version of the caller's own keys as a party.
    pub async fn publish_party_keys(
        &self,
        id: PartyId,
        keys: &NewPartyKeys<'_>,
    ) -> Result<Executed, FlowError> {
        let listed = self.party(id).await?;
        let (signing, encryption) = (keys.signing.public_key_hex(), keys.encryption.to_base64());
        let text = party_message(
            id,
            listed.party.version.saturating_add(1),
            keys.name,
            keys.did,
            [&signing, &encryption],
            self.chain_id(),
        )?;
        let signature = hex::encode(keys.signing.sign(text.as_bytes()));
        let arguments = vec![
            Value::Uuid(id.0),
            Value::from(keys.name),
            keys.did.map_or(Value::Null, Value::from),
            Value::from(signing),
            Value::from(encryption),
            Value::from(signature),
        ];
        Ok(self.execute("publish_party_keys", arguments).await?)
    }
}

/// The list of these issuers; parties without that role, or without keys, are none. The network looks
/// into no DID, so a party could publish another's, and have everybody believe whom nobody admitted: a
/// DID counts if it lists the key that the party signs with.
pub fn trust_list(parties: &[ListedParty]) -> TrustList {
    let issuers = parties.iter().filter(|listed| listed.party.roles.issuer);
    issuers.fold(TrustList::new(), |list, listed| {
        let Some(key) = listed.signing_key() else {
            return list;
        };
        let list = list.with_did(key.did_key());
        match listed.keys.as_ref().and_then(|keys| keys.did.as_deref()) {
            Some(did) => list.with_claimed_did(did, key),
            None => list,
        }
    })
}

#[cfg(test)]
mod tests;
