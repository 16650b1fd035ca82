-- Local: what proves the newest set as of heights after the one that fixed it, cut while that one has no certificate.
-- Any of them does instead once it is certified.
CREATE TABLE later_set_proofs (
    epoch INTEGER NOT NULL CHECK (epoch >= 0),
    height INTEGER NOT NULL CHECK (height >= 0),
    proof BLOB NOT NULL,
    PRIMARY KEY (epoch, height)
) STRICT, WITHOUT ROWID;
