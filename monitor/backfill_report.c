/*
 * backfill_report: the page that a scan writes for --report; see backfill.h.
 * What stands on it is alerts/report.h's.
 *
 * It is made beside its place and renamed, so that there is the whole page or
 * none, and tried before the scan, which may take days.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alerts/report.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/backfill.h"
#include "monitor/cmd.h"

#define FILE_NAME(b) QUOTE(span_str((b)->report_file))

static int
refuse(const struct backfill *b, int rc, const char *why)
{
	fprintf(stderr, "indelible: --report %s: %s\n", FILE_NAME(b), why);
	return rc;
}

/* --- before the scan ------------------------------------------------------------ */

/* A new file beside the report's place; *path is its name, to be freed. */
static int
create(const struct backfill *b, char **path)
{
	struct buf name = {0};
	int fd;

	buf_fmt(&name, "%s.XXXXXX", b->report_file);
	*path = mem_str(buf_cstr(&name));
	buf_fini(&name);
	fd = mkostemp(*path, O_CLOEXEC);
	if (fd < 0) {
		free(*path);
		*path = NULL;
	}
	return fd;
}

/* An older report, or nothing. */
static bool
is_report(const char *path)
{
	char head[128];
	size_t len = strlen(report_magic);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, head, len);

	if (fd >= 0)
		close(fd);
	return n == 0 ||
	       (n == (ssize_t)len && !memcmp(head, report_magic, len));
}

/* The folder of --state holds its scan alone. */
static bool
is_in_state(const struct backfill *b)
{
	const char *slash = strrchr(b->report_file, '/');
	char *dir = slash != NULL ? mem_strn(b->report_file,
					(size_t)(slash - b->report_file) + 1)
				  : mem_str(".");
	struct stat a, s;
	bool same = b->state_dir != NULL && stat(dir, &a) == 0 &&
		    stat(b->state_dir, &s) == 0 && a.st_dev == s.st_dev &&
		    a.st_ino == s.st_ino;

	free(dir);
	return same;
}

int
backfill_report_fits(const struct backfill *b)
{
	struct stat s;
	char *path;
	int fd;

	if (b->report_file == NULL)
		return EX_OK;
	if (is_in_state(b))
		return refuse(b, EX_USAGE,
		    "the folder of --state holds its scan alone; take another "
		    "place");
	if (stat(b->report_file, &s) == 0 && !S_ISREG(s.st_mode))
		return refuse(b, EX_CANTCREAT,
		    "there is something else, which "
		    "is no file");
	if (stat(b->report_file, &s) == 0 && !is_report(b->report_file))
		return refuse(b, EX_CANTCREAT,
		    "there is a file that is no report; it is left as it is");
	fd = create(b, &path);
	if (fd < 0)
		return refuse(b, EX_CANTCREAT, strerror(errno));
	close(fd);
	unlink(path);
	free(path);
	return EX_OK;
}

/* --- what it says ------------------------------------------------------------------ */

/* An index, or a time down to the second. */
static void
put_limit(struct buf *out, bool is_date, uint64_t at)
{
	char text[TEXT_TIME];

	if (is_date)
		buf_fmt(out, "%.10s %.8s UTC", text_time(text, (int64_t)at),
		    text + strlen("YYYY-MM-DDT"));
	else
		buf_fmt(out, "entry %llu", (unsigned long long)at);
}

/* The period that the range was found for, if it was. */
static void
put_asked(struct buf *out, const struct want_log *w, const struct tail_range *r)
{
	buf_str(out, "logged from ");
	put_limit(out, r->from_date, r->from);
	if (r->to_date || r->to != UINT64_MAX) {
		buf_str(out, " to ");
		put_limit(out, r->to_date, r->to);
	}
	buf_fmt(out, ", widened by %u s, the log's maximum merge delay",
	    tail_mmd_s(w->api, w->mmd_s));
}

static void
add_log(struct report *r, const struct entry_log *l)
{
	struct tail_state t = {.name = l->want.name};
	struct report_log out = {.reason = l->err.text};
	struct buf asked = {0};

	if (l->tail != NULL)
		tail_state(l->tail, &t);
	out.name = t.name != NULL ? t.name : "?";
	out.operator_name = l->want.operator_name;
	if (l->want.url != NULL && !strncmp(l->want.url, "http", 4))
		out.url = l->want.url;
	out.rfc6962 =
	    l->want.api != NULL && !strcmp(l->want.api->name, "rfc6962");
	out.stopped = engine_log_status(l) == ST_AGAIN;
	out.has_id = t.log_id != NULL;
	if (out.has_id)
		memcpy(out.log_id, t.log_id->b, sizeof(out.log_id));
	out.from = t.from;
	out.to = t.to == UINT64_MAX || t.to < t.from ? t.from : t.to;
	out.read = t.committed > t.from ? t.committed - t.from : 0;
	out.partial = t.num_partial;
	out.head.size = t.head.size;
	out.head.time_ms = (int64_t)t.head.timestamp;
	memcpy(out.head.root, t.head.root.b, sizeof(out.head.root));
	if (l->tail != NULL)
		out.reason = t.ended && t.status == ST_OK ? NULL : t.err->text;
	if (l->range.from_date || l->range.to_date) {
		put_asked(&asked, &l->want, &l->range);
		out.asked = buf_cstr(&asked);
	}
	report_log(r, &out);
	buf_fini(&asked);
}

static void
add_exposure(void *arg, const struct exposure *x)
{
	report_exposure(arg, x);
}

static void
add_quarantine(
    void *arg, const struct hash *log_id, const char *reason, uint64_t index)
{
	report_quarantine(arg, log_id->b, reason, index);
}

static enum status
gather(void *arg, struct store *s, struct err *e)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	enum status st = api->exposures(s, NULL, add_exposure, arg, e);

	if (st == ST_OK)
		st = api->quarantine_places(s, add_quarantine, arg, e);
	return st;
}

/* --- writing it ---------------------------------------------------------------------- */

static void
put_piece(void *arg, struct span piece)
{
	fwrite(piece.p, 1, piece.len, arg);
}

/* Complete and on disk, under its own name; else as it was before. */
static enum status
publish(const struct backfill *b, struct report *r,
    const struct report_scan *scan, struct err *e)
{
	char *path = NULL;
	int fd = create(b, &path);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	bool ok = f != NULL;

	if (ok) {
		report_write(r, scan, put_piece, f);
		ok = fflush(f) == 0 && !ferror(f) && fsync(fd) == 0;
		ok = ok && rename(path, b->report_file) == 0;
	}
	if (!ok)
		err_set(
		    e, ST_IO, "--report %s: %s", FILE_NAME(b), strerror(errno));
	if (!ok && path != NULL)
		unlink(path);
	if (f != NULL)
		fclose(f);
	free(path);
	return ok ? ST_OK : ST_IO;
}

int
backfill_report(struct backfill *b)
{
	struct engine *g = &b->engine;
	struct report_scan scan = {.version = INDELIBLE_VERSION,
	    .instance = b->config.instance,
	    .config = b->records_file == NULL ? b->config_file : NULL,
	    .begin_ms = b->start_ms,
	    .end_ms = now_ms(),
	    .num_records = g->num_records,
	    .resumed = b->bound};
	struct report *r;
	struct err e = {""};
	enum status st;

	if (b->report_file == NULL)
		return EX_OK;
	r = report_new();
	for (size_t i = 0; i < g->num_logs; i++)
		add_log(r, g->logs[i]);
	st = engine_task(g, gather, r, &e);
	if (st == ST_OK)
		st = publish(b, r, &scan, &e);
	report_free(r);
	return st == ST_OK ? EX_OK : cmd_fail(st, &e);
}
