//! Tables `credentials` and `shared_credentials`.

use idos_ledger::{
    Credential, CredentialCopy, CredentialHeader, HeldCredentials, ListedCredential, Table,
};
use idos_types::{CredentialId, Digest, UserId, Uuid, fold};
use rusqlite::{Connection, Row, params};

use crate::{
    contents,
    error::Result,
    put::{Column, Put},
    sql,
};

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

macro_rules! copy_columns {
    () => {
        "copy_id, original_id, notes"
    };
}

/// What [`read`] reads, of the table as `c`.
pub(crate) const COLUMNS: &str = concat!(header!(), ", ", content!());
/// What [`read_hidden`] reads, of the table as `c`.
pub(crate) const HIDDEN_COLUMNS: &str = concat!(header!(), ", c.content_digest");
/// What [`read_copy`] reads.
pub(crate) const COPY_COLUMNS: &str = copy_columns!();

pub(crate) fn put(conn: &Connection, credential: &Credential, put: &Put<'_>) -> Result<()> {
    let header = &credential.header;
    // Before the row: its number is that of the last row inserted.
    if !put.is_new() {
        contents::remove_of(conn, header.id)?;
    }
    let content = contents::put(conn, &credential.content)?;
    let notes_digest = notes_digest(&header.public_notes);
    let bytes = sql::limit(credential.content.len());
    let of_content: [Column<'_>; 3] = [
        ("content_id", &content),
        ("content_bytes", &bytes),
        ("content_digest", &credential.content.digest().0),
    ];
    put.row(
        conn,
        Table::Credentials,
        &[("id", &header.id.0)],
        &[&of_header(header, &notes_digest)[..], &of_content].concat(),
    )
}

/// Replaces everything but the content of the credential that is there.
pub(crate) fn put_header(
    conn: &Connection,
    header: &CredentialHeader,
    put: &Put<'_>,
) -> Result<()> {
    let notes_digest = notes_digest(&header.public_notes);
    let columns = of_header(header, &notes_digest);
    put.row(conn, Table::Credentials, &[], &columns)
}

/// What a header is stored as, but for its key.
fn of_header<'h>(header: &'h CredentialHeader, notes_digest: &'h [u8; 32]) -> [Column<'h>; 7] {
    [
        ("user_id", &header.user_id.0),
        ("verifiable_credential_id", &header.verifiable_credential_id),
        ("public_notes", &header.public_notes),
        ("encryptor_public_key", &header.encryptor_public_key),
        ("issuer_auth_public_key", &header.issuer_auth_public_key),
        ("inserter", &header.inserter),
        ("notes_digest", notes_digest),
    ]
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

pub(crate) fn put_copy(conn: &Connection, copy: &CredentialCopy, put: &Put<'_>) -> Result<()> {
    put.row(
        conn,
        Table::CredentialCopies,
        &[("copy_id", &copy.copy_id.0)],
        &[
            ("original_id", &copy.original_id.map(Uuid::from)),
            ("notes", &copy.notes),
        ],
    )
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

pub(crate) fn content_bytes(conn: &Connection, id: CredentialId) -> Result<Option<usize>> {
    let sql = "SELECT content_bytes FROM credentials WHERE id = ?1";
    sql::one(conn, TABLE, sql, [id.0], |row| sql::count(row, 0))
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

/// The lengths stand in an index: no row is read, of which one page would hold a few.
pub(crate) fn held_credentials(conn: &Connection, user: UserId) -> Result<HeldCredentials> {
    let sql = "SELECT count(*), coalesce(sum(content_bytes), 0) FROM credentials \
               WHERE user_id = ?1";
    let held = sql::one(conn, TABLE, sql, [user.0], |row| {
        Ok(HeldCredentials {
            credentials: sql::count(row, 0)?,
            content_bytes: sql::count(row, 1)?,
        })
    })?;
    Ok(held.unwrap_or_default())
}

pub(crate) fn credential_copy(
    conn: &Connection,
    copy: CredentialId,
) -> Result<Option<CredentialCopy>> {
    let sql = concat!(
        "SELECT ",
        copy_columns!(),
        " FROM shared_credentials WHERE copy_id = ?1"
    );
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

pub(crate) fn count_copies(conn: &Connection, original: CredentialId) -> Result<usize> {
    let sql = "SELECT count(*) FROM shared_credentials WHERE original_id = ?1";
    let count = sql::one(conn, COPIES, sql, [original.0], |row| sql::count(row, 0))?;
    Ok(count.unwrap_or_default())
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Credential> {
    Ok(Credential {
        header: read_header(row)?,
        content: row.get::<_, String>(HEADER_COLUMNS)?.into(),
    })
}

/// A credential without its content, of which only the digest is read.
pub(crate) fn read_hidden(row: &Row<'_>) -> rusqlite::Result<(CredentialHeader, Digest)> {
    Ok((read_header(row)?, sql::digest(row, HEADER_COLUMNS)?))
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
