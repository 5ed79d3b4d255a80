/*
 * jsonl: alerts as lines at the end of a file, one JSON object each. The file
 * is opened and synced by the courier.
 */
#include "alerts/sink.h"
#include "ctlog/base/mem.h"

struct sink {
	char *path;
	bool reveal;
};

static enum status
jsonl_open(struct sink **out, const struct conf_sink *conf, struct span secret,
    struct err *e)
{
	struct sink *s;

	(void)secret;
	if (conf->path == NULL || conf->path[0] == '\0')
		return err_set(e, ST_BAD, "sink %s: jsonl needs a path",
		    conf->name ? conf->name : "without a name");
	s = NEW(struct sink);
	s->path = mem_str(conf->path);
	s->reveal = conf->reveal;
	*out = s;
	return ST_OK;
}

static void
jsonl_close(struct sink *s)
{
	if (s == NULL)
		return;
	free(s->path);
	free(s);
}

static void
jsonl_render(struct sink *s, struct parcel *out, const struct message *m)
{
	out->path = s->path;
	message_json(m, s->reveal, &out->body);
	buf_char(&out->body, '\n');
}

/* A full disk passes, and so do most faults of a file system. */
static enum verdict
jsonl_judge(struct sink *s, int64_t *retry_ms, const struct outcome *o,
    unsigned attempt)
{
	(void)s;
	if (o->status == ST_OK)
		return SINK_DELIVERED;
	return sink_again(retry_ms, o, attempt);
}

const struct sink_api sink_jsonl = {
    .name = "jsonl",
    .kind = PARCEL_APPEND,
    .open = jsonl_open,
    .close = jsonl_close,
    .render = jsonl_render,
    .judge = jsonl_judge,
};
