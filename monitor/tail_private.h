/* tail_private: the tail as its own files see it. Only for tail*.c. */
#ifndef MONITOR_TAIL_PRIVATE_H
#define MONITOR_TAIL_PRIVATE_H

#include "monitor/tail.h"
#include "monitor/tail_units.h"

/* Failures of one thing in a row after which a scan gives up. They are this far
 * apart at first, twice as far each time, and then as far as that at most. */
#define TAIL_PATIENCE 7
#define TAIL_BACKOFF_S 0.05
#define TAIL_BACKOFF_MAX_S 60.0
/* A followed log that failed for good is begun anew after so long. */
#define TAIL_RESTART_S 30.0
/* An unreadable reply is asked for again so often. */
#define TAIL_RETRIES 2
/* After a mismatch everything since the last proof is read again so often. */
#define TAIL_REREADS 1
/* A bad head is asked for again so often. */
#define TAIL_SIGNATURES 3
/* A log may grow by so many entries at once, and by so many a second. */
#define TAIL_JUMP (1ull << 24)
#define TAIL_JUMP_RATE 10000
/* A trouble that passes is over after so many polls, or seconds, without it. */
#define TAIL_HOLD_POLLS 5
#define TAIL_HOLD_S 60.0
/* A log that has not served what it signed for so many polls, or seconds. */
#define TAIL_STUCK_POLLS 60
#define TAIL_STUCK_S 600.0
/* So many events of one kind about one log in a day. */
#define TAIL_EVENTS 8u
#define TAIL_DAY_MS 86400000
/* A head that much ahead of our clock is from a time to come. A log without a
 * signature for a day, or its MMD when that is longer, is stale. */
#define TAIL_FUTURE_MS 86400000
#define TAIL_STALE_MS 86400000
/* ... and this for the clocks and the way. */
#define TAIL_GRACE_MS 600000
/* Entries after which the tree is proven in between. */
#define TAIL_PROVE_EVERY (1ull << 18)
/* Room for a body until one was good, then the least; always twice the largest
 * good one. A larger reply is asked for again: with so many times the room, then
 * with all there may be. */
#define TAIL_ROOM_MIN (1ul << 20)
#define TAIL_ROOM (2ul << 20)
#define TAIL_ROOM_MORE 8u
/* To be asked to wait for so long is worth telling. */
#define TAIL_TELL_MS 10000
/* While a host gets one call at a time, the others look again so often. */
#define TAIL_LOOK_S 0.25
/* The same when one more would wait so long for its operator's pace. */
#define TAIL_QUEUE_MS 250
/* A followed log's newest head is stored no more often than this. */
#define TAIL_SEEN_MS 60000
/* What is accepted is committed after so long, or so many bytes. */
#define TAIL_COMMIT_S 0.2
/* After entries that cannot be had, a followed log is left alone for so many
 * polls, but not for longer than that. */
#define TAIL_PAUSE_POLLS 30
#define TAIL_PAUSE_S 300.0
#define TAIL_COMMIT_BYTES (4ul << 20)
/* No space: the store is asked again after so long. */
#define TAIL_FULL_S 5.0

/* A batch under way. */
enum flight_state { FLIGHT_WAIT, FLIGHT_FETCH, FLIGHT_WORK, FLIGHT_DONE };
struct flight {
	struct flight *next; /* in order of want.begin */
	struct tail *t;
	enum flight_state state;
	struct want want;
	struct slot *slot;
	size_t room; /* of the next slot */
	struct http_call *call;
	unsigned failures, unreadable; /* in a row */
	/* From a disk: read in so many places, the first of them with this
	 * damage. */
	unsigned nth;
	struct err damage;
	ev_timer again; /* FLIGHT_WAIT: when to ask again */
	struct request req;
	struct err place;           /* of what was read from a disk */
	struct batch_result result; /* FLIGHT_DONE; spans into slot->result */
};

/* Results accepted and not yet committed: one accepted batch. */
struct haul {
	struct haul *next;
	uint64_t end;        /* of its entries */
	uint64_t generation; /* of the records it was matched with */
	struct span tally;   /* what was counted in them; in bytes */
	struct buf bytes;    /* what hits and quarantined point into */
	size_t num_hits, num_quarantined;
	struct found {
		int64_t row; /* store row of the record */
		struct batch_hit hit;
	} * hits;
	struct batch_quarantine *quarantined;
};

/* What a log does that it must not: the kinds of the misbehaviour event. */
enum misdeed {
	MISDEED_BAD_SIGNATURE,
	MISDEED_WRONG_ORIGIN,
	MISDEED_SIZE_JUMP,   /* a head beyond what a log can grow */
	MISDEED_FUTURE_HEAD, /* a head from a time to come */
	MISDEED_ZERO_ENTRIES,
	MISDEED_TOO_MANY_ENTRIES,
	MISDEED_UNREADABLE, /* a reply that is none */
	MISDEED_NOT_SERVED, /* neither entries nor proofs, for long */
	MISDEED_BAD_LEAF_INDEX,
	MISDEED_BAD_PROOF,
	MISDEED_FORK,     /* two trees of one size */
	MISDEED_ROLLBACK, /* a tree that its larger one does not continue */
	MISDEED_ROOT_MISMATCH, /* entries that are not the signed tree's */
	NUM_MISDEEDS
};

/* Where the entries part from the signed tree: see tail_gap.c. */
struct gap {
	bool on; /* it is being looked for */
	struct err why;
	size_t num, wide, filled; /* marks; batches in each, in the last */
	struct mark {
		struct range tree; /* before the batch */
		struct range part; /* the batch as it was read */
	} * marks;
	size_t good, bad; /* in front of mark `good` all is right, of `bad`
			     not; bad may be num */
	enum gap_step {
		GAP_HALVES, /* is mark `asked` before or behind it? */
		GAP_GOOD,   /* the proof that the tree at `good` is right */
		GAP_BAD,    /* what the log says is the tree at `bad` */
		GAP_BEFORE  /* ... at the head that was proven before */
	} step;
	size_t asked;
	bool good_asked, bad_asked;
	struct buf good_replies, bad_replies; /* JSON: the log's proofs */
	/* the result */
	uint64_t from, to;
	struct range before, entries;
};

/* An answer that is worth an event, without what it says. */
struct odd_reply {
	char path[LIMIT_URL];
	size_t bytes;
	struct hash sha256;
};

/* A signed head with its bytes. */
struct signed_head {
	struct head head;
	struct buf raw;
	int64_t received_ms;
};

struct tail {
	const struct tail_env *env;
	struct log log;
	char *operator_name;
	struct tail_range range;
	uint32_t mmd_s; /* 0: not told */
	bool http1, no_keepalive;
	/* It wrote no leaf_index: an RFC 6962 log's tiles, or archive. */
	bool unindexed;
	struct hasher *hasher;
	enum tail_phase {
		PHASE_HEAD,   /* waiting for the first head */
		PHASE_OPEN,   /* reading the store's state of it */
		PHASE_DATE,   /* looking for the range's dates, proving them */
		PHASE_ANCHOR, /* proving the tree before the first entry */
		PHASE_READ,
		PHASE_STOP, /* no new work; ends when all is committed */
		PHASE_ENDED
	} phase;
	enum status status;
	struct err err;

	/* heads */
	struct signed_head target;   /* what is being read to */
	struct signed_head newest;   /* newest verified one */
	struct signed_head received; /* one that contradicts them */
	struct older {
		bool busy, must;
		unsigned failures;
		ev_timer again;
		struct signed_head head; /* smaller than one before */
		struct head checked;     /* the last one looked into */
		struct proof_job job;
		struct request req;
		struct http_call *call;
		struct buf replies; /* JSON: the proof */
	} older;
	struct store_log stored;
	int64_t seen_ms; /* when a head was last stored by itself */
	int64_t start_ms;
	bool is_stale; /* and that was told */
	struct http_call *head_call;
	ev_timer head_timer;
	unsigned head_failures, signature_failures, stale_heads;
	int64_t heard_ms; /* when a head was last verified */
	int64_t rest_ms;  /* heads are asked for no more often; 0: no limit */
	bool over;        /* no new heads are expected */

	/* reading: committed <= accepted <= planned <= limit */
	int64_t bump;           /* of the job, past finished scans */
	struct stretch stretch; /* as committed */
	uint64_t from, to;      /* the range; to: UINT64_MAX follow */
	struct units units;
	struct dating *dating;       /* PHASE_DATE */
	uint64_t date_from, date_to; /* found, where dates were given */
	uint64_t planned, accepted;
	struct range tree; /* ends at accepted */
	struct flight *first;
	unsigned num_flights;
	size_t largest;          /* body of a reply that was good */
	struct pool_share share; /* what the flights hold */
	bool wary;               /* the last reply was of no use */
	double patient_until;    /* loop time; the log asked for it */
	bool partial;            /* the partial tile at the tip is being read */
	ev_timer partial_timer;

	/* proving */
	struct proof_job job;
	struct signed_head proof_head; /* what the proof is made under */
	bool proving;
	struct http_call *proof_call;
	ev_timer proof_timer;
	unsigned proof_failures, mismatches;
	uint64_t next_proof; /* accepted position that asks for one */
	bool want_newer;     /* what the target needs is gone: a newer head */
	bool no_proofs;      /* the log offers none */
	struct request proof_req;
	struct buf replies; /* JSON: those to the present proof */
	struct told {
		bool any;
		uint8_t id[16]; /* of the last event */
		int64_t at_ms;  /* when that was */
		unsigned num;   /* that day */
		bool bad;       /* it goes on */
		int64_t bad_ms; /* seen last */
	} told[NUM_MISDEEDS];
	int64_t good_ms[2]; /* heads, entries: as they must be, last */
	ev_timer health_timer;
	int64_t moved_ms; /* when something was accepted or proven */
	uint64_t moved_at[2];
	struct gap gap;
	struct odd_reply odd_reply;
	struct batch_odd_index odd_index;
	/* Its entries do not rebuild its signed tree, for good: it is read on
	 * without proofs, until a person decides. */
	bool broken;
	bool paused; /* after it: nothing is read for a while */
	ev_timer pause_timer;

	/* committing */
	struct haul *hauls, **hauls_end;
	size_t haul_bytes;
	bool have_proof; /* to go into the next commit */
	uint64_t proven; /* of the stretch, also what is on its way */
	struct range tree_proven;
	struct signed_head proven_head;
	bool committing, rewinding;
	unsigned num_tasks; /* other tasks at the store */
	ev_timer commit_timer;

	uint64_t num_hits, num_quarantined, num_dropped, num_partial;
	uint64_t num_bytes;
	uint64_t resumed; /* a scan: entries committed by runs before */
};

/* tail.c */
/* What a scan ends with when something cannot be had, for this reason. */
enum status tail_lost(const struct tail *t, enum status why);
/* A log on disk: what fails once fails always. */
bool tail_is_local(const struct tail *t);
/* When to try again after so many failures in a row, in seconds. */
double tail_backoff(unsigned failures);
void tail_end(struct tail *t, enum status st, const struct err *err);
/* Look at what there is to do next. Call after anything has changed. */
void tail_step(struct tail *t);
void tail_timer(struct tail *t, ev_timer *w, double after,
    void (*cb)(struct ev_loop *, ev_timer *, int));
void signed_head_copy(struct signed_head *to, const struct signed_head *from);

/* tail_open.c */
void tail_open(struct tail *t);
/* A new scan's dates have been found. */
void tail_open_at(struct tail *t);
/* A finished scan by date: has its period more entries now? */
void tail_open_again(struct tail *t, bool more);

/* The stretch of the piece units.at: of that job, or, with STORE_PART, a new
 * one behind that tree. Then tail_units_opened. */
void tail_open_piece(struct tail *t, int64_t job, const struct range *tree);

/* tail_date.c */
static inline bool
tail_by_date(const struct tail_range *r)
{
	return r->from_date || r->to_date;
}
/* Find date_from and date_to; then tail_open_at. */
void tail_date(struct tail *t);
/* Look behind the end of t->stretch, which is finished; then
 * tail_open_again. */
void tail_date_again(struct tail *t);
/* In PHASE_DATE: look at what has come. */
void tail_date_step(struct tail *t);
/* ... what has been asked for holds: this tree is the log's. */
void tail_date_proof(struct tail *t, const struct range *tree);
/* ... or it does not: searched for again once, then misbehaviour. */
void tail_date_refuted(struct tail *t, const struct err *why);
void tail_date_drop(struct tail *t);
/* Which entries the dates are. */
void tail_date_tell(const struct tail *t, uint64_t begin, uint64_t end);

/* tail_head.c */
/* How often the log's head is asked for, in seconds. */
double tail_poll_s(const struct tail *t);
void tail_head_ask(struct tail *t);
void tail_head_later(struct tail *t);
void tail_head_after(struct tail *t, double seconds);
/* The present target cannot be read to its end: adopt a larger head. */
void tail_head_newer(struct tail *t);
/* Has it been silent for longer than it may? */
void tail_head_silence(struct tail *t);

/* The first head, now that the store has told what was there before: it is
 * refused when no log can have grown so. */
bool tail_head_jumped(struct tail *t);

/* A head contradicts one of those known: same size, another root. */
bool tail_contradicts(const struct tail *t, const struct head *h);
/* Keep it as evidence; h is NULL when nothing of it may be believed. */
void tail_received(struct tail *t, const struct head *h, struct span raw);

/* tail_older.c */
/* Look into a head that is smaller than one before. */
void tail_older(struct tail *t, const struct head *h, struct span raw);
/* The same of a head under which something was proven and one that is to be
 * gone on under. older.busy until it is known; a scan ends when the log has no
 * answer. */
void tail_older_must(struct tail *t, const struct head *h, struct span raw,
    const struct head *larger);
void tail_older_drop(struct tail *t);

/* tail_plan.c */
void tail_plan(struct tail *t);
/* Ask for the timestamps of these entries: a batch by itself, tail_step sees it
 * done. */
void tail_probe(struct tail *t, uint64_t begin, uint64_t end);
/* How far may be planned now. */
uint64_t tail_limit(const struct tail *t);
struct flight *flight_new(struct tail *t, uint64_t begin, uint64_t end);

/* tail_read.c */
/* Forget all batches under way. */
void tail_flights_drop(struct tail *t);
void flight_ask(struct flight *f);
/* Let go of call, slot and timer. */
void flight_clear(struct flight *f);
/* A fault that may pass, or ends a scan. */
void flight_failed(struct flight *f, enum status st, const struct err *why);
/* Keep as evidence what can be told of the reply in the slot. */
void flight_odd(struct flight *f, size_t body_len);

/* tail_accept.c */
void tail_accept(struct tail *t);

/* tail_prove.c */
void tail_prove(struct tail *t);
/* Ask for what the log says is the target's tree up to there: job.range. */
void tail_anchor(struct tail *t, uint64_t at);
/* ... and for the units behind it, for tail_border_holds. */
void tail_anchor_units(struct tail *t, uint64_t at, unsigned num_units);
void tail_proof_drop(struct tail *t);
/* Ask for the proof that `have` is a prefix of the target's tree. */
void tail_proof(struct tail *t, const struct range *have);
/* The entries up to the end of this tree are the signed tree's. */
void tail_prove_to(struct tail *t, const struct range *tree);
/* The log's data contradict what it signed: they are read again once, and
 * then told. */
void tail_mismatch(struct tail *t, enum misdeed kind, const struct err *why);
/* Told, and what follows from it: a scan ends; a service goes on, without
 * proofs when the tree is wrong, later when the entries cannot be had. */
void tail_misbehaved(struct tail *t, enum misdeed kind, const struct err *why);

/* Nothing is read for a while; then it goes on, with the newest head. */
void tail_pause(struct tail *t);

/* tail_gap.c */
/* A batch that is about to join the tree. */
void tail_gap_note(struct tail *t, const struct range *part);
/* The root does not fit, and reading again did not help. Ends with
 * tail_misbehaved. */
void tail_gap_find(struct tail *t, const struct err *why);
/* Its proof is there and leads to the target or not, or is not to be had. */
void tail_gap_proof(struct tail *t, bool holds);
void tail_gap_no_proof(struct tail *t);
void gap_fini(struct gap *g);

/* tail_event.c */
const char *misdeed_name(enum misdeed kind);
/* Tell the operator, with both sides, and mark the log; `detail` is a
 * sentence. A repetition is not told. */
void tail_event(struct tail *t, enum misdeed kind, const char *detail);
/* A head, a batch was as it must be: troubles that pass are over soon. */
void tail_good_head(struct tail *t);
void tail_good_entries(struct tail *t);
/* From now on it is looked at whether a followed log goes on, also while its
 * host asks for patience. */
void tail_health_watch(struct tail *t);
/* The store knows of a trouble that was told before. */
void tail_trouble_known(struct tail *t);
/* The log's newest signature is of that time, and that is too long ago. */
void tail_stale(struct tail *t, int64_t since_ms);

/* tail_evidence.c */
/* The data of the event. */
void tail_evidence(
    struct tail *t, struct buf *out, enum misdeed kind, const char *detail);
/* A reply that may be shown, into a list of such in JSON. */
void evidence_reply(struct buf *out, struct tail *t, const struct request *req,
    const struct proof_job *j, struct span body);

/* tail_commit.c */
void tail_commit_soon(struct tail *t);
void tail_commit_now(struct tail *t);
void tail_rewind(struct tail *t);
/* Forget what was accepted and not committed. */
void tail_commit_drop(struct tail *t);
void haul_free(struct haul *h);

#endif
