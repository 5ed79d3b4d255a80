/* cmd_evidence: see cmd_evidence.h. */
#include "monitor/cmd_evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alerts/evidence.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"
#include "monitor/cmd.h"
#include "monitor/detect.h"
#include "monitor/proof.h"
#include "monitor/records_view.h"
#include "monitor/wants.h"

/* So long for all that is asked of one log. */
#define LIMIT_S 120.0

struct job {
	const struct config *config;
	const char *alert, *dir;
	struct ev_loop *loop;
	struct http *http;
	ev_timer limit;
	struct want_log *want; /* the log of the sighting */
	struct log log;
	struct detect *detect;
	struct proof *proof;
	uint64_t index;
	struct hash leaf_hash;
	bool done;
	enum status status;
	struct err err;
};

/* --- files --------------------------------------------------------------------- */

struct folder {
	int fd;
	const char *path, *name; /* of the file that could not be written */
	int error;
};

static bool
write_all(int fd, struct span s)
{
	ssize_t n;

	for (; s.len > 0; s = span_from(s, (size_t)n)) {
		n = write(fd, s.p, s.len);
		if (n < 0)
			return false;
	}
	return true;
}

static bool
put_file(void *arg, const char *name, struct span content)
{
	struct folder *f = arg;
	int fd =
	    openat(f->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && write_all(fd, content) && fsync(fd) == 0;

	if (!ok) {
		f->error = errno;
		f->name = name;
	}
	if (fd >= 0)
		close(fd);
	return ok;
}

static enum status
write_files(const struct job *j, const struct evidence *ev, struct err *e)
{
	struct folder f = {.path = j->dir};
	enum status st = ST_OK;

	if (mkdir(j->dir, 0700) != 0)
		return err_set(e, ST_DENIED, "%s cannot be made: %s",
		    QUOTE(span_str(j->dir)), strerror(errno));
	f.fd = open(j->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f.fd < 0)
		return err_set(e, ST_IO, "%s: %s", QUOTE(span_str(j->dir)),
		    strerror(errno));
	if (!evidence_files(ev, put_file, &f))
		st = err_set(e, ST_IO, "%s/%s: %s", QUOTE(span_str(j->dir)),
		    f.name, strerror(f.error));
	close(f.fd);
	return st;
}

/* --- what was fetched ------------------------------------------------------------ */

static void
end(struct job *j, enum status st)
{
	j->status = st;
	j->done = true;
	ev_break(j->loop, EVBREAK_ALL);
}

static void
save(struct job *j, const struct proof_got *got)
{
	struct span path[sizeof(got->path.node) / sizeof(got->path.node[0])];
	uint8_t tbs[HEAD_TBS_LEN];
	struct buf sig = {0};
	struct evidence ev = {.alert = j->alert,
	    .log_name = j->want->name,
	    .operator_name =
		j->want->operator_name ? j->want->operator_name : "",
	    .url = j->want->url,
	    .api = j->log.api->name,
	    .log_id = hash_span(logkey_id(j->want->key)),
	    .log_spki = logkey_spki(j->want->key),
	    .head_raw = got->head_raw,
	    .head_tbs = span_of(tbs, sizeof(tbs)),
	    .size = got->head.size,
	    .index = j->index,
	    .signed_ms = (int64_t)got->head.timestamp,
	    .logged_ms = (int64_t)got->timestamp,
	    .leaf = got->leaf,
	    .leaf_hash = hash_span(&j->leaf_hash),
	    .num_path = got->path.num,
	    .path = path,
	    .cert = got->cert,
	    .precert = got->precert};
	enum status st;

	for (uint32_t i = 0; i < got->path.num; i++)
		path[i] = hash_span(&got->path.node[i]);
	head_tbs(tbs, &got->head);
	st = head_signature(&sig, j->want->key, got->head_raw, &j->err);
	if (st == ST_OK) {
		ev.head_sig = buf_span(&sig);
		st = write_files(j, &ev, &j->err);
	}
	buf_fini(&sig);
	end(j, st);
}

static void
on_proof(
    void *arg, enum status st, const struct proof_got *got, const struct err *e)
{
	struct job *j = arg;

	if (st == ST_OK) {
		save(j, got);
		return;
	}
	j->err = *e;
	end(j, st);
}

/* --- the log ---------------------------------------------------------------------- */

static void
proof_begin(struct job *j)
{
	struct proof_want w = {.http = j->http,
	    .log = &j->log,
	    .operator_name = j->want->operator_name,
	    .index = j->index,
	    .leaf_hash = j->leaf_hash};

	j->proof = proof_new(&w, on_proof, j);
}

static void
on_detected(void *arg, const struct detected *d)
{
	struct job *j = arg;

	j->detect = NULL;
	j->log.api = d->api;
	if (d->api != NULL) {
		proof_begin(j);
		return;
	}
	j->err = d->err;
	end(j, ST_UNREACHABLE);
}

static void
on_limit(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct job *j = w->data;

	(void)loop;
	(void)revents;
	err_set(&j->err, ST_UNREACHABLE, "it takes too long");
	end(j, ST_UNREACHABLE);
}

/* From this log, into the files. */
static enum status
from_log(struct job *j, struct want_log *w)
{
	j->want = w;
	j->done = false;
	j->log = (struct log){.api = w->api,
	    .name = w->name,
	    .url = w->url,
	    .origin = w->origin,
	    .key = w->key};
	ev_timer_set(&j->limit, LIMIT_S, 0.0);
	ev_timer_start(j->loop, &j->limit);
	if (w->api != NULL)
		proof_begin(j);
	else
		j->detect = detect_new(j->http, w->url, on_detected, j);
	while (!j->done)
		ev_run(j->loop, 0);
	ev_timer_stop(j->loop, &j->limit);
	if (j->detect != NULL)
		detect_end(j->detect);
	proof_end(j->proof);
	j->detect = NULL;
	j->proof = NULL;
	return j->status;
}

/* --- the sightings ------------------------------------------------------------------ */

static struct want_log *
log_find(const struct wants *wants, const struct hash *log_id)
{
	for (size_t i = 0; i < wants->num; i++)
		if (hash_eq(logkey_id(wants->list[i].key), log_id))
			return &wants->list[i];
	return NULL;
}

static bool
sighting_read(struct job *j, struct hash *log_id, const json_t *s)
{
	long long index = view_number(s, "index");

	j->index = (uint64_t)index;
	return index >= 0 &&
	       text_unbase64_exact(
		   log_id->b, HASH_LEN, span_str(view_text(s, "log_id"))) &&
	       text_unbase64_exact(j->leaf_hash.b, HASH_LEN,
		   span_str(view_text(s, "leaf_hash")));
}

/* The first log that still has it. */
static enum status
from_logs(struct job *j, const struct wants *wants, const json_t *sightings)
{
	enum status st = err_set(&j->err, ST_MISSING,
	    "no log that has it stands in logs.lists or logs.extra");
	const json_t *s;
	struct want_log *w;
	struct hash log_id;
	size_t i;

	json_array_foreach(sightings, i, s)
	{
		if (!sighting_read(j, &log_id, s) ||
		    (w = log_find(wants, &log_id)) == NULL)
			continue;
		st = wants_contact(&(struct wants){.num = 1, .list = w},
		    j->config->contact, &j->err);
		if (st == ST_OK)
			st = from_log(j, w);
		if (st == ST_OK)
			return st;
		err_prefix(&j->err, "%s", QUOTE(span_str(w->name)));
		if (st == ST_DENIED || st == ST_IO)
			return st;
	}
	return st;
}

/* The logs that are followed, then all that the lists have: also one that is
 * retired may still answer. */
static enum status
wants_read(struct wants *out, const struct config *c, struct listing *listing,
    struct err *e)
{
	struct lists lists;
	enum status st = lists_read(&lists, c, listing, e);

	if (st == ST_OK)
		st = wants_of_lists(out, c, &lists, e);
	for (size_t i = 0; st == ST_OK && i < lists.num; i++)
		wants_all(out, &lists.list[i]);
	lists_fini(&lists);
	return st;
}

static enum status
with_wants(struct job *j, const struct wants *wants, const json_t *alert)
{
	const json_t *list =
	    json_object_get(json_object_get(alert, "data"), "sightings");
	enum status st;

	j->loop = ev_loop_new(EVFLAG_AUTO);
	ASSERT(j->loop != NULL);
	j->http = engine_http(j->loop, j->config);
	ev_timer_init(&j->limit, on_limit, 0.0, 0.0);
	j->limit.data = j;
	st = from_logs(j, wants, list);
	http_free(j->http);
	ev_loop_destroy(j->loop);
	return st;
}

int
evidence_save(const struct config *c, const json_t *alert, const char *dir)
{
	struct job j = {
	    .config = c, .alert = view_text(alert, "id"), .dir = dir};
	char *lists = cmd_list_dir(c->store);
	struct listing_conf lc = {.config = c,
	    .dir = lists,
	    .allow_http = c->allow_http,
	    .offline = true};
	struct listing *listing = listing_new(&lc);
	struct wants wants = {0};
	enum status st = wants_read(&wants, c, listing, &j.err);

	if (st == ST_OK)
		st = with_wants(&j, &wants, alert);
	wants_fini(&wants);
	listing_free(listing);
	free(lists);
	if (st == ST_DENIED) {
		cmd_fail(st, &j.err);
		return EX_CANTCREAT;
	}
	return st == ST_OK ? EX_OK : cmd_fail(st, &j.err);
}
