/* roster: the lists, and when they are renewed; see roster.h. What follows for
 * the logs: roster_logs.c. */
#include "monitor/roster.h"

#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "ctlog/base/mem.h"
#include "monitor/diag.h"
#include "monitor/roster_private.h"

#define RENEW_LIMIT_MS 60000
/* List and signature do not fit: a publisher renews both within this. */
#define MISMATCH_PAUSE_MS 30000
/* A list that does not come is complained of so often. */
#define COMPLAIN_EVERY 24

static void list_renew(struct roster_list *rl);

/* --- when ------------------------------------------------------------------ */

/* 0.5 to 1.5: not all instances ask at the same time. */
static double
jitter(void)
{
	uint16_t dice;

	ASSERT(getrandom(&dice, sizeof(dice), 0) == (ssize_t)sizeof(dice));
	return 0.5 + (double)dice / 65535.0;
}

static void
list_on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)revents;
	list_renew(w->data);
}

static void
list_after(struct roster_list *rl, double seconds)
{
	struct ev_loop *loop = rl->roster->conf.engine->loop;

	ev_timer_stop(loop, &rl->timer);
	ev_now_update(loop);
	ev_timer_init(&rl->timer, list_on_timer, seconds, 0.0);
	rl->timer.data = rl;
	ev_timer_start(loop, &rl->timer);
}

static void
list_later(struct roster_list *rl)
{
	double s = (double)rl->roster->config->logs.refresh_ms / 1000.0;

	list_after(rl, s * jitter());
}

/* --- files -------------------------------------------------------------------- */

struct keep_task {
	struct task task;
	const char *dir; /* the configuration's */
	char *path;
	struct edition ed;
};

static void
keep_run(struct task *task, struct store *s)
{
	struct keep_task *k = (struct keep_task *)task;

	(void)s;
	if (k->ed.json.len > 0)
		copy_keep(k->dir, k->path, &k->ed);
	else
		unlink(k->path);
}

static void
keep_done(struct task *task)
{
	struct keep_task *k = (struct keep_task *)task;

	edition_fini(&k->ed);
	free(k->path);
	free(k);
}

void
roster_keep(struct roster *r, char *path, struct edition *ed)
{
	struct keep_task *k = NEW(struct keep_task);

	k->task.run = keep_run;
	k->task.done = keep_done;
	k->dir = r->conf.listing->dir;
	k->path = path;
	edition_swap(&k->ed, ed);
	writer_submit(r->conf.engine->writer, &k->task);
}

/* --- an edition -------------------------------------------------------------- */

static void
list_take(struct roster_list *rl, struct edition *ed)
{
	struct roster *r = rl->roster;
	char *path;

	diag_debug("log list %s: a new edition", listing_label(&rl->src));
	loglist_fini(rl->list);
	*rl->list = ed->list;
	ed->list = (struct loglist){0};
	rl->since = ed->since;
	/* What follows from it is stored first: after a crash it is seen again
	 * as long as the copy is the old one. */
	roster_update(r);
	path = rl->src.url ? copy_path(r->conf.listing->dir, &rl->src) : NULL;
	if (path != NULL)
		roster_keep(r, path, ed);
}

static void
list_failed(struct roster_list *rl, enum status st, const struct err *why)
{
	if (listing_is_refusal(st))
		listing_refused(&rl->roster->notices, &rl->src, why);
	else if (rl->failures++ % COMPLAIN_EVERY == 0)
		diag_warn("log list %s: not renewed: %s; the last good one "
			  "stays in use",
		    listing_label(&rl->src), why->text);
}

static void
list_on_renewal(
    void *arg, enum status st, struct edition *ed, const struct err *why)
{
	struct roster_list *rl = arg;
	struct roster *r = rl->roster;
	struct err e = *why;

	rl->renewal = NULL;
	if (engine_was_stopped(r->conf.engine))
		return;
	if (st == ST_OK && ed->list.num > 0)
		st = listing_compare(rl->list, &ed->list, &e);
	if (st == ST_OK) {
		rl->failures = 0;
		if (ed->list.num > 0)
			list_take(rl, ed);
		listing_warn(&r->notices, &rl->src, rl->list);
	} else {
		list_failed(rl, st, &e);
	}
	notices_submit(&r->notices, r->conf.engine->writer);
	list_later(rl);
}

/* The key, when it could not be read before: nothing is taken without it. */
static bool
list_has_key(struct roster_list *rl)
{
	struct err e = {""};

	if (rl->key != NULL)
		return true;
	if (source_key(&rl->key, &rl->src, &e) == ST_OK)
		return true;
	list_failed(rl, ST_UNREACHABLE, &e);
	list_later(rl);
	return false;
}

static void
list_fetch(struct roster_list *rl)
{
	struct roster *r = rl->roster;
	int64_t refresh_ms = r->config->logs.refresh_ms;
	struct renewal_conf c = {.loop = r->conf.engine->loop,
	    .http = r->conf.engine->http,
	    .url = rl->src.url,
	    .since = &rl->since,
	    .limit_ms = RENEW_LIMIT_MS,
	    .pause_ms = refresh_ms < MISMATCH_PAUSE_MS ? refresh_ms
						       : MISMATCH_PAUSE_MS};

	if (!list_has_key(rl))
		return;
	c.key = rl->key;
	rl->renewal = renewal_new(&c, list_on_renewal, rl);
}

/* A file is the operator's own: what stands there is used when it can be. */
static void
list_reread(struct roster_list *rl)
{
	struct edition ed = {0};
	struct err e = {""};
	struct stat now;
	enum status st;

	if (stat(rl->src.file, &now) == 0 && now.st_ino == rl->stat.st_ino &&
	    now.st_size == rl->stat.st_size &&
	    now.st_mtim.tv_sec == rl->stat.st_mtim.tv_sec &&
	    now.st_mtim.tv_nsec == rl->stat.st_mtim.tv_nsec)
		return;
	st = listing_read(NULL, &rl->src, &ed.list, &e);
	if (st == ST_OK) {
		rl->stat = now;
		list_take(rl, &ed);
	} else {
		list_failed(rl, ST_UNREACHABLE, &e);
	}
}

static void
list_renew(struct roster_list *rl)
{
	if (engine_was_stopped(rl->roster->conf.engine) || rl->renewal != NULL)
		return;
	if (rl->src.url != NULL) {
		list_fetch(rl);
		return;
	}
	list_reread(rl);
	notices_submit(&rl->roster->notices, rl->roster->conf.engine->writer);
	list_later(rl);
}

/* --- life -------------------------------------------------------------------- */

static void
list_init(struct roster *r, size_t i)
{
	struct roster_list *rl = &r->sources[i];

	rl->roster = r;
	rl->src = listing_source(&r->config->logs.lists[i]);
	rl->list = &r->lists.list[i];
	ev_init(&rl->timer, NULL);
	/* It was read a moment ago. */
	ASSERT(
	    source_key(&rl->key, &rl->src, NULL) == ST_OK || rl->key == NULL);
	if (rl->src.file != NULL && stat(rl->src.file, &rl->stat) != 0)
		rl->stat = (struct stat){0};
	if (r->conf.at_once && rl->src.url != NULL)
		list_after(rl, 0.0);
	else
		list_later(rl);
}

static void
on_stored(void *arg)
{
	struct roster *r = arg;

	courier_kick(r->conf.engine->courier);
}

struct roster *
roster_new(const struct roster_conf *c)
{
	struct roster *r = NEW(struct roster);

	r->conf = *c;
	r->config = c->listing->config;
	r->lists = *c->lists;
	*c->lists = (struct lists){0};
	notices_init(&r->notices, on_stored, r);
	r->sources = mem_new(r->lists.num, sizeof(*r->sources));
	for (size_t i = 0; i < r->lists.num; i++)
		list_init(r, i);
	return r;
}

void
roster_free(struct roster *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->lists.num; i++) {
		struct roster_list *rl = &r->sources[i];

		renewal_end(rl->renewal);
		ev_timer_stop(r->conf.engine->loop, &rl->timer);
		logkey_free(rl->key);
	}
	free(r->sources);
	roster_logs_fini(r);
	notices_fini(&r->notices);
	lists_fini(&r->lists);
	free(r);
}

void
roster_refresh(struct roster *r)
{
	for (size_t i = 0; i < r->lists.num; i++)
		list_renew(&r->sources[i]);
}

void
roster_tick(struct roster *r)
{
	if (engine_was_stopped(r->conf.engine))
		return;
	roster_logs_tick(r);
	notices_submit(&r->notices, r->conf.engine->writer);
}

void
roster_known(const struct roster *r, struct wants *out)
{
	for (size_t i = 0; i < r->lists.num; i++)
		wants_all(out, &r->lists.list[i]);
}
