-- Who may read which copies of attributes.

CREATE TABLE attribute_grants (
    seq INTEGER PRIMARY KEY,
    -- A grant must not outlive its copy: ids are chosen by clients, so another attribute could take
    -- the id and would be shared at once.
    copy_id BLOB NOT NULL UNIQUE REFERENCES user_attributes (id) ON DELETE RESTRICT,
    owner_user_id BLOB NOT NULL REFERENCES users (id) ON DELETE RESTRICT,
    grantee TEXT NOT NULL,
    salt BLOB NOT NULL CHECK (length(salt) = 32),
    schema_version INTEGER NOT NULL
) STRICT;
CREATE INDEX attribute_grants_by_grantee ON attribute_grants (lower(grantee), seq);
CREATE INDEX attribute_grants_by_grantee_and_owner
    ON attribute_grants (lower(grantee), owner_user_id, seq);
CREATE INDEX attribute_grants_by_owner ON attribute_grants (owner_user_id);
