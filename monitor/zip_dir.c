/* zip_dir: an archive's table of contents (APPNOTE 4.3.12); see zip.h. */
#include <string.h>

#include "ctlog/base/mem.h"
#include "monitor/zip_private.h"

#define CENTRAL_MAGIC 0x02014b50u
#define CENTRAL_LEN 46u
#define FLAG_ENCRYPTED 0x2041u

/* The parts of a record of the central directory. */
struct record {
	struct zip_member m;
	struct span name, extra;
};

static bool
take_record(struct rd *r, struct record *out)
{
	size_t name, extra, comment;

	if (zip_take(r, 4) != CENTRAL_MAGIC)
		return false;
	zip_take(r, 4);
	out->m.encrypted = zip_take(r, 2) & FLAG_ENCRYPTED;
	out->m.method = (uint16_t)zip_take(r, 2);
	zip_take(r, 4);
	out->m.crc = (uint32_t)zip_take(r, 4);
	out->m.packed = zip_take(r, 4);
	out->m.size = zip_take(r, 4);
	name = (size_t)zip_take(r, 2);
	extra = (size_t)zip_take(r, 2);
	comment = (size_t)zip_take(r, 2);
	zip_take(r, 8);
	out->m.at = zip_take(r, 4);
	out->name = rd_bytes(r, name);
	out->extra = rd_bytes(r, extra);
	rd_bytes(r, comment);
	return rd_ok(r);
}

/* Numbers that are too large for a record are in its extra field 1, in this
 * order (4.5.3). */
static void
take_zip64(struct zip_member *m, struct span extra)
{
	uint64_t *const field[] = {&m->size, &m->packed, &m->at};
	struct rd r = rd_of(extra), f;
	uint64_t id = 0;

	while (rd_left(&r) >= 4 && rd_ok(&r) && id != 1) {
		id = zip_take(&r, 2);
		f = rd_of(rd_bytes(&r, (size_t)zip_take(&r, 2)));
	}
	if (id != 1 || !rd_ok(&r))
		return;
	for (unsigned i = 0; i < 3; i++)
		if (*field[i] == UINT32_MAX && rd_left(&f) >= 8)
			*field[i] = zip_take(&f, 8);
}

static struct record
record_at(const struct zip *z, uint32_t at)
{
	struct rd r = rd_of(span_of(z->dir + at, (size_t)z->len - at));
	struct record out;

	ASSERT(take_record(&r, &out)); /* zip_load has seen it */
	return out;
}

static int
compare(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int c = len > 0 ? memcmp(a.p, b.p, len) : 0;

	return c != 0 ? c : (a.len > b.len) - (a.len < b.len);
}

/* Of members of one name the first one counts. */
static int
record_compare(const void *a, const void *b, void *arg)
{
	uint32_t x, y;
	int c;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	c = compare(record_at(arg, x).name, record_at(arg, y).name);
	return c != 0 ? c : (x > y) - (x < y);
}

/* Where each record begins. */
static enum status
index_dir(struct zip *z, struct err *e)
{
	struct rd r = rd_of(span_of(z->dir, (size_t)z->len));
	size_t most = (size_t)z->len / CENTRAL_LEN, num = 0;
	struct record one;

	z->record = mem_new(most + 1, sizeof(*z->record));
	while (rd_left(&r) > 0) {
		z->record[num] = (uint32_t)(r.p - z->dir);
		if (num == most || !take_record(&r, &one))
			return zip_damaged(
			    e, "its table of contents is garbled");
		num++;
	}
	/* Without zip64 the number was cut to 16 bits by some writers. */
	if (num != z->num && (z->num > 0xffff || (num & 0xffff) != z->num))
		return zip_damaged(e, "its table of contents is incomplete");
	z->num = num;
	return ST_OK;
}

enum status
zip_load(struct zip *z, struct err *e)
{
	enum status st;

	if (zip_is_loaded(z))
		return ST_OK;
	z->dir = mem_new(1, (size_t)z->len + 1);
	st = zip_read_at(z, z->dir, (size_t)z->len, z->at, e);
	if (st == ST_OK)
		st = index_dir(z, e);
	if (st != ST_OK) {
		zip_unload(z);
		return st;
	}
	qsort_r(
	    z->record, (size_t)z->num, sizeof(*z->record), record_compare, z);
	return ST_OK;
}

void
zip_unload(struct zip *z)
{
	free(z->dir);
	free(z->record);
	z->dir = NULL;
	z->record = NULL;
}

bool
zip_is_loaded(const struct zip *z)
{
	return z->dir != NULL;
}

bool
zip_name(const struct zip *z, size_t i, struct span *out)
{
	ASSERT(zip_is_loaded(z));
	if (i >= z->num)
		return false;
	*out = record_at(z, z->record[i]).name;
	return true;
}

bool
zip_find(const struct zip *z, struct zip_member *out, struct span name)
{
	size_t lo = 0, hi = (size_t)z->num;
	struct record r;

	ASSERT(zip_is_loaded(z));
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare(record_at(z, z->record[mid]).name, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == z->num)
		return false;
	r = record_at(z, z->record[lo]);
	if (!span_eq(r.name, name))
		return false;
	*out = r.m;
	take_zip64(out, r.extra);
	return true;
}
