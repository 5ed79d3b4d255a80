/* memory_outbox: exposures read back, operator events, and deliveries. */
#include "monitor/store/memory.h"

#include "ctlog/base/mem.h"
#include "monitor/store/rules.h"

/* --- exposures ----------------------------------------------------------- */

/* One entry of one log is one sighting, the proven one first. */
static int
by_entry(const void *a, const void *b)
{
	const struct mem_sighting *x = a, *y = b;

	if (x->log != y->log)
		return x->log < y->log ? -1 : 1;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return (int)y->verified - (int)x->verified;
}

static int
by_time(const void *a, const void *b)
{
	const struct mem_sighting *x = a, *y = b;

	if (x->timestamp_ms != y->timestamp_ms)
		return x->timestamp_ms < y->timestamp_ms ? -1 : 1;
	return by_entry(a, b);
}

/* Each entry once, in order of time; of one log when `only` is not NULL. */
static size_t
sightings_sort(struct mem_sighting *list, size_t num, const size_t *only)
{
	size_t kept = 0;

	qsort(list, num, sizeof(*list), by_entry);
	for (size_t i = 0; i < num; i++) {
		const struct mem_sighting *g = &list[i];

		if (only != NULL && g->log != *only)
			continue;
		if (kept != 0 && list[kept - 1].log == g->log &&
		    list[kept - 1].index == g->index)
			continue;
		list[kept++] = *g;
	}
	qsort(list, kept, sizeof(*list), by_time);
	return kept < RULE_SIGHTINGS ? kept : RULE_SIGHTINGS;
}

static void
sighting_fill(
    const struct store *s, struct sighting *out, const struct mem_sighting *g)
{
	const struct store_log *l = &s->logs[g->log];

	*out = (struct sighting){
	    .log_name = mem_str(l->name),
	    .operator_name = mem_str(l->operator_name),
	    .index = g->index,
	    .timestamp_ms = g->timestamp_ms,
	    .verified = g->verified,
	};
	memcpy(out->log_id, l->log_id.b, sizeof(out->log_id));
	memcpy(out->leaf_hash, g->leaf_hash.b, sizeof(out->leaf_hash));
}

static enum status
exposure_fill(const struct store *s, struct exposure *out,
    const struct mem_exposure *x, const size_t *only, struct err *e)
{
	struct mem_sighting *list;
	size_t num;
	enum status st = exposure_unpack(out, buf_span(&x->packed), e);

	if (st != ST_OK)
		return st;
	memcpy(out->id, x->id, sizeof(out->id));
	out->time_ms = x->time_ms;
	list = mem_copy(x->sightings, x->num_sightings * sizeof(*list));
	num = sightings_sort(list, x->num_sightings, only);
	out->sightings = mem_new(num, sizeof(*out->sightings));
	out->num_sightings = num;
	for (size_t i = 0; i < num; i++)
		sighting_fill(s, &out->sightings[i], &list[i]);
	free(list);
	return ST_OK;
}

static int
by_detection(const void *a, const void *b)
{
	const struct mem_exposure *const *x = a, *const *y = b;

	if ((*x)->time_ms != (*y)->time_ms)
		return (*x)->time_ms < (*y)->time_ms ? -1 : 1;
	return (*x)->no < (*y)->no ? -1 : 1;
}

static enum status
exposures_give(struct store *s, const size_t *only, store_exposure_fn *fn,
    void *arg, struct err *e)
{
	enum status st = ST_OK;

	if (s->num_exposures != 0)
		qsort(s->exposures, s->num_exposures,
		    sizeof(struct mem_exposure *), by_detection);
	for (size_t i = 0; st == ST_OK && i < s->num_exposures; i++) {
		struct exposure x = {0};

		if (s->exposures[i]->gone)
			continue;
		st = exposure_fill(s, &x, s->exposures[i], only, e);
		if (st == ST_OK && (only == NULL || x.num_sightings != 0))
			fn(arg, &x);
		exposure_fini(&x);
	}
	return st;
}

enum status
memory_exposures(struct store *s, const struct hash *log_id,
    store_exposure_fn *fn, void *arg, struct err *e)
{
	if (log_id == NULL)
		return exposures_give(s, NULL, fn, arg, e);
	for (size_t i = 0; i < s->num_logs; i++)
		if (hash_eq(&s->logs[i].log_id, log_id))
			return exposures_give(s, &i, fn, arg, e);
	return ST_OK;
}

/* --- events -------------------------------------------------------------- */

struct mem_row *
memory_row_new(struct store *s, const char *sink)
{
	s->rows = memory_room(s->rows, s->num_rows, sizeof(*s->rows));
	s->rows[s->num_rows] = (struct mem_row){.sink = sink};
	return &s->rows[s->num_rows++];
}

static struct mem_event *
event_new(struct store *s, const struct event *ev)
{
	struct mem_event *mine = NEW(struct mem_event);

	memcpy(mine->id, ev->id, sizeof(mine->id));
	mine->type = mem_str(ev->type);
	mine->subject = mem_str(ev->subject);
	mine->time_ms = ev->time_ms;
	buf_span_add(&mine->data, ev->data);
	s->events =
	    memory_room(s->events, s->num_events, sizeof(struct mem_event *));
	s->events[s->num_events++] = mine;
	return mine;
}

enum status
memory_event_add(struct store *s, const struct event *ev, struct err *e)
{
	struct mem_event *mine;

	(void)e;
	for (size_t i = 0; i < s->num_events; i++)
		if (memcmp(s->events[i]->id, ev->id, sizeof(ev->id)) == 0)
			return ST_OK;
	mine = event_new(s, ev);
	for (size_t i = 0; i < s->num_sinks; i++) {
		struct mem_row *row;

		if (!rule_takes_event(&s->sinks[i], ev->type))
			continue;
		row = memory_row_new(s, s->sinks[i].name);
		row->event = mine;
		row->due_ms = ev->time_ms;
	}
	return ST_OK;
}

/* --- the outbox ---------------------------------------------------------- */

static int
by_due(const void *a, const void *b)
{
	const struct mem_row *const *x = a, *const *y = b;

	if ((*x)->due_ms != (*y)->due_ms)
		return (*x)->due_ms < (*y)->due_ms ? -1 : 1;
	return *x < *y ? -1 : 1;
}

/* Its only sighting is the one that was taken back. */
static enum status
follow_up_fill(const struct store *s, struct outbox_row *out,
    const struct mem_exposure *x, struct err *e)
{
	enum status st = exposure_unpack(&out->x, buf_span(&x->packed), e);

	if (st != ST_OK)
		return st;
	memcpy(out->x.id, x->id, sizeof(x->id));
	out->x.time_ms = x->time_ms;
	out->event_time_ms = x->withdrawn_ms;
	out->x.sightings = NEW(struct sighting);
	out->x.num_sightings = 1;
	sighting_fill(s, out->x.sightings, &x->withdrawn);
	return ST_OK;
}

static enum status
row_fill(const struct store *s, struct outbox_row *out,
    const struct mem_row *row, struct err *e)
{
	out->id = row - s->rows + 1;
	out->sink = mem_str(row->sink);
	out->attempts = row->attempts;
	if (row->error != NULL)
		out->last_error = mem_str(row->error);
	if (row->event != NULL) {
		memcpy(out->event_id, row->event->id, sizeof(out->event_id));
		buf_str(&out->event_type, row->event->type);
		buf_str(&out->event_subject, row->event->subject);
		buf_span_add(&out->event_data, buf_span(&row->event->data));
		out->event_time_ms = row->event->time_ms;
		return ST_OK;
	}
	out->is_exposure = true;
	memcpy(out->event_id, row->exposure->id, sizeof(out->event_id));
	out->event_time_ms = row->exposure->time_ms;
	out->is_follow_up = row->is_follow_up;
	return row->is_follow_up
		   ? follow_up_fill(s, out, row->exposure, e)
		   : exposure_fill(s, &out->x, row->exposure, NULL, e);
}

static bool
is_stray(const struct store *s, const struct mem_row *r)
{
	for (size_t i = 0; i < s->num_sinks; i++)
		if (strcmp(s->sinks[i].name, r->sink) == 0)
			return false;
	return true;
}

static bool
is_asked_for(const struct store *s, const struct mem_row *r,
    const struct outbox_query *q)
{
	if (r->state != MEM_WAITING || (!q->all && r->due_ms > q->now_ms))
		return false;
	if (q->strays)
		return is_stray(s, r);
	return q->sink == NULL || strcmp(q->sink, r->sink) == 0;
}

enum status
memory_outbox_due(struct store *s, const struct outbox_query *q,
    struct outbox *out, struct err *e)
{
	struct mem_row **due = mem_new(s->num_rows, sizeof(*due));
	enum status st = ST_OK;
	size_t num = 0;

	for (size_t i = 0; i < s->num_rows; i++)
		if (is_asked_for(s, &s->rows[i], q))
			due[num++] = &s->rows[i];
	qsort(due, num, sizeof(struct mem_row *), by_due);
	if (num > q->limit)
		num = q->limit;
	*out = (struct outbox){.rows = mem_new(num, sizeof(*out->rows))};
	while (st == ST_OK && out->num < num) {
		struct outbox_row *r = &out->rows[out->num];

		st = row_fill(s, r, due[out->num], e);
		r->astray = st == ST_OK &&
			    rule_astray(s->sinks, s->num_sinks, r, false);
		out->num++;
	}
	if (st != ST_OK)
		outbox_fini(out);
	free(due);
	return st;
}

enum status
memory_counts(struct store *s, struct store_counts *out, struct err *e)
{
	(void)e;
	*out = (struct store_counts){.quarantined = s->num_quarantined};
	for (size_t i = 0; i < s->num_rows; i++)
		out->dead += s->rows[i].state == MEM_DEAD;
	return ST_OK;
}

enum status
memory_outbox_next(struct store *s, const char *sink, int64_t *due_ms,
    size_t *depth, struct err *e)
{
	(void)e;
	*due_ms = INT64_MAX;
	if (depth != NULL)
		*depth = 0;
	for (size_t i = 0; i < s->num_rows; i++) {
		if (s->rows[i].state != MEM_WAITING ||
		    (sink != NULL && strcmp(sink, s->rows[i].sink) != 0))
			continue;
		if (depth != NULL)
			++*depth;
		if (s->rows[i].due_ms < *due_ms)
			*due_ms = s->rows[i].due_ms;
	}
	return ST_OK;
}

static void
settle(struct store *s, const struct store_settle *how)
{
	static const enum mem_state states[] = {
	    [SETTLE_DELIVERED] = MEM_DELIVERED,
	    [SETTLE_RETRY] = MEM_WAITING,
	    [SETTLE_DEAD] = MEM_DEAD,
	};
	struct mem_row *r;

	if (how->row < 1 || (uint64_t)how->row > s->num_rows)
		return;
	r = &s->rows[how->row - 1];
	if (r->state != MEM_WAITING)
		return;
	r->state = states[how->how];
	r->held = false;
	if (how->how == SETTLE_DELIVERED)
		r->begun_ms = 0;
	r->attempts++;
	if (how->how == SETTLE_RETRY)
		r->due_ms = how->due_ms;
	free(r->error);
	r->error = how->error == NULL ? NULL : mem_str(how->error);
}

enum status
memory_outbox_begin(struct store *s, const int64_t *rows, size_t num,
    int64_t now_ms, struct err *e)
{
	(void)e;
	for (size_t i = 0; i < num; i++) {
		struct mem_row *r = &s->rows[rows[i] - 1];

		if (r->state == MEM_WAITING && r->begun_ms == 0)
			r->begun_ms = now_ms;
	}
	return ST_OK;
}

enum status
memory_outbox_settle(
    struct store *s, const struct store_settle *how, size_t num, struct err *e)
{
	(void)e;
	for (size_t i = 0; i < num; i++)
		settle(s, &how[i]);
	return ST_OK;
}

/* --- sinks ----------------------------------------------------------------- */

/* It is gone with the scan: only what waits is known. */
enum status
memory_sink_mark(
    struct store *s, const struct store_sink_mark *m, struct err *e)
{
	(void)s;
	(void)m;
	(void)e;
	return ST_OK;
}

enum status
memory_sink_state(struct store *s, const char *sink,
    struct store_sink_state *out, struct err *e)
{
	(void)e;
	*out = (struct store_sink_state){0};
	for (size_t i = 0; i < s->num_rows; i++) {
		if (strcmp(s->rows[i].sink, sink) != 0)
			continue;
		out->waiting += s->rows[i].state == MEM_WAITING;
		out->dead += s->rows[i].state == MEM_DEAD;
	}
	return ST_OK;
}
