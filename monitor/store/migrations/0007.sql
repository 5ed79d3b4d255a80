-- 0007: what was looked at for whom. The entries of a stretch from from_at on,
-- until its next mark, were matched with the records that were active in some
-- generation from this one to the newest, in which all of them were committed;
-- 0 and 0: they were not looked at. Of a record that is not active then nothing
-- is committed, whatever it was matched with.

CREATE TABLE mark(
	stretch INTEGER NOT NULL REFERENCES stretch ON DELETE CASCADE,
	from_at INTEGER NOT NULL,
	generation INTEGER NOT NULL,
	newest INTEGER NOT NULL,
	PRIMARY KEY (stretch, from_at)
) STRICT, WITHOUT ROWID;

-- The generations [from_gen, to_gen) in which a record was active before, with
-- the value it has now. Since when it is active now: record.active_gen.
CREATE TABLE watched(
	record INTEGER NOT NULL REFERENCES record,
	from_gen INTEGER NOT NULL,
	to_gen INTEGER NOT NULL,
	PRIMARY KEY (record, from_gen)
) STRICT, WITHOUT ROWID;

-- Keyed hashes change with the value, or with the master key; but what is
-- sealed stays as it is under a new one.
CREATE TRIGGER record_watched AFTER UPDATE OF state, keys, blob ON record
WHEN old.state <> new.state OR old.sealed IS NOT new.sealed
	AND (old.keys IS NOT new.keys OR old.blob IS NOT new.blob)
BEGIN
	INSERT OR IGNORE INTO watched(record, from_gen, to_gen)
		SELECT old.id, old.active_gen, generation + 1 FROM store
		WHERE old.state = 1 AND new.state <> 1 AND old.active_gen > 0;
	DELETE FROM watched WHERE record = old.id AND (new.state = 5
		OR (old.keys IS NOT new.keys OR old.blob IS NOT new.blob)
		AND old.sealed IS NOT new.sealed);
END;
