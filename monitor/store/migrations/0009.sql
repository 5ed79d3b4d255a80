-- 0009: alerts for people: who gets which, in which digest; what was muted; the
-- proof of an exposure, kept.

-- Several deliveries as one message. What is in it stands before it is first
-- sent, so that a retry is the same message.
CREATE TABLE digest(
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	uid BLOB NOT NULL UNIQUE CHECK (length(uid) = 16), -- its public id
	made_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE outbox_new(
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	sink TEXT NOT NULL,
	exposure INTEGER REFERENCES exposure ON DELETE CASCADE,
	event INTEGER REFERENCES event ON DELETE CASCADE,
	-- Keyed hash of the mail address that it goes to, as in suppress;
	-- x'': the sink itself knows.
	address BLOB NOT NULL DEFAULT x'' CHECK (length(address) IN (0, 32)),
	-- 0: the exposure or event itself; 1: that what the exposure was told
	-- by turned out not to be the log's.
	topic INTEGER NOT NULL DEFAULT 0 CHECK (topic IN (0, 1)),
	-- 0: by itself; 1: in a daily digest; 2: in a weekly one.
	cadence INTEGER NOT NULL DEFAULT 0 CHECK (cadence BETWEEN 0 AND 2),
	digest INTEGER REFERENCES digest ON DELETE SET NULL, -- NULL: none yet
	record INTEGER, -- of alerts for people: who it is about; else NULL
	begun_ms INTEGER, -- it was given away without a proof, maybe; NULL: no
	state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2),
	held INTEGER NOT NULL CHECK (held IN (0, 1)), -- until it is proven
	attempts INTEGER NOT NULL DEFAULT 0,
	due_ms INTEGER NOT NULL,     -- 2^60 is added while the record is paused
	settled_ms INTEGER,          -- the newest attempt
	error_box BLOB,
	UNIQUE (exposure, sink, address, topic),
	UNIQUE (event, sink),
	CHECK ((exposure IS NULL) <> (event IS NULL))
) STRICT;
INSERT INTO outbox_new(id, sink, exposure, event, state, held, attempts, due_ms,
	settled_ms, error_box) SELECT id, sink, exposure, event, state, held,
	attempts, due_ms, settled_ms, error_box FROM outbox;
DROP TABLE outbox;
ALTER TABLE outbox_new RENAME TO outbox;

CREATE INDEX outbox_waiting ON outbox(due_ms) WHERE state = 0;
CREATE INDEX outbox_settled ON outbox(settled_ms) WHERE state <> 0;
CREATE INDEX outbox_dead ON outbox(id) WHERE state = 2;
CREATE INDEX outbox_sink ON outbox(sink, due_ms) WHERE state = 0;
CREATE INDEX outbox_digest ON outbox(digest) WHERE digest IS NOT NULL;
CREATE INDEX outbox_people ON outbox(record, sink, address, cadence, digest)
	WHERE record IS NOT NULL;
CREATE INDEX outbox_collected ON outbox(sink, due_ms)
	WHERE state = 0 AND cadence > 0 AND digest IS NULL;

-- same: keyed hash, under the store's secret, over the record and what of it
-- the certificate says and by whom: renewals have it in common. NULL: older
-- than this column. acked_ms: somebody has taken note of it.
ALTER TABLE exposure ADD COLUMN same BLOB;
ALTER TABLE exposure ADD COLUMN acked_ms INTEGER;
CREATE INDEX exposure_same ON exposure(record, same);

-- Of a record: exposures with this `same` are not told any more; not_me: they
-- are somebody else's, and nothing of them is kept.
CREATE TABLE mute(
	record INTEGER NOT NULL REFERENCES record,
	same BLOB NOT NULL CHECK (length(same) = 32),
	not_me INTEGER NOT NULL CHECK (not_me IN (0, 1)),
	since_ms INTEGER NOT NULL,
	PRIMARY KEY (record, same)
) STRICT, WITHOUT ROWID;

-- What proves an exposure, for logs vanish: the entry from when it was found, the
-- proof that the log has signed it from when that could be had; both sealed under
-- the record's key. Of the first place where it was seen and that was not undone.
CREATE TABLE evidence(
	exposure INTEGER PRIMARY KEY REFERENCES exposure ON DELETE CASCADE,
	log INTEGER NOT NULL REFERENCES log,
	ix INTEGER NOT NULL,
	leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32),
	entry BLOB,          -- NULL: too large, or seen before there was this
	proof BLOB,          -- NULL: not there yet
	tries INTEGER NOT NULL DEFAULT 0, -- of having it, that failed
	-- When the log is asked for it. NULL: it is there, or was given up, or
	-- the place is not proven yet. 2^60 is added while the record is not
	-- active.
	due_ms INTEGER,
	CHECK (proof IS NULL OR due_ms IS NULL)
) STRICT;
CREATE INDEX evidence_due ON evidence(due_ms) WHERE due_ms IS NOT NULL;
INSERT INTO evidence(exposure, log, ix, leaf_hash, due_ms)
	SELECT i.exposure, t.log, i.ix, i.leaf_hash,
	iif(i.verified, (r.state <> 1) * 1152921504606846976, NULL)
	FROM sighting i JOIN stretch t ON t.id = i.stretch
	JOIN exposure x ON x.no = i.exposure JOIN record r ON r.id = x.record
	WHERE true
	ORDER BY i.exposure, i.verified DESC, i.timestamp_ms, t.log, i.ix
	ON CONFLICT DO NOTHING;

-- How each sink does. Times: NULL: never, or it does not.
CREATE TABLE sink(
	name TEXT PRIMARY KEY,
	delivered_ms INTEGER, -- newest
	failing_ms INTEGER,   -- since when nothing arrives
	closed_ms INTEGER,    -- when it said that it takes nothing more
	kind TEXT             -- of the newest failure, in words of our own
) STRICT, WITHOUT ROWID;

-- Of a link in an alert: the recipient that it went to, when that is not whom
-- the record is about: it ends the mails to that one alone. NULL: the record.
ALTER TABLE token ADD COLUMN address BLOB;

-- Recipients, as in outbox.address, that want no more mail about a record.
CREATE TABLE declined(
	record INTEGER NOT NULL REFERENCES record,
	address BLOB NOT NULL CHECK (length(address) = 32),
	since_ms INTEGER NOT NULL,
	PRIMARY KEY (record, address)
) STRICT, WITHOUT ROWID;

-- The sighting that a rewind took back, when somebody may have been told by it:
-- what the deliveries of topic 1 are about.
CREATE TABLE withdrawn(
	exposure INTEGER PRIMARY KEY REFERENCES exposure ON DELETE CASCADE,
	log INTEGER NOT NULL REFERENCES log,
	ix INTEGER NOT NULL,
	timestamp_ms INTEGER NOT NULL,
	leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32),
	since_ms INTEGER NOT NULL
) STRICT;
