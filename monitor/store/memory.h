/*
 * memory: the inside of the memory backend: plain arrays that live as long as
 * the process, for scans that keep nothing and for tests. The verbs mean what
 * they mean in sqlite*.c; only, nothing is sealed, for nothing is at rest.
 * Private to memory*.c.
 */
#ifndef MONITOR_STORE_MEMORY_H
#define MONITOR_STORE_MEMORY_H

#include "monitor/store/store.h"

struct mem_stretch {
	struct stretch x; /* its log_id tells the log */
	size_t log;
	bool gone;           /* it became one with another */
	size_t num_unproven; /* exposures with an unproven sighting here */
	struct mem_exposure **unproven;
};

struct mem_record {
	const char *tenant, *id; /* in `names` */
	char *names;
	int64_t row;
	enum record_kind kind;
	enum record_state state;
	int64_t created_ms, active_ms, changed_ms, expires_ms;
	uint64_t generation; /* of the newest change */
	char *only;          /* rule_only() */
	struct buf keys, blob, json;
};

struct mem_sighting {
	size_t stretch;
	size_t log;
	uint64_t index;
	int64_t timestamp_ms;
	struct hash leaf_hash;
	bool verified;
};

struct mem_exposure {
	uint8_t id[16];
	struct mem_record *record;
	int64_t time_ms;
	struct buf packed;
	size_t no; /* in order of detection */
	bool gone;
	size_t num_sightings;
	struct mem_sighting *sightings;
	struct mem_sighting withdrawn; /* what it was told by, maybe */
	int64_t withdrawn_ms;          /* 0: nothing */
};

struct mem_event {
	uint8_t id[16];
	char *type, *subject;
	int64_t time_ms;
	struct buf data;
};

enum mem_state { MEM_WAITING, MEM_DELIVERED, MEM_DEAD, MEM_GONE };

/* The id is the place in the list + 1; one of exposure and event is set. */
struct mem_row {
	const char *sink;
	struct mem_exposure *exposure;
	struct mem_event *event;
	enum mem_state state;
	bool held;
	bool is_follow_up;
	int64_t begun_ms; /* 0: it did not, or is settled */
	unsigned attempts;
	int64_t due_ms;
	char *error;
};

struct mem_quarantine {
	size_t stretch;
	uint64_t index;
	struct hash leaf_hash;
	char *reason;
	struct buf bytes;
	int64_t row, time_ms;
};

struct mem_tally { /* one counter of a stretch; end 0: of what is proven */
	size_t stretch;
	uint64_t end;
	enum store_what what;
	char *label;
	unsigned kind, side;
	uint64_t n;
};

struct store {
	struct store_base base;
	size_t num_sinks;
	const struct store_sink *sinks;
	uint64_t generation;
	int64_t next_expiry_ms; /* no active record expires before */
	size_t num_logs, num_stretches, num_records, num_exposures;
	size_t num_events, num_rows, num_quarantined, num_tallies;
	int64_t last_quarantined; /* row */
	struct store_log *logs;
	struct mem_stretch *stretches; /* id = place + 1 */
	struct mem_record **records;   /* row = place + 1 */
	struct mem_exposure **exposures;
	struct mem_event **events;
	struct mem_row *rows;
	struct mem_quarantine *quarantined;
	struct mem_tally *tallies;
	void *by_name; /* tsearch() trees of records and exposures */
	void *by_id;
};

/* `list` with room for one more behind `num` things. */
void *memory_room(void *list, size_t num, size_t size);

/* --- logs and stretches (memory_log.c) -------------------------------- */
enum status memory_log_open(
    struct store *s, struct store_log *l, int64_t now_ms, struct err *e);
enum status memory_log_mark(struct store *s, const struct hash *log_id,
    const struct trouble *t, const struct event *ev, struct err *e);
enum status memory_log_bridge(
    struct store *s, struct store_bridge *io, struct err *e);
enum status memory_head_seen(struct store *s, const struct hash *log_id,
    const struct store_head *h, struct err *e);
enum status memory_claim(struct store *s, struct stretch *io, struct err *e);
enum status memory_stretch_find(struct store *s, struct stretch *out,
    const struct hash *log_id, int64_t job, struct err *e);
enum status memory_logs(
    struct store *s, store_log_fn *fn, void *arg, struct err *e);
enum status memory_stretches(
    struct store *s, store_stretch_fn *fn, void *arg, struct err *e);
void memory_head_put(
    struct store_log *l, const struct store_head *h, bool proven);

/* --- counters (memory_tally.c) ----------------------------------------- */
void memory_tallies_put(
    struct store *s, size_t stretch, const struct store_commit *c);
void memory_tallies_prove(struct store *s, size_t stretch, uint64_t proven);
void memory_tallies_undo(struct store *s, size_t stretch);
/* All counters of one stretch are another's. */
void memory_tallies_join(struct store *s, size_t to, size_t from);
enum status memory_tallies(
    struct store *s, store_count_fn *fn, void *arg, struct err *e);

/* --- commits (memory_commit.c) ---------------------------------------- */
enum status memory_commit(struct store *s, const struct store_commit *c,
    struct store_committed *out, struct err *e);
enum status memory_rewind(struct store *s, const struct stretch *at,
    struct store_rewound *io, struct err *e);
/* What was not proven of it is forgotten; the position is the caller's. */
void memory_undo(
    struct store *s, struct mem_stretch *t, struct store_rewound *io);
/* As sqlite_join(). */
void memory_join(struct store *s, struct mem_stretch *t,
    const struct store_commit *c, struct store_committed *out);
/* A hit in a stretch; `due_ms` as long as it is not proven. */
void memory_hit_put(struct store *s, struct mem_stretch *t,
    const struct store_hit *hit, int64_t due_ms, struct store_committed *out);
/* It is known that this was seen there. */
bool memory_is_sighted(
    struct store *s, const struct mem_stretch *t, const struct store_hit *hit);
/* What of the stretch is below its proven position is verified. */
void memory_hits_prove(struct store *s, struct mem_stretch *t, int64_t now_ms);
/* Forget an exposure and its outbox rows. */
void memory_exposure_drop(struct store *s, struct mem_exposure *x);

/* --- quarantine (memory_quarantine.c) --------------------------------- */
void memory_quarantine_put(struct store *s, size_t stretch,
    const struct store_quarantine *x, int64_t now_ms);
/* What a rewind of the stretch takes with it. */
void memory_quarantine_undo(struct store *s, const struct mem_stretch *t);
enum status memory_quarantine_read(struct store *s, int64_t after,
    store_quarantine_fn *fn, void *arg, struct err *e);
enum status memory_quarantine_places(
    struct store *s, store_quarantine_place_fn *fn, void *arg, struct err *e);
enum status memory_quarantine_settle(struct store *s,
    const struct store_rereads *r, struct store_committed *out, struct err *e);
enum status memory_quarantine_expire(
    struct store *s, int64_t before_ms, bool *more, struct err *e);
enum status memory_counts(
    struct store *s, struct store_counts *out, struct err *e);

/* --- exposures, events, outbox (memory_outbox.c) ---------------------- */
enum status memory_event_add(
    struct store *s, const struct event *ev, struct err *e);
enum status memory_outbox_due(struct store *s, const struct outbox_query *q,
    struct outbox *out, struct err *e);
enum status memory_outbox_next(struct store *s, const char *sink,
    int64_t *due_ms, size_t *depth, struct err *e);
enum status memory_sink_mark(
    struct store *s, const struct store_sink_mark *m, struct err *e);
enum status memory_sink_state(struct store *s, const char *sink,
    struct store_sink_state *out, struct err *e);
enum status memory_outbox_begin(struct store *s, const int64_t *rows,
    size_t num, int64_t now_ms, struct err *e);
enum status memory_outbox_settle(
    struct store *s, const struct store_settle *how, size_t num, struct err *e);
enum status memory_exposures(struct store *s, const struct hash *log_id,
    store_exposure_fn *fn, void *arg, struct err *e);
struct mem_row *memory_row_new(struct store *s, const char *sink);

/* --- records (memory_records.c) --------------------------------------- */
enum status memory_records_import(
    struct store *s, struct store_import *io, struct err *e);
enum status memory_records_list(struct store *s, const struct store_query *q,
    store_record_fn *fn, void *arg, struct err *e);
enum status memory_record_state(
    struct store *s, const struct record_change *c, struct err *e);
enum status memory_index_changes(
    struct store *s, const struct store_changes *q, struct err *e);
enum status memory_records_count(
    struct store *s, size_t out[RECORD_ERASED + 1], struct err *e);
enum status memory_index_generation(
    struct store *s, uint64_t *out, struct err *e);
enum status memory_index_size(
    struct store *s, int64_t now_ms, struct match_size *out, struct err *e);
enum status memory_index_load(struct store *s, int64_t now_ms,
    store_index_fn *fn, void *arg, struct err *e);
enum status memory_record_name(
    struct store *s, int64_t row, struct record_ref *out, struct err *e);
void memory_expire(struct store *s, int64_t now_ms);
void memory_record_free(struct mem_record *r);

#endif
