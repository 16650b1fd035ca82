-- Local table: what the leaves of the state tree became in blocks whose pages are not in `tree` yet. Its
-- pages follow from those that are and from this; see src/unwritten.rs.
CREATE TABLE tree_changes (
    height INTEGER PRIMARY KEY CHECK (height >= 0),
    -- The changed leaves in order: key, one byte, and the new value if that byte is 1.
    changes BLOB NOT NULL
) STRICT;
