-- 0001: the first schema. Times are milliseconds since 1970; hashes and ids
-- are raw bytes. What is personal stands in columns named "sealed" or "box",
-- encrypted (seal.h): "sealed" under the record's key, "box" under a key of its
-- own, which stands in front of it.

PRAGMA application_id = 1229866060; -- "INDL"

CREATE TABLE store(
	one INTEGER PRIMARY KEY CHECK (one = 1),
	key_id BLOB NOT NULL,       -- which master key
	generation INTEGER NOT NULL -- of the set of active records
) STRICT;

CREATE TABLE log(
	id INTEGER PRIMARY KEY,
	log_id BLOB NOT NULL UNIQUE CHECK (length(log_id) = 32),
	name TEXT NOT NULL,
	operator_name TEXT NOT NULL,
	url TEXT NOT NULL,
	api TEXT NOT NULL,
	first_seen_ms INTEGER NOT NULL,
	unhealthy INTEGER NOT NULL DEFAULT 0 CHECK (unhealthy IN (0, 1)),
	-- the largest signed head that was seen, and the largest proven one
	newest_size INTEGER NOT NULL DEFAULT 0,
	newest_ms INTEGER NOT NULL DEFAULT 0,
	newest_root BLOB NOT NULL DEFAULT (zeroblob(32)),
	newest_raw BLOB NOT NULL DEFAULT x'',
	proven_size INTEGER NOT NULL DEFAULT 0,
	proven_ms INTEGER NOT NULL DEFAULT 0,
	proven_root BLOB NOT NULL DEFAULT (zeroblob(32)),
	proven_raw BLOB NOT NULL DEFAULT x'',
	CHECK (0 <= proven_size AND proven_size <= newest_size)
) STRICT;

-- What has been read: [begin_at, read_to) without a gap, [begin_at, proven_to)
-- proven to be the signed tree's. job 0 is the tail.
CREATE TABLE stretch(
	id INTEGER PRIMARY KEY,
	log INTEGER NOT NULL REFERENCES log,
	job INTEGER NOT NULL,
	begin_at INTEGER NOT NULL,
	limit_at INTEGER,           -- NULL: none
	read_to INTEGER NOT NULL,
	proven_to INTEGER NOT NULL,
	tree BLOB NOT NULL,         -- compact range that ends at read_to
	tree_proven BLOB NOT NULL,  -- and at proven_to
	epoch INTEGER NOT NULL,     -- of the newest claim
	UNIQUE (log, job),
	CHECK (0 <= begin_at AND begin_at <= proven_to
	    AND proven_to <= read_to
	    AND (limit_at IS NULL OR read_to <= limit_at))
) STRICT;

-- State: 0 pending, 1 active, 2 paused, 3 withdrawn, 4 expired, 5 erased.
-- An erased record keeps its row: nobody may bring the id back by accident.
CREATE TABLE record(
	id INTEGER PRIMARY KEY,
	tenant TEXT NOT NULL,
	name TEXT NOT NULL,
	kind INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 2),
	state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5),
	created_ms INTEGER NOT NULL,
	active_ms INTEGER NOT NULL,  -- newest activation, 0 = never
	changed_ms INTEGER NOT NULL, -- newest change of state
	expires_ms INTEGER NOT NULL, -- 0 = never
	sinks TEXT,                  -- names, one a line; NULL: all
	keys BLOB,                   -- keyed hashes, 32 bytes each
	blob BLOB,                   -- what judges a match
	sealed BLOB,                 -- the record as it was imported
	UNIQUE (tenant, name),
	CHECK ((state = 5) = (sealed IS NULL)
	    AND (sealed IS NULL) = (keys IS NULL)
	    AND (sealed IS NULL) = (blob IS NULL))
) STRICT;
CREATE INDEX record_expiry ON record(expires_ms)
	WHERE state = 1 AND expires_ms > 0;

-- The key of each record, wrapped by the master key's wrapping key. SQLite may
-- leave copies of rows that it moves within the file; these are only added at
-- the end and never change their size, so they never move, and a key that is
-- overwritten is gone. Zeros: erased.
CREATE TABLE record_key(
	record INTEGER PRIMARY KEY REFERENCES record,
	wrapped BLOB NOT NULL CHECK (length(wrapped) = 60)
) STRICT;

-- One record, one certificate family.
CREATE TABLE exposure(
	no INTEGER PRIMARY KEY,
	id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
	record INTEGER NOT NULL REFERENCES record,
	time_ms INTEGER NOT NULL,
	sealed BLOB NOT NULL
) STRICT;
CREATE INDEX exposure_record ON exposure(record);
CREATE INDEX exposure_time ON exposure(time_ms);

-- Where it was seen. Two stretches that overlap have a row each, so that
-- undoing one takes nothing from the other.
CREATE TABLE sighting(
	exposure INTEGER NOT NULL REFERENCES exposure ON DELETE CASCADE,
	stretch INTEGER NOT NULL REFERENCES stretch,
	ix INTEGER NOT NULL,
	timestamp_ms INTEGER NOT NULL,
	leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32),
	verified INTEGER NOT NULL DEFAULT 0 CHECK (verified IN (0, 1)),
	PRIMARY KEY (exposure, stretch, ix)
) STRICT, WITHOUT ROWID;
CREATE INDEX sighting_unverified ON sighting(stretch, ix) WHERE verified = 0;

-- Entries that could not be read.
CREATE TABLE quarantine(
	id INTEGER PRIMARY KEY,
	stretch INTEGER NOT NULL REFERENCES stretch,
	ix INTEGER NOT NULL,
	time_ms INTEGER NOT NULL,
	leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32),
	reason TEXT NOT NULL,
	box BLOB NOT NULL,
	UNIQUE (stretch, ix)
) STRICT;

-- What the operator is told about logs, lists and deliveries.
CREATE TABLE event(
	no INTEGER PRIMARY KEY,
	id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
	type TEXT NOT NULL,
	subject TEXT NOT NULL,
	time_ms INTEGER NOT NULL,
	data BLOB NOT NULL
) STRICT;

-- One row for each sink that is to have an exposure or an event. State:
-- 0 waiting, 1 delivered, 2 dead. Rows stay, so nothing is sent twice.
CREATE TABLE outbox(
	id INTEGER PRIMARY KEY,
	sink TEXT NOT NULL,
	exposure INTEGER REFERENCES exposure ON DELETE CASCADE,
	event INTEGER REFERENCES event ON DELETE CASCADE,
	state INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2),
	held INTEGER NOT NULL CHECK (held IN (0, 1)), -- until it is proven
	attempts INTEGER NOT NULL DEFAULT 0,
	due_ms INTEGER NOT NULL,
	settled_ms INTEGER,          -- the newest attempt
	error_box BLOB,
	UNIQUE (exposure, sink),
	UNIQUE (event, sink),
	CHECK ((exposure IS NULL) <> (event IS NULL))
) STRICT;
CREATE INDEX outbox_waiting ON outbox(due_ms) WHERE state = 0;
