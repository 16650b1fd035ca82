//! The text by which a party publishes keys, and its signature.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use idos_types::PartyId;
use idos_wallet::{AuthType, Sender};

use crate::error::{Outcome, Refusal};

/// One version of a party's keys, as its signing key signs it.
pub(crate) struct PartyText<'a> {
    pub(crate) id: PartyId,
    pub(crate) version: i64,
    pub(crate) name: &'a str,
    pub(crate) did: Option<&'a str>,
    pub(crate) signing_public_key: &'a str,
    pub(crate) encryption_public_key: &'a str,
}

impl PartyText<'_> {
    /// The text: one line a field, so that no value may hold a line break.
    pub(crate) fn message(&self, chain_id: &str) -> Outcome<String> {
        let did = self.did.unwrap_or_default();
        for (name, value) in [
            ("name", self.name),
            ("did", did),
            ("signing_public_key", self.signing_public_key),
            ("encryption_public_key", self.encryption_public_key),
        ] {
            if value.contains(['\n', '\r']) {
                return Err(Refusal::LineBreak(name).into());
            }
        }
        Ok(format!(
            "operation: publishPartyKeys\nid: {}\nversion: {}\nname: {}\ndid: {did}\n\
             signing public key: {}\nencryption public key: {}\nchain id: {chain_id}",
            self.id, self.version, self.name, self.signing_public_key, self.encryption_public_key
        ))
    }
}

/// The text that a party's signing key signs to publish a version of its keys: the signing key in
/// lower-case hexadecimal, then the encryption key in base64.
pub fn party_message(
    id: PartyId,
    version: i64,
    name: &str,
    did: Option<&str>,
    [signing_public_key, encryption_public_key]: [&str; 2],
    chain_id: &str,
) -> Outcome<String> {
    let text = PartyText {
        id,
        version,
        name,
        did,
        signing_public_key,
        encryption_public_key,
    };
    text.message(chain_id)
}

/// Checks the keys of a new version and the signature over it.
pub(crate) fn verify_party(text: &PartyText<'_>, chain_id: &str, signature: &str) -> Outcome<()> {
    if text.name.is_empty() {
        return Err(Refusal::Empty("name").into());
    }
    if text
        .did
        .is_some_and(|did| !did.is_empty() && !did.starts_with("did:"))
    {
        return Err(Refusal::InvalidKey("did").into());
    }
    let encryption = STANDARD.decode(text.encryption_public_key).ok();
    if encryption.is_none_or(|key| key.len() != 32) {
        return Err(
            Refusal::InvalidKey("encryption_public_key, it has to be base64 of 32 bytes").into(),
        );
    }
    let signer = hex::decode(text.signing_public_key)
        .ok()
        .and_then(|key| Sender::parse(AuthType::Ed25519, &key).ok())
        .ok_or(Refusal::InvalidKey(
            "signing_public_key, it has to be hexadecimal of 32 bytes",
        ))?;
    let message = text.message(chain_id)?;
    let signature = hex::decode(signature).map_err(|_| Refusal::PartySignature)?;
    signer
        .verify(message.as_bytes(), &signature)
        .map_err(|_| Refusal::PartySignature)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use idos_types::Uuid;

    use super::*;

    #[test]
    fn no_field_begins_a_line_of_its_own() {
        let id = PartyId(Uuid::nil());
        let message = |[name, did, signing, encryption]: [&str; 4]| {
            party_message(id, 1, name, Some(did), [signing, encryption], "chain")
        };
        let plain = ["name", "did:web:a.example", "signing", "encryption"];
        assert!(message(plain).is_ok());
        for at in 0..plain.len() {
            for text in ["a\nb", "a\rb"] {
                let mut broken = plain;
                broken[at] = text;
                assert!(message(broken).is_err(), "{broken:?}");
            }
        }
    }
}
