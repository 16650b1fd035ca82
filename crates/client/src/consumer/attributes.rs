//! Attributes that people shared with a consumer.

use idos_crypto::Plaintext;
use idos_ledger::Answer;
use idos_types::{AttributeId, UserId, Uuid, Value};

use super::Consumer;
use crate::{
    flow_error::FlowError,
    person::{in_box, not_found},
};

/// An attribute that a person shared with the consumer, as it is listed.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedAttributeEntry {
    /// The copy.
    pub id: AttributeId,
    /// Whose it is.
    pub owner: UserId,
    /// What it is called.
    pub key: String,
    /// What it is a copy of.
    pub original: Option<AttributeId>,
}

/// An attribute that a person shared, opened.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceivedAttribute {
    /// The copy.
    pub id: AttributeId,
    /// Whose it is.
    pub owner: UserId,
    /// What it is called.
    pub key: String,
    /// Its value.
    pub value: Plaintext,
    /// What it is a copy of.
    pub original: Option<AttributeId>,
}

impl Consumer {
    /// A page of the attributes that are shared with this consumer, oldest first, of one person if
    /// given; pages count from 1. One node's word: [`Consumer::attribute`] proves each.
    pub async fn attributes(
        &self,
        owner: Option<UserId>,
        page: i64,
        size: i64,
    ) -> Result<Vec<SharedAttributeEntry>, FlowError> {
        let owner = owner.map_or(Value::Null, |owner| Value::Uuid(owner.0));
        let arguments = vec![owner, Value::Int(page), Value::Int(size)];
        let rows = self.client.call("get_attributes_shared", arguments).await?;
        let entries = rows.iter().map(|row| {
            Ok(SharedAttributeEntry {
                id: AttributeId(row.get::<Uuid>("id")?),
                owner: UserId(row.get::<Uuid>("user_id")?),
                key: row.get("attribute_key")?,
                original: row.get::<Option<Uuid>>("original_id")?.map(AttributeId),
            })
        });
        entries.collect()
    }

    /// Fetches and opens an attribute, with proof that it is shared with this consumer now.
    pub async fn attribute(&self, id: AttributeId) -> Result<ReceivedAttribute, FlowError> {
        let arguments = vec![Value::Uuid(id.0)];
        let answer = self.client.proved("get_attribute_shared", arguments);
        let Answer::AttributeShared(found) = answer.await? else {
            return Err(FlowError::OtherAnswer);
        };
        let (attribute, copy) = found.ok_or_else(|| not_found("shared attribute", id.0))?;
        Ok(ReceivedAttribute {
            id,
            owner: attribute.user_id,
            value: self.open_attribute(&attribute.value)?,
            key: attribute.attribute_key,
            original: copy.map(|copy| copy.original_id),
        })
    }

    /// Opens the value of an attribute that a person shared with this consumer.
    pub fn open_attribute(&self, value: &str) -> Result<Plaintext, FlowError> {
        let sealed = in_box(value)?.ok_or(FlowError::AttributeForm)?;
        Ok(self.encryption.open(&sealed)?)
    }
}

/// What people share is personal data.
impl std::fmt::Debug for SharedAttributeEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SharedAttributeEntry({})", self.id)
    }
}

/// What people share is personal data.
impl std::fmt::Debug for ReceivedAttribute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ReceivedAttribute({})", self.id)
    }
}
