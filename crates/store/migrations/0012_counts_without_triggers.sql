-- Grants are counted where they are written; see src/counts.rs. SQLite runs a statement that has a trigger
-- with a journal of its own, into which it copies every page that changes.
DROP TRIGGER access_grants_inserted;
DROP TRIGGER access_grants_deleted;
DROP TRIGGER access_grants_changed;
