/* tiles: see tiles.h. */
#include "monitor/tiles.h"

#include <stdlib.h>

#include "ctlog/api/api.h"
#include "ctlog/base/mem.h"

/* So many polls without a tile: they are not to be had. */
#define STUCK_POLLS 90
/* After so many they have to be where get-sth was; it is asked as often, */
#define LAG_POLLS 30
/* and no less often than this. */
#define ASK_S 600

struct tiles {
	struct tiles_conf conf;
	struct log log; /* url and key only */
	struct http_call *call;
	int64_t ask_in_s;
	/* How far they have come, and for how long not farther. */
	int64_t heard_ms;
	uint64_t accepted;
	int64_t stuck_s;
	/* The size that get-sth told and they have not; 0: none. */
	uint64_t owed;
	int64_t owed_s;
};

int64_t
tiles_lag_ms(int64_t poll_ms)
{
	return LAG_POLLS * poll_ms;
}

bool
tiles_are_behind(
    const struct head *tiles, const struct head *sth, int64_t poll_ms)
{
	uint64_t lag_ms = (uint64_t)tiles_lag_ms(poll_ms);

	return sth->size > tiles->size && sth->timestamp > tiles->timestamp &&
	       sth->timestamp - tiles->timestamp > lag_ms;
}

static int64_t
ask_every_s(const struct tiles *t)
{
	int64_t s = tiles_lag_ms(t->conf.poll_ms) / 1000;

	return s < 1 ? 1 : s > ASK_S ? ASK_S : s;
}

struct tiles *
tiles_new(const struct tiles_conf *c)
{
	struct tiles *t = NEW(struct tiles);

	t->conf = *c;
	t->log.api = &log_api_rfc6962;
	t->log.url = mem_str(c->url);
	t->log.key = c->key;
	t->ask_in_s = ask_every_s(t);
	return t;
}

void
tiles_free(struct tiles *t)
{
	if (t == NULL)
		return;
	if (t->call != NULL)
		http_cancel(t->conf.http, t->call);
	free(t->log.url);
	free(t);
}

/* What cannot be had or verified tells nothing: the tiles are the log's own. A
 * size that is owed already is not replaced: a log that grows is no excuse. */
static void
tiles_on_sth(void *arg, const struct http_reply *r)
{
	struct tiles *t = arg;
	struct head h;

	t->call = NULL;
	if (r->status == ST_OK && r->code == 200 && t->owed == 0 &&
	    t->log.api->head_parse(&t->log, &h, r->body, NULL) == ST_OK)
		t->owed = h.size;
}

static void
tiles_ask(struct tiles *t)
{
	struct request req;
	struct http_get g;

	if (!t->conf.follow || t->call != NULL || --t->ask_in_s > 0)
		return;
	t->ask_in_s = ask_every_s(t);
	t->log.api->head_request(&t->log, &req);
	g = (struct http_get){
	    .url = req.url, .limit = req.limit, .done = tiles_on_sth, .arg = t};
	t->call = http_get(t->conf.http, &g);
}

/* Entries come; or heads do, and what they cover is read. */
static bool
tiles_come(struct tiles *t, const struct tail_state *s)
{
	bool come = s->accepted != t->accepted ||
		    (s->heard_ms != t->heard_ms && s->newest <= s->accepted);

	t->heard_ms = s->heard_ms;
	t->accepted = s->accepted;
	return come;
}

const char *
tiles_tick(struct tiles *t, const struct tail_state *s)
{
	t->stuck_s = tiles_come(t, s) ? 0 : t->stuck_s + 1;
	if (s->newest >= t->owed)
		t->owed = 0;
	t->owed_s = t->owed == 0 ? 0 : t->owed_s + 1;
	tiles_ask(t);
	if (t->stuck_s > STUCK_POLLS * t->conf.poll_ms / 1000)
		return "its tiles do not come any more";
	if (t->owed_s > tiles_lag_ms(t->conf.poll_ms) / 1000)
		return "its tiles stay behind what it signs";
	return NULL;
}
