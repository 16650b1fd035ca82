-- Local, and kept for ever: certificates of states, each with the signatures of more than two thirds
-- of the validators of its epoch.
CREATE TABLE certificates (
    height INTEGER PRIMARY KEY CHECK (height >= 0),
    certificate BLOB NOT NULL
) STRICT;
