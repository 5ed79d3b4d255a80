-- 0008: what waits is looked up for each sink by itself. And a row that goes
-- while it is being carried (withdrawn, erased, undone) takes its number with
-- it: what becomes of it must not be taken for what became of another one.

CREATE TABLE outbox_new(
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	sink TEXT NOT NULL,
	exposure INTEGER REFERENCES exposure ON DELETE CASCADE,
	event INTEGER REFERENCES event ON DELETE CASCADE,
	state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2),
	held INTEGER NOT NULL CHECK (held IN (0, 1)), -- until it is proven
	attempts INTEGER NOT NULL DEFAULT 0,
	due_ms INTEGER NOT NULL,     -- 2^60 is added while the record is paused
	settled_ms INTEGER,          -- the newest attempt
	error_box BLOB,
	UNIQUE (exposure, sink),
	UNIQUE (event, sink),
	CHECK ((exposure IS NULL) <> (event IS NULL))
) STRICT;
INSERT INTO outbox_new SELECT id, sink, exposure, event, state, held, attempts,
	due_ms, settled_ms, error_box FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_new RENAME TO outbox;

CREATE INDEX outbox_waiting ON outbox(due_ms) WHERE state = 0;
CREATE INDEX outbox_settled ON outbox(settled_ms) WHERE state <> 0;
CREATE INDEX outbox_dead ON outbox(id) WHERE state = 2;
CREATE INDEX outbox_sink ON outbox(sink, due_ms) WHERE state = 0;
