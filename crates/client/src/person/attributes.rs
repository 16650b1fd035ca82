//! Attributes: sealed unless the person says otherwise.
//!
//! A sealed value is `idos:box:<sender's key>:<content>` of the compatible suite, or
//! `idos:envelope:<envelope>` of the post-quantum suite for people with a key ring; all in base64.
//! An envelope is bound to person, id and key of its attribute.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use idos_crypto::{OpenError, Plaintext, PublicKey, Sealed};
use idos_ledger::{Answer, Attribute, AttributeCopy};
use idos_types::{AttributeId, UserId, Value};

use super::{KEY_RING_ATTRIBUTE, Keys, Person, is_key_ring, keys::Kind, not_found, not_opened};
use crate::{
    execute::Executed,
    flow_error::{FlowError, NotOpened},
    fresh_id::fresh_id,
    party::Recipient,
};

const BOX: &str = "idos:box:";
const ENVELOPE: &str = "idos:envelope:";

/// The value of an attribute.
#[derive(Clone, PartialEq, Eq)]
pub enum AttributeValue {
    /// Whoever has a node's data reads it.
    Plain(String),
    /// It was sealed for the person.
    Sealed(Plaintext),
}

/// An attribute of the person.
pub struct OwnedAttribute {
    /// The row.
    pub row: Attribute,
    /// Its value, if it opens.
    pub value: Result<AttributeValue, NotOpened>,
}

/// A copy of an attribute that is sealed for somebody, who may read it.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedAttribute {
    /// The copy. The recipient fetches it by
    /// [`Consumer::attribute`](crate::consumer::Consumer::attribute).
    pub copy: AttributeId,
    /// The sealed value, which the recipient opens by
    /// [`Consumer::open_attribute`](crate::consumer::Consumer::open_attribute).
    pub value: String,
}

impl OwnedAttribute {
    fn of(keys: &Keys, row: Attribute) -> Self {
        let value = opened(keys, row.id, &row.attribute_key, &row.value);
        let value = value.map_err(|source| not_opened("attribute", row.id.0, source));
        Self { row, value }
    }
}

impl AttributeValue {
    /// The value as text, if it is UTF-8.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Plain(text) => Some(text),
            Self::Sealed(plaintext) => std::str::from_utf8(plaintext).ok(),
        }
    }

    /// The value as it is: what others sealed need be no text.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Plain(text) => text.as_bytes(),
            Self::Sealed(plaintext) => plaintext,
        }
    }

    /// Whether nobody but the person can read it.
    pub fn is_sealed(&self) -> bool {
        matches!(self, Self::Sealed(_))
    }
}

/// Values are personal data.
impl std::fmt::Debug for OwnedAttribute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OwnedAttribute({})", self.row.id)
    }
}

/// Whose attribute it is is personal data.
impl std::fmt::Debug for SharedAttribute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SharedAttribute({})", self.copy)
    }
}

/// Values are personal data.
impl std::fmt::Debug for AttributeValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain(…)",
            Self::Sealed(_) => "Sealed(…)",
        })
    }
}

impl Person {
    /// The attributes as the network has them, each with what it is a copy of.
    pub async fn attribute_rows(
        &self,
    ) -> Result<Vec<(Attribute, Option<AttributeCopy>)>, FlowError> {
        match self.client.proved("get_attributes", Vec::new()).await? {
            Answer::Attributes(rows) => Ok(rows),
            _ => Err(FlowError::OtherAnswer),
        }
    }

    /// The person's own attributes, each opened as far as it opens; the key ring is none of them.
    pub async fn attributes(&self, keys: &Keys) -> Result<Vec<OwnedAttribute>, FlowError> {
        let rows = self.attribute_rows().await?.into_iter();
        let own = rows.filter(|(row, copy)| copy.is_none() && !is_key_ring(row));
        Ok(own.map(|(row, _)| OwnedAttribute::of(keys, row)).collect())
    }

    /// Adds an attribute. Its value is sealed; its key is not. No attribute can have the key of the key
    /// ring ([`FlowError::ReservedKey`]).
    pub async fn add_attribute(
        &self,
        keys: &Keys,
        key: &str,
        value: &str,
    ) -> Result<AttributeId, FlowError> {
        let id = AttributeId(fresh_id()?);
        let value = sealed(keys, id, key, value)?;
        self.put_attribute("add_attribute", id, key, value).await?;
        Ok(id)
    }

    /// Adds an attribute in plain: every node can read it.
    pub async fn add_plain_attribute(
        &self,
        key: &str,
        value: &str,
    ) -> Result<AttributeId, FlowError> {
        let id = AttributeId(fresh_id()?);
        self.put_attribute("add_attribute", id, key, value.to_owned())
            .await?;
        Ok(id)
    }

    /// Replaces an attribute by a sealed one.
    pub async fn edit_attribute(
        &self,
        keys: &Keys,
        id: AttributeId,
        key: &str,
        value: &str,
    ) -> Result<Executed, FlowError> {
        let value = sealed(keys, id, key, value)?;
        self.put_attribute("edit_attribute", id, key, value).await
    }

    /// Adds a copy of an attribute, sealed for a recipient, who may read it until it or its original
    /// is removed.
    pub async fn share_attribute(
        &self,
        keys: &Keys,
        id: AttributeId,
        recipient: &Recipient,
    ) -> Result<SharedAttribute, FlowError> {
        let rows = self.attribute_rows().await?;
        let original = rows
            .into_iter()
            .find(|(row, copy)| row.id == id && copy.is_none() && !is_key_ring(row));
        let (row, _) = original.ok_or_else(|| not_found("attribute", id.0))?;
        let OwnedAttribute { row, value } = OwnedAttribute::of(keys, row);
        let value = boxed(&recipient.key(), value?.bytes())?;
        let copy = AttributeId(fresh_id()?);
        let arguments = vec![
            Value::Uuid(copy.0),
            Value::Uuid(id.0),
            Value::from(row.attribute_key),
            Value::from(value.as_str()),
            Value::from(recipient.grantee()),
        ];
        let sharing = self.client.execute("share_attribute_with", arguments);
        sharing.await?;
        Ok(SharedAttribute { copy, value })
    }

    /// Deletes an attribute with its copies; it is proved that they are gone.
    pub async fn remove_attribute(&self, id: AttributeId) -> Result<Executed, FlowError> {
        let is_there = || async {
            let rows = self.attribute_rows().await?;
            let is_of = |copy: &AttributeCopy| copy.original_id == id;
            Ok(rows
                .iter()
                .any(|(row, copy)| row.id == id || copy.as_ref().is_some_and(is_of)))
        };
        let ending = self
            .client
            .ended("remove_attribute", id.0, "attribute", is_there);
        ending.await
    }

    async fn put_attribute(
        &self,
        action: &str,
        id: AttributeId,
        key: &str,
        value: String,
    ) -> Result<Executed, FlowError> {
        if key == KEY_RING_ATTRIBUTE {
            return Err(FlowError::ReservedKey);
        }
        let arguments = vec![Value::Uuid(id.0), Value::from(key), Value::from(value)];
        Ok(self.client.execute(action, arguments).await?)
    }
}

/// A value sealed for the person, as it is stored.
fn sealed(keys: &Keys, id: AttributeId, key: &str, value: &str) -> Result<String, FlowError> {
    Ok(match &keys.kind {
        Kind::Compatible(secret) => boxed(&secret.public_key(), value.as_bytes())?,
        Kind::Ring(open) => {
            let public = open.unlocked.keys.current().hybrid_key().public_key();
            let envelope = public.seal(&context(keys.user(), id, key), value.as_bytes())?;
            format!("{ENVELOPE}{}", STANDARD.encode(envelope))
        }
    })
}

/// A value sealed for whoever has this key.
fn boxed(key: &PublicKey, value: &[u8]) -> Result<String, FlowError> {
    let sealed = key.seal(value)?;
    let sender = sealed.encryptor_public_key().to_base64();
    Ok(format!("{BOX}{sender}:{}", sealed.content_base64()))
}

/// What of a value is sealed by the compatible suite; `None` if it is not.
pub(crate) fn in_box(value: &str) -> Result<Option<Sealed>, FlowError> {
    let Some(rest) = value.strip_prefix(BOX) else {
        return Ok(None);
    };
    let (sender, content) = rest.split_once(':').ok_or(FlowError::AttributeForm)?;
    Ok(Some(Sealed::from_base64(content, sender)?))
}

/// A stored value, opened if it is sealed.
fn opened(
    keys: &Keys,
    id: AttributeId,
    key: &str,
    value: &str,
) -> Result<AttributeValue, FlowError> {
    if let Some(sealed) = in_box(value)? {
        return Ok(AttributeValue::Sealed(keys.open(&sealed)?));
    }
    if let Some(envelope) = value.strip_prefix(ENVELOPE) {
        let envelope = STANDARD.decode(envelope).map_err(|_| OpenError::Encoding)?;
        let ring = &keys.open_ring()?.unlocked.keys;
        let opened = ring.open_envelope(&context(keys.user(), id, key), &envelope)?;
        return Ok(AttributeValue::Sealed(opened));
    }
    Ok(AttributeValue::Plain(value.to_owned()))
}

/// What an envelope is bound to. The key comes last, so that no two contexts are the same text.
fn context(user: UserId, id: AttributeId, key: &str) -> Vec<u8> {
    format!("idos/attribute/v1/{user}/{id}/{key}").into_bytes()
}

#[cfg(test)]
mod tests {
    use idos_crypto::{Factor, KeyRing, NewFactor, Password, PasswordCost};
    use idos_types::Uuid;

    use super::*;

    fn keys() -> [Keys; 2] {
        let user = Person::new_id().unwrap();
        let password = Password::new("a long password").unwrap();
        let factor = NewFactor::Password(&password, PasswordCost::LEAST);
        [
            Keys::compatible(user, &password).unwrap(),
            Keys::new_ring(user, &factor).unwrap(),
        ]
    }

    #[test]
    fn values_are_sealed_and_open_for_their_person_only() {
        let id = AttributeId(Uuid::from_u128(1));
        let (mine, others) = (keys(), keys());
        for (mine, other) in mine.iter().zip(&others) {
            let stored = sealed(mine, id, "email", "name@example.org").unwrap();
            assert!(!stored.contains("example"));
            let value = opened(mine, id, "email", &stored).unwrap();
            assert_eq!(value.text(), Some("name@example.org"));
            assert!(value.is_sealed());
            assert!(opened(other, id, "email", &stored).is_err());
        }
        let plain = opened(&mine[0], id, "email", "in plain").unwrap();
        assert!(!plain.is_sealed());
    }

    #[test]
    fn an_envelope_does_not_open_in_another_place() {
        let [_, ring] = keys();
        let (here, there) = (Uuid::from_u128(1).into(), Uuid::from_u128(2).into());
        let stored = sealed(&ring, here, "email", "x").unwrap();
        for (id, key) in [(there, "email"), (here, "phone")] {
            let refused = opened(&ring, id, key, &stored).unwrap_err();
            assert!(matches!(refused, FlowError::Open(OpenError::Altered)));
        }
    }

    /// Values that the enclave's TypeScript sealed: they must open for ever.
    #[test]
    fn recorded_values_open() {
        let sealed = include_str!("../../../../fixtures/crypto/sealed.json");
        let sealed: serde_json::Value = serde_json::from_str(sealed).unwrap();
        let recorded = include_str!("../../../../fixtures/crypto/attributes.json");
        let recorded: serde_json::Value = serde_json::from_str(recorded).unwrap();
        let ring = &sealed["key_ring_1"];
        let user = ring["user"].as_str().unwrap().parse().map(UserId).unwrap();
        let password = Password::new(ring["password"].as_str().unwrap()).unwrap();
        let ring = KeyRing::from_base64(ring["ring"].as_str().unwrap(), user).unwrap();
        let unlocked = ring.unlock(&Factor::Password(&password), 0).unwrap();
        let ring = Keys::of_ring(ring, unlocked);
        let id = AttributeId(recorded["id"].as_str().unwrap().parse().unwrap());
        let key = recorded["key"].as_str().unwrap();
        for name in ["boxes", "envelopes"] {
            let values = recorded[name].as_array().unwrap();
            assert!(!values.is_empty());
            for value in values {
                let value = opened(&ring, id, key, value.as_str().unwrap()).unwrap();
                assert!(value.is_sealed());
                assert_eq!(value.text(), recorded["value"].as_str());
            }
        }
    }

    #[test]
    fn values_in_unknown_forms_are_refused() {
        let [compatible, ring] = keys();
        let id = AttributeId(Uuid::from_u128(1));
        assert!(opened(&compatible, id, "k", "idos:box:nothing").is_err());
        assert!(opened(&ring, id, "k", "idos:envelope:!").is_err());
        // A key that comes from a password alone has no envelopes.
        let stored = sealed(&ring, id, "k", "x").unwrap();
        assert!(matches!(
            opened(&compatible, id, "k", &stored),
            Err(FlowError::NoKeyRing)
        ));
    }
}
