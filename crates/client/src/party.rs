//! Parties: organisations whose keys others rely on, read with proof.

use idos_credential::{KeyKind, PublicKey as CredentialKey, TrustList};
use idos_crypto::{PublicKey, SigningKey};
use idos_ledger::{Answer, Party, PartyKeys, party_message};
use idos_types::{PartyId, Value, fold};

use crate::{client::Client, execute::Executed, flow_error::FlowError};

/// Parties on a page.
const PAGE: i64 = 100;

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

    /// Every party, of one role (`issuer`, `consumer`, `operator`) if given, with proof.
    pub async fn parties(&self, role: Option<&str>) -> Result<Vec<ListedParty>, FlowError> {
        let mut all = Vec::new();
        for page in 1.. {
            let role = role.map_or(Value::Null, Value::from);
            let arguments = vec![role, Value::Int(page), Value::Int(PAGE)];
            let Answer::Parties(found) = self.proved("get_parties", arguments).await? else {
                return Err(FlowError::OtherAnswer);
            };
            let is_last = i64::try_from(found.len()).is_ok_and(|count| count < PAGE);
            all.extend(
                found
                    .into_iter()
                    .map(|(party, keys)| ListedParty { party, keys }),
            );
            if is_last {
                break;
            }
        }
        Ok(all)
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
mod tests {
    use idos_ledger::Roles;
    use idos_types::Uuid;

    use super::*;

    fn listed(roles: &str, seed: u8, did: Option<&str>) -> ListedParty {
        let id = PartyId(Uuid::from_u128(seed.into()));
        let signing = SigningKey::from_seed(&[seed; 32]);
        ListedParty {
            party: Party {
                id,
                address: signing.public_key_hex(),
                roles: Roles::parse(roles).unwrap(),
                version: 1,
            },
            keys: Some(PartyKeys {
                party_id: id,
                version: 1,
                name: "a party".to_owned(),
                did: did.map(str::to_owned),
                signing_public_key: signing.public_key_hex(),
                encryption_public_key: PublicKey::from_bytes([seed; 32]).to_base64(),
                signature: String::new(),
                height: 1,
            }),
        }
    }

    #[test]
    fn another_key_than_the_published_one_is_refused() {
        let recipient = || Recipient::of(&listed("consumer", 2, None)).unwrap();
        let published = PublicKey::from_bytes([2; 32]);
        assert!(recipient().checked(Some(published)).is_ok());
        assert!(recipient().checked(None).is_ok());
        let refused = recipient().checked(Some(PublicKey::from_bytes([3; 32])));
        let refused = refused.unwrap_err();
        assert!(matches!(refused, FlowError::RecipientKey { .. }));
        assert_eq!(refused.owner(), crate::Owner::Counterparty);
    }

    #[test]
    fn only_issuers_with_keys_are_believed() {
        let issuer = listed("issuer", 1, Some("did:web:issuer.example"));
        let consumer = listed("consumer", 2, None);
        let silent = ListedParty {
            keys: None,
            ..listed("issuer", 3, None)
        };
        let dids: Vec<_> = [&issuer, &consumer]
            .iter()
            .map(|it| it.signing_key().unwrap().did_key())
            .collect();
        let claimed = "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2";
        let other = listed("issuer", 4, Some(claimed));
        let list = trust_list(&[issuer, consumer, silent.clone(), other]);
        assert!(!list.trusts(claimed));
        assert!(list.trusts("did:web:issuer.example"));
        assert!(list.trusts(&dids[0]));
        assert!(!list.trusts(&dids[1]));
        assert!(matches!(
            Recipient::of(&silent),
            Err(FlowError::NoPartyKeys(_))
        ));
    }
}
