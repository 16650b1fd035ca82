-- Each index is one more place in which a new row is written: two did the work of one.

-- What a person has, in the order in which it came, and how much it is.
DROP INDEX credentials_by_length;
DROP INDEX credentials_by_user;
CREATE INDEX credentials_by_user ON credentials (user_id, seq, content_bytes);

-- The grants of an owner; those to one grantee in the order of lists.
DROP INDEX access_grants_by_grantee_and_owner;
DROP INDEX access_grants_by_owner;
CREATE INDEX access_grants_by_owner ON access_grants (owner_user_id, lower(grantee), height, id);
