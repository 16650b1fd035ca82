-- The state tree has another form from now on: docs/adr/0009. It is made anew from the rows when the database is opened,
-- as that of a database without one is.
DELETE FROM tree;
DELETE FROM tree_changes;
DELETE FROM leaf_rows;
UPDATE blocks SET root = zeroblob(32), leaves = 0 WHERE height = (SELECT max(height) FROM blocks);
