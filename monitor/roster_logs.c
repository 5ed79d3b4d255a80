/*
 * roster_logs: the logs that are followed because of lists: started, moved, and
 * read to their end when they are over. What has been read of a log stays in
 * the store, so that it goes on from there should it come back.
 */
#include <inttypes.h>

#include "ctlog/base/mem.h"
#include "monitor/diag.h"
#include "monitor/roster_diff.h"
#include "monitor/roster_private.h"

/* A log that does not grow any more is looked at so often. */
#define REST_MS 3600000
/* One that is to be read to its end, and neither signs anything nor lets itself
 * be read, is given up. */
#define PATIENCE_S (30ll * 86400)
/* After a restart it has this long at least. */
#define LAST_CHANCE_S 3600

/* --- what the operator is told ------------------------------------------------ */

static struct notice *
changed(const struct want_log *w, const char *change, const char *detail)
{
	struct notice *n = notice_new("loglist.changed", w->name);

	diag_warn("%s: %s", w->name, detail);
	notice_text(n, "change", change);
	notice_base64(n, "log_id", hash_span(logkey_id(w->key)));
	notice_text(n, "log_name", w->name);
	notice_text(n, "operator", w->operator_name);
	notice_text(n, "url", w->url);
	notice_text(n, "detail", detail);
	return n;
}

static void
tell_moved(
    struct roster *r, const struct roster_log *rl, const struct want_log *to)
{
	char detail[256];
	struct notice *n;

	snprintf(detail, sizeof(detail),
	    "the lists have it at another place now; it is read on there");
	n = changed(&rl->want, "url", detail);
	notice_text(n, "new_url", to->url);
	notice_text(n, "new_api", to->api->name);
	notices_add(&r->notices, n);
}

static void
tell_replaced(
    struct roster *r, const struct want_log *was, const struct want_log *by)
{
	struct notice *n = changed(was, "key",
	    "the lists have another key in its place: that is another log, "
	    "which is followed as a new one");

	notice_base64(n, "new_log_id", hash_span(logkey_id(by->key)));
	notice_text(n, "new_log_name", by->name);
	notice_text(n, "new_url", by->url);
	notices_add(&r->notices, n);
}

static void
tell_vanished(struct roster *r, const struct want_log *was)
{
	notices_add(&r->notices,
	    changed(was, "vanished",
		"no list has it any more; it is read to its end, then no "
		"longer followed"));
}

/* --- changes ------------------------------------------------------------------- */

static struct roster_log *
find(const struct roster *r, const struct want_log *w)
{
	for (size_t i = 0; i < r->num_logs; i++)
		if (hash_eq(logkey_id(r->logs[i].want.key), logkey_id(w->key)))
			return &r->logs[i];
	return NULL;
}

struct tail_range
roster_range(const struct config *c, const struct want_log *w, bool now)
{
	struct tail_range r = {.follow = true, .to = UINT64_MAX};
	bool old = w->listed && !roster_is_young(w, now_ms(), now);

	if (c->logs.start == START_HEAD || (c->logs.start == START_AUTO && old))
		r.how = TAIL_HEAD;
	return r;
}

/* When it was over, as the lists have it. */
static int64_t
over_since(const struct want_log *w)
{
	int64_t now = now_ms();

	if (!want_is_over(w))
		return 0;
	return w->since_ms == 0 || w->since_ms > now ? now : w->since_ms;
}

static void
log_add(struct roster *r, const struct want_log *w, struct entry_log *entry)
{
	r->logs = mem_grow(r->logs, r->num_logs + 1, sizeof(*r->logs));
	r->logs[r->num_logs] =
	    (struct roster_log){.entry = entry, .since_ms = over_since(w)};
	want_log_copy(&r->logs[r->num_logs].want, w);
	r->num_logs++;
}

static void
log_follow(struct roster *r, const struct want_log *w, bool now)
{
	struct tail_range range = roster_range(r->config, w, now);
	struct want_log copy;

	diag_info("following %s at %s", w->name, w->url);
	want_log_copy(&copy, w);
	if (w->listed)
		log_add(r, w, engine_add(r->conf.engine, &copy, &range));
	else
		engine_add(r->conf.engine, &copy, &range);
}

void
roster_follow(struct roster *r, const struct want_log *w)
{
	log_follow(r, w, false);
}

static bool
is_followed(const struct roster *r, const struct want_log *w)
{
	const struct engine *g = r->conf.engine;

	for (size_t i = 0; i < g->num_logs; i++)
		if (hash_eq(logkey_id(g->logs[i]->want.key), logkey_id(w->key)))
			return true;
	return false;
}

void
roster_leaves(struct roster *r, const struct want_log *w)
{
	struct roster_log *rl;

	if (is_followed(r, w))
		return;
	log_follow(r, w, false);
	rl = &r->logs[r->num_logs - 1];
	rl->leaves = true;
	rl->since_ms = w->since_ms;
	rl->silent_s = (now_ms() - w->since_ms) / 1000;
	if (rl->silent_s < 0)
		rl->silent_s = 0;
	if (rl->silent_s > PATIENCE_S - LAST_CHANCE_S)
		rl->silent_s = PATIENCE_S - LAST_CHANCE_S;
}

/* Not followed any more, with what was read of it left in the store. */
static void
log_remove(struct roster *r, struct roster_log *rl)
{
	engine_remove(rl->entry);
	want_log_fini(&rl->want);
	*rl = r->logs[--r->num_logs];
}

static void
log_leaves(struct roster_log *rl)
{
	rl->leaves = true;
	rl->want.state = LOGLIST_RETIRED;
	engine_state(rl->entry, LOGLIST_RETIRED);
	rl->since_ms = now_ms();
	rl->silent_s = 0;
}

/* What the lists say of it now. */
static void
log_renew(struct roster_log *rl, const struct want_log *w)
{
	want_log_fini(&rl->want);
	want_log_copy(&rl->want, w);
}

static void
log_in_state(struct roster_log *rl, const struct want_log *is)
{
	struct entry_log *l = rl->entry;

	diag_info("%s: %s in the lists now%s", is->name,
	    loglist_state_name(is->state),
	    rl->leaves ? ", so it is followed again" : "");
	rl->leaves = rl->rests = false;
	rl->since_ms = over_since(is);
	rl->silent_s = 0;
	if (l->tail != NULL)
		tail_rest(l->tail, 0);
	engine_state(l, is->state);
	log_renew(rl, is);
}

static void
log_replaced(struct roster *r, struct roster_log *rl, const struct want_log *by)
{
	tell_replaced(r, &rl->want, by);
	/* Where it was is nobody any more who could sign for it. */
	if (strcmp(rl->want.url, by->url) == 0)
		log_remove(r, rl);
	else
		log_leaves(rl);
}

static void
change_log(
    struct roster *r, struct roster_log *rl, const struct roster_change *c)
{
	switch (c->act) {
	case ROSTER_MOVE:
		tell_moved(r, rl, c->is);
		engine_move(rl->entry, c->is);
		log_renew(rl, c->is);
		break;
	case ROSTER_STATE:
		log_in_state(rl, c->is);
		break;
	case ROSTER_LEAVE:
		diag_info("%s: retired in the lists now; it is read to its "
			  "end",
		    rl->want.name);
		log_leaves(rl);
		break;
	case ROSTER_VANISH:
		tell_vanished(r, &rl->want);
		log_leaves(rl);
		break;
	case ROSTER_REPLACE:
		log_replaced(r, rl, c->is);
		break;
	case ROSTER_START:
		break;
	}
}

void
roster_gone(struct roster *r, const struct roster_change *c)
{
	bool in_place = false;

	if ((c->act != ROSTER_LEAVE && c->act != ROSTER_VANISH &&
		c->act != ROSTER_REPLACE) ||
	    is_followed(r, c->was))
		return;
	if (c->act == ROSTER_VANISH)
		tell_vanished(r, c->was);
	if (c->act == ROSTER_REPLACE) {
		tell_replaced(r, c->was, c->is);
		in_place = strcmp(c->was->url, c->is->url) == 0;
	}
	if (in_place)
		return;
	log_follow(r, c->was, false);
	log_leaves(&r->logs[r->num_logs - 1]);
}

/* The changes borrow what they change: one at a time, by log_id. */
static void
change_apply(struct roster *r, const struct roster_change *c)
{
	if (c->act == ROSTER_START)
		log_follow(r, c->is, true);
	else
		change_log(r, find(r, c->was), c);
}

/* --- a new edition --------------------------------------------------------------- */

void
roster_wants(struct wants *out, const struct roster *r)
{
	*out = (struct wants){.num = r->num_logs,
	    .list = mem_new(r->num_logs, sizeof(*out->list))};
	for (size_t i = 0; i < r->num_logs; i++)
		want_log_copy(&out->list[i], &r->logs[i].want);
}

/* Without the logs that are followed because they were named by hand. */
static void
wants_drop_by_hand(struct wants *w, const struct engine *g)
{
	for (size_t k = 0; k < g->num_logs; k++) {
		const struct want_log *by_hand = &g->logs[k]->want;
		size_t num = 0;

		if (by_hand->listed)
			continue;
		for (size_t i = 0; i < w->num; i++) {
			if (hash_eq(logkey_id(w->list[i].key),
				logkey_id(by_hand->key)))
				want_log_fini(&w->list[i]);
			else
				w->list[num++] = w->list[i];
		}
		w->num = num;
	}
}

/* What the lists ask for now. */
static enum status
wants_now(struct roster *r, struct wants *out, struct err *e)
{
	struct config c = *r->config; /* by hand: decided at the start */
	enum status st;

	*out = (struct wants){0};
	c.logs.num_extra = 0;
	st = wants_of_lists(out, &c, &r->lists, e);
	if (st == ST_OK)
		st = wants_contact(out, c.contact, e);
	if (st == ST_OK)
		wants_drop_by_hand(out, r->conf.engine);
	return st;
}

void
roster_update(struct roster *r)
{
	struct roster_changes changes;
	struct directory all = {0};
	struct wants was, is;
	struct err e = {""};

	if (wants_now(r, &is, &e) != ST_OK) {
		diag_error("the new log list is not followed: %s", e.text);
		wants_fini(&is);
		return;
	}
	roster_wants(&was, r);
	for (size_t i = 0; i < r->lists.num; i++)
		directory_add(&all, &r->lists.list[i]);
	roster_diff(&changes, &was, &is, &all);
	for (size_t i = 0; i < changes.num; i++)
		change_apply(r, &changes.list[i]);
	if (changes.num > 0) {
		notices_submit(&r->notices, r->conf.engine->writer);
		roster_followed(r);
	}
	roster_changes_fini(&changes);
	directory_fini(&all);
	wants_fini(&was);
	wants_fini(&is);
}

/* --- to the end -------------------------------------------------------------------- */

/* What the log took in before its state changed is in its tree an MMD later.
 * Nothing that it signed before that tells its last entry; and what it signed
 * is what a cache has, for all that we know of when it was asked. */
static bool
is_final(const struct roster_log *rl, const struct tail_state *s)
{
	const struct want_log *w = &rl->want;
	int64_t mmd_s = tail_mmd_s(w->api, w->mmd_s), over_ms;

	if (w->final_size != 0 && s->head.size == w->final_size)
		return true;
	over_ms = rl->since_ms + mmd_s * 1000;
	/* Its clock may be ahead. */
	return s->newest_signed_ms >= (uint64_t)over_ms && now_ms() >= over_ms;
}

/* All that the log has signed is read and proven (when it can be), and no less
 * than the lists say that it has; and nothing more can come. */
static bool
is_drained(const struct roster_log *rl, const struct tail_state *s)
{
	return s->newest_signed_ms != 0 && s->committed == s->head.size &&
	       (s->proven == s->committed || s->broken) &&
	       s->newest <= s->committed &&
	       s->committed >= rl->want.final_size && is_final(rl, s);
}

/* The lists tell the last head, too: it has to be the one that was read. */
static void
check_final(
    struct roster *r, const struct roster_log *rl, const struct tail_state *s)
{
	if (rl->want.final_size == 0 || s->head.size != rl->want.final_size ||
	    hash_eq(&s->head.root, &rl->want.final_root))
		return;
	notices_add(&r->notices,
	    changed(&rl->want, "final-head",
		"the lists tell another last head of this size than the log "
		"signed"));
}

static void
log_rest(struct roster *r, struct roster_log *rl, const struct tail_state *s)
{
	diag_info("%s: read-only, and read to its end at %" PRIu64
		  "; it is looked at once an hour",
	    rl->want.name, s->committed);
	check_final(r, rl, s);
	tail_rest(rl->entry->tail, REST_MS);
	rl->rests = true;
}

/* Nothing came for a month; asked once a second. */
static bool
is_hopeless(struct roster_log *rl, const struct tail_state *s)
{
	if (s->newest_signed_ms != rl->signed_ms ||
	    s->committed != rl->committed)
		rl->silent_s = 0;
	rl->signed_ms = s->newest_signed_ms;
	rl->committed = s->committed;
	return ++rl->silent_s > PATIENCE_S;
}

/* false: it is still followed. */
static bool
log_is_over(struct roster *r, struct roster_log *rl)
{
	struct tail_state s = {0};

	if (rl->entry->tail != NULL)
		tail_state(rl->entry->tail, &s);
	if (rl->entry->tail != NULL && is_drained(rl, &s)) {
		diag_info("%s: read to its end at %" PRIu64
			  "; no longer followed",
		    rl->want.name, s.committed);
		check_final(r, rl, &s);
		return true;
	}
	if (!is_hopeless(rl, &s))
		return false;
	notices_add(&r->notices,
	    changed(&rl->want, "given-up",
		"it could not be read to its end: it has not answered for 30 "
		"days; no longer followed"));
	return true;
}

void
roster_logs_tick(struct roster *r)
{
	struct tail_state s;

	for (size_t i = r->num_logs; i-- > 0;) {
		struct roster_log *rl = &r->logs[i];

		if (rl->leaves) {
			if (log_is_over(r, rl)) {
				log_remove(r, rl);
				roster_followed(r);
			}
			continue;
		}
		if (!want_is_over(&rl->want) || rl->rests ||
		    rl->entry->tail == NULL)
			continue;
		tail_state(rl->entry->tail, &s);
		if (is_drained(rl, &s))
			log_rest(r, rl, &s);
	}
}

void
roster_logs_fini(struct roster *r)
{
	for (size_t i = 0; i < r->num_logs; i++)
		want_log_fini(&r->logs[i].want);
	free(r->logs);
}
