/* memory_log: logs, their signed heads and the stretches read of them. */
#include "monitor/store/memory.h"

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/store/rules.h"

/* --- logs ---------------------------------------------------------------- */

static struct store_log *
log_find(struct store *s, const struct hash *log_id)
{
	for (size_t i = 0; i < s->num_logs; i++)
		if (hash_eq(&s->logs[i].log_id, log_id))
			return &s->logs[i];
	return NULL;
}

static enum status
log_get(struct store *s, struct store_log **out, const struct hash *log_id,
    struct err *e)
{
	struct buf b = {0};

	*out = log_find(s, log_id);
	if (*out != NULL)
		return ST_OK;
	text_base64(&b, hash_span(log_id));
	err_set(e, ST_MISSING, "the store knows no log %s", buf_cstr(&b));
	buf_fini(&b);
	return ST_MISSING;
}

static void
text_set(char **to, char **from)
{
	if (*from != NULL) {
		free(*to);
		*to = mem_str(*from);
	} else {
		*from = mem_str(*to);
	}
}

static void
head_copy(struct store_head *to, struct buf *raw, const struct store_head *h)
{
	*to = *h;
	buf_clear(raw);
	buf_span_add(raw, h->raw);
	to->raw = buf_span(raw);
}

static struct store_log *
log_new(struct store *s, const struct hash *log_id, int64_t now_ms)
{
	struct store_log *l;

	s->logs = memory_room(s->logs, s->num_logs, sizeof(*s->logs));
	l = &s->logs[s->num_logs++];
	*l = (struct store_log){.log_id = *log_id, .first_seen_ms = now_ms};
	l->name = mem_str("");
	l->operator_name = mem_str("");
	l->url = mem_str("");
	l->api = mem_str("");
	return l;
}

enum status
memory_log_open(
    struct store *s, struct store_log *l, int64_t now_ms, struct err *e)
{
	struct store_log *mine = log_find(s, &l->log_id);

	(void)e;
	if (mine == NULL)
		mine = log_new(s, &l->log_id, now_ms);
	text_set(&mine->name, &l->name);
	text_set(&mine->operator_name, &l->operator_name);
	text_set(&mine->url, &l->url);
	text_set(&mine->api, &l->api);
	l->first_seen_ms = mine->first_seen_ms;
	l->trouble = mine->trouble;
	l->resume_at = mine->resume_at;
	head_copy(&l->newest, &l->newest_raw, &mine->newest);
	head_copy(&l->proven, &l->proven_raw, &mine->proven);
	return ST_OK;
}

enum status
memory_log_mark(struct store *s, const struct hash *log_id,
    const struct trouble *t, const struct event *ev, struct err *e)
{
	struct store_log *l;
	enum status st = log_get(s, &l, log_id, e);

	if (st != ST_OK)
		return st;
	if (rule_trouble(&l->trouble, t))
		l->trouble = *t;
	return ev != NULL ? memory_event_add(s, ev, e) : ST_OK;
}

enum status
memory_logs(struct store *s, store_log_fn *fn, void *arg, struct err *e)
{
	(void)e;
	for (size_t i = 0; i < s->num_logs; i++)
		fn(arg, &s->logs[i]);
	return ST_OK;
}

void
memory_head_put(struct store_log *l, const struct store_head *h, bool proven)
{
	if (h->size > l->newest.size ||
	    (h->size == l->newest.size && hash_eq(&h->root, &l->newest.root) &&
		h->timestamp_ms > l->newest.timestamp_ms))
		head_copy(&l->newest, &l->newest_raw, h);
	if (proven && h->size > l->proven.size)
		head_copy(&l->proven, &l->proven_raw, h);
}

enum status
memory_head_seen(struct store *s, const struct hash *log_id,
    const struct store_head *h, struct err *e)
{
	struct store_log *l;
	enum status st = rule_head(h, e);

	if (st == ST_OK)
		st = log_get(s, &l, log_id, e);
	if (st == ST_OK)
		memory_head_put(l, h, false);
	return st;
}

/* --- stretches ----------------------------------------------------------- */

static struct mem_stretch *
stretch_get(struct store *s, size_t log, int64_t job)
{
	for (size_t i = 0; i < s->num_stretches; i++)
		if (s->stretches[i].log == log && !s->stretches[i].gone &&
		    s->stretches[i].x.job == job)
			return &s->stretches[i];
	return NULL;
}

static struct mem_stretch *
stretch_new(struct store *s, size_t log, const struct stretch *io)
{
	struct mem_stretch *t;

	s->stretches =
	    memory_room(s->stretches, s->num_stretches, sizeof(*s->stretches));
	t = &s->stretches[s->num_stretches++];
	*t = (struct mem_stretch){.x = *io, .log = log};
	t->x.id = (int64_t)s->num_stretches;
	t->x.read = t->x.proven = io->begin;
	t->x.tree_proven = io->tree;
	t->x.epoch = 0;
	return t;
}

/* Lower than all jobs of the log, and than 0. */
static int64_t
lowest_job(const struct store *s, size_t log)
{
	int64_t lowest = 0;

	for (size_t i = 0; i < s->num_stretches; i++)
		if (s->stretches[i].log == log &&
		    s->stretches[i].x.job < lowest)
			lowest = s->stretches[i].x.job;
	return lowest - 1;
}

enum status
memory_claim(struct store *s, struct stretch *io, struct err *e)
{
	struct store_log *l;
	struct mem_stretch *t;
	enum status st = log_get(s, &l, &io->log_id, e);

	if (st != ST_OK)
		return st;
	if (io->job == STORE_PART)
		io->job = lowest_job(s, (size_t)(l - s->logs));
	t = stretch_get(s, (size_t)(l - s->logs), io->job);
	if (t == NULL) {
		st = rule_claim(io, e);
		if (st != ST_OK)
			return st;
		t = stretch_new(s, (size_t)(l - s->logs), io);
	}
	t->x.epoch++;
	*io = t->x;
	return ST_OK;
}

enum status
memory_stretch_find(struct store *s, struct stretch *out,
    const struct hash *log_id, int64_t job, struct err *e)
{
	struct store_log *l;
	struct mem_stretch *t;
	enum status st = log_get(s, &l, log_id, e);

	if (st != ST_OK)
		return st;
	t = stretch_get(s, (size_t)(l - s->logs), job);
	if (t == NULL)
		return err_set(
		    e, ST_MISSING, "nothing of this log was read so far");
	*out = t->x;
	out->epoch = 0;
	return ST_OK;
}

/* Its job becomes the lowest one of the log. */
static void
tail_end(struct store *s, struct mem_stretch *tail)
{
	tail->x.job = lowest_job(s, tail->log);
	tail->x.limit = tail->x.read;
	tail->x.epoch++;
}

enum status
memory_log_bridge(struct store *s, struct store_bridge *io, struct err *e)
{
	struct mem_stretch *tail;
	struct store_log *l;
	enum status st = log_get(s, &l, &io->log_id, e);

	if (st != ST_OK)
		return st;
	tail = stretch_get(s, (size_t)(l - s->logs), 0);
	st =
	    rule_bridge(&io->resume_at, &l->trouble, tail ? &tail->x : NULL, e);
	if (st != ST_OK)
		return st;
	if (io->resume_at > 0)
		tail_end(s, tail);
	l->trouble = (struct trouble){0};
	l->resume_at = io->resume_at;
	head_copy(&l->newest, &l->newest_raw, &l->proven);
	if (io->tell == NULL)
		return ST_OK;
	return memory_event_add(s, io->tell(io->arg, io->resume_at), e);
}

static int
by_log_and_job(const void *a, const void *b)
{
	const struct mem_stretch *const *x = a, *const *y = b;

	if ((*x)->log != (*y)->log)
		return (*x)->log < (*y)->log ? -1 : 1;
	return (*x)->x.job < (*y)->x.job ? -1 : 1;
}

enum status
memory_stretches(
    struct store *s, store_stretch_fn *fn, void *arg, struct err *e)
{
	struct mem_stretch **list = mem_new(s->num_stretches, sizeof(*list));

	(void)e;
	for (size_t i = 0; i < s->num_stretches; i++)
		list[i] = &s->stretches[i];
	qsort(list, s->num_stretches, sizeof(struct mem_stretch *),
	    by_log_and_job);
	for (size_t i = 0; i < s->num_stretches; i++) {
		struct stretch x = list[i]->x;

		if (list[i]->gone)
			continue;
		x.epoch = 0;
		fn(arg, &s->logs[list[i]->log], &x);
	}
	free(list);
	return ST_OK;
}
