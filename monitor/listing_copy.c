/* listing_copy: see listing_copy.h. */
#include "monitor/listing_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/diag.h"
#include "monitor/store/files.h"
#include "monitor/wants.h"

/* --- a list and its signature ----------------------------------------------- */

void
edition_fini(struct edition *ed)
{
	buf_fini(&ed->json);
	buf_fini(&ed->sig);
	loglist_fini(&ed->list);
	*ed = (struct edition){0};
}

void
edition_swap(struct edition *a, struct edition *b)
{
	struct edition t = *a;

	*a = *b;
	*b = t;
}

enum status
edition_check(struct edition *ed, const struct logkey *key, struct err *e)
{
	enum status st = ST_OK;

	if (key != NULL)
		st = loglist_verify(
		    buf_span(&ed->json), buf_span(&ed->sig), key, e);
	if (st == ST_OK)
		st = loglist_parse(&ed->list, buf_span(&ed->json), e);
	return st;
}

char *
sig_place(const char *place, bool is_url)
{
	size_t len = is_url ? strcspn(place, "?") : strlen(place), cut = len;
	struct buf b = {0};
	char *s;

	if (len > 5 && memcmp(place + len - 5, ".json", 5) == 0)
		cut -= 5;
	buf_add(&b, place, cut);
	buf_str(&b, ".sig");
	buf_str(&b, place + len);
	s = mem_strn(b.p, b.len);
	buf_fini(&b);
	return s;
}

enum status
edition_read(
    struct edition *ed, const char *file, bool is_signed, struct err *e)
{
	char *sig = sig_place(file, false);
	enum status st = file_read(&ed->json, file, LIMIT_LOGLIST, e);

	if (st == ST_OK && is_signed)
		st = file_read(&ed->sig, sig, LIMIT_HEAD, e);
	free(sig);
	return st;
}

/* --- copies ------------------------------------------------------------------ */

char *
copy_path(const char *dir, const struct list_source *src)
{
	struct buf b = {0};
	struct hasher *h;
	struct hash sum;
	char *s;

	if (dir == NULL)
		return NULL;
	buf_fmt(&b, "%s/", dir);
	if (src->name != NULL) {
		buf_str(&b, src->name);
	} else {
		h = hasher_new();
		hasher_sha256(h, &sum, span_str(src->url), span_of(NULL, 0));
		hasher_free(h);
		buf_str(&b, "url-");
		text_hex(&b, span_of(sum.b, 8));
	}
	buf_str(&b, ".json");
	s = mem_strn(b.p, b.len);
	buf_fini(&b);
	return s;
}

static enum status
write_all(int fd, struct span s)
{
	while (s.len > 0) {
		ssize_t n = write(fd, s.p, s.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ST_IO;
		s = span_from(s, (size_t)n);
	}
	return fsync(fd) == 0 ? ST_OK : ST_IO;
}

/* All of it or what was there before. */
static enum status
put_file(const char *path, struct span s, struct err *e)
{
	struct buf tmp = {0};
	enum status st = ST_IO;
	int fd;

	buf_fmt(&tmp, "%s.new", path);
	fd = open(
	    buf_cstr(&tmp), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0)
		st = write_all(fd, s);
	if (st == ST_OK && rename(buf_cstr(&tmp), path) != 0)
		st = ST_IO;
	if (st != ST_OK)
		st = files_fail("cannot write", path, e);
	if (fd >= 0)
		close(fd);
	buf_fini(&tmp);
	return st;
}

void
copy_keep(const char *dir, const char *path, const struct edition *ed)
{
	char *sig = sig_place(path, false);
	enum status st = ST_OK;
	struct err e = {""};

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		st = files_fail("cannot make", dir, &e);
	if (st == ST_OK && ed->sig.len > 0)
		st = put_file(sig, buf_span(&ed->sig), &e);
	if (st == ST_OK)
		st = put_file(path, buf_span(&ed->json), &e);
	if (st == ST_OK)
		st = files_sync_dir(path, &e);
	if (st != ST_OK)
		diag_warn("the log list is not kept: %s", e.text);
	free(sig);
}

bool
copy_read(struct edition *ed, const char *path, const struct logkey *key)
{
	struct err e = {""};
	enum status st;

	if (path == NULL)
		return false;
	st = edition_read(ed, path, key != NULL, &e);
	if (st == ST_OK)
		st = edition_check(ed, key, &e);
	if (st != ST_OK && st != ST_MISSING)
		diag_warn("the copy %s cannot be used: %s", path, e.text);
	if (st != ST_OK)
		edition_fini(ed);
	return st == ST_OK;
}
