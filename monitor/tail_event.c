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
    [MISDEED_NOT_SERVED] = {"not-served", TROUBLE_PASSING, ABOUT_ENTRIES},
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
	struct store_log log; /* gets its row, when it has none yet */
	struct event ev;      /* type NULL: there is nothing to tell */
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
	const struct event *ev = e->ev.type != NULL ? &e->ev : NULL;

	task->status = api->log_open(s, &e->log, now_ms(), &task->err);
	if (task->status == ST_OK && e->mark)
		task->status = api->log_mark(
		    s, &e->log.log_id, &e->trouble, ev, &task->err);
	else if (task->status == ST_OK && ev != NULL)
		task->status = api->event_add(s, ev, &task->err);
}

static void
event_free(struct event_task *e)
{
	store_log_fini(&e->log);
	buf_fini(&e->data);
	free(e);
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
	t->num_tasks--;
	event_free(e);
	tail_step(t);
}

static struct event_task *
event_new(struct tail *t)
{
	struct event_task *e = NEW(struct event_task);

	e->t = t;
	e->log.log_id = *logkey_id(t->log.key);
	e->log.name = mem_str(t->log.name);
	e->log.operator_name = mem_str(t->operator_name);
	e->log.url = mem_str(t->log.url);
	if (t->log.api != NULL)
		e->log.api = mem_str(t->log.api->name);
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

/* The event's id, so that a restart does not tell again. A contradiction is
 * between trees, however often they are signed; anything else is counted by
 * the day. */
static void
event_id(struct tail *t, struct event_task *e, enum misdeed kind)
{
	int64_t day = now_ms() / TAIL_DAY_MS;
	struct hash h;

	hasher_start(t->hasher);
	hasher_add(t->hasher, span_str(kinds[kind].name));
	hasher_add(t->hasher, hash_span(&e->log.log_id));
	if (kinds[kind].each) {
		hash_head(t->hasher, &t->target.head);
		hash_head(t->hasher, &t->received.head);
	} else {
		day = day * (TAIL_EVENTS + 1) + t->told[kind].num;
		hasher_add(
		    t->hasher, span_of((const uint8_t *)&day, sizeof(day)));
	}
	hasher_finish(t->hasher, &h);
	memcpy(e->ev.id, h.b, sizeof(e->ev.id));
}

/* Whether there is something new to tell: it was over meanwhile, or it is about
 * other heads. A log may not flood those who watch it. */
static bool
is_news(struct told *told, enum misdeed kind, const uint8_t id[16], bool again)
{
	int64_t now = now_ms();
	bool today = told->any && now - told->at_ms < TAIL_DAY_MS;

	if (told->any && memcmp(told->id, id, sizeof(told->id)) == 0)
		return false;
	if (today &&
	    (told->num >= TAIL_EVENTS || (!kinds[kind].each && !again)))
		return false;
	told->num = today ? told->num + 1 : 1;
	told->any = true;
	told->at_ms = now;
	memcpy(told->id, id, sizeof(told->id));
	return true;
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

/* The log is to be marked. */
static bool
is_graver(const struct tail *t, enum misdeed kind)
{
	return kinds[kind].level > t->stored.trouble.level;
}

void
tail_event(struct tail *t, enum misdeed kind, const char *detail)
{
	struct event_task *e = event_new(t);
	struct told *told = &t->told[kind];
	bool news, graver = is_graver(t, kind), again = !told->bad;

	told->bad = true;
	told->bad_ms = now_ms();
	event_id(t, e, kind);
	news = is_news(told, kind, e->ev.id, again);
	if (!news && !graver) {
		event_free(e);
		return;
	}
	diag_error(
	    "%s: misbehaviour (%s): %s", t->log.name, kinds[kind].name, detail);
	if (news) {
		e->ev.type = "log.misbehaviour";
		tail_evidence(t, &e->data, kind, detail);
	}
	e->mark = true;
	trouble_of(&e->trouble, t, kind);
	if (graver)
		t->stored.trouble = e->trouble;
	event_submit(e);
}

/* --- health ----------------------------------------------------------------- */

static double
few_polls(const struct tail *t, double polls, double most_s)
{
	double s = polls * tail_poll_s(t);

	return (s < most_s ? s : most_s) * 1000;
}

/* It was good since, and bad no more for a while. */
static bool
is_over(const struct tail *t, enum misdeed kind)
{
	const struct told *told = &t->told[kind];
	int64_t hold = (int64_t)few_polls(t, TAIL_HOLD_POLLS, TAIL_HOLD_S);

	return t->good_ms[kinds[kind].about] > told->bad_ms &&
	       now_ms() - told->bad_ms >= hold;
}

static void
mark(struct tail *t, const struct trouble *trouble)
{
	struct event_task *e = event_new(t);

	t->stored.trouble = *trouble;
	e->mark = true;
	e->trouble = *trouble;
	event_submit(e);
}

/* The trouble that the store knows has passed; perhaps another one has not. */
static void
trouble_over(struct tail *t)
{
	struct trouble other = {0};

	diag_info(
	    "%s: behaves again (%s)", t->log.name, t->stored.trouble.kind);
	mark(t, &other);
	for (int i = 0; i < NUM_MISDEEDS; i++) {
		if (kinds[i].level != TROUBLE_PASSING || !t->told[i].bad)
			continue;
		trouble_of(&other, t, (enum misdeed)i);
		mark(t, &other);
		return;
	}
}

static void
look_over(struct tail *t)
{
	const char *kind = t->stored.trouble.kind;
	bool over = false;

	for (int i = 0; i < NUM_MISDEEDS; i++) {
		if (kinds[i].level != TROUBLE_PASSING || !t->told[i].bad ||
		    !is_over(t, (enum misdeed)i))
			continue;
		t->told[i].bad = false;
		over |= strcmp(kind, kinds[i].name) == 0;
	}
	if (over && t->stored.trouble.level == TROUBLE_PASSING)
		trouble_over(t);
}

/* What was signed is not read, or not proven, and that is not our doing. */
static bool
is_behind(const struct tail *t)
{
	if (!t->range.follow || t->phase != PHASE_READ || t->committing ||
	    t->rewinding || t->paused || t->gap.on)
		return false;
	return t->accepted < tail_limit(t) ||
	       (!t->broken && t->stretch.proven < t->accepted);
}

/* It goes on, or there is nothing to do; or it does not, for how long already.
 */
static void
health_look(struct tail *t)
{
	int64_t now = now_ms();
	bool moved = t->moved_at[0] != t->accepted ||
		     t->moved_at[1] != t->stretch.proven || !is_behind(t);

	if (moved || t->moved_ms == 0) {
		t->moved_ms = now;
		t->moved_at[0] = t->accepted;
		t->moved_at[1] = t->stretch.proven;
	} else if (now - t->moved_ms >
		   (int64_t)few_polls(t, TAIL_STUCK_POLLS, TAIL_STUCK_S)) {
		tail_event(t, MISDEED_NOT_SERVED,
		    "the log signs new heads, but does not serve the entries "
		    "or proofs for them");
	}
	if (moved && t->told[MISDEED_NOT_SERVED].bad)
		t->good_ms[ABOUT_ENTRIES] = now;
	look_over(t);
}

static void
health_on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct tail *t = w->data;

	(void)loop;
	(void)revents;
	if (t->phase >= PHASE_STOP)
		return;
	tail_head_silence(t);
	health_look(t);
	tail_health_watch(t);
}

void
tail_health_watch(struct tail *t)
{
	if (t->range.follow)
		tail_timer(
		    t, &t->health_timer, tail_poll_s(t), health_on_timer);
}

void
tail_good_head(struct tail *t)
{
	t->good_ms[ABOUT_HEADS] = now_ms();
	look_over(t);
}

void
tail_good_entries(struct tail *t)
{
	t->good_ms[ABOUT_ENTRIES] = now_ms();
}

void
tail_trouble_known(struct tail *t)
{
	for (int i = 0; i < NUM_MISDEEDS; i++)
		if (kinds[i].level == TROUBLE_PASSING &&
		    strcmp(t->stored.trouble.kind, kinds[i].name) == 0)
			t->told[i].bad = true;
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
