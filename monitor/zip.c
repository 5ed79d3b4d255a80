/* zip: see zip.h; the table of contents is in zip_dir.c. Sections are those of
 * PKWARE's APPNOTE.TXT 6.3.9. */
#include "monitor/zip.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "monitor/zip_private.h"

/* Records and their fixed parts. */
#define LOCAL_MAGIC 0x04034b50u
#define LOCAL_LEN 30u
#define END_MAGIC 0x06054b50u
#define END_LEN 22u
#define END64_MAGIC 0x06064b50u
#define END64_LEN 56u
#define LOCATOR_MAGIC 0x07064b50u
#define LOCATOR_LEN 20u
/* The end record and the longest comment behind it. */
#define TAIL_LEN (LOCATOR_LEN + END_LEN + 0xffffu)

#define METHOD_STORED 0
#define METHOD_DEFLATED 8

/* Exactly `len` bytes from `at` on. */
enum status
zip_read_at(
    const struct zip *z, void *into, size_t len, uint64_t at, struct err *e)
{
	size_t done = 0;
	ssize_t n;

	if (at > z->size || len > z->size - at)
		return zip_damaged(e, "a part of it lies behind its end");
	while (done < len) {
		n = pread(z->fd, (uint8_t *)into + done, len - done,
		    (off_t)(at + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, ST_IO, "%s", strerror(errno));
		if (n == 0)
			return zip_damaged(e, "it has become shorter");
		done += (size_t)n;
	}
	return ST_OK;
}

/* --- the end (4.3.14 to 4.3.16) -------------------------------------------- */

/* The end record: the last one whose comment ends with the file. */
static bool
find_end(struct span tail, size_t *at)
{
	static const uint8_t magic[4] = {'P', 'K', 5, 6};

	for (size_t i = tail.len < END_LEN ? 0 : tail.len - END_LEN + 1;
	     i-- > 0;) {
		const uint8_t *p = tail.p + i;

		if (memcmp(p, magic, sizeof(magic)) != 0 ||
		    i + END_LEN + p[20] + (size_t)p[21] * 256 != tail.len)
			continue;
		*at = i;
		return true;
	}
	return false;
}

/* Numbers that are too large for the end record are in another one. */
static enum status
read_end64(struct zip *z, struct span locator, struct err *e)
{
	uint8_t bytes[END64_LEN];
	struct rd r = rd_of(locator);
	uint64_t at;
	enum status st;

	if (zip_take(&r, 4) != LOCATOR_MAGIC)
		return ST_OK; /* it does not need one */
	zip_take(&r, 4);
	at = zip_take(&r, 8);
	st = zip_read_at(z, bytes, sizeof(bytes), at, e);
	if (st != ST_OK)
		return st;
	r = rd_of(span_of(bytes, sizeof(bytes)));
	if (zip_take(&r, 4) != END64_MAGIC)
		return zip_damaged(e, "no zip64 end record where it should be");
	rd_bytes(&r, 28);
	z->num = zip_take(&r, 8);
	z->len = zip_take(&r, 8);
	z->at = zip_take(&r, 8);
	return ST_OK;
}

static enum status
read_end(struct zip *z, struct span tail, size_t end, struct err *e)
{
	struct rd r = rd_of(span_from(tail, end));
	uint64_t disk;

	zip_take(&r, 4);
	disk = zip_take(&r, 4);
	zip_take(&r, 2);
	z->num = zip_take(&r, 2);
	z->len = zip_take(&r, 4);
	z->at = zip_take(&r, 4);
	if (disk != 0 && disk != UINT32_MAX)
		return err_set(e, ST_BAD, "a part of a split zip archive");
	if (end < LOCATOR_LEN)
		return ST_OK;
	return read_end64(z, span_cut(tail, end - LOCATOR_LEN, LOCATOR_LEN), e);
}

/* There is no end record: why? */
static enum status
no_end(const struct zip *z, struct err *e)
{
	uint8_t head[4] = {0};

	if (z->size >= 4 && zip_read_at(z, head, 4, 0, NULL) == ST_OK &&
	    memcmp(head, "PK\3\4", 4) == 0)
		return err_set(e, ST_BAD,
		    "a zip archive that was cut off: its table of contents, "
		    "which is at the end, is missing");
	return err_set(e, ST_BAD, "not a zip archive");
}

static enum status
find_dir(struct zip *z, struct err *e)
{
	size_t len = z->size < TAIL_LEN ? (size_t)z->size : TAIL_LEN, end;
	uint8_t *bytes = mem_new(1, TAIL_LEN);
	enum status st = zip_read_at(z, bytes, len, z->size - len, e);

	if (st == ST_OK && !find_end(span_of(bytes, len), &end))
		st = no_end(z, e);
	else if (st == ST_OK)
		st = read_end(z, span_of(bytes, len), end, e);
	free(bytes);
	if (st != ST_OK)
		return st;
	if (z->at > z->size || z->len > z->size - z->at)
		return zip_damaged(e, "its table of contents is not in it");
	if (z->len > LIMIT_ZIP_DIR)
		return err_set(e, ST_LIMIT,
		    "a zip archive whose table of contents is larger than %u "
		    "bytes",
		    LIMIT_ZIP_DIR);
	return ST_OK;
}

enum status
zip_open(struct zip **out, int fd, struct err *e)
{
	struct zip *z = NEW(struct zip);
	struct stat s;
	enum status st;

	z->fd = fd;
	if (fstat(fd, &s) != 0) {
		st = err_set(e, ST_IO, "%s", strerror(errno));
	} else {
		z->size = (uint64_t)s.st_size;
		st = find_dir(z, e);
	}
	*out = st == ST_OK ? z : NULL;
	if (st != ST_OK)
		zip_close(z);
	return st;
}

void
zip_close(struct zip *z)
{
	if (z == NULL)
		return;
	zip_unload(z);
	close(z->fd);
	free(z);
}

/* --- members --------------------------------------------------------------- */

/* Where its bytes begin (4.3.7). */
static enum status
member_begin(
    struct zip *z, const struct zip_member *m, uint64_t *at, struct err *e)
{
	uint8_t bytes[LOCAL_LEN];
	struct rd r = rd_of(span_of(bytes, sizeof(bytes)));
	enum status st = zip_read_at(z, bytes, sizeof(bytes), m->at, e);

	if (st != ST_OK)
		return st;
	if (zip_take(&r, 4) != LOCAL_MAGIC)
		return zip_damaged(
		    e, "no member where its table says there is");
	rd_bytes(&r, 22);
	*at = m->at + LOCAL_LEN + zip_take(&r, 2);
	*at += zip_take(&r, 2);
	return ST_OK;
}

static enum status
read_stored(struct zip *z, const struct zip_member *m, uint64_t at,
    struct zip_into *out, struct err *e)
{
	enum status st = zip_read_at(z, out->into, (size_t)m->size, at, e);

	if (st != ST_OK)
		return st;
	out->len = (size_t)m->size;
	if (gzip_crc(span_of(out->into, out->len)) != m->crc)
		return err_set(e, ST_BAD, "the checksum (CRC-32) is wrong");
	return ST_OK;
}

/* As a gzip body. */
static enum status
read_framed(struct zip *z, const struct zip_member *m, uint64_t at,
    struct zip_into *out, struct err *e)
{
	struct gunzip_told told = {(size_t)m->size, m->crc};
	size_t packed = (size_t)m->packed;
	enum status st = zip_read_at(z, out->into + GZIP_HEAD, packed, at, e);

	gzip_head(out->into);
	gzip_foot(out->into + GZIP_HEAD + packed, &told);
	out->len = GZIP_HEAD + packed + GZIP_FOOT;
	return st;
}

static enum status
read_inflated(struct zip *z, const struct zip_member *m, struct gunzip *g,
    struct zip_into *out, struct err *e)
{
	struct gunzip_told told = {(size_t)m->size, m->crc};
	size_t packed = (size_t)m->packed;
	uint8_t *bytes = mem_new(1, packed + 1);
	uint64_t at;
	enum status st = member_begin(z, m, &at, e);

	if (st == ST_OK)
		st = zip_read_at(z, bytes, packed, at, e);
	if (st == ST_OK)
		st =
		    gunzip_bare(g, out->into, span_of(bytes, packed), &told, e);
	out->len = (size_t)m->size;
	free(bytes);
	return st;
}

static enum status
member_check(const struct zip_member *m, struct err *e)
{
	if (m->encrypted)
		return err_set(e, ST_BAD, "it is encrypted");
	if (m->method != METHOD_STORED && m->method != METHOD_DEFLATED)
		return err_set(e, ST_BAD,
		    "compressed by method %u; stored and deflated members are "
		    "read",
		    m->method);
	if (m->method == METHOD_STORED && m->packed != m->size)
		return zip_damaged(e, "a stored member of two sizes");
	/* What does not shrink grows by 5 bytes for each 16 KiB at most. */
	if (m->size > LIMIT_BODY || m->packed > m->size + m->size / 1024 + 64)
		return err_set(e, ST_BAD,
		    "%llu bytes that inflate to %llu: no file of a log is "
		    "like that",
		    (unsigned long long)m->packed, (unsigned long long)m->size);
	return ST_OK;
}

/* A member that did not shrink may be gzip by itself, and workers inflate
 * once. */
static bool
is_framed(const struct zip_member *m, const struct zip_into *out)
{
	return out->framed && m->method == METHOD_DEFLATED &&
	       m->packed < m->size - m->size / 8;
}

enum status
zip_read(struct zip *z, const struct zip_member *m, struct gunzip *g,
    struct zip_into *out, struct err *e)
{
	bool framed = is_framed(m, out);
	uint64_t at, need;
	enum status st = member_check(m, e);

	if (st != ST_OK)
		return st;
	need = framed ? m->packed + GZIP_HEAD + GZIP_FOOT : m->size;
	if (need > out->cap)
		return err_set(e, ST_LIMIT, "more than %zu bytes", out->cap);
	if (!framed && m->method == METHOD_DEFLATED)
		return read_inflated(z, m, g, out, e);
	st = member_begin(z, m, &at, e);
	if (st != ST_OK)
		return st;
	return framed ? read_framed(z, m, at, out, e)
		      : read_stored(z, m, at, out, e);
}
