/*
 * report_count: counting names, different things and days in bounded memory;
 * see report_private.h. Names come from certificates, so the tables go by
 * SHA-256: nobody can make them slow.
 */
#include <openssl/evp.h>
#include <time.h>

#include "alerts/report_private.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

/* Never 0. */
static uint64_t
hash_of(struct span s)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	uint64_t h;

	ASSERT(EVP_Digest(s.p, s.len, digest, NULL, EVP_sha256(), NULL));
	memcpy(&h, digest, sizeof(h));
	return h != 0 ? h : 1;
}

/* --- names ------------------------------------------------------------------- */

static struct named *
names_slot(const struct names *c, uint64_t hash)
{
	size_t at = hash & (c->cap - 1);

	while (c->list[at].name != NULL && c->list[at].hash != hash)
		at = (at + 1) & (c->cap - 1);
	return &c->list[at];
}

static void
names_grow(struct names *c)
{
	struct names old = *c;

	c->cap = old.cap > 0 ? 2 * old.cap : 64;
	c->list = mem_new(c->cap, sizeof(*c->list));
	for (size_t i = 0; i < old.cap; i++)
		if (old.list[i].name != NULL)
			*names_slot(c, old.list[i].hash) = old.list[i];
	free(old.list);
}

void
names_add(struct names *c, const char *name, size_t rank)
{
	uint64_t hash = hash_of(span_str(name));
	struct named *n;

	if (2 * c->num >= c->cap)
		names_grow(c);
	n = names_slot(c, hash);
	if (n->name != NULL) {
		n->n++;
		n->rank = rank < n->rank ? rank : n->rank;
	} else if (c->num == REPORT_NAMES) {
		c->others++;
	} else {
		*n = (struct named){mem_str(name), hash, 1, rank};
		c->num++;
	}
}

/* Those that are free last. */
static int
by_rank(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	if (x->name == NULL || y->name == NULL)
		return (x->name == NULL) - (y->name == NULL);
	if (x->rank != y->rank)
		return x->rank > y->rank ? 1 : -1;
	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return strcmp(x->name, y->name);
}

void
names_sort(struct names *c)
{
	if (c->cap > 0)
		qsort(c->list, c->cap, sizeof(*c->list), by_rank);
}

void
names_fini(struct names *c)
{
	for (size_t i = 0; i < c->cap; i++)
		free(c->list[i].name);
	free(c->list);
}

/* --- different things ---------------------------------------------------------- */

static uint64_t *
distinct_slot(const struct distinct *d, uint64_t hash)
{
	size_t at = hash & (d->cap - 1);

	while (d->list[at] != 0 && d->list[at] != hash)
		at = (at + 1) & (d->cap - 1);
	return &d->list[at];
}

static void
distinct_grow(struct distinct *d)
{
	struct distinct old = *d;

	d->cap = old.cap > 0 ? 2 * old.cap : 64;
	d->list = mem_new(d->cap, sizeof(*d->list));
	for (size_t i = 0; i < old.cap; i++)
		if (old.list[i] != 0)
			*distinct_slot(d, old.list[i]) = old.list[i];
	free(old.list);
}

void
distinct_add(struct distinct *d, struct span thing)
{
	uint64_t hash = hash_of(thing), *at;

	if (2 * d->num >= d->cap)
		distinct_grow(d);
	at = distinct_slot(d, hash);
	if (*at != 0)
		return;
	if (d->num == REPORT_DISTINCT) {
		d->more = true;
		return;
	}
	*at = hash;
	d->num++;
}

void
distinct_fini(struct distinct *d)
{
	free(d->list);
}

/* --- days ----------------------------------------------------------------------- */

/* From 2010, before the first log, to the end of 2099. */
#define DAY_FIRST 14610
#define DAY_END 47482
#define DAYS (DAY_END - DAY_FIRST)
#define DAY_MS 86400000

void
days_add(struct days *d, int64_t ms, enum severity s)
{
	int64_t day = ms / DAY_MS;

	if (day < DAY_FIRST || day >= DAY_END)
		return;
	if (d->count == NULL)
		d->count = mem_new(DAYS, sizeof(*d->count));
	d->count[day - DAY_FIRST][s]++;
	if (!d->any || day < d->first)
		d->first = (int32_t)day;
	if (!d->any || day > d->last)
		d->last = (int32_t)day;
	d->any = true;
}

enum unit { BY_DAY, BY_WEEK, BY_MONTH, BY_YEAR };

static enum unit
days_unit(const struct days *d)
{
	int32_t len = d->last - d->first + 1;

	return len <= 45        ? BY_DAY
	       : len <= 45 * 7  ? BY_WEEK
	       : len <= 6 * 366 ? BY_MONTH
				: BY_YEAR;
}

/* The step in which a day is: a number that grows by one with each. */
static int32_t
step_of(enum unit unit, int32_t day)
{
	time_t t = (time_t)day * (DAY_MS / 1000);
	struct tm tm = {0};

	if (unit == BY_DAY)
		return day;
	if (unit == BY_WEEK) /* 1970-01-01 was a Thursday */
		return (day + 3) / 7;
	gmtime_r(&t, &tm);
	return unit == BY_MONTH ? tm.tm_year * 12 + tm.tm_mon : tm.tm_year;
}

/* "2026-01-31", "2026-01", "2026"; of a week its Monday. */
static void
step_label(struct step *s, enum unit unit, int32_t day)
{
	static const int len[] = {10, 10, 7, 4};
	char text[TEXT_TIME];

	if (unit == BY_WEEK)
		day -= (day + 3) % 7;
	snprintf(s->label, sizeof(s->label), "%.*s", len[unit],
	    text_time(text, (int64_t)day * DAY_MS));
}

struct step *
days_steps(const struct days *d, size_t *num, const char **unit)
{
	static const char *const units[] = {"day", "week", "month", "year"};
	enum unit by = days_unit(d);
	int32_t from;
	struct step *list;

	*num = 0;
	*unit = units[by];
	if (!d->any)
		return NULL;
	from = step_of(by, d->first);
	*num = (size_t)(step_of(by, d->last) - from + 1);
	list = mem_new(*num, sizeof(*list));
	for (int32_t day = d->first; day <= d->last; day++) {
		struct step *s = &list[step_of(by, day) - from];

		if (s->label[0] == '\0')
			step_label(s, by, day);
		for (unsigned k = 0; k < SEVERITIES; k++)
			s->n[k] += d->count[day - DAY_FIRST][k];
	}
	return list;
}
