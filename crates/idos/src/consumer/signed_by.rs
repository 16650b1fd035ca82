//! Who signed what was verified, by the name that the network proves.

use idos_client::party::ListedParty;
use idos_credential::{Check, KeyKind, Outcome, PublicKey, Report};
use serde_json::{Value, json};

use crate::command::output::inert;

/// Who signed a credential, if that is proved.
pub(super) struct SignedBy(Option<Issuer>);

/// An issuer.
struct Issuer {
    id: String,
    /// The name that it published as a party; none of one whom the network did not admit.
    name: Option<String>,
}

impl SignedBy {
    /// The issuer that a credential names: nobody unless it is believed and the signature is its own.
    pub(super) fn of(report: &Report, content: &[u8], issuers: &[ListedParty]) -> Self {
        let is_passed = |check| matches!(report.outcome(check), Outcome::Passed);
        let is_signed = [Check::Issuer, Check::Trust, Check::Proof]
            .into_iter()
            .all(is_passed);
        let id = if is_signed { issuer(content) } else { None };
        Self(id.map(|id| Issuer {
            name: name(&id, issuers),
            id,
        }))
    }

    /// For people.
    pub(super) fn for_people(&self) -> String {
        match &self.0 {
            None => "nobody who is proved".to_owned(),
            Some(Issuer { id, name: None }) => inert(id),
            Some(Issuer {
                id,
                name: Some(name),
            }) => format!("{} ({})", inert(name), inert(id)),
        }
    }

    /// For programs: `null` if it is not proved.
    pub(super) fn json(&self) -> Value {
        let issuer = self.0.as_ref();
        issuer.map_or(Value::Null, |it| json!({ "id": it.id, "name": it.name }))
    }
}

/// The issuer that a credential names.
fn issuer(content: &[u8]) -> Option<String> {
    let credential: Value = serde_json::from_slice(content).ok()?;
    let issuer = credential.get("issuer")?;
    let id = issuer.as_str().or_else(|| issuer.get("id")?.as_str());
    id.map(str::to_owned)
}

/// The name of the party that this is: by the key that it signs with, or by the DID that it published,
/// unless another published the same.
fn name(id: &str, issuers: &[ListedParty]) -> Option<String> {
    let published = || issuers.iter().filter_map(|listed| listed.keys.as_ref());
    let by_key = published().find(|keys| did_key(&keys.signing_public_key).as_deref() == Some(id));
    if let Some(keys) = by_key {
        return Some(keys.name.clone());
    }
    let mut by_did = published().filter(|keys| keys.did.as_deref() == Some(id));
    match (by_did.next(), by_did.next()) {
        (Some(keys), None) => Some(keys.name.clone()),
        _ => None,
    }
}

fn did_key(hex_key: &str) -> Option<String> {
    let bytes = hex::decode(hex_key).ok()?;
    let key = PublicKey::from_bytes(KeyKind::Ed25519, &bytes).ok()?;
    Some(key.did_key())
}

#[cfg(test)]
mod tests {
    use idos_crypto::SigningKey;
    use idos_ledger::{Party, PartyKeys, Roles};
    use idos_types::{PartyId, Uuid};

    use super::*;

    fn listed(seed: u8, did: Option<&str>) -> ListedParty {
        let id = PartyId(Uuid::from_u128(seed.into()));
        let key = SigningKey::from_seed(&[seed; 32]).public_key_hex();
        ListedParty {
            party: Party {
                id,
                address: key.clone(),
                roles: Roles::parse("issuer").unwrap(),
                version: 1,
            },
            keys: Some(PartyKeys {
                party_id: id,
                version: 1,
                name: format!("party {seed}"),
                did: did.map(str::to_owned),
                signing_public_key: key,
                encryption_public_key: String::new(),
                signature: String::new(),
                height: 1,
            }),
        }
    }

    #[test]
    fn a_name_is_that_of_one_party() {
        let web = "did:web:issuer.example";
        let first = listed(1, Some(web));
        let key = did_key(&first.party.address).unwrap();
        // Whoever publishes the did:key of another does not give it a name.
        let second = listed(2, Some(&key));
        let both = [second, first];
        assert_eq!(name(&key, &both).as_deref(), Some("party 1"));
        assert_eq!(name(web, &both).as_deref(), Some("party 1"));
        assert_eq!(name("did:web:other.example", &both), None);
        let twice = [listed(1, Some(web)), listed(3, Some(web))];
        assert_eq!(name(web, &twice), None);
    }

    #[test]
    fn an_issuer_is_named_in_either_form() {
        for content in [
            r#"{"issuer":"did:key:z"}"#,
            r#"{"issuer":{"id":"did:key:z"}}"#,
        ] {
            assert_eq!(issuer(content.as_bytes()).as_deref(), Some("did:key:z"));
        }
        assert_eq!(issuer(b"{}"), None);
        assert_eq!(issuer(b"no JSON"), None);
    }
}
