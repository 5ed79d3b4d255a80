/* cmd_monitor: the service: follow the configured logs until stopped, and let
 * operators and the public in. */
#include <stdio.h>
#include <unistd.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/admin.h"
#include "monitor/canary.h"
#include "monitor/cmd.h"
#include "monitor/diag.h"
#include "monitor/enrol.h"
#include "monitor/gather.h"
#include "monitor/opts.h"
#include "monitor/public.h"
#include "monitor/retention.h"
#include "monitor/roster.h"
#include "monitor/store/ledger.h"

static const struct opt table[] = {
    {"config", 'c', "FILE", "the configuration"},
    {"verbose", 'v', NULL, "say more"},
    {0},
};

struct service {
	struct config config;
	struct wants wants;
	struct engine engine;
	struct engine_conf conf;
	struct store_sink *sinks;
	struct listing_conf listing_conf;
	struct listing *listing;
	struct retention *retention;
	struct canary *canary;
	struct admin *admin;
	struct public *public;
	struct enrol *enrol;
	struct gather *gather;
	struct wants known; /* logs that are not followed, for it */
	struct lists lists;
	struct roster *roster;
	char *list_dir, owner[64];
};

/* How it ends when it does not know what to follow. */
static int
wants_exit(enum status st, const struct err *e)
{
	if (st == ST_AGAIN) { /* SIGTERM */
		diag_info("%s", e->text);
		return EX_OK;
	}
	cmd_fail(st, e);
	return st == ST_MISSING || st == ST_UNREACHABLE || st == ST_SIGNATURE
		   ? cmd_exit(st)
		   : EX_CONFIG;
}

/* What to follow; `*ready` when there is something. */
static int
service_wants(struct service *s, bool *ready)
{
	struct err e = {""};
	enum status st;

	s->list_dir = cmd_list_dir(s->config.store);
	s->listing_conf = (struct listing_conf){.config = &s->config,
	    .dir = s->list_dir,
	    .allow_http = s->config.allow_http,
	    .copies = true};
	s->listing = listing_new(&s->listing_conf);
	st = lists_read(&s->lists, &s->config, s->listing, &e);
	listing_done(s->listing);
	if (st == ST_OK)
		st = wants_of_lists(&s->wants, &s->config, &s->lists, &e);
	if (st == ST_OK)
		st = wants_contact(&s->wants, s->config.contact, &e);
	if (st != ST_OK)
		return wants_exit(st, &e);
	if (s->wants.num == 0) {
		fprintf(stderr,
		    "indelible: the configuration names no log to follow; add "
		    "one under logs.extra, or a list under logs.lists\n");
		return EX_CONFIG;
	}
	*ready = true;
	return EX_OK;
}

/* The configuration may have lost a sink since records were imported. */
static enum status
tell_unserved(struct store *store, struct err *e)
{
	const struct ledger_api *l = ((struct store_base *)store)->api->ledger;
	struct buf one = {0};
	uint64_t num = 0;
	enum status st = l != NULL ? l->unserved(store, &num, &one, e) : ST_OK;

	if (num > 0)
		diag_warn(
		    "%llu record%s in `notify` a sink that the "
		    "configuration does not have, or not for the tenant, "
		    "so that no alerts go there (mailto: wants a mail sink "
		    "with `to: record`): %s%s",
		    (unsigned long long)num, num == 1 ? " names" : "s name",
		    QUOTE(buf_span(&one)), num == 1 ? "" : ", and others");
	buf_fini(&one);
	return st;
}

/* With the store open: what has been found out before. */
static enum status
service_prepare(void *arg, struct store *store, struct err *e)
{
	struct service *s = arg;
	enum status st = tell_unserved(store, e);

	return st == ST_OK ? listing_tell(s->listing, store, e) : st;
}

static void
service_tick(void *arg)
{
	struct service *s = arg;

	if (engine_was_stopped(&s->engine))
		return;
	retention_tick(s->retention);
	canary_tick(s->canary);
	admin_tick(s->admin);
	enrol_tick(s->enrol);
	gather_tick(s->gather);
	roster_tick(s->roster);
}

static void
service_hup(void *arg)
{
	struct service *s = arg;

	roster_refresh(s->roster);
	admin_reload(s->admin);
}

static void
service_stop(void *arg)
{
	struct service *s = arg;

	admin_stop(s->admin);
	public_stop(s->public);
	enrol_stop(s->enrol);
	gather_stop(s->gather);
}

static void
service_conf(struct service *s)
{
	const struct config *c = &s->config;

	s->sinks = mem_new(c->alerts.num_sinks, sizeof(*s->sinks));
	s->conf.store_conf.num_sinks = cmd_sinks(s->sinks, c);
	s->conf.config = c;
	s->conf.service = true;
	s->conf.prepare = service_prepare;
	s->conf.on_tick = service_tick;
	s->conf.on_hup = service_hup;
	s->conf.on_stop = service_stop;
	s->conf.arg = s;
	s->conf.stays = true;
	s->conf.num_sinks = c->alerts.num_sinks;
	s->conf.store_conf.sinks = s->sinks;
	snprintf(
	    s->owner, sizeof(s->owner), "pid %ld" CMD_SERVICE, (long)getpid());
	s->conf.store_conf.owner = s->owner;
	s->conf.sinks = c->alerts.sinks;
	s->conf.find_sink = sink_find;
	s->conf.hold_ms = c->alerts.hold_unverified_ms;
	s->conf.threshold =
	    (unsigned)(c->match.digest_threshold < c->match.name_threshold
			   ? c->match.digest_threshold
			   : c->match.name_threshold);
}

/* Follow all, until stopped. */
static void
service_follow(struct service *s)
{
	struct roster_conf c = {.engine = &s->engine,
	    .listing = &s->listing_conf,
	    .lists = &s->lists,
	    .at_once = listing_is_copied(s->listing)};

	s->roster = roster_new(&c);
	for (size_t i = 0; i < s->wants.num; i++)
		roster_follow(s->roster, &s->wants.list[i]);
	roster_resume(s->roster);
	engine_run(&s->engine);
	roster_free(s->roster);
}

static const struct want_log *
log_of(const struct wants *w, const struct hash *log_id)
{
	for (size_t i = 0; i < w->num; i++)
		if (hash_eq(logkey_id(w->list[i].key), log_id))
			return &w->list[i];
	return NULL;
}

/* Whom to ask for evidence: a log that is followed, else one that a list has,
 * in whatever state: it may have been read by a backfill. */
static const struct want_log *
service_log(void *arg, const struct hash *log_id)
{
	struct service *s = arg;
	const struct want_log *w;
	struct err e;

	for (size_t i = 0; i < s->engine.num_logs; i++) {
		w = &s->engine.logs[i]->want;
		if (hash_eq(logkey_id(w->key), log_id))
			return w;
	}
	wants_fini(&s->known);
	s->known = (struct wants){0};
	roster_known(s->roster, &s->known);
	if (wants_contact(&s->known, s->config.contact, &e) != ST_OK)
		return NULL;
	return log_of(&s->known, log_id);
}

static void
service_letters(void *arg)
{
	struct service *s = arg;

	enrol_kick(s->enrol);
}

static void
service_again(void *arg)
{
	struct service *s = arg;

	courier_again(s->engine.courier);
}

/* With the engine open: its store is ours, so nobody else has the doors. */
static enum status
service_doors(struct service *s, struct err *e)
{
	struct engine *g = &s->engine;
	struct admin_conf a = {.loop = g->loop,
	    .config = &s->config,
	    .writer = g->writer,
	    .indexer = g->indexer,
	    .index_key = g->conf.store_conf.keys.index,
	    .letters = service_letters,
	    .again = service_again,
	    .arg = s};
	struct public_conf p = {.loop = g->loop,
	    .config = &s->config,
	    .writer = g->writer,
	    .indexer = g->indexer};
	enum status st = admin_open(&s->admin, &a, e);

	if (st == ST_OK)
		st = public_open(&s->public, &p, e);
	return st;
}

/* EX_OK, or why it ended otherwise. */
static int
service_serve(struct service *s)
{
	struct err e = {""};
	enum status st = service_doors(s, &e);

	if (st != ST_OK) {
		cmd_fail(st, &e);
		return st == ST_BAD || st == ST_MISSING || st == ST_USAGE
			   ? EX_CONFIG
			   : cmd_exit(st);
	}
	service_follow(s);
	if (s->engine.failed)
		return cmd_fail(s->engine.status, &s->engine.err);
	/* Else every log has ended by itself. */
	return engine_was_stopped(&s->engine) ? EX_OK : EX_UNAVAILABLE;
}

static int
service_run(struct service *s)
{
	struct err e = {""};
	bool ready = false;
	enum status st;
	int rc;

	service_conf(s);
	engine_init(&s->engine, &s->conf);
	rc = service_wants(s, &ready);
	if (ready)
		rc = cmd_store_conf(&s->engine.conf.store_conf,
		    &s->engine.conf.store, &s->config);
	if (!ready || rc != EX_OK) {
		engine_abort(&s->engine);
		return rc;
	}
	st = engine_open(&s->engine, &e);
	if (st != ST_OK)
		return st == ST_USAGE ? (cmd_fail(st, &e), EX_CONFIG)
				      : cmd_store_fail(st, &e);
	s->retention = retention_new(&s->config, s->engine.writer);
	s->canary = canary_new(&s->config, s->engine.writer, s->engine.courier);
	s->enrol = enrol_new(s->engine.loop, s->engine.writer, &s->config);
	s->gather = gather_new(&(struct gather_conf){.loop = s->engine.loop,
	    .http = s->engine.http,
	    .writer = s->engine.writer,
	    .find = service_log,
	    .arg = s});
	rc = service_serve(s);
	enrol_stop(s->enrol);
	gather_stop(s->gather);
	public_free(s->public);
	admin_free(s->admin);
	engine_close(&s->engine);
	retention_free(s->retention);
	canary_free(s->canary);
	enrol_free(s->enrol);
	gather_free(s->gather);
	wants_fini(&s->known);
	if (rc == EX_OK)
		diag_info("stopped");
	return rc;
}

int
cmd_monitor(int argc, char **argv)
{
	struct opts o = {.usage = "indelible monitor [-c FILE] [-v]",
	    .about = "Follows the configured logs, proves what it reads, and "
		     "sends alerts to the\nconfigured sinks, until SIGTERM or "
		     "SIGINT.",
	    .table = table,
	    .argc = argc,
	    .argv = argv};
	struct service *s = NEW(struct service);
	const char *file = NULL;
	int n, rc;

	engine_hold_signals();
	while ((n = opts_next(&o)) >= 0) {
		if (n == 0)
			file = o.value;
		else
			diag_level(DIAG_DEBUG);
	}
	if (n != OPTS_END || !opts_at_most(&o, 0)) {
		free(s);
		return n == OPTS_HELP ? EX_OK : EX_USAGE;
	}
	rc = cmd_config_read(&s->config, file);
	if (rc == EX_OK) {
		rc = service_run(s);
		listing_free(s->listing);
		lists_fini(&s->lists);
		wants_fini(&s->wants);
		config_fini(&s->config);
	}
	free(s->sinks);
	free(s->list_dir);
	free(s);
	return rc;
}
