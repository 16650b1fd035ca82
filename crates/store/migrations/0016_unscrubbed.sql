-- Local: pages may hold what was in rows that are gone, until all of them were looked at once.
INSERT INTO meta (key, value) VALUES ('unscrubbed', '');
