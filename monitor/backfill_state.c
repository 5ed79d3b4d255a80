/* backfill_state: the folder of a resumable scan; see backfill.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/backfill.h"
#include "monitor/cmd.h"

static char *
state_path(const struct backfill *b, const char *name)
{
	struct buf p = {0};
	char *s;

	buf_fmt(&p, "%s/%s", b->state_dir, name);
	s = mem_strn(p.p, p.len);
	buf_fini(&p);
	return s;
}

/* What the folder is bound to, as one line. Dates stand for themselves: the
 * indices found for them are in the store. */
static void
state_binding(const struct backfill *b, struct buf *out)
{
	struct hasher *h = hasher_new();
	struct hash sum;

	hasher_start(h);
	hasher_add(h, buf_span(&b->records));
	hasher_finish(h, &sum);
	buf_str(out, "indelible scan 1 records ");
	text_hex(out, hash_span(&sum));
	hasher_start(h);
	for (size_t i = 0; i < b->wants.num; i++)
		hasher_add(h, hash_span(logkey_id(b->wants.list[i].key)));
	hasher_finish(h, &sum);
	buf_str(out, " logs ");
	text_hex(out, hash_span(&sum));
	buf_fmt(out, " range %d %s%" PRIu64 " %s%" PRIu64 "\n", b->range.how,
	    b->range.from_date ? "@" : "", b->range.from,
	    b->range.to_date ? "@" : "", b->range.to);
	hasher_free(h);
}

/* A file that a scan makes, also one that was killed at its start. */
static bool
state_is_ours(const char *name)
{
	static const char *const ours[] = {"scan", "master.key", "lists"};

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return true;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		size_t len = strlen(ours[i]);

		if (strncmp(name, ours[i], len) == 0 &&
		    (name[len] == '\0' || name[len] == '.'))
			return true;
	}
	return false;
}

int
backfill_state_fits(const struct backfill *b)
{
	DIR *dir = opendir(b->state_dir);
	const struct dirent *d;
	int rc = EX_OK;

	if (dir == NULL && errno == ENOENT)
		return EX_OK;
	if (dir == NULL) {
		fprintf(stderr, "indelible: --state %s: %s\n",
		    QUOTE(span_str(b->state_dir)), strerror(errno));
		return EX_CANTCREAT;
	}
	while (rc == EX_OK && (d = readdir(dir)) != NULL) {
		if (state_is_ours(d->d_name))
			continue;
		fprintf(stderr,
		    "indelible: --state %s holds %s, which is no part of a "
		    "scan; take a folder that is new or empty\n",
		    QUOTE(span_str(b->state_dir)), QUOTE(span_str(d->d_name)));
		rc = EX_DATAERR;
	}
	closedir(dir);
	return rc;
}

/* A word of the binding and what stands behind it, up to the next one. */
static struct span
binding_part(struct span line, const char *word, const char *next)
{
	const uint8_t *p = memmem(line.p, line.len, word, strlen(word));
	struct span part = {NULL, 0};
	const uint8_t *end;

	if (p == NULL)
		return part;
	part = span_from(line, (size_t)(p - line.p));
	end = next ? memmem(part.p, part.len, next, strlen(next)) : NULL;
	if (end != NULL)
		part.len = (size_t)(end - part.p);
	return part;
}

static void
state_refuse(const struct backfill *b, struct span have, struct span want)
{
	static const char *const words[] = {
	    " records ", " logs ", " range ", NULL};
	const char *comma = "";

	fprintf(stderr, "indelible: --state %s holds a scan ",
	    QUOTE(span_str(b->state_dir)));
	for (size_t i = 0; words[i] != NULL; i++) {
		struct span was = binding_part(have, words[i], words[i + 1]);
		struct span is = binding_part(want, words[i], words[i + 1]);

		if (span_eq(was, is))
			continue;
		fprintf(stderr, "%s%s%.*s", comma,
		    i == 2 ? "of another " : "of other ",
		    (int)strlen(words[i]) - 2, words[i] + 1);
		comma = " and ";
	}
	fprintf(stderr, "%s; take another folder, or the same arguments\n",
	    comma[0] == '\0' ? "by another version" : "");
}

static int
state_check(struct backfill *b)
{
	char *path = state_path(b, "scan");
	struct buf have = {0}, want = {0};
	struct err e;
	enum status st = file_read(&have, path, 4096, &e);
	int rc = EX_OK;

	state_binding(b, &want);
	b->bound = st == ST_OK && have.len > 0;
	if (b->bound && !span_eq(buf_span(&have), buf_span(&want))) {
		state_refuse(b, buf_span(&have), buf_span(&want));
		rc = EX_DATAERR;
	} else if (st != ST_OK && st != ST_MISSING) {
		rc = cmd_fail(st, &e);
	}
	buf_fini(&have);
	buf_fini(&want);
	free(path);
	return rc;
}

static int
state_make(struct backfill *b, struct store_conf *sc, const char *key)
{
	struct err e;
	enum status st = keys_create(key, &e);

	if (st == ST_OK || st == ST_BUSY)
		st = keys_load(&sc->keys, key, &e);
	if (st != ST_OK)
		return cmd_fail(st, &e);
	sc->url = b->state_url;
	st = store_sqlite.init(sc, &e);
	if (st != ST_OK && st != ST_BUSY) {
		cmd_fail(st, &e);
		return EX_CANTCREAT;
	}
	return EX_OK;
}

/* The folder's path from the root: the store's URL wants that. */
static char *
state_absolute(const char *dir)
{
	char *real = realpath(dir, NULL);

	return real ? real : mem_str(dir);
}

int
backfill_state_open(struct backfill *b, struct store_conf *sc)
{
	struct buf url = {0};
	char *key, *dir;
	int rc;

	if (mkdir(b->state_dir, 0700) != 0 && errno != EEXIST) {
		fprintf(stderr, "indelible: %s: %s\n",
		    QUOTE(span_str(b->state_dir)), strerror(errno));
		return EX_CANTCREAT;
	}
	dir = state_absolute(b->state_dir);
	buf_fmt(&url, "sqlite://%s/scan.db", dir);
	b->state_url = mem_strn(url.p, url.len);
	buf_fini(&url);
	free(dir);
	rc = state_check(b);
	if (rc != EX_OK)
		return rc;
	key = state_path(b, "master.key");
	rc = state_make(b, sc, key);
	free(key);
	return rc;
}

enum status
backfill_state_bind(struct backfill *b, struct err *e)
{
	char *path = state_path(b, "scan"), *tmp = state_path(b, "scan.new");
	struct buf line = {0};
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	enum status st = ST_OK;

	state_binding(b, &line);
	if (fd < 0 || write(fd, line.p, line.len) != (ssize_t)line.len ||
	    fsync(fd) != 0 || rename(tmp, path) != 0)
		st = err_set(
		    e, ST_IO, "%s: %s", QUOTE(span_str(tmp)), strerror(errno));
	if (fd >= 0)
		close(fd);
	buf_fini(&line);
	free(path);
	free(tmp);
	return st;
}

/* The parts of a scan come before the scan itself. */
static void
tell_stretch(void *arg, const struct store_log *log, const struct stretch *s)
{
	uint64_t *parts = arg;

	if (s->scan != 0) {
		*parts += s->read - s->begin;
		return;
	}
	fprintf(stderr, "indelible: %s: ", QUOTE(span_str(log->name)));
	if (s->proven >= s->limit)
		fprintf(stderr, "already done; --report FILE.html "
				"shows all that was found\n");
	else if (*parts > 0)
		fprintf(stderr,
		    "resuming; %" PRIu64 " of %" PRIu64 " entries are read\n",
		    *parts + s->read - s->begin, s->limit - s->begin);
	else
		fprintf(stderr, "resuming at %" PRIu64 "\n", s->read);
	*parts = 0;
}

enum status
backfill_state_tell(struct backfill *b, struct store *s, struct err *e)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	uint64_t parts = 0;

	if (!b->bound || b->quiet)
		return ST_OK;
	return api->stretches(s, tell_stretch, &parts, e);
}
