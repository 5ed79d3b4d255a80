/* bridge: see bridge.h. */
#include "monitor/bridge.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/cmd.h"
#include "monitor/tail.h"

struct bridge {
	const char *name;
	size_t num; /* logs of that name */
	struct hash log_id;
	char *log_name;
	struct trouble trouble;
	uint64_t resume_at;
	struct event ev; /* what is told of it */
	struct buf data; /* of ev */
};

static bool
is_named(const struct store_log *l, const char *name)
{
	uint8_t id[HASH_LEN];

	if (text_unbase64_exact(id, HASH_LEN, span_str(name)))
		return memcmp(id, l->log_id.b, HASH_LEN) == 0;
	return strcmp(name, l->name) == 0 || strcmp(name, l->url) == 0;
}

static void
on_log(void *arg, const struct store_log *l)
{
	struct bridge *b = arg;

	if (!is_named(l, b->name))
		return;
	b->num++;
	b->log_id = l->log_id;
	b->trouble = l->trouble;
	free(b->log_name);
	b->log_name = mem_str(l->name);
}

static void
bridge_json(const struct bridge *b, struct buf *out)
{
	buf_str(out, "{\"log_id\":\"");
	text_base64(out, hash_span(&b->log_id));
	buf_str(out, "\",\"log_name\":");
	text_json(out, span_str(b->log_name));
	buf_str(out, ",\"trouble\":");
	text_json(out, span_str(b->trouble.kind));
	buf_str(out, ",\"gap\":");
	if (b->trouble.gap_to > 0)
		buf_fmt(out, "[%" PRIu64 ",%" PRIu64 "]", b->trouble.gap_from,
		    b->trouble.gap_to);
	else
		buf_str(out, "null");
	buf_str(out, ",\"resume_at\":");
	if (b->resume_at > 0)
		buf_fmt(out, "%" PRIu64 "}", b->resume_at);
	else
		buf_str(out, "null}");
}

/* Whoever gets the log's misbehaviour hears of its end. */
static const struct event *
bridge_tell(void *arg, uint64_t resume_at)
{
	struct bridge *b = arg;
	struct hasher *h = hasher_new();
	struct event *ev = &b->ev;
	struct hash id;

	b->resume_at = resume_at;
	bridge_json(b, &b->data);
	*ev = (struct event){.type = "log.bridged",
	    .subject = b->log_name,
	    .time_ms = now_ms(),
	    .data = buf_span(&b->data)};
	hasher_sha256(h, &id,
	    span_of((const uint8_t *)&ev->time_ms, sizeof(ev->time_ms)),
	    ev->data);
	hasher_free(h);
	memcpy(ev->id, id.b, sizeof(ev->id));
	return ev;
}

static enum status
bridge_do(struct bridge *b, struct store *s, struct err *e)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	struct store_bridge io = {.tell = bridge_tell, .arg = b};
	enum status st = api->logs(s, on_log, b, e);

	if (st != ST_OK)
		return st;
	if (b->num != 1)
		return err_set(e, ST_USAGE,
		    "%s: the store knows %s; `indelible status` shows their "
		    "names, URLs and log ids",
		    QUOTE(span_str(b->name)),
		    b->num ? "several logs of this name" : "no such log");
	io.log_id = b->log_id;
	st = api->log_bridge(s, &io, e);
	if (st != ST_OK)
		err_prefix(e, "%s", QUOTE(span_str(b->log_name)));
	return st;
}

static void
bridge_say(const struct bridge *b)
{
	char when[TEXT_TIME];

	printf("%s: %s of %s: bridged\n", QUOTE(span_str(b->log_name)),
	    b->trouble.kind, text_time(when, b->trouble.since_ms));
	if (b->resume_at == 0)
		return;
	if (b->trouble.gap_to > 0)
		printf("the entries of the gap [%" PRIu64 ", %" PRIu64
		       ") were read, but stay unproven\n",
		    b->trouble.gap_from, b->trouble.gap_to);
	printf("`indelible monitor` begins anew at entry %" PRIu64
	       ", with proofs\n",
	    b->resume_at);
}

static int
bridge_store(
    struct bridge *b, const struct store_api *api, const struct store_conf *sc)
{
	struct store *s;
	struct err e;
	enum status st = api->open(&s, sc, &e);

	if (st != ST_OK)
		return cmd_store_fail(st, &e);
	st = bridge_do(b, s, &e);
	api->close(s);
	return st == ST_OK ? EX_OK : cmd_fail(st, &e);
}

int
bridge_run(const struct config *c, const char *name, bool json)
{
	struct bridge b = {.name = name};
	struct store_conf sc = {0};
	const struct store_api *api;
	struct store_sink *sinks;
	char owner[64];
	int rc = cmd_store_conf(&sc, &api, c);

	if (rc != EX_OK)
		return rc;
	sinks = mem_new(c->alerts.num_sinks, sizeof(*sinks));
	sc.num_sinks = cmd_sinks(sinks, c);
	sc.sinks = sinks;
	sc.owner = cmd_owner(owner);
	rc = bridge_store(&b, api, &sc);
	keys_wipe(&sc.keys);
	if (rc == EX_OK && json)
		printf("%s\n", buf_cstr(&b.data));
	else if (rc == EX_OK)
		bridge_say(&b);
	buf_fini(&b.data);
	free(b.log_name);
	free(sinks);
	return rc;
}
