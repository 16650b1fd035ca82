//! Tables `credentials` and `shared_credentials`.

use idos_ledger::{Credential, CredentialCopy, CredentialHeader, ListedCredential, Place, Table};
use idos_types::{CredentialId, Digest, UserId, Uuid, fold};
use rusqlite::{Connection, Row, params};

use crate::{contents, error::Result, sql};

const TABLE: &str = "credentials";
const COPIES: &str = "shared_credentials";

/// The columns of a header; other columns follow from number [`HEADER_COLUMNS`] on.
macro_rules! header {
    () => {
        "c.id, c.user_id, c.verifiable_credential_id, c.public_notes, c.encryptor_public_key, \
         c.issuer_auth_public_key, c.inserter"
    };
}
const HEADER_COLUMNS: usize = 7;

/// The start of a question for what an issuer issued under an id.
macro_rules! issued {
    () => {
        concat!(
            "SELECT ",
            header!(),
            " FROM credentials AS c WHERE c.verifiable_credential_id = ?1 \
             AND lower(c.issuer_auth_public_key) = ?2 AND "
        )
    };
}

/// The content of the row of `credentials AS c`.
macro_rules! content {
    () => {
        "(SELECT t.content FROM contents AS t WHERE t.id = c.content_id)"
    };
}

/// What [`read`] reads, of the table as `c`.
pub(crate) const COLUMNS: &str = concat!(header!(), ", ", content!());
/// What [`read_copy`] reads.
pub(crate) const COPY_COLUMNS: &str = "copy_id, original_id, notes";

pub(crate) fn put(
    conn: &Connection,
    credential: &Credential,
    place: Place,
    salt: &Digest,
) -> Result<()> {
    // Before the row: its number is that of the last row inserted.
    contents::remove_of(conn, credential.header.id)?;
    let content = contents::put(conn, &credential.content)?;
    let sql = "INSERT INTO credentials (seq, id, user_id, verifiable_credential_id, public_notes, \
               encryptor_public_key, issuer_auth_public_key, inserter, salt, schema_version, \
               notes_digest, content_id, content_bytes, content_digest) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) \
               ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, \
               verifiable_credential_id = excluded.verifiable_credential_id, \
               public_notes = excluded.public_notes, \
               encryptor_public_key = excluded.encryptor_public_key, \
               issuer_auth_public_key = excluded.issuer_auth_public_key, \
               inserter = excluded.inserter, salt = excluded.salt, \
               schema_version = excluded.schema_version, \
               notes_digest = excluded.notes_digest, content_id = excluded.content_id, \
               content_bytes = excluded.content_bytes, content_digest = excluded.content_digest";
    let header = &credential.header;
    let values = params![
        sql::int(place.0)?,
        header.id.0,
        header.user_id.0,
        header.verifiable_credential_id,
        header.public_notes,
        header.encryptor_public_key,
        header.issuer_auth_public_key,
        header.inserter,
        salt.0,
        Table::Credentials.schema_version(),
        notes_digest(&header.public_notes),
        content,
        sql::limit(credential.content.len()),
        Digest::of(credential.content.as_bytes()).0,
    ];
    sql::run(conn, TABLE, sql, values).map(|_| ())
}

/// Replaces everything but the content of a credential that is there.
pub(crate) fn put_header(
    conn: &Connection,
    header: &CredentialHeader,
    salt: &Digest,
) -> Result<()> {
    let sql = "UPDATE credentials SET user_id = ?2, verifiable_credential_id = ?3, \
               public_notes = ?4, encryptor_public_key = ?5, issuer_auth_public_key = ?6, \
               inserter = ?7, salt = ?8, schema_version = ?9, notes_digest = ?10 WHERE id = ?1";
    let values = params![
        header.id.0,
        header.user_id.0,
        header.verifiable_credential_id,
        header.public_notes,
        header.encryptor_public_key,
        header.issuer_auth_public_key,
        header.inserter,
        salt.0,
        Table::Credentials.schema_version(),
        notes_digest(&header.public_notes),
    ];
    sql::run(conn, TABLE, sql, values).map(|_| ())
}

/// Removes a credential, if there is one; its content is cleared later.
pub(crate) fn delete(conn: &Connection, id: CredentialId) -> Result<()> {
    contents::remove_of(conn, id)?;
    let sql = "DELETE FROM credentials WHERE id = ?1";
    sql::run(conn, TABLE, sql, [id.0]).map(|_| ())
}

/// By which notes are found to be the same.
fn notes_digest(notes: &str) -> [u8; 32] {
    Digest::of(notes.as_bytes()).0
}

pub(crate) fn put_copy(
    conn: &Connection,
    copy: &CredentialCopy,
    place: Place,
    salt: &Digest,
) -> Result<()> {
    let sql = "INSERT INTO shared_credentials (seq, copy_id, original_id, notes, salt, schema_version) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
               ON CONFLICT (copy_id) DO UPDATE SET original_id = excluded.original_id, \
               notes = excluded.notes, \
               salt = excluded.salt, schema_version = excluded.schema_version";
    let values = params![
        sql::int(place.0)?,
        copy.copy_id.0,
        copy.original_id.map(Uuid::from),
        copy.notes,
        salt.0,
        Table::CredentialCopies.schema_version()
    ];
    sql::run(conn, COPIES, sql, values).map(|_| ())
}

pub(crate) fn credential_header(
    conn: &Connection,
    id: CredentialId,
) -> Result<Option<CredentialHeader>> {
    let sql = concat!(
        "SELECT ",
        header!(),
        " FROM credentials AS c WHERE c.id = ?1"
    );
    sql::one(conn, TABLE, sql, [id.0], read_header)
}

pub(crate) fn credential(conn: &Connection, id: CredentialId) -> Result<Option<Credential>> {
    let sql = concat!(
        "SELECT ",
        header!(),
        ", ",
        content!(),
        " FROM credentials AS c WHERE c.id = ?1"
    );
    sql::one(conn, TABLE, sql, [id.0], read)
}

pub(crate) fn content_digest(conn: &Connection, id: CredentialId) -> Result<Option<Digest>> {
    let sql = "SELECT content_digest FROM credentials WHERE id = ?1";
    sql::one(conn, TABLE, sql, [id.0], |row| sql::digest(row, 0))
}

pub(crate) fn credential_ids(conn: &Connection, user: UserId) -> Result<Vec<CredentialId>> {
    let sql = "SELECT id FROM credentials WHERE user_id = ?1 ORDER BY seq";
    sql::many(conn, TABLE, sql, [user.0], |row| sql::id(row, 0))
}

pub(crate) fn credentials(conn: &Connection, user: UserId) -> Result<Vec<ListedCredential>> {
    let sql = "SELECT c.id, c.public_notes, c.issuer_auth_public_key, c.inserter, s.original_id \
               FROM credentials AS c LEFT JOIN shared_credentials AS s ON s.copy_id = c.id \
               WHERE c.user_id = ?1 ORDER BY c.seq";
    sql::many(conn, TABLE, sql, [user.0], |row| {
        let original_id: Option<Uuid> = row.get(4)?;
        Ok(ListedCredential {
            id: CredentialId(row.get(0)?),
            public_notes: row.get(1)?,
            issuer_auth_public_key: row.get(2)?,
            inserter: row.get(3)?,
            original_id: original_id.map(CredentialId),
        })
    })
}

pub(crate) fn credentials_issued(
    conn: &Connection,
    issuer: &str,
    verifiable_credential_id: &str,
    except_notes: &str,
    limit: usize,
) -> Result<Vec<CredentialHeader>> {
    let (issuer, except) = (fold(issuer), notes_digest(except_notes));
    let mut found = Vec::new();
    // Both sides of those that have the notes: however many they are, none of them is looked at.
    for side in [
        concat!(
            issued!(),
            "c.notes_digest < ?3 ORDER BY c.notes_digest, c.seq LIMIT ?4"
        ),
        concat!(
            issued!(),
            "c.notes_digest > ?3 ORDER BY c.notes_digest, c.seq LIMIT ?4"
        ),
    ] {
        let left = sql::limit(limit.saturating_sub(found.len()));
        let values = params![verifiable_credential_id, issuer, except, left];
        found.extend(sql::many(conn, TABLE, side, values, read_header)?);
    }
    Ok(found)
}

pub(crate) fn count_credentials(conn: &Connection, user: UserId) -> Result<usize> {
    let sql = "SELECT count(*) FROM credentials WHERE user_id = ?1";
    let count = sql::one(conn, TABLE, sql, [user.0], |row| row.get::<_, u32>(0))?;
    Ok(count.unwrap_or_default() as usize)
}

/// The lengths stand in an index: no row is read, of which one page would hold a few.
pub(crate) fn content_bytes(conn: &Connection, user: UserId) -> Result<usize> {
    let sql = "SELECT coalesce(sum(content_bytes), 0) FROM credentials WHERE user_id = ?1";
    let bytes = sql::one(conn, TABLE, sql, [user.0], |row| sql::uint(row, 0))?;
    Ok(usize::try_from(bytes.unwrap_or_default()).unwrap_or(usize::MAX))
}

pub(crate) fn credential_copy(
    conn: &Connection,
    copy: CredentialId,
) -> Result<Option<CredentialCopy>> {
    let sql = "SELECT copy_id, original_id, notes FROM shared_credentials WHERE copy_id = ?1";
    sql::one(conn, COPIES, sql, [copy.0], read_copy)
}

pub(crate) fn copies_of_credential(
    conn: &Connection,
    original: CredentialId,
) -> Result<Vec<CredentialId>> {
    let sql = "SELECT copy_id FROM shared_credentials WHERE original_id = ?1 ORDER BY seq";
    sql::many(conn, COPIES, sql, [original.0], |row| {
        row.get(0).map(CredentialId)
    })
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Credential> {
    Ok(Credential {
        header: read_header(row)?,
        content: row.get(HEADER_COLUMNS)?,
    })
}

pub(crate) fn read_copy(row: &Row<'_>) -> rusqlite::Result<CredentialCopy> {
    let original_id: Option<Uuid> = row.get(1)?;
    Ok(CredentialCopy {
        copy_id: CredentialId(row.get(0)?),
        original_id: original_id.map(CredentialId),
        notes: row.get(2)?,
    })
}

fn read_header(row: &Row<'_>) -> rusqlite::Result<CredentialHeader> {
    Ok(CredentialHeader {
        id: CredentialId(row.get(0)?),
        user_id: UserId(row.get(1)?),
        verifiable_credential_id: row.get(2)?,
        public_notes: row.get(3)?,
        encryptor_public_key: row.get(4)?,
        issuer_auth_public_key: row.get(5)?,
        inserter: row.get(6)?,
    })
}
