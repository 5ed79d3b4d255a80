/*
 * roster_followed: the logs that are followed because of lists, in a file beside
 * the copies of these: a log that leaves must not be dropped by a restart, nor
 * one that is in no list any more at the next start; and no list has their keys
 * then. It is a log list like others, unsigned, for it is our own. Those that
 * have left and are still read to their end are retired in it; the others have
 * no state.
 */
#include <inttypes.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/diag.h"
#include "monitor/roster_diff.h"
#include "monitor/roster_private.h"

#define FOLLOWED "followed.json"
/* Before there was that file: those that had left, alone. */
#define LEAVING "leaving.json"

/* malloc'd; NULL: no folder, nothing is kept. */
static char *
file_path(const struct roster *r, const char *name)
{
	struct buf b = {0};
	char *s;

	if (r->conf.listing->dir == NULL)
		return NULL;
	buf_fmt(&b, "%s/%s", r->conf.listing->dir, name);
	s = mem_strn(b.p, b.len);
	buf_fini(&b);
	return s;
}

static void
put_url(struct buf *out, const struct want_log *w)
{
	const char *scheme = strncmp(w->url, "https:", 6) ? "http" : "https";
	struct buf submission = {0};

	if (w->api == &log_api_rfc6962) {
		buf_str(out, ",\"url\":");
		text_json(out, span_str(w->url));
		return;
	}
	buf_fmt(&submission, "%s://%s/", scheme, w->origin);
	buf_str(out, ",\"monitoring_url\":");
	text_json(out, span_str(w->url));
	buf_str(out, ",\"submission_url\":");
	text_json(out, buf_span(&submission));
	buf_fini(&submission);
}

/* As an operator of one log, which its order in the file does not matter to. */
static void
put_log(struct buf *out, const struct roster_log *rl)
{
	const struct want_log *w = &rl->want;
	char since[TEXT_TIME];

	buf_str(out, out->len == 0 ? "{\"operators\":[" : ",");
	buf_str(out, "\n{\"name\":");
	text_json(out, span_str(w->operator_name));
	buf_fmt(out, ",\"%s\":[{\"description\":",
	    w->api == &log_api_static ? "tiled_logs" : "logs");
	text_json(out, span_str(w->name));
	buf_str(out, ",\"log_id\":\"");
	text_base64(out, hash_span(logkey_id(w->key)));
	buf_str(out, "\",\"key\":\"");
	text_base64(out, logkey_spki(w->key));
	buf_char(out, '"');
	put_url(out, w);
	if (w->mmd_s != 0)
		buf_fmt(out, ",\"mmd\":%" PRIu32, w->mmd_s);
	if (rl->leaves)
		buf_fmt(out, ",\"state\":{\"retired\":{\"timestamp\":\"%s\"}}",
		    text_time(since, rl->since_ms));
	buf_str(out, "}]}");
}

static void
lists_all(struct directory *out, const struct roster *r)
{
	for (size_t i = 0; i < r->lists.num; i++)
		directory_add(out, &r->lists.list[i]);
}

void
roster_followed(struct roster *r)
{
	char *path = file_path(r, FOLLOWED);
	struct directory all = {0};
	struct edition ed = {0};

	if (path == NULL)
		return;
	lists_all(&all, r);
	for (size_t i = 0; i < r->num_logs; i++) {
		const struct roster_log *rl = &r->logs[i];

		/* One that is built in cannot vanish. */
		if (rl->leaves ||
		    directory_find(&all, logkey_id(rl->want.key)) != NULL)
			put_log(&ed.json, rl);
	}
	if (ed.json.len > 0)
		buf_str(&ed.json, "]}\n");
	directory_fini(&all);
	roster_keep(r, path, &ed);
}

/* --- at the start ------------------------------------------------------------ */

/* Those that had left. */
static void
resume_leaving(struct roster *r, const struct loglist *file)
{
	struct wants wants = {0};

	wants_all(&wants, file);
	for (size_t i = 0; i < wants.num; i++)
		if (wants.list[i].state == LOGLIST_RETIRED)
			roster_leaves(r, &wants.list[i]);
	wants_fini(&wants);
}

/* Those that were followed, and that the configuration still asks for. */
static void
resume_wants(
    struct wants *out, const struct roster *r, const struct loglist *file)
{
	size_t num = 0;

	*out = (struct wants){0};
	wants_of_list(out, r->config, file);
	for (size_t i = 0; i < out->num; i++) {
		struct want_log *w = &out->list[i];

		if (w->state == LOGLIST_RETIRED)
			want_log_fini(w);
		else
			out->list[num++] = *w;
	}
	out->num = num;
}

/* Those that have left meanwhile, while nobody was looking. */
static void
resume_gone(struct roster *r, const struct loglist *file)
{
	struct roster_changes changes;
	struct directory all = {0};
	struct wants was, is;

	resume_wants(&was, r, file);
	roster_wants(&is, r);
	lists_all(&all, r);
	roster_diff(&changes, &was, &is, &all);
	for (size_t i = 0; i < changes.num; i++)
		roster_gone(r, &changes.list[i]);
	roster_changes_fini(&changes);
	directory_fini(&all);
	wants_fini(&was);
	wants_fini(&is);
}

void
roster_resume(struct roster *r)
{
	char *path = file_path(r, FOLLOWED), *old = file_path(r, LEAVING);
	struct edition ed = {0};

	if (copy_read(&ed, path, NULL)) {
		resume_gone(r, &ed.list);
		resume_leaving(r, &ed.list);
	} else if (copy_read(&ed, old, NULL)) {
		resume_leaving(r, &ed.list);
	}
	edition_fini(&ed);
	notices_submit(&r->notices, r->conf.engine->writer);
	roster_followed(r);
	if (old != NULL) /* once it stands in the other */
		roster_keep(r, old, &ed);
	free(path);
}
