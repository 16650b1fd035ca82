-- Contents apart from what else a credential has: notes change, and credentials go, without a page of
-- a content being touched. Run with references between tables off: the table is made anew.

CREATE TABLE contents (
    -- Of this database only.
    id INTEGER PRIMARY KEY,
    content TEXT NOT NULL
) STRICT;
INSERT INTO contents (id, content) SELECT seq, content FROM credentials;

-- What no credential has any more: cleared between blocks, some at a time.
CREATE TABLE removed_contents (
    id INTEGER PRIMARY KEY REFERENCES contents (id) ON DELETE RESTRICT,
    content_bytes INTEGER NOT NULL CHECK (content_bytes >= 0)
) STRICT;

CREATE TABLE credentials_anew (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    verifiable_credential_id TEXT,
    public_notes TEXT NOT NULL,
    encryptor_public_key TEXT NOT NULL,
    issuer_auth_public_key TEXT NOT NULL,
    inserter TEXT,
    content_id INTEGER NOT NULL UNIQUE REFERENCES contents (id) ON DELETE RESTRICT,
    content_bytes INTEGER NOT NULL CHECK (content_bytes >= 0),
    content_digest BLOB NOT NULL CHECK (length(content_digest) = 32),
    notes_digest BLOB NOT NULL CHECK (length(notes_digest) = 32),
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL
) STRICT;
INSERT INTO credentials_anew
    SELECT seq, id, user_id, verifiable_credential_id, public_notes, encryptor_public_key,
        issuer_auth_public_key, inserter, seq, octet_length(content), sha256(content),
        sha256(public_notes), salt, schema_version
    FROM credentials;
DROP TABLE credentials;
ALTER TABLE credentials_anew RENAME TO credentials;

CREATE INDEX credentials_by_user ON credentials (user_id);
-- An issuer's edit takes those that do not have the new notes yet, whatever else there is.
CREATE INDEX credentials_by_issue
    ON credentials (verifiable_credential_id, lower(issuer_auth_public_key), notes_digest)
    WHERE verifiable_credential_id IS NOT NULL;
-- How much a person has is asked with every credential that comes: the lengths alone answer it.
CREATE INDEX credentials_by_length ON credentials (user_id, content_bytes);
