/* digest: see digest.h. */
#include "alerts/digest.h"

#include <stdlib.h>

#include "alerts/json.h"

static int
by_text(const char *a, const char *b)
{
	return strcasecmp(a != NULL ? a : "", b != NULL ? b : "");
}

static const char *
issuer_of(const struct exposure *x)
{
	return x->cert.issuer_org != NULL && x->cert.issuer_org[0] != '\0'
		   ? x->cert.issuer_org
		   : x->cert.issuer;
}

/* By what they say. */
static int
by_data(const struct exposure *x, const struct exposure *y)
{
	int order = (int)y->severity - (int)x->severity;

	if (order == 0)
		order = by_text(x->match.kind, y->match.kind);
	if (order == 0)
		order = by_text(x->match.value, y->match.value);
	if (order == 0)
		order = by_text(issuer_of(x), issuer_of(y));
	if (order == 0)
		order = (int)x->num_also - (int)y->num_also;
	for (size_t i = 0; order == 0 && i < x->num_also; i++)
		order = by_text(x->also[i], y->also[i]);
	return order;
}

static int
by_group(const void *a, const void *b)
{
	const struct exposure *const *x = a, *const *y = b;
	int order = by_data(*x, *y);

	if (order != 0)
		return order;
	if ((*x)->time_ms != (*y)->time_ms)
		return (*x)->time_ms < (*y)->time_ms ? -1 : 1;
	return memcmp((*x)->id, (*y)->id, sizeof((*x)->id));
}

void
digest_sort(const struct exposure **list, size_t num)
{
	qsort(list, num, sizeof(*list), by_group);
}

struct digest_group
digest_group(const struct exposure *const *list, size_t num)
{
	struct digest_group g = {1, list};

	while (g.num < num && by_data(list[0], list[g.num]) == 0)
		g.num++;
	return g;
}

size_t
digest_num_groups(const struct message *m)
{
	size_t num = 0;

	for (size_t at = 0; at < m->num_list; num++)
		at += digest_group(m->list + at, m->num_list - at).num;
	return num;
}

/* --- JSON ------------------------------------------------------------------ */

static void
group_json(const struct digest_group *g, bool reveal, struct buf *out)
{
	const struct exposure *x = g->list[0];
	const char *value = x->match.value != NULL ? x->match.value : "";
	struct buf shown = {0};

	if (reveal)
		buf_str(&shown, value);
	else
		alert_mask(x->match.kind, span_str(value), &shown);
	json_sep(out);
	buf_char(out, '{');
	json_open(out, "match", '{');
	json_text(out, "kind", x->match.kind);
	json_text(out, "value", buf_cstr(&shown));
	buf_char(out, '}');
	json_text(out, "severity", severity_name(x->severity));
	json_texts(out, "also_exposed", x->num_also, x->also);
	json_text(out, "issuer", issuer_of(x));
	json_uint(out, "count", g->num);
	json_time(out, "first", x->time_ms);
	json_time(out, "last", g->list[g->num - 1]->time_ms);
	json_open(out, "alerts", '[');
	for (size_t i = 0; i < g->num; i++) {
		json_sep(out);
		buf_char(out, '"');
		text_hex(out, span_of(g->list[i]->id, 16));
		buf_char(out, '"');
	}
	buf_str(out, "]}");
	buf_fini(&shown);
}

static void
data_json(const struct message *m, bool reveal, struct buf *out)
{
	const struct exposure *x = m->list[0];
	int64_t from = x->time_ms, to = x->time_ms;

	for (size_t i = 1; i < m->num_list; i++) {
		int64_t t = m->list[i]->time_ms;

		from = t < from ? t : from;
		to = t > to ? t : to;
	}
	buf_char(out, '{');
	json_open(out, "record", '{');
	json_text(out, "id", x->record_id);
	json_text(out, "tenant", x->tenant);
	json_text(out, "kind", x->record_kind);
	buf_char(out, '}');
	json_time(out, "from", from);
	json_time(out, "to", to);
	json_uint(out, "count", m->num_list);
	json_open(out, "groups", '[');
	for (size_t at = 0; at < m->num_list;) {
		struct digest_group g =
		    digest_group(m->list + at, m->num_list - at);

		group_json(&g, reveal, out);
		at += g.num;
	}
	buf_str(out, "]}");
}

static int64_t
newest(const struct message *m)
{
	int64_t t = m->list[0]->time_ms;

	for (size_t i = 1; i < m->num_list; i++)
		if (m->list[i]->time_ms > t)
			t = m->list[i]->time_ms;
	return t;
}

void
digest_json(const struct message *m, bool reveal, struct buf *out)
{
	struct buf data = {0};
	struct event ev = {.type = "digest",
	    .subject = m->list[0]->record_id,
	    .time_ms = newest(m)};

	data_json(m, reveal, &data);
	memcpy(ev.id, m->id, sizeof(ev.id));
	ev.data = buf_span(&data);
	event_json(&ev, m->instance, out);
	buf_fini(&data);
}
