-- 0006: the opt-in ledger (ledger.h): consent by mail, what became of each
-- record, who did what. Addresses of mails stand here as keyed hashes only,
-- under a secret that stands wrapped in `store`, so that it outlives the master
-- key (keys rotate).

ALTER TABLE store ADD COLUMN secret BLOB; -- made when it is opened for writing
-- The audit trail begins behind this row, whose hash this was: rows before it
-- were kept for as long as they are to be.
ALTER TABLE store ADD COLUMN audit_no INTEGER NOT NULL DEFAULT 0;
ALTER TABLE store ADD COLUMN audit_hash BLOB NOT NULL DEFAULT
	x'0000000000000000000000000000000000000000000000000000000000000000';

-- active_gen: the generation of the index that it is in since active_ms.
-- identity: a name is attached to an e-mail record, and follows its state.
ALTER TABLE record ADD COLUMN active_gen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE record ADD COLUMN identity INTEGER REFERENCES record;
UPDATE record SET active_gen = (SELECT generation FROM store) WHERE state = 1;
CREATE INDEX record_identity ON record(identity) WHERE identity IS NOT NULL;
CREATE INDEX record_pending ON record(changed_ms) WHERE state = 0;
DROP INDEX record_expiry;
CREATE INDEX record_state ON record(state, expires_ms); -- to count them, too

-- Ids only, never a value. hash: SHA-256 over the hash of the row before, then
-- number and time (8 bytes each, big-endian), then who, what, tenant and name,
-- each behind its length (4 bytes; ffffffff: NULL).
CREATE TABLE audit(
	no INTEGER PRIMARY KEY,
	time_ms INTEGER NOT NULL,
	who TEXT NOT NULL,
	what TEXT NOT NULL,
	tenant TEXT, -- NULL: of all of them
	name TEXT,   -- the record's; NULL: of no one record
	hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- What became of a record, for as long as it is there.
CREATE TABLE history(
	record INTEGER NOT NULL REFERENCES record,
	no INTEGER NOT NULL,
	time_ms INTEGER NOT NULL,
	what TEXT NOT NULL,
	who TEXT NOT NULL,
	sealed BLOB, -- about the consent; NULL: nothing
	PRIMARY KEY (record, no)
) STRICT, WITHOUT ROWID;

-- What links in mails may do, once each. use: 0 confirm, 1 unsubscribe.
CREATE TABLE token(
	hash BLOB PRIMARY KEY CHECK (length(hash) = 32),
	record INTEGER NOT NULL REFERENCES record,
	use INTEGER NOT NULL CHECK (use BETWEEN 0 AND 1),
	made_ms INTEGER NOT NULL,
	expires_ms INTEGER -- NULL: never
) STRICT, WITHOUT ROWID;
CREATE INDEX token_record ON token(record);
CREATE INDEX token_expiry ON token(expires_ms) WHERE expires_ms IS NOT NULL;

-- Mails that ask for a confirmation and are still to be sent. address and
-- begun_ms: of the newest attempt; before_ms: of the mail before it. Numbers
-- are not used twice, for an answer may come when the letter is gone.
CREATE TABLE letter(
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	record INTEGER NOT NULL UNIQUE REFERENCES record,
	due_ms INTEGER NOT NULL,
	attempts INTEGER NOT NULL DEFAULT 0,
	address BLOB,
	begun_ms INTEGER NOT NULL DEFAULT 0,
	before_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX letter_due ON letter(due_ms);

-- When an address was asked last, and how often without an answer. Stays as
-- long as there was none, so that nobody is asked for ever.
CREATE TABLE mailed(
	address BLOB PRIMARY KEY CHECK (length(address) = 32),
	newest_ms INTEGER NOT NULL,
	unanswered INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX mailed_answered ON mailed(newest_ms) WHERE unanswered = 0;

-- "Never write to this address again."
CREATE TABLE suppress(
	address BLOB PRIMARY KEY CHECK (length(address) = 32),
	since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- told: outbox rows of it were settled and are out of retention. It is not to
-- be sent again.
ALTER TABLE exposure ADD COLUMN told INTEGER NOT NULL DEFAULT 0
	CHECK (told IN (0, 1));
-- outbox.due_ms, too: 2^60 is added while the record is paused.
CREATE INDEX outbox_settled ON outbox(settled_ms) WHERE state <> 0;
CREATE INDEX outbox_dead ON outbox(id) WHERE state = 2;
CREATE INDEX event_time ON event(time_ms) WHERE data <> x'';
