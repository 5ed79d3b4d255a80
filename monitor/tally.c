/*
 * tally: see tally.h. A counter has a number: 0 for certificates, then one for
 * each class, then one for each label, kind and side. As bytes: u32 number and
 * u64 count for each that is not zero.
 */
#include "monitor/tally.h"

#include <stdlib.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "monitor/pii/carrier.h"

#define ROW_LEN 12u
#define FIRST_FINDING (1u + CLASSES)
#define SIDES 2u
/* No counter has a number as large as this. */
#define NUMBER_MAX 1000000u
/* A place that is not in the carrier table. */
#define LABEL_OTHER "other"

struct label {
	const char *text;
	uint32_t number;
};

struct tally {
	struct carriers *carriers;
	size_t size; /* so many counters */
	size_t num_labels;
	struct label *labels; /* sorted by text */
	uint64_t *n;
	uint32_t *used, num_used; /* numbers of those that are not zero */
};

static int
by_text(const void *a, const void *b)
{
	const struct label *x = a, *y = b;

	return strcmp(x->text, y->text);
}

struct tally *
tally_new(void)
{
	struct tally *t = NEW(struct tally);

	t->carriers = carriers_new();
	t->num_labels = carrier_labels(t->carriers);
	t->labels = mem_new(t->num_labels, sizeof(*t->labels));
	for (uint32_t i = 0; i < t->num_labels; i++)
		t->labels[i] = (struct label){carrier_label(t->carriers, i), i};
	qsort(t->labels, t->num_labels, sizeof(*t->labels), by_text);
	/* The label behind those of the table is LABEL_OTHER. */
	t->size = FIRST_FINDING + (t->num_labels + 1) * PII_KINDS * SIDES;
	t->n = mem_new(t->size, sizeof(*t->n));
	t->used = mem_new(t->size, sizeof(*t->used));
	return t;
}

void
tally_free(struct tally *t)
{
	if (t == NULL)
		return;
	carriers_free(t->carriers);
	free(t->labels);
	free(t->n);
	free(t->used);
	free(t);
}

void
tally_clear(struct tally *t)
{
	for (uint32_t i = 0; i < t->num_used; i++)
		t->n[t->used[i]] = 0;
	t->num_used = 0;
}

static void
count(struct tally *t, size_t number, uint64_t n)
{
	ASSERT(number < t->size);
	if (t->n[number] == 0 && n > 0)
		t->used[t->num_used++] = (uint32_t)number;
	t->n[number] += n;
}

static size_t
label_number(const struct tally *t, const char *text)
{
	const struct label key = {.text = text};
	const struct label *l = bsearch(
	    &key, t->labels, t->num_labels, sizeof(*t->labels), by_text);

	return l != NULL ? l->number : t->num_labels;
}

void
tally_cert(struct tally *t, uint32_t classes, const struct findings *f)
{
	count(t, 0, 1);
	for (classes &= (1u << CLASSES) - 1; classes != 0;
	     classes &= classes - 1)
		count(t, 1 + (size_t)__builtin_ctz(classes), 1);
	for (uint32_t i = 0; i < f->num; i++) {
		const struct finding *x = &f->list[i];
		size_t at = label_number(t, x->carrier) * PII_KINDS + x->kind;

		count(t, FIRST_FINDING + at * SIDES + x->side, 1);
	}
}

size_t
tally_room(const struct tally *t, const struct findings *f)
{
	size_t more = f != NULL ? FIRST_FINDING + f->num : 0;

	return (t->num_used + more) * ROW_LEN;
}

void
tally_put(const struct tally *t, struct buf *out)
{
	for (uint32_t i = 0; i < t->num_used; i++) {
		buf_uint(out, t->used[i], 4);
		buf_uint(out, t->n[t->used[i]], 8);
	}
}

bool
tally_ok(struct span bytes, uint64_t entries)
{
	struct rd r = rd_of(bytes);

	if (bytes.len % ROW_LEN != 0 || bytes.len / ROW_LEN > NUMBER_MAX)
		return false;
	while (rd_left(&r) > 0)
		if (rd_u32(&r) > NUMBER_MAX ||
		    rd_u64(&r) > entries * LIMIT_VALUES)
			return false;
	return true;
}

void
tally_add(struct tally *t, struct span bytes)
{
	struct rd r = rd_of(bytes);

	while (rd_left(&r) > 0) {
		uint32_t number = rd_u32(&r);
		uint64_t n = rd_u64(&r);

		if (number < t->size) /* a worker may say anything */
			count(t, number, n);
	}
}

static struct store_count
count_of(const struct tally *t, uint32_t number, uint64_t n)
{
	struct store_count c = {
	    .what = COUNT_CERTIFICATES, .label = "", .n = n};
	size_t at = number - FIRST_FINDING;

	if (number >= FIRST_FINDING) {
		size_t label = at / SIDES / PII_KINDS;

		c.what = COUNT_FINDING;
		c.label = label < t->num_labels
			      ? carrier_label(t->carriers, label)
			      : LABEL_OTHER;
		c.kind = (unsigned)(at / SIDES % PII_KINDS);
		c.side = (unsigned)(at % SIDES);
	} else if (number > 0) {
		c.what = COUNT_CLASS;
		c.label = class_name(number - 1);
	}
	return c;
}

struct store_count *
tally_counts(const struct tally *t, size_t *num)
{
	struct store_count *list = mem_new(t->num_used, sizeof(*list));

	for (uint32_t i = 0; i < t->num_used; i++)
		list[i] = count_of(t, t->used[i], t->n[t->used[i]]);
	*num = t->num_used;
	return list;
}
