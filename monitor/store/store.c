/*
 * store: the choice of a backend, and the ends of what a store gives away.
 * Backends are in sqlite*.c and memory*.c, what they share in rules.c.
 */
#include "ctlog/base/mem.h"
#include "monitor/store/store.h"

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"

static const struct backend {
	const char *scheme;
	const struct store_api *api;
} backends[] = {
    {"sqlite:", &store_sqlite},
    {"memory:", &store_memory},
};

const struct store_api *
store_find(const char *url, struct err *e)
{
	struct span s = span_str(url);

	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
		if (span_starts(s, span_str(backends[i].scheme)))
			return backends[i].api;
	if (span_starts(s, span_str("postgresql:")))
		err_set(e, ST_USAGE,
		    "store: this build has no PostgreSQL; use "
		    "sqlite:///path/to/indelible.db");
	else
		err_set(e, ST_USAGE,
		    "store %s: write sqlite:///path/to/indelible.db", QUOTE(s));
	return NULL;
}

void
store_log_fini(struct store_log *l)
{
	free(l->name);
	free(l->operator_name);
	free(l->url);
	free(l->api);
	buf_fini(&l->newest_raw);
	buf_fini(&l->proven_raw);
	*l = (struct store_log){0};
}

void
outbox_row_fini(struct outbox_row *r)
{
	free(r->sink);
	if (r->to != NULL)
		mem_wipe(r->to, strlen(r->to));
	free(r->to);
	free(r->last_error);
	exposure_fini(&r->x);
	buf_fini(&r->event_type);
	buf_fini(&r->event_subject);
	buf_fini(&r->event_data);
	*r = (struct outbox_row){0};
}

void
outbox_fini(struct outbox *o)
{
	for (size_t i = 0; i < o->num; i++)
		outbox_row_fini(&o->rows[i]);
	free(o->rows);
	*o = (struct outbox){0};
}
