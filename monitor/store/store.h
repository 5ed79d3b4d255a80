/*
 * store: what must survive, behind one interface with several backends
 * (sqlite, memory; postgres later). Verbs of the domain; each is one
 * transaction, durable when it returns ST_OK, and all-or-nothing. All calls
 * come from one thread (the store thread). Times are ms since 1970, given by
 * the caller. ST_FULL: no space, retry later. ST_IO: stop; a failed fsync is
 * never retried.
 *
 * What has been read of a log is a set of stretches. A stretch [begin, read)
 * has been read, hashed and matched without a gap; [begin, proven) of it is
 * proven to be the signed tree's. A tail is the stretch with job 0; backfills
 * are others. A backfill that does not read in one go from its begin has parts:
 * stretches of their own, which become one with it when they meet.
 */
#ifndef MONITOR_STORE_STORE_H
#define MONITOR_STORE_STORE_H

#include "alerts/alert.h"
#include "ctlog/merkle/range.h"
#include "monitor/pii/match.h"
#include "monitor/pii/record.h"
#include "monitor/store/seal.h"
#include "monitor/store/sinks.h"

/* Room for an owner's name. */
#define STORE_OWNER 64

struct store_conf {
	const char *url; /* "sqlite:///path", "memory:" */
	struct keys keys;
	size_t num_sinks;
	const struct store_sink *sinks; /* borrowed for the store's life */
	bool read_only;    /* beside a running monitor: query only */
	bool check;        /* read all pages also then: ST_BAD when damaged */
	const char *owner; /* "pid 4711 on host", for ST_BUSY messages */
};

struct store_head {
	uint64_t size;
	int64_t timestamp_ms;
	struct hash root;
	struct span raw; /* the signed bytes as they came */
};

/* What is wrong with a log. A higher level outranks a lower one. */
enum trouble_level {
	TROUBLE_NONE,
	TROUBLE_PASSING, /* over when the log behaves again */
	TROUBLE_LASTING, /* a person has to look at it */
	TROUBLE_BROKEN   /* so, and nothing more of it can be proven: its
			    entries are not those of its signed tree */
};
struct trouble {
	enum trouble_level level;
	char kind[24]; /* as in the misbehaviour event */
	int64_t since_ms;
	/* TROUBLE_BROKEN: where tree and entries part, when that is known */
	uint64_t gap_from, gap_to;
};

/* A log as the store knows it. */
struct store_log {
	struct hash log_id;
	char *name, *operator_name, *url, *api;
	int64_t first_seen_ms;
	struct store_head newest; /* largest signed head seen; size 0 = none */
	struct store_head proven; /* largest head whose root was reproduced */
	struct buf newest_raw, proven_raw; /* own the spans above */
	struct trouble trouble;
	uint64_t resume_at; /* a new tail begins here; 0: nothing is said */
};
void store_log_fini(struct store_log *l);

struct stretch {
	int64_t id;
	struct hash log_id;
	int64_t job;
	int64_t scan; /* job of the backfill that it is a part of; 0: none */
	uint64_t begin;
	uint64_t limit; /* exclusive end wanted; UINT64_MAX = a tail */
	uint64_t read, proven;
	struct range tree;        /* ends at read */
	struct range tree_proven; /* ends at proven */
	uint64_t epoch;           /* fencing: of this claim */
};

/* The job of a part that is to be made: it gets one of its own, below 0. */
#define STORE_PART INT64_MIN

/* An exposure found at one place in one log. */
struct store_hit {
	int64_t record; /* row number as given by index_load */
	/* Of the records that it was matched with; 0: not known. It is nobody's
	 * when the record had another value then. */
	uint64_t generation;
	struct exposure x; /* id, time, match, cert; sightings unused */
	uint64_t index;
	int64_t timestamp_ms;
	struct hash leaf_hash;
	/* The entry, to be kept sealed as evidence; empty: it is not. */
	struct span entry;
};

struct store_quarantine {
	uint64_t index;
	struct hash leaf_hash;
	const char *reason;
	struct span bytes; /* sealed before they are written */
	int64_t row;       /* when it is listed; so is time_ms: since when */
	int64_t time_ms;
};

/* Entries that quarantine_read gives at a time. */
#define STORE_QUARANTINE_PAGE 16

/* Entries in quarantine that were read again. */
struct store_reread {
	int64_t row;
	const char *reason; /* it stays, for this; NULL: it leaves */
	size_t num_hits;    /* their index and leaf_hash are the row's */
	const struct store_hit *hits;
};
struct store_rereads {
	size_t num;
	const struct store_reread *list;
	int64_t now_ms, hold_ms; /* as in a commit */
	uint64_t generation;
};

/* That [0 or begin, proven) is a prefix of the tree under this signed head. */
struct store_proof {
	uint64_t proven;
	const struct range *tree; /* ends at proven */
	struct store_head head;
};

/* Of certificates: how many; how many of a class; findings in a place of a
 * kind. Numbers only. */
enum store_what { COUNT_CERTIFICATES, COUNT_CLASS, COUNT_FINDING };
struct store_count {
	enum store_what what;
	const char *label;   /* "", class_name(), a finding's carrier */
	unsigned kind, side; /* enum pii_kind and pii_side; else 0 */
	uint64_t n;
};
/* Those of the entries from the tally before (or the position) to `end`. */
struct store_tally {
	uint64_t end;
	size_t num;
	const struct store_count *list;
};

struct store_commit {
	const struct stretch *at; /* id, epoch, log_id; its `read` must still
				     be the store's: else ST_STALE */
	uint64_t read;            /* new position, >= at->read */
	const struct range *tree; /* ends at read */
	/* Of the active records that all these entries were matched with, at
	 * least (index_generation); 0: unknown, they count for nobody. */
	uint64_t generation;
	size_t num_hits, num_quarantined;
	const struct store_hit *hits;
	const struct store_quarantine *quarantined;
	size_t num_tallies;
	const struct store_tally *tallies;
	const struct store_proof *proof; /* NULL: none yet */
	const struct event *event;       /* to be told with it; NULL: none */
	int64_t now_ms;
	int64_t hold_ms; /* unverified alerts are due after this */
};

/* What a commit did. */
struct store_committed {
	size_t new_exposures; /* hits that are new exposures */
	size_t dropped;       /* of records no longer active; not theirs */
	bool joined;          /* with the next part: this is both */
	struct stretch whole;
};

struct store_rewound {
	int64_t now_ms, hold_ms; /* follow-ups are due after this */
	size_t retracted; /* out: exposures that nobody was told of: gone */
	size_t delivered; /* out: those that stay */
};

/* What became of a delivery. */
enum settle { SETTLE_DELIVERED, SETTLE_RETRY, SETTLE_DEAD };
struct store_settle {
	int64_t row; /* outbox_row.id */
	enum settle how;
	int64_t now_ms, due_ms; /* due_ms: SETTLE_RETRY */
	const char *error;      /* for people; NULL when delivered */
};

struct outbox_row {
	int64_t id;
	char *sink;
	unsigned attempts;
	uint8_t event_id[16];
	bool is_exposure;
	struct exposure x; /* with its sightings, verified as of now */
	bool damaged;      /* what it is about does not open: x is empty */
	bool is_follow_up; /* about the sighting in x that was taken back */
	/* The digest that it is a part of, and its public id; 0: none. Rows of
	 * one stand side by side. */
	int64_t digest;
	uint8_t digest_id[16];
	char *to;     /* the mail's recipient; NULL: the sink knows */
	bool unnamed; /* it had one, whom the record no longer names */
	bool astray;  /* its sink would reach others than it was made for */
	/* Of the link that ends it (ledger.h), for a recipient. */
	bool has_unsubscribe;
	uint8_t unsubscribe[32];
	struct buf event_type, event_subject, event_data;
	int64_t event_time_ms;
	char *last_error; /* of the attempt before this; NULL: none */
};
void outbox_row_fini(struct outbox_row *r);

struct outbox {
	size_t num;
	struct outbox_row *rows;
};
void outbox_fini(struct outbox *o);

/* Which rows of the outbox. */
struct outbox_query {
	const char *sink; /* NULL: of all */
	bool strays;      /* instead: of sinks that this store has not */
	bool all;         /* also what is not due yet, unless it is collected */
	int64_t now_ms;
	size_t limit; /* a digest counts as one */
};

struct record_row { /* a record with what the store knows of it */
	int64_t row;
	struct record r; /* values are there only when asked for (reveal) */
	int64_t created_ms, active_ms;
	int64_t changed_ms; /* newest change of state */
};

/* What verbs call back borrows its arguments for that long, and must not call
 * the store. */
typedef void store_index_fn(void *arg, int64_t row, enum record_kind kind,
    struct span keys, struct span blob);
typedef void store_record_fn(void *arg, const struct record_row *row);

typedef void store_log_fn(void *arg, const struct store_log *log);
typedef void store_stretch_fn(
    void *arg, const struct store_log *log, const struct stretch *s);
typedef void store_exposure_fn(void *arg, const struct exposure *x);
typedef void store_quarantine_fn(
    void *arg, const struct hash *log_id, const struct store_quarantine *q);

typedef void store_count_fn(
    void *arg, const struct hash *log_id, const struct store_count *c);
typedef void store_quarantine_place_fn(
    void *arg, const struct hash *log_id, const char *reason, uint64_t index);

/* So many changes of records the store remembers; more are too many to be
 * looked up beside an index. */
#define STORE_CHANGES 65536u
struct store_changes {
	uint64_t since; /* a generation */
	int64_t now_ms;
	store_index_fn *fn; /* without keys: it is no longer active */
	void *arg;
};

struct store_import {    /* compiled[i] belongs to records[i] */
	const char *who; /* for the audit trail: ledger.h, struct actor */
	size_t num;
	const struct record *records;
	const struct compiled *compiled;
	int64_t now_ms;
	/* Told of each record that cannot be taken, by its place, and why;
	 * NULL: the first one's reason is the error. ST_BAD either way. */
	void (*refused)(void *arg, size_t i, const char *why);
	void *arg;
	size_t added, updated, active, pending, num_refused; /* out */
};
struct store_query {
	const char *tenant; /* NULL: all */
	bool reveal;        /* values too, and no word of it in the audit */
	const char *id;     /* with a tenant: this one alone */
	/* Those behind this place in the order; NULL: from the first. */
	const char *after_tenant, *after_id;
	size_t limit; /* at most so many; 0: all */
};
/* The end of a log's trouble. */
struct store_bridge {
	struct hash log_id;
	uint64_t resume_at; /* out: a new tail begins here; else 0 */
	/* What is to be told of it, once resume_at is known; NULL: nothing.
	 * It must not call the store, and is borrowed until the verb is done. */
	const struct event *(*tell)(void *arg, uint64_t resume_at);
	void *arg;
};
struct record_change {
	const char *tenant, *id;
	enum record_state state;
	int64_t now_ms;
	const char *who; /* as in store_import */
};
struct store_counts {
	size_t dead;        /* outbox rows that were given up, not acked */
	size_t quarantined; /* entries */
};
struct record_ref {
	char *tenant, *id;
	enum record_kind kind;
};

struct store; /* an open store; the backend's own, `api` first */

struct ledger_api;

struct store_api {
	const char *name;
	/* What is held of people, one by one (ledger.h); NULL: this backend
	 * keeps nothing for long. */
	const struct ledger_api *ledger;

	/* Make an empty store; ST_BUSY when there is one already. */
	enum status (*init)(const struct store_conf *c, struct err *e);
	/* ST_MISSING names `store init`; ST_NEWER; ST_BUSY "in use by ...";
	 * ST_MISMATCH when the keys are not the store's; ST_BAD damaged. */
	enum status (*open)(
	    struct store **out, const struct store_conf *c, struct err *e);
	void (*close)(struct store *s);
	/* Whether somebody has it open for writing at this moment; out gets
	 * the owner, as far as it is known. */
	bool (*in_use)(const struct store_conf *c, char owner[STORE_OWNER]);

	/* Make sure that the log has a row and read it; name, operator, url
	 * and api are updated from *l. */
	enum status (*log_open)(struct store *s, struct store_log *l,
	    int64_t now_ms, struct err *e);
	/* Remember a signed head that was seen; only a larger one counts, or
	 * the same tree signed later. */
	enum status (*head_seen)(struct store *s, const struct hash *log_id,
	    const struct store_head *h, struct err *e);

	/* The stretch of io->log_id and io->job. When there is none it is
	 * made from io's begin, limit and tree (which ends at begin and counts
	 * as proven); else io becomes what is stored. A new epoch each time,
	 * so an older holder's commits become ST_STALE. With STORE_PART it is
	 * a new part of io->scan. */
	enum status (*claim)(
	    struct store *s, struct stretch *io, struct err *e);
	/* Does it exist, without claiming (epoch is 0: it commits nothing).
	 * ST_MISSING when not. */
	enum status (*stretch_find)(struct store *s, struct stretch *out,
	    const struct hash *log_id, int64_t job, struct err *e);

	/* Position, tree, hits, sightings, quarantine, tallies, outbox and
	 * proof in one transaction. A tally counts from when its end is proven. Hits of
	 * records that are not active are dropped. Of a backfill: parts begun
	 * in what is proven now, and not proven themselves, are undone; with a
	 * part that begins where this one is proven to and was read to, it
	 * becomes one. */
	enum status (*commit)(struct store *s, const struct store_commit *c,
	    struct store_committed *out, struct err *e);

	/* Back to the proven position: read, tree := proven; exposures seen
	 * only in what is undone go with it. Who was told, or may have been
	 * (outbox_begin), is to be told so, once; a later proof undoes that. */
	enum status (*rewind)(struct store *s, const struct stretch *at,
	    struct store_rewound *io, struct err *e);
	/* Remember a trouble, unless a graver one is known or the same level
	 * already; TROUBLE_NONE ends one that passes. In any case the event,
	 * unless NULL, is added in the same transaction. ST_MISSING: no such
	 * log, and nothing is stored. */
	enum status (*log_mark)(struct store *s, const struct hash *log_id,
	    const struct trouble *t, const struct event *ev, struct err *e);
	/* A person has looked at it: the trouble is over, and the newest head
	 * is the proven one again, for a larger one may have been a lie. After
	 * TROUBLE_BROKEN the tail ends where it was read to, under a job of
	 * its own below 0, and the next one begins behind the gap, at
	 * resume_at. What is to be told is added in the same transaction.
	 * ST_USAGE: there is no trouble, or the gap has not been read to its
	 * end yet. */
	enum status (*log_bridge)(
	    struct store *s, struct store_bridge *io, struct err *e);

	/* An event and its outbox rows for every sink (tenant-less). */
	enum status (*event_add)(
	    struct store *s, const struct event *ev, struct err *e);

	/* Due rows, oldest first; at most `limit`. */
	enum status (*outbox_due)(struct store *s, const struct outbox_query *q,
	    struct outbox *out, struct err *e);
	/* When the next undelivered row, of this sink unless it is NULL, is
	 * due; INT64_MAX = none. Counting takes time: depth may be NULL. */
	enum status (*outbox_next)(struct store *s, const char *sink,
	    int64_t *due_ms, size_t *depth, struct err *e);
	/* These rows, which nothing proves, may have arrived from now on. */
	enum status (*outbox_begin)(struct store *s, const int64_t *rows,
	    size_t num, int64_t now_ms, struct err *e);
	/* Several rows at once, all or nothing. A row that went meanwhile
	 * (rewound, erased) or was settled for good before is left alone; that
	 * is no error. */
	enum status (*outbox_settle)(struct store *s,
	    const struct store_settle *how, size_t num, struct err *e);

	/* What is remembered of a sink, for people. */
	enum status (*sink_mark)(
	    struct store *s, const struct store_sink_mark *m, struct err *e);
	enum status (*sink_state)(struct store *s, const char *sink,
	    struct store_sink_state *out, struct err *e);

	/* All or nothing. */
	enum status (*records_import)(
	    struct store *s, struct store_import *io, struct err *e);
	/* In order of tenant and id. */
	enum status (*records_list)(struct store *s,
	    const struct store_query *q, store_record_fn *fn, void *arg,
	    struct err *e);
	enum status (*record_state)(
	    struct store *s, const struct record_change *c, struct err *e);
	/* A number that changes whenever an active record may have changed. */
	enum status (*index_generation)(
	    struct store *s, uint64_t *out, struct err *e);
	/* How much an index of the active records needs; then the records.
	 * Records past their expiry at now_ms do not count as active. */
	enum status (*index_size)(struct store *s, int64_t now_ms,
	    struct match_size *out, struct err *e);
	enum status (*index_load)(struct store *s, int64_t now_ms,
	    store_index_fn *fn, void *arg, struct err *e);
	/* The records that changed after the generation `since`, each once, as
	 * they are now. ST_STALE: more did than the store remembers, so all
	 * are to be loaded. */
	enum status (*index_changes)(
	    struct store *s, const struct store_changes *q, struct err *e);
	/* A record by row; the strings are the caller's to free. */
	enum status (*record_name)(struct store *s, int64_t row,
	    struct record_ref *out, struct err *e);

	/* In the order in which they were first opened. */
	enum status (*logs)(
	    struct store *s, store_log_fn *fn, void *arg, struct err *e);
	/* In the order of logs, then of jobs. */
	enum status (*stretches)(
	    struct store *s, store_stretch_fn *fn, void *arg, struct err *e);
	/* Exposures with sightings, oldest first; for this log's sightings
	 * only when log_id is given. */
	enum status (*exposures)(struct store *s, const struct hash *log_id,
	    store_exposure_fn *fn, void *arg, struct err *e);
	/* In the order in which they came: at most STORE_QUARANTINE_PAGE of
	 * those behind the row `after` (0: from the first). */
	enum status (*quarantine_read)(struct store *s, int64_t after,
	    store_quarantine_fn *fn, void *arg, struct err *e);
	/* Which there are, without their bytes, in the order of logs, then of
	 * reasons, then of indexes. */
	enum status (*quarantine_places)(struct store *s,
	    store_quarantine_place_fn *fn, void *arg, struct err *e);
	/* In one transaction: hits become exposures with sightings, verified
	 * where the stretch is proven, as a commit would have made them;
	 * entries leave, or stay for another reason. A row that went meanwhile
	 * is passed over. */
	enum status (*quarantine_settle)(struct store *s,
	    const struct store_rereads *r, struct store_committed *out,
	    struct err *e);
	/* Erase, beyond recovery, what is there since before `before_ms`, some
	 * of it at a time: *more says that something is left. */
	enum status (*quarantine_expire)(
	    struct store *s, int64_t before_ms, bool *more, struct err *e);
	/* What was counted in the proven entries of each log, in no order; an
	 * entry that two stretches have proven counts in both. */
	enum status (*tallies)(
	    struct store *s, store_count_fn *fn, void *arg, struct err *e);
	enum status (*counts)(
	    struct store *s, struct store_counts *out, struct err *e);
	/* How many records are in each state. */
	enum status (*records_count)(
	    struct store *s, size_t out[RECORD_ERASED + 1], struct err *e);
};

struct store_base { /* every backend's struct store begins so */
	const struct store_api *api;
};

extern const struct store_api store_sqlite;
extern const struct store_api store_memory;

/* The backend for a URL; NULL with an explanation when there is none. */
const struct store_api *store_find(const char *url, struct err *e);

/* Of SQLite at run time. */
const char *store_sqlite_version(void);

#endif
