//! Rows of every state table: written one by one, and read back with all that their leaves commit.

use idos_ledger::{CredentialHeader, LeafKeys, Place, Row, Table};
use idos_types::{CredentialId, Digest, Identity, UserId};
use rusqlite::{Connection, params_from_iter};

use crate::{
    accounts, attribute_grants, attributes, credentials, due, error::Result, grants, inserters,
    motions, parameters, parties, put::Put, spent, sql, table::RowKey, users, validators, wallets,
};

/// A row with everything else that its leaf commits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredRow {
    /// The row.
    pub row: Row,
    /// Its place in lists.
    pub place: Place,
    /// Its salt.
    pub salt: Digest,
    /// The schema version that it was written in.
    pub schema_version: u32,
}

/// A credential with all that its leaf commits. Its content, which may have megabytes, is not read:
/// the leaf commits no more than the digest.
pub(crate) struct HiddenRow {
    pub(crate) header: CredentialHeader,
    /// The digest of its content.
    pub(crate) content: Digest,
    pub(crate) place: Place,
    pub(crate) salt: Digest,
}

/// What has to be known of a row before it is replaced or removed.
pub(crate) struct Predecessor {
    /// Its number in this database.
    pub(crate) seq: i64,
    pub(crate) place: Place,
    pub(crate) salt: Digest,
    /// Where its leaves are, if that does not follow from its key.
    pub(crate) leaves: Option<LeafKeys>,
}

/// Inserts a row whose key no row has.
pub(crate) fn put(conn: &Connection, row: &Row, place: Place, salt: &Digest) -> Result<()> {
    write(conn, row, &Put::new(place, salt))
}

/// Replaces the row with its key, which has this number in this database. It keeps its place.
pub(crate) fn replace(conn: &Connection, row: &Row, seq: i64, salt: &Digest) -> Result<()> {
    write(conn, row, &Put::over(seq, salt))
}

fn write(conn: &Connection, row: &Row, put: &Put<'_>) -> Result<()> {
    match row {
        Row::User(user) => users::put(conn, user, put),
        Row::Wallet(wallet) => wallets::put(conn, wallet, put),
        Row::Credential(credential) => credentials::put(conn, credential, put),
        Row::CredentialCopy(copy) => credentials::put_copy(conn, copy, put),
        Row::Attribute(attribute) => attributes::put(conn, attribute, put),
        Row::AttributeCopy(copy) => attributes::put_copy(conn, copy, put),
        Row::AttributeGrant(grant) => attribute_grants::put(conn, grant, put),
        Row::AccessGrant(grant) => grants::put(conn, grant, put),
        Row::Inserter(inserter) => inserters::put(conn, inserter, put),
        Row::Delegate(delegate) => inserters::put_delegate(conn, delegate, put),
        Row::Party(party) => parties::put(conn, party, put),
        Row::PartyKeys(keys) => parties::put_keys(conn, keys, put),
        Row::UsedWriteGrant(id) => spent::put_write_grant(conn, *id, put),
        Row::SpentMessage(message) => spent::put_message(conn, message, put),
        Row::Validator(validator) => validators::put(conn, validator, put),
        Row::ValidatorSet(epoch, set) => validators::put_set(conn, *epoch, set, put),
        Row::Motion(motion) => motions::put(conn, motion, put),
        Row::Vote(vote) => motions::put_vote(conn, vote, put),
        Row::Parameter(parameter) => parameters::put(conn, parameter, put),
        Row::Due(due) => due::put(conn, due, put),
        Row::Account(account) => accounts::put(conn, account, put),
    }
}

/// What is stored of the row with this key; no large column is read.
pub(crate) fn predecessor(conn: &Connection, key: &RowKey) -> Result<Option<Predecessor>> {
    let table = key.table;
    let columns = match table {
        Table::Wallets => ", id, user_id, identity",
        Table::Credentials | Table::Attributes => ", id, user_id",
        Table::AttributeGrants => ", copy_id, grantee",
        Table::AccessGrants => ", id, owner_user_id, grantee, data_id",
        _ => "",
    };
    let sql = format!(
        "SELECT seq, salt{columns} FROM {} WHERE {}",
        table.name(),
        key.condition()
    );
    let values = params_from_iter(key.values());
    sql::one(conn, table.name(), &sql, values, |row| {
        Ok(Predecessor {
            seq: row.get(0)?,
            place: place(table, sql::uint(row, 0)?),
            salt: sql::digest(row, 1)?,
            leaves: match table {
                Table::Wallets => {
                    let identity = Identity::of(&row.get::<_, String>(4)?);
                    let (id, user) = (sql::id(row, 2)?, sql::id(row, 3)?);
                    Some(LeafKeys::wallet(id, user, Some(&identity)))
                }
                Table::Credentials => {
                    Some(LeafKeys::credential(sql::id(row, 2)?, sql::id(row, 3)?))
                }
                Table::Attributes => Some(LeafKeys::attribute(sql::id(row, 2)?, sql::id(row, 3)?)),
                Table::AttributeGrants => {
                    let grantee: String = row.get(3)?;
                    Some(LeafKeys::attribute_grant(sql::id(row, 2)?, &grantee))
                }
                Table::AccessGrants => {
                    let (id, owner, data) = (sql::id(row, 2)?, sql::id(row, 3)?, sql::id(row, 5)?);
                    let grantee: String = row.get(4)?;
                    Some(LeafKeys::access_grant(id, owner, &grantee, data))
                }
                _ => None,
            },
        })
    })
}

/// Hands every row of a table to `f`, one at a time, with its number in this database.
pub(crate) fn for_each(
    conn: &Connection,
    table: Table,
    mut f: impl FnMut(i64, &StoredRow) -> Result<()>,
) -> Result<()> {
    let sql = select(table, "c.seq >= 0 ORDER BY c.seq");
    sql::each(
        conn,
        table.name(),
        &sql,
        [],
        |row| Ok((row.get("seq")?, read(table, row)?)),
        |(seq, row)| f(seq, &row),
    )
}

/// The row with this key.
pub(crate) fn row(conn: &Connection, key: &RowKey) -> Result<Option<StoredRow>> {
    let table = key.table;
    let sql = select(table, key.condition());
    let values = params_from_iter(key.values());
    sql::one(conn, table.name(), &sql, values, |row| read(table, row))
}

/// The row with this number in this database.
pub(crate) fn numbered(conn: &Connection, table: Table, seq: i64) -> Result<Option<StoredRow>> {
    let sql = select(table, "c.seq = ?1");
    sql::one(conn, table.name(), &sql, [seq], |row| read(table, row))
}

/// The credential with this id, without its content.
pub(crate) fn hidden(conn: &Connection, id: CredentialId) -> Result<Option<HiddenRow>> {
    let sql = select_hidden("c.id = ?1");
    sql::one(conn, Table::Credentials.name(), &sql, [id.0], read_hidden)
}

/// The credentials of a person without their contents, in no particular order.
pub(crate) fn hidden_of(conn: &Connection, user: UserId) -> Result<Vec<HiddenRow>> {
    let sql = select_hidden("c.user_id = ?1");
    sql::many(conn, Table::Credentials.name(), &sql, [user.0], read_hidden)
}

fn select_hidden(condition: &str) -> String {
    format!(
        "SELECT {}, c.seq, c.salt FROM credentials AS c WHERE {condition}",
        credentials::HIDDEN_COLUMNS
    )
}

fn read_hidden(row: &rusqlite::Row<'_>) -> rusqlite::Result<HiddenRow> {
    let (header, content) = credentials::read_hidden(row)?;
    let seq = sql::uint(row, row.as_ref().column_index("seq")?)?;
    Ok(HiddenRow {
        header,
        content,
        place: place(Table::Credentials, seq),
        salt: Digest(row.get("salt")?),
    })
}

/// The columns that [`read`] reads besides those that every table has.
pub(crate) fn columns(table: Table) -> &'static str {
    match table {
        Table::Users => users::COLUMNS,
        Table::Wallets => wallets::COLUMNS,
        Table::Credentials => credentials::COLUMNS,
        Table::CredentialCopies => credentials::COPY_COLUMNS,
        Table::Attributes => attributes::COLUMNS,
        Table::AttributeCopies => attributes::COPY_COLUMNS,
        Table::AttributeGrants => attribute_grants::COLUMNS,
        Table::AccessGrants => grants::COLUMNS,
        Table::Inserters => inserters::COLUMNS,
        Table::Delegates => inserters::DELEGATE_COLUMNS,
        Table::Parties => parties::COLUMNS,
        Table::PartyKeys => parties::KEY_COLUMNS,
        Table::UsedWriteGrants => "id",
        Table::SpentMessages => "digest",
        Table::Validators => validators::COLUMNS,
        Table::ValidatorSets => validators::SET_COLUMNS,
        Table::Motions => motions::COLUMNS,
        Table::Votes => motions::VOTE_COLUMNS,
        Table::Parameters => parameters::COLUMNS,
        Table::Due => due::COLUMNS,
        Table::Accounts => accounts::COLUMNS,
    }
}

fn select(table: Table, condition: &str) -> String {
    format!(
        "SELECT {}, c.seq, c.salt, c.schema_version FROM {} AS c WHERE {condition}",
        columns(table),
        table.name()
    )
}

fn read(table: Table, row: &rusqlite::Row<'_>) -> rusqlite::Result<StoredRow> {
    let place = place(table, sql::uint(row, row.as_ref().column_index("seq")?)?);
    let (salt, schema_version) = (Digest(row.get("salt")?), row.get("schema_version")?);
    let row = match table {
        Table::Users => Row::User(users::read(row)?),
        Table::Wallets => Row::Wallet(wallets::read(row)?),
        Table::Credentials => Row::Credential(credentials::read(row)?),
        Table::CredentialCopies => Row::CredentialCopy(credentials::read_copy(row)?),
        Table::Attributes => Row::Attribute(attributes::read(row)?),
        Table::AttributeCopies => Row::AttributeCopy(attributes::read_copy(row)?),
        Table::AttributeGrants => Row::AttributeGrant(attribute_grants::read(row)?),
        Table::AccessGrants => Row::AccessGrant(grants::read(row)?),
        Table::Inserters => Row::Inserter(inserters::read(row)?),
        Table::Delegates => Row::Delegate(inserters::read_delegate(row)?),
        Table::Parties => Row::Party(parties::read(row)?),
        Table::PartyKeys => Row::PartyKeys(parties::read_keys(row)?),
        Table::UsedWriteGrants => Row::UsedWriteGrant(sql::id(row, 0)?),
        Table::SpentMessages => Row::SpentMessage(sql::digest(row, 0)?),
        Table::Validators => Row::Validator(validators::read(row)?),
        Table::ValidatorSets => {
            let (epoch, set) = validators::read_set(row)?;
            Row::ValidatorSet(epoch, set)
        }
        Table::Motions => Row::Motion(motions::read(row)?),
        Table::Votes => Row::Vote(motions::read_vote(row)?),
        Table::Parameters => Row::Parameter(parameters::read(row)?),
        Table::Due => Row::Due(due::read(row)?),
        Table::Accounts => Row::Account(accounts::read(row)?),
    };
    Ok(StoredRow {
        row,
        place,
        salt,
        schema_version,
    })
}

/// Numbers of rows that are in no ordered table are those of this database only.
fn place(table: Table, seq: u64) -> Place {
    Place(if table.is_ordered() { seq } else { 0 })
}
