-- Local table: marks in the list of all grants to a grantee, by which a page in its middle is found
-- without counting what is before it; see src/marks.rs. Whether a grant is a mark follows from its id
-- alone, so that the marks follow from the grants, however these came about.
CREATE TABLE grant_marks (
    grantee TEXT NOT NULL,
    level INTEGER NOT NULL CHECK (level IN (1, 2)),
    height INTEGER NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    -- How many grants there are from this one to the next mark of the level, itself included.
    grants INTEGER NOT NULL CHECK (grants > 0),
    PRIMARY KEY (grantee, level, height, id)
) STRICT, WITHOUT ROWID;

WITH ranks AS (
    SELECT lower(grantee) AS grantee, height, id,
        row_number() OVER list AS rank,
        count(*) OVER (PARTITION BY lower(grantee)) AS grants
    FROM access_grants
    WINDOW list AS (PARTITION BY lower(grantee) ORDER BY height, id)
),
marks AS (
    SELECT 1 AS level, ranks.* FROM ranks WHERE substr(id, 16) = x'00'
    UNION ALL
    SELECT 2, ranks.* FROM ranks WHERE substr(id, 15) = x'0000'
)
INSERT INTO grant_marks (grantee, level, height, id, grants)
SELECT grantee, level, height, id, lead(rank, 1, grants + 1) OVER following - rank
FROM marks
WINDOW following AS (PARTITION BY grantee, level ORDER BY height, id);
