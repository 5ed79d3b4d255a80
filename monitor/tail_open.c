/*
 * tail_open: from the first verified head to reading: what the store knows of
 * the log, where to begin, and the claim on that stretch.
 */
#include <inttypes.h>

#include "ctlog/base/mem.h"
#include "monitor/tail_private.h"

struct open_task {
	struct task task;
	struct tail *t;
	struct store_log log; /* filled by the store thread */
	struct stretch stretch;
	bool found, claim;
	bool piece; /* it is not the scan itself */
	struct part *parts;
	size_t num_parts;
};

/* The number under which a scan's progress is kept: of its range as asked. */
static int64_t
tail_job(const struct tail_range *r)
{
	uint64_t h = 0xcbf29ce484222325u;
	uint64_t how =
	    r->how | (uint64_t)r->from_date << 8 | (uint64_t)r->to_date << 9;
	uint64_t words[] = {how, r->from, r->to, r->salt};

	if (r->follow)
		return 0;
	for (size_t i = 0; i < sizeof(words); i++) {
		h ^= words[i / 8] >> (8 * (i % 8)) & 0xff;
		h *= 0x100000001b3u;
	}
	return (int64_t)(h >> 2 | 1);
}

/* Where a new stretch begins and ends under the first head. */
static enum status
tail_resolve(struct tail *t, uint64_t *begin, uint64_t *end, struct err *e)
{
	uint64_t size = t->target.head.size;
	const struct tail_range *r = &t->range;

	*begin = r->from_date ? t->date_from : r->from;
	*end = r->to_date ? t->date_to : r->to;
	if (r->follow)
		*end = UINT64_MAX;
	if (r->follow && t->stored.resume_at > 0) {
		*begin = t->stored.resume_at;
		return ST_OK;
	}
	if (r->how == TAIL_HEAD)
		*begin = t->log.api->plan_limit(&t->log, size, false);
	if (r->how == TAIL_LAST)
		*begin = size > r->from ? size - r->from : 0;
	if (r->follow)
		return ST_OK;
	if (*end == UINT64_MAX)
		*end = size;
	if (*end > size)
		return err_set(e, ST_USAGE,
		    "the range ends at %" PRIu64 ", but the log has %" PRIu64
		    " entries",
		    *end, size);
	if (*begin > size)
		return err_set(e, ST_USAGE,
		    "the range begins at %" PRIu64 ", but the log has %" PRIu64
		    " entries",
		    *begin, size);
	if (*begin > *end)
		return err_set(e, ST_USAGE,
		    "the range begins at %" PRIu64 ", behind its end %" PRIu64,
		    *begin, *end);
	return ST_OK;
}

static void
open_part(void *arg, const struct store_log *log, const struct stretch *s)
{
	struct open_task *o = arg;

	if (!hash_eq(&log->log_id, &o->stretch.log_id) ||
	    (s->scan != o->stretch.job && s->job != o->stretch.job))
		return;
	o->parts = mem_grow(o->parts, o->num_parts + 1, sizeof(*o->parts));
	o->parts[o->num_parts++] =
	    (struct part){s->begin, s->read, s->proven, s->job};
}

static void
open_run(struct task *task, struct store *s)
{
	struct open_task *o = (struct open_task *)task;
	const struct store_api *api = ((struct store_base *)s)->api;

	if (o->claim) {
		task->status = api->claim(s, &o->stretch, &task->err);
		if (task->status == ST_OK && !o->piece && o->stretch.job != 0)
			task->status =
			    api->stretches(s, open_part, o, &task->err);
		return;
	}
	task->status = api->log_open(s, &o->log, now_ms(), &task->err);
	if (task->status != ST_OK)
		return;
	task->status = api->stretch_find(
	    s, &o->stretch, &o->stretch.log_id, o->stretch.job, &task->err);
	o->found = task->status == ST_OK;
	if (task->status == ST_MISSING)
		task->status = ST_OK;
}

/* The least size of a head that is of use: of a tree that has what was read, or
 * is to be read. Parts of a scan were proven under another one, and only a
 * larger tree can be seen to continue that. */
static uint64_t
read_least(const struct tail *t, const struct stretch *s, size_t num_parts)
{
	uint64_t size = t->range.follow ? s->read : t->to;

	if (num_parts > 1 && size < t->stored.proven.size)
		size = t->stored.proven.size;
	return size;
}

/* The head is older than what was read: wait for one that is not, and see
 * whether it was true once. */
static void
read_wait(struct tail *t, uint64_t least)
{
	struct err e;

	if (!t->range.follow && ++t->stale_heads >= TAIL_PATIENCE) {
		err_set(&e, ST_UNREACHABLE,
		    "the log has signed a head of at least %" PRIu64
		    " entries, but serves one of %" PRIu64 " only",
		    least, t->target.head.size);
		tail_end(t, ST_UNREACHABLE, &e);
		return;
	}
	t->phase = PHASE_HEAD;
	tail_older(t, &t->target.head, buf_span(&t->target.raw));
	tail_head_later(t);
}

static void
read_begin(struct tail *t, const struct open_task *o)
{
	const struct stretch *s = &o->stretch;
	uint64_t least;

	t->stretch = *s;
	t->from = s->begin;
	t->to = t->range.follow ? UINT64_MAX : s->limit;
	t->tree = s->tree;
	t->accepted = t->planned = s->read;
	t->proven = s->proven;
	t->next_proof = s->read + TAIL_PROVE_EVERY;
	t->phase = PHASE_READ;
	t->broken =
	    t->range.follow && t->stored.trouble.level == TROUBLE_BROKEN;
	least = read_least(t, s, o->num_parts);
	if (t->target.head.size < least) {
		read_wait(t, least);
		return;
	}
	tail_head_later(t);
	if (t->range.follow)
		tail_units_follow(t, s->begin);
	else
		tail_units_begin(t, o->parts, o->num_parts);
	tail_step(t);
}

static void open_claim(struct tail *t, const struct stretch *want);

/* A new stretch: from 0, or behind an anchor that has to be proven. */
void
tail_open_at(struct tail *t)
{
	struct stretch want = {.log_id = *logkey_id(t->log.key),
	    .job = tail_job(&t->range) + t->bump};
	struct err e = {""};
	enum status st;

	st = tail_resolve(t, &want.begin, &want.limit, &e);
	tail_date_tell(t, want.begin, want.limit);
	if (st != ST_OK) {
		tail_end(t, st, &e);
		return;
	}
	if (t->range.follow && want.begin > t->target.head.size) {
		/* for a head that is not older than that */
		read_wait(t, want.begin);
		return;
	}
	want.read = want.proven = want.begin;
	t->stretch = want;
	t->accepted = t->planned = t->from = want.begin;
	t->to = want.limit;
	if (want.begin == want.limit) { /* nothing to read, prove or keep */
		tail_end(t, ST_OK, NULL);
		return;
	}
	if (want.begin == 0) {
		range_init(&t->stretch.tree, 0);
		open_claim(t, &t->stretch);
		return;
	}
	t->phase = PHASE_ANCHOR;
	tail_anchor(t, t->stretch.begin);
}

static void
open_new(struct tail *t)
{
	if (tail_by_date(&t->range))
		tail_date(t);
	else
		tail_open_at(t);
}

/* Two trees of the same size, one of them signed before we were started. */
static void
open_fork(struct tail *t)
{
	struct err e;

	tail_received(t, &t->target.head, buf_span(&t->target.raw));
	err_set(&e, ST_MISMATCH,
	    "the log signed two different trees of %" PRIu64 " entries",
	    t->target.head.size);
	t->phase = PHASE_HEAD;
	tail_mismatch(t, MISDEED_FORK, &e);
	if (t->phase < PHASE_STOP)
		tail_head_later(t);
}

/* A scan up to the log's size, or perhaps up to there, was finished, in a
 * service's store, when the log was smaller. */
static bool
open_has_grown(const struct tail *t, const struct stretch *s)
{
	return !t->range.follow && t->range.salt != 0 &&
	       (t->range.to == UINT64_MAX || t->range.to_date) &&
	       s->proven == s->limit && t->target.head.size > s->limit;
}

/* That one stays what it is; this is another scan. */
static void
open_next(struct tail *t)
{
	t->bump++;
	t->phase = PHASE_HEAD;
	tail_open(t);
}

void
tail_open_again(struct tail *t, bool more)
{
	struct stretch s = t->stretch;

	if (more) {
		open_next(t);
		return;
	}
	tail_date_tell(t, s.begin, s.limit);
	open_claim(t, &s);
}

/* There is a stretch of this range: go on with it, unless it is finished and
 * there is more. */
static void
open_found(struct tail *t, const struct stretch *s)
{
	bool grown = open_has_grown(t, s);

	if (grown && t->range.to_date) {
		t->stretch = *s;
		t->from = s->begin;
		t->to = s->limit;
		tail_date_again(t);
		return;
	}
	if (grown) {
		open_next(t);
		return;
	}
	tail_date_tell(t, s->begin, s->limit);
	open_claim(t, s);
}

/* What the store knows of the log is here. */
static void
open_known(struct tail *t, struct open_task *o)
{
	store_log_fini(&t->stored);
	t->stored = o->log;
	o->log = (struct store_log){0};
	tail_trouble_known(t);
	if (tail_head_jumped(t))
		return;
	if (tail_contradicts(t, &t->target.head))
		open_fork(t);
	else if (o->found)
		open_found(t, &o->stretch);
	else
		open_new(t);
}

static void
open_done(struct task *task)
{
	struct open_task *o = (struct open_task *)task;
	struct tail *t = o->t;

	t->num_tasks--;
	if (t->phase >= PHASE_STOP) {
		tail_step(t);
	} else if (o->piece && task->status == ST_FULL) {
		tail_units_full(t, &task->err);
	} else if (task->status != ST_OK) {
		tail_end(t, task->status, &task->err);
	} else if (o->piece) {
		tail_units_opened(t, &o->stretch);
	} else if (o->claim) {
		read_begin(t, o);
	} else {
		open_known(t, o);
	}
	store_log_fini(&o->log);
	free(o->parts);
	free(o);
}

static void
open_hand_in(struct tail *t, struct open_task *o)
{
	o->t = t;
	o->task.run = open_run;
	o->task.done = open_done;
	t->num_tasks++;
	writer_submit(t->env->writer, &o->task);
}

static void
open_submit(struct tail *t, struct open_task *o)
{
	t->phase = PHASE_OPEN;
	open_hand_in(t, o);
}

void
tail_open_piece(struct tail *t, int64_t job, const struct range *tree)
{
	struct open_task *o = NEW(struct open_task);

	o->claim = o->piece = true;
	o->stretch = (struct stretch){.log_id = *logkey_id(t->log.key),
	    .job = job,
	    .begin = t->units.at.begin,
	    .limit = t->to};
	if (job == STORE_PART) {
		o->stretch.scan = tail_job(&t->range) + t->bump;
		o->stretch.tree = *tree;
	}
	open_hand_in(t, o);
}

static void
open_claim(struct tail *t, const struct stretch *want)
{
	struct open_task *o = NEW(struct open_task);

	o->claim = true;
	o->stretch = *want;
	open_submit(t, o);
}

void
tail_open(struct tail *t)
{
	struct open_task *o = NEW(struct open_task);

	if (t->stretch.begin > 0 && t->phase == PHASE_ANCHOR) {
		/* The anchor is proven: t->job.range is the tree [0, begin). */
		t->want_newer = false;
		o->claim = true;
		o->stretch = t->stretch;
		o->stretch.tree = t->job.range;
		open_submit(t, o);
		return;
	}
	o->log.log_id = *logkey_id(t->log.key);
	o->log.name = mem_str(t->log.name);
	o->log.operator_name = mem_str(t->operator_name);
	o->log.url = mem_str(t->log.url);
	o->log.api = mem_str(t->log.api->name);
	o->stretch.log_id = o->log.log_id;
	o->stretch.job = tail_job(&t->range) + t->bump;
	open_submit(t, o);
}
