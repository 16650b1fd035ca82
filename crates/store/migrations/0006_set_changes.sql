-- Local, and kept for ever: what proves the validators of an epoch, cut at the height that fixed
-- them. With the set's row and the certificate of that height, light clients walk from set to set.
CREATE TABLE set_changes (
    epoch INTEGER PRIMARY KEY CHECK (epoch >= 0),
    height INTEGER NOT NULL CHECK (height >= 0),
    proof BLOB NOT NULL
) STRICT;
