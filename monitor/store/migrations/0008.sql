-- 0008: what waits is looked up for each sink by itself.

CREATE INDEX outbox_sink ON outbox(sink, due_ms) WHERE state = 0;
