/*
 * roster_leaving: the logs that have left the lists and are still read to their
 * end, in a file beside the copies of the lists: a restart must not drop them,
 * and no list has their keys any more. It is a log list like others, unsigned,
 * for it is our own.
 */
#include <inttypes.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/diag.h"
#include "monitor/roster_private.h"

/* malloc'd; NULL: no folder, nothing is kept. */
static char *
leaving_path(const struct roster *r)
{
	struct buf b = {0};
	char *s;

	if (r->conf.listing->dir == NULL)
		return NULL;
	buf_fmt(&b, "%s/leaving.json", r->conf.listing->dir);
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
	buf_fmt(out, ",\"state\":{\"retired\":{\"timestamp\":\"%s\"}}}]}",
	    text_time(since, rl->since_ms));
}

void
roster_leaving(struct roster *r)
{
	char *path = leaving_path(r);
	struct edition ed = {0};

	if (path == NULL)
		return;
	for (size_t i = 0; i < r->num_logs; i++)
		if (r->logs[i].leaves)
			put_log(&ed.json, &r->logs[i]);
	if (ed.json.len > 0)
		buf_str(&ed.json, "]}\n");
	roster_keep(r, path, &ed);
}

void
roster_resume(struct roster *r)
{
	char *path = leaving_path(r);
	struct edition ed = {0};
	struct wants wants = {0};

	if (path != NULL && copy_read(&ed, path, NULL))
		wants_all(&wants, &ed.list);
	for (size_t i = 0; i < wants.num; i++)
		roster_leaves(r, &wants.list[i]);
	wants_fini(&wants);
	edition_fini(&ed);
	free(path);
}
