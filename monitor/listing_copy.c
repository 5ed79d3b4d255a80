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

	if (ed->json.len == 0)
		return err_set(e, ST_BAD, "the list is empty");
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

#define LIST_SUFFIX ".list"

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
	buf_str(&b, LIST_SUFFIX);
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
	if (st != ST_OK) {
		st = files_fail("cannot write", path, e);
		unlink(buf_cstr(&tmp));
	}
	if (fd >= 0)
		close(fd);
	buf_fini(&tmp);
	return st;
}

/* Where it was kept once, beside its .sig. malloc'd; NULL: nowhere else. */
static char *
old_path(const char *path)
{
	size_t len = strlen(path), cut = strlen(LIST_SUFFIX);
	struct buf b = {0};
	char *s;

	if (len < cut || strcmp(path + len - cut, LIST_SUFFIX) != 0)
		return NULL;
	buf_add(&b, path, len - cut);
	buf_str(&b, ".json");
	s = mem_strn(b.p, b.len);
	buf_fini(&b);
	return s;
}

static void
old_remove(const char *path)
{
	char *json = old_path(path), *sig;

	if (json == NULL)
		return;
	sig = sig_place(json, false);
	unlink(json);
	unlink(sig);
	free(sig);
	free(json);
}

void
copy_keep(const char *dir, const char *path, const struct edition *ed)
{
	struct buf all = {0};
	enum status st = ST_OK;
	struct err e = {""};

	if (ed->sig.len > 0) {
		text_base64(&all, buf_span(&ed->sig));
		buf_char(&all, '\n');
	}
	buf_span_add(&all, buf_span(&ed->json));
	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		st = files_fail("cannot make", dir, &e);
	if (st == ST_OK)
		st = put_file(path, buf_span(&all), &e);
	if (st == ST_OK)
		st = files_sync_dir(path, &e);
	if (st == ST_OK)
		old_remove(path);
	else
		diag_warn("the log list is not kept: %s", e.text);
	buf_fini(&all);
}

/* Take the two apart. A list begins with a brace (or a blank), which base64
 * has not. */
static void
copy_split(struct edition *ed, struct span all)
{
	const uint8_t *end = memchr(all.p, '\n', all.len);
	size_t len = end != NULL ? (size_t)(end - all.p) : 0;
	ssize_t sig_len = -1;

	if (len > 0 && len <= 2 * LIMIT_HEAD)
		sig_len =
		    text_unbase64(buf_room(&ed->sig, len), span_of(all.p, len));
	ed->sig.len = sig_len > 0 ? (size_t)sig_len : 0;
	buf_span_add(&ed->json, sig_len > 0 ? span_from(all, len + 1) : all);
}

static enum status
copy_load(struct edition *ed, const char *path, bool is_signed, struct err *e)
{
	struct buf all = {0};
	enum status st =
	    file_read(&all, path, LIMIT_LOGLIST + 2 * LIMIT_HEAD, e);
	char *old = st == ST_MISSING ? old_path(path) : NULL;

	if (old != NULL)
		st = edition_read(ed, old, is_signed, e);
	else if (st == ST_OK)
		copy_split(ed, buf_span(&all));
	free(old);
	buf_fini(&all);
	return st;
}

bool
copy_read(struct edition *ed, const char *path, const struct logkey *key)
{
	struct err e = {""};
	enum status st;

	if (path == NULL)
		return false;
	st = copy_load(ed, path, key != NULL, &e);
	if (st == ST_OK)
		st = edition_check(ed, key, &e);
	if (st != ST_OK && st != ST_MISSING)
		diag_warn("the copy %s cannot be used: %s", path, e.text);
	if (st != ST_OK)
		edition_fini(ed);
	return st == ST_OK;
}
