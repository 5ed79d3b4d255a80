/*
 * tail_event: misbehaviour told to the operator, with both sides of the
 * contradiction as evidence: the signed bytes of every head concerned, and the
 * root that was computed.
 */
#include <inttypes.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/diag.h"
#include "monitor/tail_private.h"

static void
json_head(
    struct buf *out, const char *name, const struct head *h, struct span raw)
{
	char when[TEXT_TIME];

	if (h->size == 0 && raw.len == 0)
		return;
	buf_fmt(out, ",\"%s\":{", name);
	if (h->size > 0) {
		buf_fmt(out, "\"size\":%" PRIu64 ",\"timestamp\":\"%s\"",
		    h->size, text_time(when, (int64_t)h->timestamp));
		buf_str(out, ",\"root\":\"");
		text_base64(out, hash_span(&h->root));
		buf_str(out, "\",");
	}
	buf_str(out, "\"signed\":\"");
	text_base64(out, raw);
	buf_str(out, "\"}");
}

static void
json_stored(struct buf *out, const char *name, const struct store_head *s)
{
	struct head h = {s->size, (uint64_t)s->timestamp_ms, s->root};

	if (s->size > 0)
		json_head(out, name, &h, s->raw);
}

/* The tree that was computed from the entries, as far as they were read. */
static void
json_computed(struct buf *out, struct tail *t)
{
	struct hash root;

	if (t->tree.begin != 0 || t->tree.end == 0)
		return;
	range_root(&t->tree, t->hasher, &root);
	buf_fmt(out, ",\"computed\":{\"size\":%" PRIu64 ",\"root\":\"",
	    t->tree.end);
	text_base64(out, hash_span(&root));
	buf_str(out, "\"}");
}

/* When the store had no room. */
#define EVENT_RETRY_S 5.0

struct event_task {
	struct task task;
	struct tail *t;
	struct event ev;
	struct buf data;
	bool unhealthy; /* the log is to be marked so */
	ev_timer again;
	struct hash log_id;
	char type[40], subject[128];
};

static void
event_run(struct task *task, struct store *s)
{
	struct event_task *e = (struct event_task *)task;
	const struct store_api *api = ((struct store_base *)s)->api;

	task->status = api->event_add(s, &e->ev, &task->err);
	if (task->status == ST_OK && e->unhealthy)
		task->status = api->log_mark(s, &e->log_id, true, &task->err);
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

static void
event_data(
    struct tail *t, struct buf *out, const char *kind, const char *detail)
{
	buf_str(out, "{\"kind\":");
	text_json(out, span_str(kind));
	buf_str(out, ",\"log_id\":\"");
	text_base64(out, hash_span(logkey_id(t->log.key)));
	buf_str(out, "\",\"log_name\":");
	text_json(out, span_str(t->log.name));
	buf_str(out, ",\"log_key\":\"");
	text_base64(out, logkey_spki(t->log.key));
	buf_str(out, "\",\"api\":");
	text_json(out, span_str(t->log.api->name));
	buf_str(out, ",\"detail\":");
	text_json(out, span_str(detail));
	buf_fmt(out, ",\"proven\":%" PRIu64 ",\"read\":%" PRIu64,
	    t->stretch.proven, t->accepted);
	json_head(out, "head", &t->target.head, buf_span(&t->target.raw));
	json_head(out, "newest", &t->newest.head, buf_span(&t->newest.raw));
	json_head(
	    out, "received", &t->received.head, buf_span(&t->received.raw));
	json_stored(out, "newest_before", &t->stored.newest);
	json_stored(out, "proven_before", &t->stored.proven);
	json_computed(out, t);
	buf_char(out, '}');
}

/* The event's id: equal for the same kind at the same place, so that a restart
 * does not tell again. */
static void
event_id(struct tail *t, struct event_task *e, const char *kind)
{
	struct hash h;
	uint8_t at[8];

	for (size_t i = 0; i < 8; i++)
		at[i] = (uint8_t)(t->target.head.size >> (56 - 8 * i));
	hasher_start(t->hasher);
	hasher_add(t->hasher, span_str(kind));
	hasher_add(t->hasher, hash_span(&e->log_id));
	hasher_add(t->hasher, hash_span(&t->target.head.root));
	hasher_add(t->hasher, hash_span(&t->received.head.root));
	hasher_add(t->hasher, span_of(at, sizeof(at)));
	hasher_finish(t->hasher, &h);
	memcpy(e->ev.id, h.b, sizeof(e->ev.id));
}

void
tail_event(struct tail *t, const char *kind, const char *detail)
{
	struct event_task *e = NEW(struct event_task);

	e->t = t;
	e->log_id = *logkey_id(t->log.key);
	event_id(t, e, kind);
	if (memcmp(e->ev.id, t->told, sizeof(t->told)) == 0) {
		free(e); /* the same as last time */
		return;
	}
	memcpy(t->told, e->ev.id, sizeof(t->told));
	diag_error("%s: misbehaviour (%s): %s", t->log.name, kind, detail);
	snprintf(e->type, sizeof(e->type), "log.misbehaviour");
	snprintf(e->subject, sizeof(e->subject), "%s", t->log.name);
	event_data(t, &e->data, kind, detail);
	e->unhealthy = !strcmp(kind, "root-mismatch");
	e->ev.type = e->type;
	e->ev.subject = e->subject;
	e->ev.time_ms = now_ms();
	e->ev.data = buf_span(&e->data);
	e->task.run = event_run;
	e->task.done = event_done;
	t->num_tasks++;
	writer_submit(t->env->writer, &e->task);
}
