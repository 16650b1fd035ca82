-- How the network governs itself: validators and their sets, motions with their votes, parameters.

CREATE TABLE validators (
    seq INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE CHECK (length(key) = 32),
    operator TEXT NOT NULL,
    address TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL CHECK (status IN ('requested', 'observer', 'ready', 'leaving')),
    expires_at INTEGER NOT NULL,
    height INTEGER NOT NULL CHECK (height >= 0),
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL
) STRICT;
CREATE INDEX validators_by_operator ON validators (operator);

-- Kept for ever: whoever has one set can follow the chain from it.
CREATE TABLE validator_sets (
    seq INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL UNIQUE CHECK (epoch >= 0),
    members BLOB NOT NULL,
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL
) STRICT;

CREATE TABLE motions (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE CHECK (length(id) = 32),
    action TEXT NOT NULL,
    arguments TEXT NOT NULL,
    proposer TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    height INTEGER NOT NULL CHECK (height >= 0),
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL
) STRICT;
CREATE INDEX motions_by_proposer ON motions (proposer);

CREATE TABLE votes (
    seq INTEGER PRIMARY KEY,
    motion_id BLOB NOT NULL REFERENCES motions (id) ON DELETE RESTRICT,
    operator TEXT NOT NULL,
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL,
    UNIQUE (motion_id, operator)
) STRICT;

CREATE TABLE params (
    seq INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE CHECK (name IN ('body_retention_seconds', 'protocol_version')),
    value INTEGER NOT NULL CHECK (value >= 0),
    -- What counts from a height on, if that was decided ahead.
    next_value INTEGER CHECK (next_value >= 0),
    next_from_height INTEGER CHECK (next_from_height >= 0),
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL,
    CHECK ((next_value IS NULL) = (next_from_height IS NULL))
) STRICT;

-- Deadlines of motions and requests are named by 32 bytes. Checks can not be altered in place.
CREATE TABLE due_0003 (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    -- 0 end a grant, 1 release a credential, 2 forget a write grant, 3 end a motion, 4 end a request:
    -- in the order in which they are worked off at one time.
    kind INTEGER NOT NULL CHECK (kind IN (0, 1, 2, 3, 4)),
    id BLOB NOT NULL CHECK (length(id) = iif(kind IN (3, 4), 32, 16)),
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL,
    UNIQUE (at, kind, id)
) STRICT;
INSERT INTO due_0003 (seq, at, kind, id, salt, schema_version)
SELECT seq, at, kind, id, salt, schema_version FROM due;
DROP TABLE due;
ALTER TABLE due_0003 RENAME TO due;
