-- 0005: a backfill that does not read in one go from its begin has parts, which
-- are stretches with jobs of their own below 0: scan is its job. 0: the stretch
-- is no part.

ALTER TABLE stretch ADD COLUMN scan INTEGER NOT NULL DEFAULT 0;
