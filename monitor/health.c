/* health: see health.h. */
#include "monitor/health.h"

#include <string.h>

#include "ctlog/base/mem.h"
#include "monitor/status_view.h"
#include "monitor/tail.h"

#define EVERY_MS 10000
/* A store thread that takes longer than this hangs, or imports millions. */
#define STUCK_MS 120000

struct health {
	struct task task; /* first */
	struct writer *writer;
	const struct config *config;
	/* What a look brings, and what the last one brought. */
	size_t num_logs;
	bool store_sick;
	size_t logs;
	bool store, known, busy;
	int64_t asked_ms;
};

/* --- on the store thread ------------------------------------------------------ */

static void
look(struct health *h, struct survey *s)
{
	struct status_view v = {
	    .config = h->config, .survey = s, .now_ms = now_ms()};
	struct reasons r = {0};

	h->num_logs = 0;
	for (size_t i = 0; i < s->num; i++) {
		r.num = 0;
		status_log_reasons(&v, &s->logs[i], &r);
		h->num_logs += r.num > 0;
	}
	r.num = 0;
	status_store_reasons(&v, &r);
	h->store_sick = r.num > 0;
}

static void
health_run(struct task *task, struct store *store)
{
	struct health *h = (struct health *)task;
	struct survey s;

	task->status = survey_health(&s, store, h->config, &task->err);
	if (task->status == ST_OK)
		look(h, &s);
	else
		h->store_sick = true;
	survey_fini(&s);
}

/* --- on the loop ---------------------------------------------------------------- */

static void
health_done(struct task *task)
{
	struct health *h = (struct health *)task;

	h->busy = false;
	h->known = true;
	h->logs = h->num_logs;
	h->store = h->store_sick;
}

struct health *
health_new(const struct config *c, struct writer *w)
{
	struct health *h = NEW(struct health);

	h->writer = w;
	h->config = c;
	h->task.run = health_run;
	h->task.done = health_done;
	return h;
}

void
health_tick(struct health *h)
{
	int64_t now = now_ms();

	/* A clock that was set back by far does not put it off. */
	if (h->busy || (now - h->asked_ms < EVERY_MS && now >= h->asked_ms))
		return;
	h->asked_ms = now;
	h->busy = true;
	writer_submit(h->writer, &h->task);
}

static void
put(struct buf *out, const struct health *h, bool *well)
{
	bool stuck = h->busy && now_ms() - h->asked_ms > STUCK_MS;

	*well = h->known && !stuck && h->logs == 0 && !h->store;
	buf_fmt(out, "{\"healthy\":%s", *well ? "true" : "false");
	if (!h->known)
		buf_str(out, ",\"starting\":true}");
	else
		buf_fmt(out, ",\"unhealthy_logs\":%zu,\"store\":%s}", h->logs,
		    stuck      ? "\"does not answer\""
		    : h->store ? "\"unhealthy\""
			       : "\"healthy\"");
}

void
health_answer(const struct health *h, struct door_call *call,
    const struct door_request *r)
{
	static const char *const allow[] = {"Allow: GET, HEAD", NULL};
	struct door_answer a = {.content_type = "application/json"};
	struct buf text = {0};
	bool well = false;

	if (strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0) {
		put(&text, h, &well);
		a.code = well ? 200 : 503;
	} else {
		a.code = 405;
		a.headers = allow;
		buf_str(&text, "{}");
	}
	a.body = buf_span(&text);
	door_answer(call, &a);
	buf_fini(&text);
}

void
health_free(struct health *h)
{
	ASSERT(h == NULL || !h->busy);
	free(h);
}
