-- How much a person has is asked with every credential that comes: the lengths alone answer it.
CREATE INDEX credentials_by_length ON credentials (user_id, octet_length(content));
