/* evidence_folder: see evidence_folder.h. */
#include "monitor/evidence_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alerts/evidence.h"
#include "ctlog/base/text.h"

#define LEAF_VERSION 0
#define LEAF_TYPE 0

/* --- files ------------------------------------------------------------------ */

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
write_files(const char *dir, const struct evidence *ev, struct err *e)
{
	struct folder f = {.path = dir};
	enum status st = ST_OK;

	if (mkdir(dir, 0700) != 0)
		return err_set(e, ST_DENIED, "%s cannot be made: %s",
		    QUOTE(span_str(dir)), strerror(errno));
	f.fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f.fd < 0)
		return err_set(
		    e, ST_IO, "%s: %s", QUOTE(span_str(dir)), strerror(errno));
	if (!evidence_files(ev, put_file, &f))
		st = err_set(e, ST_IO, "%s/%s: %s", QUOTE(span_str(dir)),
		    f.name, strerror(f.error));
	close(f.fd);
	return st;
}

/* --- what is in them -------------------------------------------------------- */

struct span
evidence_cert(const struct entry *e)
{
	return e->type == ENTRY_PRECERT ? e->precert : e->cert;
}

static void
leaf_whole(struct buf *out, const struct entry *e)
{
	if (e->bare) {
		buf_char(out, LEAF_VERSION);
		buf_char(out, LEAF_TYPE);
	}
	buf_span_add(out, e->leaf);
}

static struct evidence
described(const struct evidence_of *x)
{
	const struct proven_log *l = &x->log;

	return (struct evidence){.alert = x->alert,
	    .log_name = l->name,
	    .operator_name = l->operator_name != NULL ? l->operator_name : "",
	    .url = l->url,
	    .api = l->api,
	    .log_id = hash_span(&x->at.log_id),
	    .log_spki = logkey_spki(l->key),
	    .head_raw = x->head_raw,
	    .size = x->head.size,
	    .index = x->at.index,
	    .signed_ms = (int64_t)x->head.timestamp,
	    .logged_ms = (int64_t)x->entry->timestamp,
	    .leaf_hash = hash_span(&x->at.leaf_hash),
	    .cert = evidence_cert(x->entry),
	    .precert = x->entry->type == ENTRY_PRECERT};
}

enum status
evidence_folder(const char *dir, const struct evidence_of *x, struct err *e)
{
	struct span path[sizeof(x->path->node) / sizeof(x->path->node[0])];
	uint8_t tbs[HEAD_TBS_LEN];
	struct buf sig = {0}, leaf = {0};
	struct evidence ev = described(x);
	enum status st;

	for (uint32_t i = 0; i < x->path->num; i++)
		path[i] = hash_span(&x->path->node[i]);
	ev.num_path = x->path->num;
	ev.path = path;
	head_tbs(tbs, &x->head);
	ev.head_tbs = span_of(tbs, sizeof(tbs));
	leaf_whole(&leaf, x->entry);
	ev.leaf = buf_span(&leaf);
	st = head_signature(&sig, x->log.key, x->head_raw, e);
	ev.head_sig = buf_span(&sig);
	if (st == ST_OK)
		st = write_files(dir, &ev, e);
	buf_fini(&sig);
	buf_fini(&leaf);
	return st;
}
