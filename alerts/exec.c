/*
 * exec: a program that is run for each event and reads it from its standard
 * input, as one line of JSON. Nothing of the event is in its arguments or its
 * environment. It has taken the event when it ends with 0.
 */
#include "alerts/sink.h"
#include "ctlog/base/mem.h"

struct sink {
	bool reveal;
};

static enum status
exec_open(struct sink **out, const struct conf_sink *conf, struct span secret,
    struct err *e)
{
	struct sink *s;

	(void)secret;
	if (conf->command.num == 0)
		return err_set(
		    e, ST_BAD, "sink %s: exec needs a command", conf->name);
	s = NEW(struct sink);
	s->reveal = conf->reveal;
	*out = s;
	return ST_OK;
}

static void
exec_close(struct sink *s)
{
	free(s);
}

static void
exec_render(struct sink *s, struct parcel *out, const struct message *m)
{
	message_json(m, s->reveal, &out->body);
	buf_char(&out->body, '\n');
}

static enum verdict
exec_judge(struct sink *s, int64_t *retry_ms, const struct outcome *o,
    unsigned attempt)
{
	(void)s;
	if (o->status == ST_OK && o->code == 0)
		return SINK_DELIVERED;
	return sink_again(retry_ms, o, attempt);
}

const struct sink_api sink_exec = {
    .name = "exec",
    .kind = PARCEL_ARGV,
    .open = exec_open,
    .close = exec_close,
    .render = exec_render,
    .judge = exec_judge,
};
