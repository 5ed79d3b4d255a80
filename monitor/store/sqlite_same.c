/*
 * sqlite_same: what renewals with the same data have in common, as a keyed hash
 * (column exposure.same): who, what of them the certificate says, and who wrote
 * that. Digests and mutes go by it.
 */
#include <stdlib.h>

#include "ctlog/base/arena.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "monitor/pii/normal.h"
#include "monitor/store/sqlite.h"

static struct span
text(const char *s)
{
	return s != NULL ? span_str(s) : span_of(NULL, 0);
}

static struct span
canonical(struct arena *a, const struct exposure *x)
{
	struct span value = text(x->match.value), kind = text(x->match.kind);
	struct span found = {NULL, 0};

	if (span_eq_str(kind, "name"))
		found = normal_name(a, value);
	else if (span_eq_str(kind, "email") || span_eq_str(kind, "upn") ||
		 span_eq_str(kind, "jid"))
		found = normal_email(a, value);
	if (found.len == 0)
		found = normal_fold(a, value);
	return found.len > 0 ? found : value;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In whatever order they were found. */
static void
add_also(struct buf *out, const struct exposure *x)
{
	char **list = mem_copy(x->also, x->num_also * sizeof(*list));

	qsort(list, x->num_also, sizeof(*list), by_text);
	for (size_t i = 0; i < x->num_also; i++)
		buf_vec(out, span_str(list[i]), 4);
	free(list);
}

enum status
sqlite_same(
    struct store *s, const struct exposure *x, uint8_t out[32], struct err *e)
{
	uint8_t *room = mem_new(8, LIMIT_VALUE);
	struct arena a = arena_of(room, 8 * LIMIT_VALUE);
	struct buf all = {0};
	enum status st;

	buf_vec(&all, text(x->tenant), 4);
	buf_vec(&all, text(x->record_id), 4);
	buf_vec(&all, text(x->match.kind), 4);
	buf_vec(&all, canonical(&a, x), 4);
	buf_vec(&all, text(x->cert.issuer_org), 4);
	buf_char(&all, (char)x->severity);
	add_also(&all, x);
	st = sqlite_secret_mac(s, out, "same", buf_span(&all), e);
	mem_wipe(all.p, all.cap);
	buf_fini(&all);
	mem_wipe(room, 8 * LIMIT_VALUE);
	free(room);
	return st;
}
