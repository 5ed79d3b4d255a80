-- 0004: which records changed when, so that the match index need not be built
-- anew for a few of them: the newest change of each, not further back than
-- changes_from. And how much personal data the logs hold: numbers by what the
-- program calls things, nothing of what was found.

ALTER TABLE store ADD COLUMN changes_from INTEGER NOT NULL DEFAULT 0;
UPDATE store SET changes_from = generation;

CREATE TABLE change(
	record INTEGER PRIMARY KEY REFERENCES record,
	generation INTEGER NOT NULL
) STRICT;
CREATE INDEX change_generation ON change(generation);

-- Of the entries of a stretch below end_at, from the end_at before; those of
-- all proven entries together stand under end_at 0, and move there when they
-- are proven. kind and side: of findings, else 0.
CREATE TABLE tally(
	stretch INTEGER NOT NULL REFERENCES stretch,
	end_at INTEGER NOT NULL,
	what INTEGER NOT NULL CHECK (what BETWEEN 0 AND 2),
	label TEXT NOT NULL,
	kind INTEGER NOT NULL,
	side INTEGER NOT NULL,
	n INTEGER NOT NULL,
	PRIMARY KEY (stretch, end_at, what, label, kind, side)
) STRICT, WITHOUT ROWID;
