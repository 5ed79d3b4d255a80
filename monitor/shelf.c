/* shelf: see shelf.h. */
#include "monitor/shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "ctlog/merkle/tile.h"
#include "monitor/diag.h"
#include "monitor/zip.h"

/* Tables of contents in memory at a time: 70 bytes for a member, 10 MB for a
 * usual archive, 128 MiB at most (zip.c). */
#define SHELF_LOADED 3u
/* Tiles of these levels lie in one archive each 256^3 entries; of data tiles
 * and level 0 there are 256^2 of them. */
#define VOLUME_BITS 16u

/* A folder or an archive. */
struct volume {
	char *path;
	int dir;         /* -1: an archive */
	struct zip *zip; /* NULL: a folder */
	uint64_t number; /* of its name, 005.zip; UINT64_MAX: it has none */
	uint64_t used;   /* when it was looked into */
	bool told;       /* that it has what cannot be read */
};

struct shelf {
	struct gunzip *gunzip;
	size_t num;
	struct volume *volume;
	size_t last; /* what was found last was there */
	uint64_t clock;
};

/* --- opening --------------------------------------------------------------- */

static enum status
failed(struct err *e, const char *path)
{
	enum status st = errno == ENOENT                     ? ST_MISSING
			 : errno == EACCES || errno == EPERM ? ST_DENIED
							     : ST_IO;

	return err_set(e, st, "%s: %s", QUOTE(span_str(path)), strerror(errno));
}

/* 5 of dir/005.zip. */
static uint64_t
number_of(const char *path)
{
	const char *name = strrchr(path, '/');
	size_t len;
	uint64_t n;

	name = name != NULL ? name + 1 : path;
	len = strspn(name, "0123456789");
	while (len > 1 && *name == '0') {
		name++;
		len--;
	}
	if (strcmp(name + len, ".zip") != 0 ||
	    !text_u64(&n, span_of(name, len)))
		return UINT64_MAX;
	return n;
}

static enum status
volume_open(struct volume *v, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	enum status st = ST_OK;
	struct stat s;

	*v = (struct volume){.dir = -1, .number = number_of(path)};
	v->path = mem_str(path);
	if (fd < 0)
		return failed(e, path);
	if (fstat(fd, &s) != 0) {
		st = failed(e, path);
	} else if (S_ISDIR(s.st_mode)) {
		v->dir = fd;
		return ST_OK;
	} else if (S_ISREG(s.st_mode)) {
		st = zip_open(&v->zip, fd, e);
		if (st != ST_OK)
			err_prefix(e, "%s", QUOTE(span_str(path)));
		return st;
	} else {
		st = err_set(e, ST_BAD, "%s: neither a folder nor a file",
		    QUOTE(span_str(path)));
	}
	close(fd);
	return st;
}

enum status
shelf_open(
    struct shelf **out, const char *const *paths, size_t num, struct err *e)
{
	struct shelf *s = NEW(struct shelf);
	enum status st = ST_OK;

	*out = NULL;
	s->gunzip = gunzip_new();
	if (num > LIMIT_VOLUMES)
		st = err_set(e, ST_LIMIT,
		    "%zu folders and archives; %u at most", num, LIMIT_VOLUMES);
	else
		s->volume = mem_new(num, sizeof(*s->volume));
	while (st == ST_OK && s->num < num) {
		st = volume_open(&s->volume[s->num], paths[s->num], e);
		s->num++;
	}
	if (st != ST_OK) {
		shelf_close(s);
		return st;
	}
	*out = s;
	return ST_OK;
}

void
shelf_close(struct shelf *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->num; i++) {
		zip_close(s->volume[i].zip);
		if (s->volume[i].dir >= 0)
			close(s->volume[i].dir);
		free(s->volume[i].path);
	}
	gunzip_free(s->gunzip);
	free(s->volume);
	free(s);
}

/* --- a file of a folder ---------------------------------------------------- */

/* Why a part of the path was not opened. A missing folder is a missing file. */
static enum status
part_failed(int dir, const char *part, struct err *e)
{
	int why = errno;
	struct stat s;

	if (fstatat(dir, part, &s, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISLNK(s.st_mode))
		return err_set(e, ST_BAD,
		    "%s is a symbolic link; those are not followed",
		    QUOTE(span_str(part)));
	errno = why;
	return failed(e, part);
}

/* The first `len` bytes of a name of ours; negative after a fault. */
static int
open_part(int dir, const char *name, size_t len, enum status *st, struct err *e)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	char part[96];
	int fd;

	ASSERT(len > 0 && len < sizeof(part));
	memcpy(part, name, len);
	part[len] = '\0';
	fd = openat(dir, part, flags | (name[len] == '/' ? O_DIRECTORY : 0));
	if (fd < 0)
		*st = part_failed(dir, part, e);
	return fd;
}

/* One name after the other, so that none of them leads elsewhere. */
static enum status
open_beneath(int *out, int dir, const char *name, struct err *e)
{
	enum status st = ST_OK;
	const char *end;
	int at = dir, next;

	do {
		end = strchrnul(name, '/');
		next = open_part(at, name, (size_t)(end - name), &st, e);
		if (at != dir)
			close(at);
		at = next;
		name = end + 1;
	} while (next >= 0 && *end != '\0');
	*out = next;
	return st;
}

/* All of it, into cap bytes; ST_LIMIT when there is more. */
static enum status
drain(int fd, uint8_t *into, size_t cap, size_t *len, struct err *e)
{
	uint8_t more;
	ssize_t n;

	for (*len = 0;; *len += (size_t)n) {
		bool full = *len == cap;

		n = read(fd, full ? &more : into + *len, full ? 1 : cap - *len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return err_set(e, ST_IO, "%s", strerror(errno));
		else if (n == 0)
			return ST_OK;
		else if (full)
			return err_set(e, ST_LIMIT, "more than %zu bytes", cap);
	}
}

static enum status
folder_get(
    struct volume *v, const char *name, struct shelf_body *b, struct err *e)
{
	struct stat s;
	size_t len = 0;
	int fd;
	enum status st = open_beneath(&fd, v->dir, name, e);

	if (st != ST_OK)
		return st;
	if (fstat(fd, &s) != 0)
		st = err_set(e, ST_IO, "%s", strerror(errno));
	else if (!S_ISREG(s.st_mode))
		st = err_set(e, ST_BAD, "not a plain file");
	else
		st = drain(fd,
		    b->into != NULL ? b->into : buf_room(&b->own, b->limit),
		    b->limit, &len, e);
	close(fd);
	b->body = span_of(b->into != NULL ? b->into : b->own.p, len);
	return st;
}

/* --- a member of an archive ------------------------------------------------ */

/* Make room for one more table of contents. */
static void
unload_oldest(struct shelf *s)
{
	struct volume *oldest = NULL;
	unsigned num = 0;

	for (size_t i = 0; i < s->num; i++) {
		struct volume *v = &s->volume[i];

		if (v->zip == NULL || !zip_is_loaded(v->zip))
			continue;
		num++;
		if (oldest == NULL || v->used < oldest->used)
			oldest = v;
	}
	if (num >= SHELF_LOADED)
		zip_unload(oldest->zip);
}

static enum status
archive_get(struct shelf *s, struct volume *v, const char *name,
    struct shelf_body *b, struct err *e)
{
	struct zip_into to = {b->into, b->limit, 0, b->into != NULL};
	struct zip_member m;
	enum status st = ST_OK;

	if (!zip_is_loaded(v->zip)) {
		unload_oldest(s);
		st = zip_load(v->zip, e);
	}
	v->used = ++s->clock;
	if (st != ST_OK)
		return st;
	if (!zip_find(v->zip, &m, span_str(name)))
		return ST_MISSING;
	if (b->into == NULL)
		to.into = buf_room(&b->own, b->limit);
	st = zip_read(v->zip, &m, s->gunzip, &to, e);
	b->body = span_of(to.into, to.len);
	return st;
}

/* --- a file, wherever it is ------------------------------------------------ */

static enum status
volume_get(struct shelf *s, size_t i, const char *name, struct shelf_body *b,
    struct err *e)
{
	struct volume *v = &s->volume[i];
	char place[LIMIT_QUOTE + 128];
	struct err why = {""};
	enum status st;

	buf_clear(&b->own);
	st = v->zip != NULL ? archive_get(s, v, name, b, &why)
			    : folder_get(v, name, b, &why);
	if (st == ST_MISSING)
		return st;
	snprintf(place, sizeof(place), "%s%s%s", QUOTE(span_str(v->path)),
	    v->zip != NULL ? ": " : "/", name);
	if (st != ST_OK)
		return err_set(e, st, "%s: %s", place, why.text);
	err_set(&b->place, ST_OK, "%s", place);
	s->last = i;
	return ST_OK;
}

/* Looking for a file. */
struct quest {
	const char *name;
	struct shelf_body *body;
	unsigned seen;      /* places that have it, and gave it */
	bool found;         /* as often as it was asked for */
	enum status status; /* of one that has it and failed; ST_OK: none did */
	struct volume *at;  /* that one */
	struct err why;
};

/* Whether this is the end of it. A file that is too long is so everywhere. */
static bool
look(struct shelf *s, size_t i, struct quest *q)
{
	struct err why;
	enum status st = volume_get(s, i, q->name, q->body, &why);

	if (st == ST_MISSING)
		return false;
	if (st == ST_OK) {
		q->found = ++q->seen >= q->body->nth;
		return q->found;
	}
	if (q->status == ST_OK || st == ST_LIMIT) {
		q->status = st;
		q->at = &s->volume[i];
		q->why = why;
	}
	return st == ST_LIMIT;
}

/* Once for each place: there may be much in it that cannot be read. */
static void
tell_damage(const struct quest *q)
{
	if (!q->at->told)
		diag_warn("%s; what cannot be read there is read from where it "
			  "can",
		    q->why.text);
	q->at->told = true;
}

/* The archive that should have this tile, by its number; any that has none. */
static uint64_t
number_for(const char *name)
{
	struct tile t;
	unsigned level;

	if (!tile_of_path(&t, span_str(name)))
		return UINT64_MAX;
	level = t.level == TILE_DATA ? 0 : t.level;
	return level > 2 ? UINT64_MAX : t.index >> (VOLUME_BITS - 8 * level);
}

/* Where it was found last, where it should be, then everywhere. */
static bool
find_first(struct shelf *s, struct quest *q)
{
	uint64_t number = number_for(q->name);
	size_t last = s->last;

	if (number != UINT64_MAX && s->volume[last].number != number &&
	    s->volume[last].number != UINT64_MAX)
		last = SIZE_MAX;
	else if (look(s, last, q))
		return true;
	for (size_t i = 0; i < s->num; i++)
		if (i != last && s->volume[i].number == number && look(s, i, q))
			return true;
	for (size_t i = 0; i < s->num; i++)
		if (i != last && s->volume[i].number != number && look(s, i, q))
			return true;
	return false;
}

/* Under one of its names. */
static bool
find(struct shelf *s, struct quest *q)
{
	if (q->body->nth == 0)
		return find_first(s, q);
	for (size_t i = 0; i < s->num; i++)
		if (look(s, i, q))
			return true;
	return false;
}

/* A body of our own is as it was before it was compressed. */
static enum status
unpack(struct shelf *s, struct shelf_body *b, struct err *e)
{
	struct buf plain = {0};
	struct arena a;
	enum status st;

	if (b->into != NULL || !gzip_is(b->body))
		return ST_OK;
	a = arena_of(buf_room(&plain, b->limit), b->limit);
	st = gunzip_run(s->gunzip, &a, &b->body, b->body, e);
	if (st != ST_OK)
		err_prefix(e, "%s", b->place.text);
	buf_fini(&b->own);
	b->own = plain;
	return st;
}

/* Which entries an archive has, for somebody who wanted others. */
static void
tell_range(const struct volume *v, bool named, struct buf *out)
{
	uint64_t begin = UINT64_MAX, end = 0, first;
	struct span name;
	struct tile t;

	for (size_t i = 0; zip_name(v->zip, i, &name); i++) {
		if (!tile_of_path(&t, name) || t.level != TILE_DATA)
			continue;
		first = t.index * LIMIT_TILE;
		begin = first < begin ? first : begin;
		end = first + t.width > end ? first + t.width : end;
	}
	if (begin >= end)
		return;
	buf_fmt(out,
	    "; the entries in %s are read with --from %" PRIu64
	    " --to %" PRIu64,
	    named ? QUOTE(span_str(v->path)) : "it", begin, end);
}

/* No volume has it. Of archives those are told whose contents are known, which
 * are the ones looked into last. */
static enum status
nowhere(const struct shelf *s, const char *name, struct err *e)
{
	struct buf ranges = {0};

	for (size_t i = 0; i < s->num; i++)
		if (s->volume[i].zip && zip_is_loaded(s->volume[i].zip))
			tell_range(&s->volume[i], s->num > 1, &ranges);
	if (s->num > 1)
		err_set(e, ST_MISSING,
		    "none of the %zu folders and archives has %s%s", s->num,
		    name, buf_cstr(&ranges));
	else
		err_set(e, ST_MISSING, "%s has no %s%s",
		    QUOTE(span_str(s->volume[0].path)), name,
		    buf_cstr(&ranges));
	buf_fini(&ranges);
	return ST_MISSING;
}

enum status
shelf_get(
    struct shelf *s, const char *name, struct shelf_body *b, struct err *e)
{
	struct quest q = {.name = name, .body = b};
	char packed[128];

	b->body = span_of(NULL, 0);
	b->place.text[0] = '\0';
	snprintf(packed, sizeof(packed), "%s.gz", name);
	if (!find(s, &q)) {
		q.name = packed;
		find(s, &q);
	}
	if (!q.found && q.status == ST_OK)
		return nowhere(s, name, e);
	if (!q.found) {
		*e = q.why;
		return q.status;
	}
	if (q.status != ST_OK)
		tell_damage(&q);
	return unpack(s, b, e);
}
