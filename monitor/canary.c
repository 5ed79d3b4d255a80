/*
 * canary: see canary.h. Time is cut into intervals, counted since 1970, and
 * each has one canary, whose id its number tells: starts do not double it. The
 * first one comes a whole interval after the service began.
 */
#include "monitor/canary.h"

#include <string.h>

#include "alerts/json.h"
#include "ctlog/base/mem.h"
#include "ctlog/merkle/hash.h"
#include "monitor/diag.h"
#include "monitor/tail.h"

#define CANARY "canary"
/* When the store did not take it. */
#define AGAIN_MS 60000

struct canary {
	struct task task; /* first */
	struct writer *writer;
	struct courier *to;
	int64_t every_ms;
	int64_t again_ms; /* it is not tried before */
	int64_t done;     /* number of the newest interval that was looked at */
	int64_t number;
	bool busy;
};

/* --- on the store thread ----------------------------------------------------- */

static void
log_seen(void *arg, const struct store_log *l)
{
	int64_t *first = arg;

	if (l->first_seen_ms < *first)
		*first = l->first_seen_ms;
}

static void
canary_id(uint8_t id[16], const struct canary *c)
{
	struct hasher *h = hasher_new();
	struct buf text = {0};
	struct hash sum;

	buf_str(&text, CANARY);
	buf_uint(&text, (uint64_t)c->every_ms, 8);
	buf_uint(&text, (uint64_t)c->number, 8);
	hasher_start(h);
	hasher_add(h, buf_span(&text));
	hasher_finish(h, &sum);
	hasher_free(h);
	memcpy(id, sum.b, 16);
	buf_fini(&text);
}

static void
canary_run(struct task *task, struct store *s)
{
	struct canary *c = (struct canary *)task;
	const struct store_api *api = ((struct store_base *)s)->api;
	int64_t at = c->number * c->every_ms, first = INT64_MAX;
	struct event ev = {.type = CANARY, .subject = "", .time_ms = at};
	struct buf data = {0};

	task->status = api->logs(s, log_seen, &first, &task->err);
	if (task->status != ST_OK || first > at - c->every_ms)
		return;
	canary_id(ev.id, c);
	buf_char(&data, '{');
	json_uint(&data, "interval_s", (uint64_t)(c->every_ms / 1000));
	buf_char(&data, '}');
	ev.data = buf_span(&data);
	task->status = api->event_add(s, &ev, &task->err);
	buf_fini(&data);
}

/* --- on the loop --------------------------------------------------------------- */

static void
canary_done(struct task *task)
{
	struct canary *c = (struct canary *)task;

	c->busy = false;
	if (task->status != ST_OK) {
		diag_warn("the canary of this interval could not be stored: %s",
		    task->err.text);
		c->done = 0;
		c->again_ms = now_ms() + AGAIN_MS;
	}
	courier_kick(c->to);
}

struct canary *
canary_new(const struct config *conf, struct writer *w, struct courier *to)
{
	struct canary *c;

	if (conf->alerts.canary_ms == 0)
		return NULL;
	c = NEW(struct canary);
	c->writer = w;
	c->to = to;
	c->every_ms = conf->alerts.canary_ms;
	c->task.run = canary_run;
	c->task.done = canary_done;
	return c;
}

void
canary_tick(struct canary *c)
{
	int64_t number;

	if (c == NULL || c->busy)
		return;
	number = now_ms() / c->every_ms;
	if (number == c->done || (c->done == 0 && now_ms() < c->again_ms))
		return;
	c->number = c->done = number;
	c->busy = true;
	writer_submit(c->writer, &c->task);
}

void
canary_free(struct canary *c)
{
	ASSERT(c == NULL || !c->busy);
	free(c);
}
