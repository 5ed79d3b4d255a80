/* retention: see retention.h. */
#include "monitor/retention.h"

#include "ctlog/base/mem.h"
#include "monitor/diag.h"
#include "monitor/store/ledger.h"
#include "monitor/tail.h"

#define EVERY_MS 86400000ll

struct retention {
	struct task task; /* first */
	struct writer *writer;
	int64_t quarantine_ms;
	struct ledger_retention ledger;
	int64_t next_ms; /* when to erase again */
	bool busy, more;
};

static void
erase_run(struct task *task, struct store *s)
{
	struct retention *r = (struct retention *)task;
	const struct store_api *api = ((struct store_base *)s)->api;
	bool more = false;

	task->status = api->quarantine_expire(
	    s, now_ms() - r->quarantine_ms, &r->more, &task->err);
	if (task->status == ST_OK && api->ledger != NULL)
		task->status = api->ledger->retain(
		    s, &r->ledger, now_ms(), &more, &task->err);
	r->more |= more;
}

/* A full disk is no reason to stop: it is tried again the next day. What is
 * worse with the store, its other users find out and say. */
static void
erase_done(struct task *task)
{
	struct retention *r = (struct retention *)task;

	r->busy = false;
	if (task->status != ST_OK) {
		diag_warn("what is out of retention could not be erased: %s",
		    task->err.text);
		return;
	}
	if (r->more)
		r->next_ms = 0; /* at the next tick */
}

struct retention *
retention_new(const struct config *c, struct writer *w)
{
	struct retention *r = NEW(struct retention);

	r->writer = w;
	r->quarantine_ms = c->retention.quarantine_ms;
	r->ledger = (struct ledger_retention){.hits_ms = c->retention.hits_ms,
	    .messages_ms = c->retention.messages_ms,
	    .audit_ms = c->retention.audit_ms,
	    .pending_ms = c->retention.pending_records_ms};
	r->task.run = erase_run;
	r->task.done = erase_done;
	return r;
}

void
retention_tick(struct retention *r)
{
	int64_t now = now_ms();

	/* A clock that was set back by far does not put it off. */
	if (r->busy || (now < r->next_ms && r->next_ms - now <= EVERY_MS))
		return;
	r->next_ms = now + EVERY_MS;
	r->busy = true;
	r->more = false;
	writer_submit(r->writer, &r->task);
}

void
retention_free(struct retention *r)
{
	ASSERT(r == NULL || !r->busy);
	free(r);
}
