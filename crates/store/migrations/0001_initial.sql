-- State tables. Each row carries the salt and the schema version of its leaf in the state tree.
-- `seq` is the order of first writing, in which lists come; ids are chosen by clients and have none.
--
-- "Ignoring case" is an index on lower(…), not COLLATE NOCASE: that collation stops comparing at a
-- zero byte, so that different texts would be one.

CREATE TABLE users (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    recipient_encryption_public_key TEXT NOT NULL,
    encryption_password_store TEXT NOT NULL CHECK (encryption_password_store IN ('user', 'mpc')),
    inserter TEXT NOT NULL,
    -- Decimal digits: 128 bits do not fit an integer of SQL.
    gas_allowance TEXT NOT NULL
        CHECK (gas_allowance <> '' AND gas_allowance NOT GLOB '*[^0-9]*'),
    claimed INTEGER NOT NULL CHECK (claimed IN (0, 1)),
    erased INTEGER NOT NULL CHECK (erased IN (0, 1)),
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL
) STRICT;

CREATE TABLE wallets (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    address TEXT NOT NULL,
    public_key TEXT,
    wallet_type TEXT NOT NULL CHECK (wallet_type IN ('EVM', 'NEAR', 'XRPL', 'Stellar', 'FaceSign')),
    message TEXT NOT NULL,
    signature TEXT NOT NULL,
    inserter TEXT,
    -- Who signs with it, in the one spelling; derived from kind, address and public key.
    identity TEXT NOT NULL UNIQUE,
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL
) STRICT;
CREATE INDEX wallets_by_user ON wallets (user_id);
CREATE INDEX wallets_by_public_key ON wallets (public_key) WHERE public_key IS NOT NULL;
CREATE INDEX wallets_by_address ON wallets (lower(address));

CREATE TABLE credentials (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    verifiable_credential_id TEXT,
    public_notes TEXT NOT NULL,
    encryptor_public_key TEXT NOT NULL,
    issuer_auth_public_key TEXT NOT NULL,
    inserter TEXT,
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL,
    -- Last, so that whoever reads the other columns never touches the pages it overflows to.
    content TEXT NOT NULL
) STRICT;
CREATE INDEX credentials_by_user ON credentials (user_id);
CREATE INDEX credentials_by_issue
    ON credentials (verifiable_credential_id, lower(issuer_auth_public_key))
    WHERE verifiable_credential_id IS NOT NULL;

CREATE TABLE shared_credentials (
    seq INTEGER PRIMARY KEY,
    copy_id BLOB NOT NULL UNIQUE REFERENCES credentials (id) ON DELETE RESTRICT,
    -- NULL once the original is deleted while a lock holds the copy.
    original_id BLOB REFERENCES credentials (id) ON DELETE RESTRICT,
    notes TEXT NOT NULL,
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL
) STRICT;
CREATE INDEX shared_credentials_by_original
    ON shared_credentials (original_id) WHERE original_id IS NOT NULL;

CREATE TABLE user_attributes (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    user_id BLOB NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    attribute_key TEXT NOT NULL,
    value TEXT NOT NULL,
    inserter TEXT,
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL
) STRICT;
CREATE INDEX user_attributes_by_user ON user_attributes (user_id);

CREATE TABLE shared_user_attributes (
    seq INTEGER PRIMARY KEY,
    copy_id BLOB NOT NULL UNIQUE REFERENCES user_attributes (id) ON DELETE RESTRICT,
    original_id BLOB NOT NULL REFERENCES user_attributes (id) ON DELETE RESTRICT,
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL
) STRICT;
CREATE INDEX shared_user_attributes_by_original ON shared_user_attributes (original_id);

CREATE TABLE access_grants (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    owner_user_id BLOB NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    grantee TEXT NOT NULL,
    -- A grant must not outlive its credential: ids are chosen by clients, so another credential
    -- could take the id and would be shared at once.
    data_id BLOB NOT NULL REFERENCES credentials (id) ON DELETE RESTRICT,
    locked_until INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    content_hash TEXT,
    height INTEGER NOT NULL CHECK (height >= 0),
    origin TEXT NOT NULL CHECK (origin IN ('user', 'delegated_write_grant', 'dag_message')),
    origin_id TEXT NOT NULL,
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL
) STRICT;
CREATE INDEX access_grants_by_grantee ON access_grants (lower(grantee), height, id);
CREATE INDEX access_grants_by_grantee_and_owner
    ON access_grants (lower(grantee), owner_user_id, height, id);
CREATE INDEX access_grants_by_data ON access_grants (data_id);
CREATE INDEX access_grants_by_owner ON access_grants (owner_user_id);
CREATE INDEX access_grants_by_content_hash
    ON access_grants (lower(grantee), content_hash, height, id) WHERE content_hash IS NOT NULL;

CREATE TABLE inserters (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    name TEXT NOT NULL UNIQUE,
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL
) STRICT;

CREATE TABLE delegates (
    seq INTEGER PRIMARY KEY,
    address TEXT NOT NULL UNIQUE,
    inserter_id BLOB NOT NULL REFERENCES inserters (id) ON DELETE RESTRICT,
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL
) STRICT;
CREATE INDEX delegates_by_inserter ON delegates (inserter_id);

CREATE TABLE parties (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    address TEXT NOT NULL UNIQUE,
    is_issuer INTEGER NOT NULL CHECK (is_issuer IN (0, 1)),
    is_consumer INTEGER NOT NULL CHECK (is_consumer IN (0, 1)),
    is_operator INTEGER NOT NULL CHECK (is_operator IN (0, 1)),
    version INTEGER NOT NULL CHECK (version >= 0),
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL
) STRICT;
CREATE INDEX parties_that_issue ON parties (is_issuer) WHERE is_issuer = 1;
CREATE INDEX parties_that_consume ON parties (is_consumer) WHERE is_consumer = 1;
CREATE INDEX parties_that_operate ON parties (is_operator) WHERE is_operator = 1;

CREATE TABLE party_keys (
    seq INTEGER PRIMARY KEY,
    party_id BLOB NOT NULL REFERENCES parties (id) ON DELETE RESTRICT,
    version INTEGER NOT NULL CHECK (version >= 1),
    name TEXT NOT NULL,
    did TEXT,
    signing_public_key TEXT NOT NULL,
    encryption_public_key TEXT NOT NULL,
    signature TEXT NOT NULL,
    height INTEGER NOT NULL CHECK (height >= 0),
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL,
    UNIQUE (party_id, version)
) STRICT;

CREATE TABLE consumed_write_grants (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL
) STRICT;

CREATE TABLE spent_messages (
    seq INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL
) STRICT;

CREATE TABLE due (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    -- 0 end a grant, 1 release a credential, 2 forget a write grant: in the order in which they are
    -- worked off at one time.
    kind INTEGER NOT NULL CHECK (kind IN (0, 1, 2)),
    id BLOB NOT NULL CHECK (length(id) = 16),
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL,
    UNIQUE (at, kind, id)
) STRICT;

CREATE TABLE accounts (
    seq INTEGER PRIMARY KEY,
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    nonce INTEGER NOT NULL CHECK (nonce >= 0),
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL
) STRICT;

-- Local tables: not part of what the network agrees on.

-- How many grants a grantee has, per owner and, under the owner of no bytes, in all. (Not of sixteen
-- zero bytes: that is an id somebody may choose.)
-- Kept by triggers, since counting would take the longer the more there are.
CREATE TABLE grant_counts (
    grantee TEXT NOT NULL,
    owner_user_id BLOB NOT NULL CHECK (length(owner_user_id) IN (0, 16)),
    grants INTEGER NOT NULL CHECK (grants > 0),
    PRIMARY KEY (grantee, owner_user_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER access_grants_inserted AFTER INSERT ON access_grants BEGIN
    INSERT INTO grant_counts (grantee, owner_user_id, grants)
    VALUES (lower(NEW.grantee), NEW.owner_user_id, 1), (lower(NEW.grantee), x'', 1)
    ON CONFLICT (grantee, owner_user_id) DO UPDATE SET grants = grants + 1;
END;

CREATE TRIGGER access_grants_deleted AFTER DELETE ON access_grants BEGIN
    DELETE FROM grant_counts
    WHERE grantee = lower(OLD.grantee) AND owner_user_id IN (OLD.owner_user_id, x'')
        AND grants = 1;
    -- A row at one is gone by now, and another is above one: no count is taken twice.
    UPDATE grant_counts SET grants = grants - 1
    WHERE grantee = lower(OLD.grantee) AND owner_user_id IN (OLD.owner_user_id, x'');
END;

CREATE TRIGGER access_grants_changed AFTER UPDATE OF grantee, owner_user_id ON access_grants
WHEN lower(OLD.grantee) <> lower(NEW.grantee) OR OLD.owner_user_id <> NEW.owner_user_id BEGIN
    DELETE FROM grant_counts
    WHERE grantee = lower(OLD.grantee) AND owner_user_id IN (OLD.owner_user_id, x'')
        AND grants = 1;
    UPDATE grant_counts SET grants = grants - 1
    WHERE grantee = lower(OLD.grantee) AND owner_user_id IN (OLD.owner_user_id, x'');
    INSERT INTO grant_counts (grantee, owner_user_id, grants)
    VALUES (lower(NEW.grantee), NEW.owner_user_id, 1), (lower(NEW.grantee), x'', 1)
    ON CONFLICT (grantee, owner_user_id) DO UPDATE SET grants = grants + 1;
END;

-- The one row says how many accounts there are.
CREATE TABLE account_count (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    accounts INTEGER NOT NULL CHECK (accounts >= 0)
) STRICT;
INSERT INTO account_count (only, accounts) VALUES (1, 0);

CREATE TRIGGER accounts_inserted AFTER INSERT ON accounts BEGIN
    UPDATE account_count SET accounts = accounts + 1 WHERE only = 1;
END;

CREATE TRIGGER accounts_deleted AFTER DELETE ON accounts BEGIN
    UPDATE account_count SET accounts = accounts - 1 WHERE only = 1;
END;

-- Kept for ever; the latest row is what this node has executed.
CREATE TABLE blocks (
    height INTEGER PRIMARY KEY CHECK (height >= 0),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    time_ms INTEGER NOT NULL CHECK (time_ms >= 0),
    execution BLOB NOT NULL CHECK (length(execution) = 32),
    header BLOB NOT NULL
) STRICT;

CREATE TABLE receipts (
    seq INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    height INTEGER NOT NULL CHECK (height >= 0),
    position INTEGER NOT NULL CHECK (position >= 0),
    kind TEXT NOT NULL,
    code INTEGER NOT NULL CHECK (code >= 0),
    log TEXT NOT NULL,
    sender_proof BLOB NOT NULL CHECK (length(sender_proof) = 32),
    UNIQUE (height, position)
) STRICT;

-- Bodies of transactions, for as long as nodes keep them.
CREATE TABLE bodies (
    seq INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    height INTEGER NOT NULL CHECK (height >= 0),
    time_ms INTEGER NOT NULL CHECK (time_ms >= 0),
    notices TEXT NOT NULL,
    bytes BLOB NOT NULL
) STRICT;
CREATE INDEX bodies_by_time ON bodies (time_ms);

CREATE TABLE session_revocations (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
    expires_ms INTEGER NOT NULL CHECK (expires_ms >= 0)
) STRICT;
CREATE INDEX session_revocations_by_expiry ON session_revocations (expires_ms);

CREATE TABLE meta (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT;
