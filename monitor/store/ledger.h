/*
 * ledger: the opt-in records as their owners and a data-protection officer
 * look at them: one record with all that is held of it, consent by mail and
 * DNS, what must be forgotten, and the audit trail. Reached through
 * store_api.ledger, which is NULL in backends that keep nothing (memory).
 * The rules of store.h hold: each verb is one transaction, durable and
 * all-or-nothing, on the store thread. What changes or reveals anything adds
 * its rows to the audit trail in the same transaction.
 */
#ifndef MONITOR_STORE_LEDGER_H
#define MONITOR_STORE_LEDGER_H

#include "monitor/store/store.h"

/* Who does it, and when; `who` stands in the audit trail: "uid 0",
 * "token ops", "person" (by a link), "service". Never a person's data. */
struct actor {
	const char *who;
	int64_t now_ms;
};

/* Which record. To somebody who may see one tenant only, the records of
 * others do not exist. */
struct record_at {
	const char *tenant, *id;
};

/* What became of a record, newest last. Detail is for people: of a consent
 * purpose, method, evidence; which alert; NULL: none. It goes with the record's
 * key. */
struct ledger_event {
	int64_t time_ms;
	const char *what; /* "registered", "changed", "asked", "confirmed",
			     "paused", "resumed", "withdrawn", "expired",
			     "revealed", "exported", "evidence",
			     "unsubscribed", "erased"; of its alerts
			     "acked", "muted", "not-me", "unmuted", "resent" */
	const char *who;
	const char *detail;
};
typedef void ledger_event_fn(void *arg, const struct ledger_event *ev);

/* What was looked at for a record: entries [from, to) of a log, the first
 * `proven` of them (as an index: [from, proven)) proven to be the log's. Of
 * one log in order, not overlapping. */
struct ledger_coverage {
	const char *log_name;
	struct hash log_id;
	uint64_t from, to, proven;
};
typedef void ledger_coverage_fn(void *arg, const struct ledger_coverage *c);

/* Which exposures: NULL is any. */
struct ledger_exposures {
	const char *tenant, *record;
	const uint8_t *id; /* 16 bytes: this one alone */
	/* Those behind this place in the order; NULL: from the first. */
	const uint8_t *after;
	int64_t after_ms; /* its time */
	size_t limit;     /* at most so many; 0: all */
	bool open;        /* those that are neither acked nor muted */
};
struct ledger_exposure {
	const struct exposure *x;
	int64_t acked_ms, muted_ms; /* since when; 0: it is not */
};
typedef void ledger_exposure_fn(void *arg, const struct ledger_exposure *x);

/* Which alert. To somebody who may see one tenant only (NULL: all), those of
 * others do not exist. */
struct alert_at {
	const char *tenant;
	const uint8_t *id; /* 16 bytes */
};

/* Of a record, what is not told any more: alerts that say the same as one. */
struct ledger_mute {
	uint8_t id[16]; /* its own; it tells nothing of what is muted */
	const char *tenant, *record;
	int64_t since_ms;
	bool not_me; /* they are somebody else's, and not even kept */
};
typedef void ledger_mute_fn(void *arg, const struct ledger_mute *m);
struct ledger_muting {
	struct alert_at at;
	bool not_me;
	uint8_t id[16]; /* out: the mute's */
};

/* Deliveries that are to be made again. */
struct ledger_resend {
	struct alert_at at; /* id NULL: all that were given up */
	const char *sink;   /* NULL: for all sinks */
	int64_t hold_ms;    /* as in a commit, where nothing is proven yet */
	size_t num;         /* out: deliveries */
};

/* A delivery that was given up. */
struct ledger_dead {
	int64_t row;
	uint8_t id[16];   /* of the alert or event */
	const char *what; /* "exposure", "follow-up", or an event's type */
	const char *sink;
	const char *tenant, *record; /* NULL: of an event */
	unsigned attempts;
	int64_t at_ms;     /* newest attempt; 0: none */
	const char *error; /* for people; it may repeat what a receiver says.
			      NULL: not known */
};
struct ledger_dead_query {
	const char *tenant, *sink; /* NULL: any; events are no tenant's */
	int64_t after;             /* those behind this row */
	size_t limit;
};
typedef void ledger_dead_fn(void *arg, const struct ledger_dead *d);

/* What was or will be sent of an exposure. */
enum delivery_state { DELIVERY_WAITING, DELIVERY_DONE, DELIVERY_DEAD };
struct ledger_delivery {
	uint8_t exposure[16];
	const char *sink;
	enum delivery_state state;
	unsigned attempts;
	int64_t at_ms; /* newest attempt; 0: none */
};
typedef void ledger_delivery_fn(void *arg, const struct ledger_delivery *d);

/* Asking somebody to confirm an address, by mail. At most one mail in 24 h
 * goes to an address, and three that nobody answers, over all records and
 * tenants; none to those that said "never again". */
struct ledger_letter {
	int64_t id;
	struct record_at of; /* owned by the list */
	char *to;            /* the address as it was given */
	unsigned attempts;
};
struct ledger_letters {
	size_t num;
	struct ledger_letter *list;
	bool more; /* not all that are due were looked at: ask again */
};
void ledger_letters_fini(struct ledger_letters *l);

/* Tokens are 32 random bytes; only their SHA-256 is kept. */
#define LEDGER_TOKEN 32
#define LEDGER_TOKEN_MS (48ll * 3600 * 1000)
enum token_act {
	TOKEN_CONFIRM,     /* of a letter: the record becomes active */
	TOKEN_UNSUBSCRIBE, /* of an alert: the record is withdrawn; of one to
			      somebody else than whom it is about: no mail
			      about it goes there any more */
	TOKEN_NEVER        /* of either: besides that (a pending record is
			      erased), no mail ever goes there again */
};

struct ledger_use {
	const uint8_t *token; /* LEDGER_TOKEN bytes */
	enum token_act act;
	const struct record_at *of; /* it must be this record's; NULL: any's */
	bool did; /* out: something; for counters, the answer to the person
		     must not depend on it */
};

struct ledger_proof { /* of control: "dns", "TXT at ..." */
	const char *method, *evidence;
};

/* What proves an exposure (sealed under its record's key): the entry, kept when
 * it was found, and the proof, fetched once its place is verified. Of both the
 * store knows no more than that they are bytes. */
struct ledger_evidence {
	uint8_t id[16]; /* of the exposure */
	struct hash log_id;
	uint64_t index;
	struct hash leaf_hash;
	bool verified;            /* the place is proven to be the log's */
	struct span entry, proof; /* empty: not there */
	unsigned tries;           /* of having the proof, that failed */
	int64_t due_ms; /* when it is tried next; INT64_MIN: it is not */
};
typedef void ledger_evidence_fn(void *arg, const struct ledger_evidence *v);

/* Which evidence: of one exposure, or of all of a record. */
struct ledger_evidence_at {
	const char *tenant; /* NULL: any */
	const uint8_t *id;  /* 16 bytes; NULL: the record's */
	const char *record;
	/* It holds the value that was matched: it is revealed to him, which
	 * leaves an audit row. NULL: that was noted already. Not with a
	 * record. */
	const struct actor *who;
};
struct ledger_evidence_due {
	int64_t now_ms;
	size_t limit;
	const struct hash *log_id; /* of this log alone; NULL: of any */
};

/* What came of asking a log: a proof for an exposure, and the entry, unless
 * that is empty: then the one that is there stays. */
struct ledger_proven {
	uint8_t id[16];
	struct hash log_id; /* and index: the evidence is still of this place */
	uint64_t index;
	struct span entry, proof;
};
/* Or none: of this exposure, or (id NULL) of none that is due in this log. It is
 * tried again after 1, 5 and 30 minutes, 2, 6 and 12 hours, then every day, for
 * two weeks. */
struct ledger_unproven {
	struct hash log_id;
	const uint8_t *id;
	int64_t now_ms;
	uint64_t given_up; /* out: that were tried for the last time */
};

struct ledger_retention {
	int64_t hits_ms, messages_ms, audit_ms, pending_ms; /* ages */
};

struct ledger_audit { /* one row of the trail */
	uint64_t no;
	int64_t time_ms;
	const char *who, *what;
	const char *tenant, *id; /* NULL: of no one record */
	uint8_t hash[32];        /* over the row before and this one */
};
struct ledger_page { /* rows behind number `after`, at most `limit` */
	uint64_t after;
	size_t limit;
};
typedef void ledger_audit_fn(void *arg, const struct ledger_audit *a);

/* What became of a restore. Of records that are lost so many are named. */
#define LEDGER_LOST 20
struct ledger_restored {
	bool former;  /* there was a store, which is kept as: */
	char *before; /* the caller's to free */
	bool whole;   /* all of it could be read */
	bool never;   /* so could those to whom no mail ever goes */
	size_t ended; /* records that are not active, or gone, for its sake */
	size_t lost;  /* records that it had and the backup has not */
	struct {
		char tenant[129], id[129];
	} lost_ids[LEDGER_LOST]; /* the first of them */
};

struct ledger_api {
	/* One record. To `who` its values are revealed, which leaves an audit
	 * row; NULL: to nobody, they are not there. ST_MISSING. *out is the
	 * caller's: record_fini(&out->r). */
	enum status (*get)(struct store *s, struct record_row *out,
	    const struct record_at *at, const struct actor *who, struct err *e);
	/* That values of a tenant's records (NULL: all) were listed openly,
	 * or one was exported: what = "revealed", "exported". */
	enum status (*note)(struct store *s, const struct record_at *at,
	    const char *what, const struct actor *who, struct err *e);
	/* All three: ST_MISSING when there is no such record. */
	enum status (*history)(struct store *s, const struct record_at *at,
	    ledger_event_fn *fn, void *arg, struct err *e);
	enum status (*coverage)(struct store *s, const struct record_at *at,
	    ledger_coverage_fn *fn, void *arg, struct err *e);
	enum status (*deliveries)(struct store *s, const struct record_at *at,
	    ledger_delivery_fn *fn, void *arg, struct err *e);
	/* With sightings, in the order of time, then of id. */
	enum status (*exposures)(struct store *s,
	    const struct ledger_exposures *q, ledger_exposure_fn *fn, void *arg,
	    struct err *e);

	/* Evidence of active records that the log is to be asked for now: of one
	 * log at a time, at most `limit`, in the order of entries. */
	enum status (*evidence_due)(struct store *s,
	    const struct ledger_evidence_due *q, ledger_evidence_fn *fn,
	    void *arg, struct err *e);
	/* What went meanwhile, or whose record is not active any more, is left
	 * alone; that is no error. */
	enum status (*evidence_put)(
	    struct store *s, const struct ledger_proven *p, struct err *e);
	enum status (*evidence_fail)(
	    struct store *s, struct ledger_unproven *io, struct err *e);
	/* Exposures without any evidence are passed over. ST_MISSING: there
	 * is no such exposure. */
	enum status (*evidence_get)(struct store *s,
	    const struct ledger_evidence_at *at, ledger_evidence_fn *fn,
	    void *arg, struct err *e);
	/* Somebody has taken note of an alert: whom it was not told yet it is
	 * not told any more. ST_MISSING, as in the next three. Of an event,
	 * for nobody's tenant alone, what was given up is forgotten. */
	enum status (*ack)(struct store *s, const struct alert_at *at,
	    const struct actor *who, struct err *e);
	/* Alerts that say the same are not told from now on; not_me: none is
	 * kept, what there is of them is erased. */
	enum status (*mute)(struct store *s, struct ledger_muting *io,
	    const struct actor *who, struct err *e);
	/* No longer; by the alert or by the mute's own id. */
	enum status (*unmute)(struct store *s, const struct alert_at *at,
	    const struct actor *who, struct err *e);
	/* Deliveries are made again, under the same id, by sinks that serve the
	 * record by now. ST_USAGE: nothing may be sent of it, for it is muted,
	 * its record not active, or it stands in no log. Those that were given
	 * up are passed over then, and when they are acked. */
	enum status (*resend)(struct store *s, struct ledger_resend *io,
	    const struct actor *who, struct err *e);
	/* In the order of time, then of id; w->id and w->open do not count. */
	enum status (*mutes)(struct store *s, const struct ledger_exposures *w,
	    ledger_mute_fn *fn, void *arg, struct err *e);
	/* In the order of rows; not of alerts that are acked. */
	enum status (*dead)(struct store *s, const struct ledger_dead_query *q,
	    ledger_dead_fn *fn, void *arg, struct err *e);

	/* Records that name a sink (notify) which this store has not, or which
	 * does not serve them: of those, alerts are lost. One of them, as
	 * "ID of tenant TENANT", is added to `one`. */
	enum status (*unserved)(
	    struct store *s, uint64_t *num, struct buf *one, struct err *e);

	/* A pending record becomes active by proof of control other than a
	 * mail, which goes into its consent. */
	enum status (*confirm)(struct store *s, const struct record_at *at,
	    const struct ledger_proof *p, const struct actor *who,
	    struct err *e);
	/* What a domain's TXT record must say to prove it, the same each time:
	 * 43 characters of base64url, derived from a key, and a NUL. */
	enum status (*challenge)(struct store *s, const struct record_at *at,
	    char out[44], struct err *e);

	/* Letters to send now, oldest first. Those that may not be sent are
	 * dropped or put off here. */
	enum status (*letters)(struct store *s, int64_t now_ms, size_t limit,
	    struct ledger_letters *out, struct err *e);
	/* One is being sent, with this token in it (its SHA-256 is given):
	 * counts against the address from now on. ST_STALE: it may not be
	 * sent any more. */
	enum status (*letter_begin)(struct store *s, int64_t id,
	    const uint8_t hash[32], int64_t now_ms, struct err *e);
	/* How that went; SETTLE_RETRY: again at due_ms, with a new token. */
	enum status (*letter_settle)(
	    struct store *s, const struct store_settle *how, struct err *e);

	/* The token that an alert's unsubscribe link carries, the same for a
	 * record each time; its hash is kept. */
	enum status (*unsubscribe_token)(struct store *s,
	    const struct record_at *at, uint8_t token[LEDGER_TOKEN],
	    struct err *e);
	/* Use a token: unknown, used, late or foreign ones do nothing, and are
	 * no error. */
	enum status (*token_use)(struct store *s, struct ledger_use *io,
	    const struct actor *who, struct err *e);

	/* Forget what is too old, some of it at a time: *more: not all yet. */
	enum status (*retain)(struct store *s, const struct ledger_retention *r,
	    int64_t now_ms, bool *more, struct err *e);

	/* Oldest first. */
	enum status (*audit)(struct store *s, const struct ledger_page *p,
	    ledger_audit_fn *fn, void *arg, struct err *e);
	/* Is the chain whole: *num rows, and its newest hash. ST_BAD names
	 * the first row that is not as it was written. */
	enum status (*audit_check)(
	    struct store *s, uint64_t *num, uint8_t head[32], struct err *e);

	/* Everything under new keys: the records' and the quarantine's keys
	 * are wrapped anew, keyed hashes are made anew from the sealed values.
	 * Open for writing and by nobody else. */
	enum status (*rotate)(struct store *s, const struct keys *to,
	    const struct actor *who, struct err *e);
	/* A copy in a new file, while the store is in use. It carries no key
	 * that opens it. ST_BUSY: there is such a file. */
	enum status (*backup)(struct store *s, const char *file, struct err *e);
	/* A backup becomes the store of this configuration. When there is a
	 * store already, it is kept beside as PATH.before, and what was erased,
	 * withdrawn, paused, changed or "never again" in it since the backup
	 * is not matched or written to. Nobody may have it open. ST_BUSY: so
	 * somebody has, or PATH.before is there from another time. */
	enum status (*restore)(const struct store_conf *c, const char *file,
	    const struct actor *who, struct ledger_restored *out,
	    struct err *e);
};

extern const struct ledger_api ledger_sqlite;

#endif
