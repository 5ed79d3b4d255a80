/*
 * tail_event: misbehaviour told to the operator, once, and what it means for
 * the health of the log, in the store. What the event says is made in
 * tail_evidence.c.
 */
#include <inttypes.h>
#include <string.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/diag.h"
#include "monitor/tail_private.h"

/* --- kinds ------------------------------------------------------------------ */

enum about { ABOUT_HEADS, ABOUT_ENTRIES };
static const struct {
	const char *name;
	enum trouble_level level;
	enum about about; /* what shows that a passing one is over */
	bool each;        /* told again when it is about other heads */
} kinds[NUM_MISDEEDS] = {
    [MISDEED_BAD_SIGNATURE] = {"bad-signature", TROUBLE_PASSING, ABOUT_HEADS},
    [MISDEED_WRONG_ORIGIN] = {"wrong-origin", TROUBLE_PASSING, ABOUT_HEADS},
    [MISDEED_SIZE_JUMP] = {"size-jump", TROUBLE_PASSING, ABOUT_HEADS},
    [MISDEED_FUTURE_HEAD] = {"future-head", TROUBLE_PASSING, ABOUT_HEADS},
    [MISDEED_ZERO_ENTRIES] = {"zero-entries", TROUBLE_PASSING, ABOUT_ENTRIES},
    [MISDEED_TOO_MANY_ENTRIES] = {"too-many-entries", TROUBLE_PASSING,
	ABOUT_ENTRIES},
    [MISDEED_UNREADABLE] = {"unreadable", TROUBLE_PASSING, ABOUT_ENTRIES},
    [MISDEED_BAD_LEAF_INDEX] = {"bad-leaf-index", TROUBLE_LASTING,
	ABOUT_ENTRIES},
    [MISDEED_BAD_PROOF] = {"bad-proof", TROUBLE_LASTING, ABOUT_HEADS, true},
    [MISDEED_FORK] = {"fork", TROUBLE_LASTING, ABOUT_HEADS, true},
    [MISDEED_ROLLBACK] = {"rollback", TROUBLE_LASTING, ABOUT_HEADS, true},
    [MISDEED_ROOT_MISMATCH] = {"root-mismatch", TROUBLE_BROKEN, ABOUT_ENTRIES,
	true},
};

const char *
misdeed_name(enum misdeed kind)
{
	return kinds[kind].name;
}

/* --- into the store --------------------------------------------------------- */

/* When the store had no room. */
#define EVENT_RETRY_S 5.0

struct event_task {
	struct task task;
	struct tail *t;
	struct hash log_id;
	struct event ev; /* type NULL: there is nothing to tell */
	struct buf data;
	bool mark;
	struct trouble trouble;
	ev_timer again;
	char subject[128];
};

static void
event_run(struct task *task, struct store *s)
{
	struct event_task *e = (struct event_task *)task;
	const struct store_api *api = ((struct store_base *)s)->api;

	task->status = ST_OK;
	if (e->ev.type != NULL)
		task->status = api->event_add(s, &e->ev, &task->err);
	if (task->status == ST_OK && e->mark)
		task->status =
		    api->log_mark(s, &e->log_id, &e->trouble, &task->err);
	if (task->status == ST_MISSING) /* refused before it was opened */
		task->status = ST_OK;
}

static void
event_on_again(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct event_task *e = w->data;

	(void)loop;
	(void)revents;
	writer_submit(e->t->env->writer, &e->task);
}

static void
event_done(struct task *task)
{
	struct event_task *e = (struct event_task *)task;
	struct tail *t = e->t;

	if (task->status != ST_OK)
		diag_error("%s: the event could not be stored: %s", t->log.name,
		    task->err.text);
	if ((task->status == ST_FULL || task->status == ST_BUSY) &&
	    t->phase < PHASE_STOP) {
		ev_timer_init(&e->again, event_on_again, EVENT_RETRY_S, 0.0);
		e->again.data = e;
		ev_timer_start(t->env->loop, &e->again);
		return;
	}
	t->env->on_committed(t->env->arg);
	buf_fini(&e->data);
	t->num_tasks--;
	free(e);
	tail_step(t);
}

static struct event_task *
event_new(struct tail *t)
{
	struct event_task *e = NEW(struct event_task);

	e->t = t;
	e->log_id = *logkey_id(t->log.key);
	e->task.run = event_run;
	e->task.done = event_done;
	return e;
}

static void
event_submit(struct event_task *e)
{
	struct tail *t = e->t;

	snprintf(e->subject, sizeof(e->subject), "%s", t->log.name);
	e->ev.subject = e->subject;
	e->ev.time_ms = now_ms();
	e->ev.data = buf_span(&e->data);
	e->trouble.since_ms = e->ev.time_ms;
	t->num_tasks++;
	writer_submit(t->env->writer, &e->task);
}

/* --- misbehaviour ----------------------------------------------------------- */

static void
hash_head(struct hasher *h, const struct head *head)
{
	uint8_t size[8];

	for (size_t i = 0; i < 8; i++)
		size[i] = (uint8_t)(head->size >> (56 - 8 * i));
	hasher_add(h, span_of(size, sizeof(size)));
	hasher_add(h, hash_span(&head->root));
}

/* The event's id: equal for the same kind at the same place, so that a restart
 * does not tell again. A contradiction is between trees, however often they
 * are signed; what passes may come again, and then in other bytes. */
static void
event_id(struct tail *t, struct event_task *e, enum misdeed kind)
{
	struct hash h;

	hasher_start(t->hasher);
	hasher_add(t->hasher, span_str(kinds[kind].name));
	hasher_add(t->hasher, hash_span(&e->log_id));
	hash_head(t->hasher, &t->target.head);
	if (kinds[kind].each)
		hash_head(t->hasher, &t->received.head);
	else
		hasher_add(t->hasher, buf_span(&t->received.raw));
	hasher_finish(t->hasher, &h);
	memcpy(e->ev.id, h.b, sizeof(e->ev.id));
}

/* A kind is told once, one that passes again when it was over meanwhile. */
static bool
is_told(const struct tail *t, enum misdeed kind, const uint8_t id[16])
{
	const struct told *told = &t->told[kind];

	if (!told->any)
		return false;
	return !kinds[kind].each || memcmp(told->id, id, sizeof(told->id)) == 0;
}

static void
trouble_of(struct trouble *out, const struct tail *t, enum misdeed kind)
{
	*out = (struct trouble){.level = kinds[kind].level};
	snprintf(out->kind, sizeof(out->kind), "%s", kinds[kind].name);
	if (kind == MISDEED_ROOT_MISMATCH) {
		out->gap_from = t->gap.from;
		out->gap_to = t->gap.to;
	}
}

void
tail_event(struct tail *t, enum misdeed kind, const char *detail)
{
	struct event_task *e = event_new(t);
	struct told *told = &t->told[kind];

	event_id(t, e, kind);
	if (is_told(t, kind, e->ev.id)) {
		free(e);
		return;
	}
	told->any = true;
	memcpy(told->id, e->ev.id, sizeof(told->id));
	diag_error(
	    "%s: misbehaviour (%s): %s", t->log.name, kinds[kind].name, detail);
	e->ev.type = "log.misbehaviour";
	tail_evidence(t, &e->data, kind, detail);
	e->mark = true;
	trouble_of(&e->trouble, t, kind);
	if (e->trouble.level > t->stored.trouble.level)
		t->stored.trouble = e->trouble;
	event_submit(e);
}

/* --- health ----------------------------------------------------------------- */

static void
behaves(struct tail *t, enum about about)
{
	struct trouble *now = &t->stored.trouble;
	struct event_task *e;
	bool over = false;

	for (int i = 0; i < NUM_MISDEEDS; i++) {
		if (kinds[i].level != TROUBLE_PASSING ||
		    kinds[i].about != about)
			continue;
		t->told[i].any = false;
		over |= strcmp(now->kind, kinds[i].name) == 0;
	}
	if (!over || now->level != TROUBLE_PASSING)
		return;
	diag_info("%s: behaves again (%s)", t->log.name, now->kind);
	*now = (struct trouble){0};
	e = event_new(t);
	e->mark = true;
	event_submit(e);
}

void
tail_good_head(struct tail *t)
{
	behaves(t, ABOUT_HEADS);
}

void
tail_good_entries(struct tail *t)
{
	behaves(t, ABOUT_ENTRIES);
}

void
tail_trouble_known(struct tail *t)
{
	for (int i = 0; i < NUM_MISDEEDS; i++)
		if (!kinds[i].each &&
		    strcmp(t->stored.trouble.kind, kinds[i].name) == 0)
			t->told[i].any = true;
}

/* --- silence ---------------------------------------------------------------- */

static void
stale_data(struct tail *t, struct buf *out, int64_t since_ms)
{
	char when[TEXT_TIME];

	buf_str(out, "{\"log_id\":\"");
	text_base64(out, hash_span(logkey_id(t->log.key)));
	buf_str(out, "\",\"log_name\":");
	text_json(out, span_str(t->log.name));
	buf_str(out, ",\"url\":");
	text_json(out, span_str(t->log.url));
	buf_fmt(out,
	    ",\"since\":\"%s\",\"detail\":\"no newer signed head since then\"",
	    text_time(when, since_ms));
	if (t->newest.head.size > 0)
		buf_fmt(out, ",\"newest\":{\"size\":%" PRIu64 "}",
		    t->newest.head.size);
	buf_char(out, '}');
}

void
tail_stale(struct tail *t, int64_t since_ms)
{
	struct event_task *e = event_new(t);
	char when[TEXT_TIME];
	struct hash id;

	diag_error("%s: no newer signed head since %s", t->log.name,
	    text_time(when, since_ms));
	e->ev.type = "log.stale";
	stale_data(t, &e->data, since_ms);
	hasher_sha256(
	    t->hasher, &id, span_str("log.stale"), buf_span(&e->data));
	memcpy(e->ev.id, id.b, sizeof(e->ev.id));
	event_submit(e);
}
