/*
 * courier_render: rows of the outbox become messages, and those parcels, in the
 * words of the lane's sink.
 */
#include "alerts/digest.h"
#include "alerts/follow_up.h"
#include "ctlog/base/mem.h"
#include "monitor/courier_private.h"
#include "monitor/tail.h"

static void
render_event(struct lane *l, const struct outbox_row *row, struct message *m,
    struct parcel *out)
{
	struct buf type = {0}, subject = {0}, line = {0};
	struct event ev = {
	    .time_ms = row->event_time_ms, .data = buf_span(&row->event_data)};

	buf_span_add(&type, buf_span(&row->event_type));
	buf_span_add(&subject, buf_span(&row->event_subject));
	memcpy(ev.id, row->event_id, sizeof(ev.id));
	ev.type = buf_cstr(&type);
	ev.subject = buf_cstr(&subject);
	event_json(&ev, m->instance, &line);
	m->kind = MESSAGE_EVENT;
	m->ev = &ev;
	m->event = buf_span(&line);
	l->api->render(l->sink, out, m);
	buf_fini(&type);
	buf_fini(&subject);
	buf_fini(&line);
}

/* One list for all that is the same in it. */
static void
render_digest(struct lane *l, struct carried *p, struct message *m)
{
	const struct exposure **list = mem_new(p->num_rows, sizeof(*list));

	for (size_t i = 0; i < p->num_rows; i++)
		if (!p->row[i].damaged)
			list[m->num_list++] = &p->row[i].x;
	digest_sort(list, m->num_list);
	m->kind = MESSAGE_DIGEST;
	m->list = list;
	memcpy(m->id, p->row->digest_id, sizeof(m->id));
	l->api->render(l->sink, &p->parcel, m);
	free(list);
}

static void
render_kind(struct lane *l, struct carried *p, struct message *m)
{
	const struct outbox_row *row = p->row;

	if (row->digest != 0) {
		render_digest(l, p, m);
		return;
	}
	memcpy(m->id, row->event_id, sizeof(m->id));
	if (row->is_follow_up) {
		m->kind = MESSAGE_FOLLOW_UP;
		m->time_ms = row->event_time_ms;
		follow_up_id(m->id, row->x.id);
	}
	if (!row->is_exposure) {
		render_event(l, row, m, &p->parcel);
		return;
	}
	m->x = &row->x;
	l->api->render(l->sink, &p->parcel, m);
}

static void
render_one(struct lane *l, struct carried *p)
{
	const struct outbox_row *row = p->row;
	struct message m = {.instance = l->courier->conf.instance,
	    .attempt = row->attempts,
	    .public_url = l->courier->conf.public_url,
	    .now_ms = now_ms()};
	struct mail_link link = {{0}, {0}};

	if (p->damaged) {
		p->why = mem_str(row->astray    ? ROUND_ASTRAY
				 : row->unnamed ? ROUND_UNNAMED
						: ROUND_DAMAGED);
		return;
	}
	mail_link(&link, &m, row);
	render_kind(l, p, &m);
	mail_link_fini(&link);
}

/* Rows of one digest, which stand side by side, are one message. */
static void
messages_make(struct round *r)
{
	struct carried *c = NULL;

	r->carried = mem_new(r->rows.num, sizeof(*r->carried));
	for (size_t i = 0; i < r->rows.num; i++) {
		const struct outbox_row *row = &r->rows.rows[i];

		if (c == NULL || row->digest == 0 ||
		    row->digest != c->row->digest) {
			c = &r->carried[r->num++];
			*c = (struct carried){
			    .round = r, .row = row, .damaged = true};
		}
		c->num_rows++;
		c->damaged &= row->damaged || row->unnamed || row->astray;
	}
}

void
round_render(struct round *r)
{
	messages_make(r);
	for (size_t i = 0; r->lane->conf != NULL && i < r->num; i++)
		render_one(r->lane, &r->carried[i]);
}
