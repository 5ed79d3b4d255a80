/* notice: see notice.h. */
#include "monitor/notice.h"

#include <string.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/diag.h"
#include "monitor/tail.h"

#define DAY_MS (86400ll * 1000)

void
notices_init(struct notices *q, void (*on_stored)(void *), void *arg)
{
	STAILQ_INIT(&q->list);
	q->on_stored = on_stored;
	q->arg = arg;
}

static void
notice_free(struct notice *n)
{
	free(n->type);
	free(n->subject);
	buf_fini(&n->data);
	free(n);
}

void
notices_fini(struct notices *q)
{
	struct notice *n;

	while ((n = STAILQ_FIRST(&q->list)) != NULL) {
		STAILQ_REMOVE_HEAD(&q->list, link);
		notice_free(n);
	}
}

struct notice *
notice_new(const char *type, const char *subject)
{
	struct notice *n = NEW(struct notice);

	n->type = mem_str(type);
	n->subject = mem_str(subject);
	n->time_ms = now_ms();
	return n;
}

static void
notice_name(struct notice *n, const char *name)
{
	buf_char(&n->data, n->data.len == 0 ? '{' : ',');
	text_json(&n->data, span_str(name));
	buf_char(&n->data, ':');
}

void
notice_text(struct notice *n, const char *name, const char *value)
{
	if (value == NULL)
		return;
	notice_name(n, name);
	text_json(&n->data, span_str(value));
}

void
notice_base64(struct notice *n, const char *name, struct span value)
{
	notice_name(n, name);
	buf_char(&n->data, '"');
	text_base64(&n->data, value);
	buf_char(&n->data, '"');
}

void
notices_add(struct notices *q, struct notice *n)
{
	buf_str(&n->data, n->data.len == 0 ? "{}" : "}");
	STAILQ_INSERT_TAIL(&q->list, n, link);
}

/* What is said, and the day. */
static void
notice_id(uint8_t id[16], const struct notice *n)
{
	struct hasher *h = hasher_new();
	int64_t day = n->time_ms / DAY_MS;
	struct hash sum;

	hasher_start(h);
	hasher_add(h, span_of((const uint8_t *)&day, sizeof(day)));
	hasher_add(h, span_of(n->type, strlen(n->type) + 1));
	hasher_add(h, span_of(n->subject, strlen(n->subject) + 1));
	hasher_add(h, buf_span(&n->data));
	hasher_finish(h, &sum);
	hasher_free(h);
	memcpy(id, sum.b, 16);
}

static enum status
notice_store(const struct notice *n, struct store *s, struct err *e)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	struct event ev = {.type = n->type,
	    .subject = n->subject,
	    .time_ms = n->time_ms,
	    .data = buf_span(&n->data)};

	notice_id(ev.id, n);
	return api->event_add(s, &ev, e);
}

enum status
notices_store(struct notices *q, struct store *s, struct err *e)
{
	enum status st = ST_OK;
	struct notice *n;

	while (st == ST_OK && (n = STAILQ_FIRST(&q->list)) != NULL) {
		st = notice_store(n, s, e);
		if (st != ST_OK)
			break;
		STAILQ_REMOVE_HEAD(&q->list, link);
		notice_free(n);
	}
	return st;
}

static struct notice *
notice_of(struct task *t)
{
	return (
	    struct notice *)(void *)((char *)t - offsetof(struct notice, task));
}

static void
notice_run(struct task *t, struct store *s)
{
	t->status = notice_store(notice_of(t), s, &t->err);
}

static void
notice_done(struct task *t)
{
	struct notice *n = notice_of(t);
	struct notices *q = n->queue;

	if (t->status != ST_OK) {
		diag_error("the event %s could not be stored: %s", n->type,
		    t->err.text);
		STAILQ_INSERT_TAIL(&q->list, n, link);
		return;
	}
	notice_free(n);
	if (q->on_stored != NULL)
		q->on_stored(q->arg);
}

void
notices_submit(struct notices *q, struct writer *w)
{
	struct notice *n;

	while ((n = STAILQ_FIRST(&q->list)) != NULL) {
		STAILQ_REMOVE_HEAD(&q->list, link);
		n->queue = q;
		n->task = (struct task){.run = notice_run, .done = notice_done};
		writer_submit(w, &n->task);
	}
}
