/*
 * courier_mark: what is written down of a sink, so that people who ask see how
 * it does: a change at once, and each now and then that it delivers.
 */
#include <stdio.h>

#include "monitor/courier_private.h"
#include "monitor/tail.h"

/* A store's sync each time. */
#define DELIVERED_MS 10000

/* "http 503", "exit 1", "unreachable": nothing of what the other side says. */
static void
failure_kind(char out[24], enum parcel_kind how, const struct outcome *o)
{
	const char *what = how == PARCEL_HTTP   ? "http"
			   : how == PARCEL_ARGV ? "exit"
						: "reply";

	if (o->code != 0)
		snprintf(out, 24, "%s %d", what, o->code);
	else
		snprintf(out, 24, "%s", status_name(o->status));
}

/* By the first message that did not arrive. */
static void
mark_failed(struct round *r, enum sink_mark what)
{
	for (size_t i = 0; i < r->num; i++) {
		const struct carried *c = &r->carried[i];

		if (c->damaged || c->outcome.cut ||
		    (c->how == SETTLE_DELIVERED && !c->left))
			continue;
		failure_kind(r->kind, r->lane->api->kind, &c->outcome);
		r->mark.what = what;
		r->mark.kind = r->kind;
		r->marks = true;
		return;
	}
}

static bool
is_known(const struct lane *l, const struct store_sink_mark *m)
{
	return l->noted && l->mark == m->what &&
	       m->now_ms - l->noted_ms < DELIVERED_MS &&
	       m->now_ms >= l->noted_ms;
}

void
round_mark(struct round *r)
{
	struct lane *l = r->lane;

	if (l->conf == NULL)
		return;
	r->mark = (struct store_sink_mark){
	    l->conf->name, MARK_DELIVERED, now_ms(), ""};
	if (l->closed)
		mark_failed(r, MARK_CLOSED);
	else if (r->num_delivered > 0)
		r->marks = true;
	else if (r->num_taken == 0 && r->num_down > 0)
		mark_failed(r, MARK_FAILED);
	r->marks = r->marks && !is_known(l, &r->mark);
	if (!r->marks)
		return;
	l->noted = true;
	l->mark = r->mark.what;
	l->noted_ms = r->mark.now_ms;
}

/* Words only: that a full disk does not take them stops no delivery. */
enum status
round_mark_store(struct round *r, struct store *s, struct err *e)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	enum status st = ST_OK;

	if (r->marks)
		st = api->sink_mark(s, &r->mark, e);
	r->marks = false;
	return st == ST_FULL ? ST_OK : st;
}
