-- The state tree: one leaf per row of the state tables, and index entries. Its pages are a cache of
-- what can be computed from the rows, local like every cache. Key and body as `idos_proof::PageId`
-- and `idos_proof::Page` define them.
CREATE TABLE tree (
    page BLOB PRIMARY KEY NOT NULL,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- From now on blocks tell the root of the tree and how many leaves it has. The state of a database
-- that was made before gets its tree, and its newest block the root, when it is opened; the root of
-- older blocks is not known any more and stays zero.
--
-- `seq` of the tables whose rows are listed in the order in which they were first written is from
-- now on the place of the row, which is part of what nodes agree on: see `idos_ledger::Place`.
-- Numbers given before keep their order and are smaller than all places.
ALTER TABLE blocks DROP COLUMN execution;
ALTER TABLE blocks ADD COLUMN root BLOB NOT NULL CHECK (length(root) = 32)
    DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000';
ALTER TABLE blocks ADD COLUMN leaves INTEGER NOT NULL CHECK (leaves >= 0) DEFAULT 0;

-- Local table: which row a leaf commits, so that the rows of a part of the tree can be handed out.
CREATE TABLE leaf_rows (
    -- Bytes of the leaf's key; two leaves may share them, so that the row has to be looked at.
    leaf INTEGER NOT NULL,
    -- The table, by the numbers in src/leaf_rows.rs, and the row within it.
    source INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (leaf, source, seq)
) STRICT, WITHOUT ROWID;
