-- 0002: what is wrong with a log. trouble_level: 0 nothing, 1 it may pass, 2 it
-- stays until a person has looked at it, 3 as 2, and the entries that were read
-- do not make the signed tree, so nothing behind them is proven. The gap is
-- where they part: [gap_from, gap_to), or nothing when that is not known.
-- resume_at: where a person has let reading begin anew.

ALTER TABLE log ADD COLUMN trouble_level INTEGER NOT NULL DEFAULT 0
	CHECK (trouble_level BETWEEN 0 AND 3);
ALTER TABLE log ADD COLUMN trouble TEXT NOT NULL DEFAULT '';
ALTER TABLE log ADD COLUMN trouble_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log ADD COLUMN gap_from INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log ADD COLUMN gap_to INTEGER NOT NULL DEFAULT 0;
ALTER TABLE log ADD COLUMN resume_at INTEGER NOT NULL DEFAULT 0;
UPDATE log SET trouble_level = 3, trouble = 'root-mismatch'
	WHERE unhealthy = 1;
ALTER TABLE log DROP COLUMN unhealthy;
