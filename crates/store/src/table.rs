//! How one row of a state table is found by its key.

use idos_ledger::{Deadline, Key, ParameterName, Row, Table};
use idos_types::{Digest, Uuid, ValidatorKey};
use rusqlite::{Connection, ToSql, params_from_iter, types::ToSqlOutput};

use crate::{error::Result, sql};

/// Whether rows of other tables refer to rows of this one.
pub(crate) fn is_referred_to(table: Table) -> bool {
    matches!(
        table,
        Table::Users
            | Table::Credentials
            | Table::Attributes
            | Table::Inserters
            | Table::Parties
            | Table::Motions
    )
}

/// Which row of which table.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowKey {
    pub(crate) table: Table,
    values: Vec<KeyValue>,
}

/// One column of a key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum KeyValue {
    Id(Uuid),
    Text(String),
    Int(i64),
    Digest(Digest),
    /// Sixteen bytes or thirty-two: the other columns of the key tell.
    Bytes(Vec<u8>),
}

impl RowKey {
    fn new(table: Table, values: impl Into<Vec<KeyValue>>) -> Self {
        Self {
            table,
            values: values.into(),
        }
    }

    fn id(table: Table, id: impl Into<Uuid>) -> Self {
        Self::new(table, [KeyValue::Id(id.into())])
    }

    /// The key as bytes: ids and digests as they are, texts as UTF-8, integers as eight bytes, most
    /// significant first. Only the last column of a key has no fixed length, so that different keys
    /// are different bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(32);
        for value in &self.values {
            match value {
                KeyValue::Id(id) => bytes.extend(id.as_bytes()),
                KeyValue::Text(text) => bytes.extend(text.as_bytes()),
                KeyValue::Int(number) => bytes.extend(number.to_be_bytes()),
                KeyValue::Digest(digest) => bytes.extend(digest.0),
                KeyValue::Bytes(of_id) => bytes.extend(of_id),
            }
        }
        bytes
    }

    /// The values of the parameters of [`RowKey::condition`].
    pub(crate) fn values(&self) -> &[impl ToSql] {
        &self.values
    }

    /// The condition that finds the row.
    pub(crate) fn condition(&self) -> &'static str {
        match self.table {
            Table::Users
            | Table::Wallets
            | Table::Credentials
            | Table::Attributes
            | Table::AccessGrants
            | Table::Inserters
            | Table::Parties
            | Table::UsedWriteGrants
            | Table::Motions => "id = ?1",
            Table::CredentialCopies | Table::AttributeCopies | Table::AttributeGrants => {
                "copy_id = ?1"
            }
            Table::Delegates => "address = ?1",
            Table::PartyKeys => "party_id = ?1 AND version = ?2",
            Table::SpentMessages | Table::Accounts => "digest = ?1",
            Table::Validators => "key = ?1",
            Table::ValidatorSets => "epoch = ?1",
            Table::Votes => "motion_id = ?1 AND operator = ?2",
            Table::Parameters => "name = ?1",
            Table::Due => "at = ?1 AND kind = ?2 AND id = ?3",
        }
    }

    /// Conditions beside that of the key which no other row of the table may meet, each with its
    /// value: what the schema says is unique.
    pub(crate) fn unique(row: &Row) -> Option<(&'static str, String)> {
        match row {
            Row::Wallet(wallet) => {
                let identity = wallet.identity()?;
                Some(("identity = ?1", identity.as_str().to_owned()))
            }
            Row::Inserter(inserter) => Some(("name = ?1", inserter.name.clone())),
            Row::Party(party) => Some(("address = ?1", party.address.clone())),
            Row::Validator(validator) => Some(("address = ?1", validator.address.to_string())),
            _ => None,
        }
    }

    /// Removes the row, if there is one.
    pub(crate) fn delete(&self, conn: &Connection) -> Result<()> {
        let table = self.table.name();
        let sql = format!("DELETE FROM {table} WHERE {}", self.condition());
        sql::run(conn, table, &sql, params_from_iter(&self.values)).map(|_| ())
    }
}

impl ToSql for KeyValue {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Id(id) => id.to_sql(),
            Self::Text(text) => text.to_sql(),
            Self::Int(number) => number.to_sql(),
            Self::Digest(digest) => digest.0.to_sql(),
            Self::Bytes(bytes) => bytes.to_sql(),
        }
    }
}

impl From<&Key> for RowKey {
    fn from(key: &Key) -> Self {
        match key {
            Key::User(id) => Self::id(Table::Users, *id),
            Key::Wallet(id) => Self::id(Table::Wallets, *id),
            Key::Credential(id) => Self::id(Table::Credentials, *id),
            Key::CredentialCopy(id) => Self::id(Table::CredentialCopies, *id),
            Key::Attribute(id) => Self::id(Table::Attributes, *id),
            Key::AttributeCopy(id) => Self::id(Table::AttributeCopies, *id),
            Key::AttributeGrant(id) => Self::id(Table::AttributeGrants, *id),
            Key::AccessGrant(id) => Self::id(Table::AccessGrants, *id),
            Key::Inserter(id) => Self::id(Table::Inserters, *id),
            Key::Delegate(address) => {
                Self::new(Table::Delegates, [KeyValue::Text(address.clone())])
            }
            Key::Party(id) => Self::id(Table::Parties, *id),
            Key::PartyKeys(id, version) => Self::new(
                Table::PartyKeys,
                [KeyValue::Id(id.0), KeyValue::Int(*version)],
            ),
            Key::UsedWriteGrant(id) => Self::id(Table::UsedWriteGrants, *id),
            Key::Validator(key) => Self::validator(*key),
            Key::ValidatorSet(epoch) => Self::validator_set(*epoch),
            Key::Motion(id) => Self::new(Table::Motions, [KeyValue::Digest(*id)]),
            Key::Vote(motion, operator) => Self::vote(motion, operator),
            Key::Parameter(name) => Self::parameter(*name),
            Key::Due(due) => Self::due(due.at, due.what),
        }
    }
}

impl From<&Row> for RowKey {
    fn from(row: &Row) -> Self {
        match row {
            Row::User(user) => Self::id(Table::Users, user.id),
            Row::Wallet(wallet) => Self::id(Table::Wallets, wallet.id),
            Row::Credential(credential) => Self::id(Table::Credentials, credential.header.id),
            Row::CredentialCopy(copy) => Self::id(Table::CredentialCopies, copy.copy_id),
            Row::Attribute(attribute) => Self::id(Table::Attributes, attribute.id),
            Row::AttributeCopy(copy) => Self::id(Table::AttributeCopies, copy.copy_id),
            Row::AttributeGrant(grant) => Self::id(Table::AttributeGrants, grant.copy_id),
            Row::AccessGrant(grant) => Self::id(Table::AccessGrants, grant.id),
            Row::Inserter(inserter) => Self::id(Table::Inserters, inserter.id),
            Row::Delegate(delegate) => {
                Self::new(Table::Delegates, [KeyValue::Text(delegate.address.clone())])
            }
            Row::Party(party) => Self::id(Table::Parties, party.id),
            Row::PartyKeys(keys) => Self::new(
                Table::PartyKeys,
                [KeyValue::Id(keys.party_id.0), KeyValue::Int(keys.version)],
            ),
            Row::UsedWriteGrant(id) => Self::id(Table::UsedWriteGrants, *id),
            Row::SpentMessage(digest) => {
                Self::new(Table::SpentMessages, [KeyValue::Digest(*digest)])
            }
            Row::Validator(validator) => Self::validator(validator.key),
            Row::ValidatorSet(epoch, _) => Self::validator_set(*epoch),
            Row::Motion(motion) => Self::new(Table::Motions, [KeyValue::Digest(motion.id)]),
            Row::Vote(vote) => Self::vote(&vote.motion, &vote.operator),
            Row::Parameter(parameter) => Self::parameter(parameter.name),
            Row::Due(due) => Self::due(due.at, due.what),
            Row::Account(account) => Self::new(Table::Accounts, [KeyValue::Digest(account.digest)]),
        }
    }
}

impl RowKey {
    fn validator(key: ValidatorKey) -> Self {
        Self::new(Table::Validators, [KeyValue::Digest(Digest(key.0))])
    }

    fn validator_set(epoch: u64) -> Self {
        // An epoch that does not fit cannot be written, and there is none to delete.
        let epoch = i64::try_from(epoch).unwrap_or(i64::MAX);
        Self::new(Table::ValidatorSets, [KeyValue::Int(epoch)])
    }

    fn vote(motion: &Digest, operator: &str) -> Self {
        let operator = KeyValue::Text(operator.to_owned());
        Self::new(Table::Votes, [KeyValue::Digest(*motion), operator])
    }

    fn parameter(name: ParameterName) -> Self {
        let name = KeyValue::Text(name.name().to_owned());
        Self::new(Table::Parameters, [name])
    }

    fn due(at: i64, what: Deadline) -> Self {
        let (kind, id) = what.parts();
        Self::new(
            Table::Due,
            [
                KeyValue::Int(at),
                KeyValue::Int(kind.into()),
                KeyValue::Bytes(id.to_vec()),
            ],
        )
    }
}
