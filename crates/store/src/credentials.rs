//! Tables `credentials` and `shared_credentials`.

use idos_ledger::{Credential, CredentialCopy, CredentialHeader, Place, Table};
use idos_types::{CredentialId, Digest, UserId, Uuid, fold};
use rusqlite::{Connection, Row, params};

use crate::{error::Result, sql};

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

/// What [`read`] reads, of the table as `c`.
pub(crate) const COLUMNS: &str = concat!(header!(), ", c.content");
/// What [`read_copy`] reads.
pub(crate) const COPY_COLUMNS: &str = "copy_id, original_id, notes";

pub(crate) fn put(
    conn: &Connection,
    credential: &Credential,
    place: Place,
    salt: &Digest,
) -> Result<()> {
    let sql = "INSERT INTO credentials (seq, id, user_id, verifiable_credential_id, public_notes, \
               encryptor_public_key, issuer_auth_public_key, inserter, salt, schema_version, \
               content) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
               ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, \
               verifiable_credential_id = excluded.verifiable_credential_id, \
               public_notes = excluded.public_notes, \
               encryptor_public_key = excluded.encryptor_public_key, \
               issuer_auth_public_key = excluded.issuer_auth_public_key, \
               inserter = excluded.inserter, salt = excluded.salt, \
               schema_version = excluded.schema_version, content = excluded.content";
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
        credential.content,
    ];
    sql::run(conn, TABLE, sql, values).map(|_| ())
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
        ", c.content FROM credentials AS c WHERE c.id = ?1"
    );
    sql::one(conn, TABLE, sql, [id.0], read)
}

pub(crate) fn credentials(
    conn: &Connection,
    user: UserId,
) -> Result<Vec<(CredentialHeader, Option<CredentialCopy>)>> {
    let sql = concat!(
        "SELECT ",
        header!(),
        ", s.copy_id, s.original_id, s.notes FROM credentials AS c \
         LEFT JOIN shared_credentials AS s ON s.copy_id = c.id \
         WHERE c.user_id = ?1 ORDER BY c.seq"
    );
    sql::many(conn, TABLE, sql, [user.0], |row| {
        let header = read_header(row)?;
        let copy_id: Option<Uuid> = row.get(HEADER_COLUMNS)?;
        let original_id: Option<Uuid> = row.get(HEADER_COLUMNS + 1)?;
        let notes: Option<String> = row.get(HEADER_COLUMNS + 2)?;
        let copy = copy_id.map(|copy_id| CredentialCopy {
            copy_id: copy_id.into(),
            original_id: original_id.map(CredentialId::from),
            notes: notes.unwrap_or_default(),
        });
        Ok((header, copy))
    })
}

pub(crate) fn credentials_issued(
    conn: &Connection,
    issuer: &str,
    verifiable_credential_id: &str,
    limit: usize,
) -> Result<Vec<CredentialId>> {
    let sql = "SELECT id FROM credentials WHERE verifiable_credential_id = ?1 \
               AND lower(issuer_auth_public_key) = ?2 ORDER BY seq LIMIT ?3";
    let values = params![verifiable_credential_id, fold(issuer), sql::limit(limit)];
    sql::many(conn, TABLE, sql, values, |row| row.get(0).map(CredentialId))
}

pub(crate) fn count_credentials(conn: &Connection, user: UserId) -> Result<usize> {
    let sql = "SELECT count(*) FROM credentials WHERE user_id = ?1";
    let count = sql::one(conn, TABLE, sql, [user.0], |row| row.get::<_, u32>(0))?;
    Ok(count.unwrap_or_default() as usize)
}

/// The lengths stand in an index: no row is read, of which one page would hold a few.
pub(crate) fn content_bytes(conn: &Connection, user: UserId) -> Result<usize> {
    let sql = "SELECT coalesce(sum(octet_length(content)), 0) FROM credentials WHERE user_id = ?1";
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
