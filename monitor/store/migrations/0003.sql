-- 0003: the key of each quarantined entry, in a table like record_key: rows are
-- only added and never change their size, so that a key that is overwritten is
-- gone, however often SQLite moved the entry about. Zeros: the entry left, or
-- it came before this and has its key in front of its box.

CREATE TABLE quarantine_key(
	quarantine INTEGER PRIMARY KEY,
	wrapped BLOB NOT NULL CHECK (length(wrapped) = 60)
) STRICT;

INSERT INTO quarantine_key(quarantine, wrapped)
	SELECT id, zeroblob(60) FROM quarantine;

CREATE TRIGGER quarantine_left AFTER DELETE ON quarantine BEGIN
	UPDATE quarantine_key SET wrapped = zeroblob(60)
		WHERE quarantine = old.id;
END;

CREATE INDEX quarantine_time ON quarantine(time_ms);
