/* backfill: see backfill.h. */
#include "monitor/backfill.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/cmd.h"
#include "monitor/gather.h"
#include "monitor/import.h"

/* A scan's alerts wait for the proof, however long that takes. */
#define HOLD_MS (100ll * 365 * 86400 * 1000)
/* So long a scan that is done goes on asking its logs for evidence. */
#define GATHER_MS 60000ll

/* The store is the service's own. */
static bool
uses_service_store(const struct backfill *b)
{
	return b->config_file != NULL && b->records_file == NULL;
}

/* --- before reading ------------------------------------------------------------------ */

static int
read_config(struct backfill *b)
{
	if (b->config_file == NULL) {
		config_defaults(&b->config);
		return EX_OK;
	}
	return cmd_config_read(&b->config, b->config_file);
}

/* Where copies of fetched lists are: beside the store, or in the folder of
 * --state, which is made for them. */
static char *
list_dir(const struct backfill *b)
{
	struct buf url = {0};
	char *dir;

	if (uses_service_store(b))
		return cmd_list_dir(b->config.store);
	if (b->state_dir == NULL || b->logs.url != NULL || b->logs.num_dirs > 0)
		return NULL;
	mkdir(b->state_dir, 0700); /* or backfill_state_open says why not */
	buf_fmt(&url, "%s/lists", b->state_dir);
	dir = mem_strn(url.p, url.len);
	buf_fini(&url);
	return dir;
}

static enum status
choose_logs(struct backfill *b, struct err *e)
{
	bool named = b->logs.url != NULL || b->logs.num_lists > 0 ||
		     b->logs.num_dirs > 0 || b->config_file == NULL;
	enum status st;

	st = named ? wants_of_opts(&b->wants, &b->logs, e)
		   : wants_of_config(&b->wants, &b->config, b->logs.listing, e);
	if (st == ST_OK && !named)
		st = wants_choose(&b->wants, &b->logs, e);
	if (st == ST_OK)
		st = wants_contact(&b->wants, b->config.contact, e);
	if (st == ST_OK && b->wants.num == 0)
		st = err_set(e, ST_USAGE, "there is no log to scan");
	return st;
}

/* After the processes without sockets were forked: lists may be fetched. */
static int
read_wants(struct backfill *b)
{
	struct err e = {""};
	enum status st;

	if (b->contact != NULL) {
		free(b->config.contact);
		b->config.contact = mem_str(b->contact);
	}
	b->list_dir = list_dir(b);
	b->listing_conf = (struct listing_conf){.config = &b->config,
	    .dir = b->list_dir,
	    .allow_http = b->logs.allow_http || b->config.allow_http};
	b->logs.listing = listing_new(&b->listing_conf);
	st = choose_logs(b, &e);
	listing_done(b->logs.listing);
	return st == ST_OK ? EX_OK : cmd_fail(st, &e);
}

static int
read_records(struct backfill *b)
{
	struct err e;
	enum status st;

	if (b->records_file == NULL)
		return EX_OK;
	st = file_read(&b->records, b->records_file, LIMIT_RECORD_FILE, &e);
	return st == ST_OK ? EX_OK : cmd_fail(st, &e);
}

/* The state folder holds the records: they came in all at once. */
static enum status
has_records(bool *out, const struct backfill *b, struct store *s, struct err *e)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	struct match_size size = {0};
	enum status st = ST_OK;

	if (b->bound)
		st = api->index_size(s, now_ms(), &size, e);
	*out = size.records > 0;
	return st;
}

static void
prepare_bad(void *arg, size_t line, const char *what)
{
	fprintf(stderr, "%s:%zu: %s\n", QUOTE(span_str(arg)), line, what);
}

static void
prepare_warn(void *arg, size_t line, const char *what)
{
	fprintf(
	    stderr, "%s:%zu: warning: %s\n", QUOTE(span_str(arg)), line, what);
}

/* With the store open: records into it, unless they are there. */
static enum status
prepare_records(struct backfill *b, struct store *s, struct err *e)
{
	const char *name =
	    !strcmp(b->records_file, "-") ? "standard input" : b->records_file;
	struct import im = {.file = buf_span(&b->records),
	    .index_key = b->engine.conf.store_conf.keys.index,
	    .who = "backfill",
	    .now_ms = now_ms(),
	    .unasked = "a scan sends no mail",
	    .bad = prepare_bad,
	    .warn = prepare_warn,
	    .arg = (void *)(uintptr_t)name};
	bool there;
	enum status st = has_records(&there, b, s, e);

	if (st == ST_OK && there)
		st = backfill_state_tell(b, s, e);
	if (st != ST_OK || there)
		return st;
	st = import_records(&im, s, e);
	if (im.warnings > IMPORT_WARNINGS)
		fprintf(stderr, "%s: warning: %zu more warnings\n",
		    QUOTE(span_str(name)), im.warnings - IMPORT_WARNINGS);
	if (im.lines_bad > 0)
		err_prefix(e, "%s", QUOTE(span_str(name)));
	if (st == ST_OK && b->state_dir != NULL)
		st = backfill_state_bind(b, e);
	return st;
}

/* In the service's store a scan is resumed only while the records are those
 * that it was begun with; with others it is another scan. */
static enum status
prepare(void *arg, struct store *s, struct err *e)
{
	struct backfill *b = arg;
	const struct store_api *api = ((struct store_base *)s)->api;
	enum status st;

	if (!uses_service_store(b))
		return prepare_records(b, s, e);
	st = listing_tell(b->logs.listing, s, e);
	if (st == ST_OK)
		st = api->index_generation(s, &b->range.salt, e);
	return st;
}

static void
tick(void *arg)
{
	struct backfill *b = arg;

	scan_progress_tick(&b->progress, &b->engine);
}

/* Where the findings go. */
static int
choose_store(struct backfill *b)
{
	struct engine_conf *c = &b->engine.conf;

	c->store_conf.owner = cmd_owner(b->owner);
	if (uses_service_store(b))
		return cmd_store_conf(&c->store_conf, &c->store, &b->config);
	if (b->state_dir != NULL) {
		c->store = &store_sqlite;
		return backfill_state_open(b, &c->store_conf);
	}
	c->store = &store_memory;
	c->store_conf.url = "memory:";
	keys_random(&c->store_conf.keys);
	return EX_OK;
}

static void
configure(struct backfill *b)
{
	struct engine_conf *c = &b->conf;
	const struct config *config = &b->config;
	static const struct store_sink out = {(char *)"stdout", {0, NULL}};

	c->config = config;
	c->threshold = (unsigned)(config->match.digest_threshold <
					  config->match.name_threshold
				      ? config->match.digest_threshold
				      : config->match.name_threshold);
	c->prepare = prepare;
	c->on_tick = tick;
	c->arg = b;
	if (uses_service_store(b)) {
		b->sinks = mem_new(config->alerts.num_sinks, sizeof(*b->sinks));
		c->store_conf.num_sinks = cmd_sinks(b->sinks, config);
		c->store_conf.sinks = b->sinks;
		c->hold_ms = config->alerts.hold_unverified_ms;
		return;
	}
	c->store_conf.sinks = &out;
	c->store_conf.num_sinks = 1;
	c->sinks = &scan_stdout;
	c->num_sinks = 1;
	c->find_sink = b->json ? scan_sink_json : scan_sink_text;
	c->tell_unproven = true;
	c->hold_ms = HOLD_MS;
}

/* --- afterwards ------------------------------------------------------------------------ */

/* Counting one log's findings in the store. */
struct counting {
	struct backfill *b;
	const struct tail_state *t;
	uint64_t hits, unproven, quarantined;
	bool print; /* the service's store has no printer */
};

static void
count_exposure(void *arg, const struct exposure *x)
{
	struct counting *c = arg;
	struct buf line = {0};
	bool here = false, proven = false;

	for (size_t i = 0; i < x->num_sightings; i++) {
		const struct sighting *s = &x->sightings[i];

		if (s->index < c->t->from || s->index >= c->t->to ||
		    memcmp(s->log_id, c->t->log_id->b, HASH_LEN) != 0)
			continue;
		here = true;
		proven = proven || s->verified;
	}
	if (!here)
		return;
	c->hits++;
	c->unproven += !proven;
	if (!c->print || x->time_ms < c->b->start_ms)
		return;
	if (c->b->json) {
		alert_json(x, c->b->config.instance, false, &line);
		buf_char(&line, '\n');
	} else {
		alert_text(x, false, &line);
	}
	fwrite(line.p, 1, line.len, stdout);
	buf_fini(&line);
}

static void
count_quarantine(
    void *arg, const struct hash *log_id, const char *reason, uint64_t index)
{
	struct counting *c = arg;

	(void)reason;
	c->quarantined += hash_eq(log_id, c->t->log_id) &&
			  index >= c->t->from && index < c->t->to;
}

static enum status
count_run(void *arg, struct store *s, struct err *e)
{
	struct counting *c = arg;
	const struct store_api *api = ((struct store_base *)s)->api;
	enum status st = api->exposures(s, c->t->log_id, count_exposure, c, e);

	if (st == ST_OK)
		st = api->quarantine_places(s, count_quarantine, c, e);
	return st;
}

static int
summary_exit(const struct entry_log *l, const struct tail_state *t)
{
	enum status st = engine_log_status(l);

	if (st == ST_OK && t->committed != t->to)
		return EX_SOFTWARE;
	/* From a log, that is misbehaviour; from a disk, damage. */
	if ((st == ST_BAD || st == ST_LIMIT) && !http_is_local(l->want.url))
		return EX_PROTOCOL;
	return cmd_exit(st);
}

/* One log's summary; returns its exit status. */
static int
summarise(struct backfill *b, const struct entry_log *l)
{
	struct scan_summary s = {.log = l,
	    .elapsed_s = (double)(now_ms() - b->start_ms) / 1000.0,
	    .instance = b->config.instance};
	struct counting c = {
	    .b = b, .t = &s.state, .print = uses_service_store(b)};
	struct err e = {""};
	int rc;

	if (l->tail != NULL) {
		tail_state(l->tail, &s.state);
		if (engine_task(&b->engine, count_run, &c, &e) != ST_OK)
			fprintf(stderr, "indelible: %s\n", e.text);
	}
	s.hits = c.hits;
	s.unproven = c.unproven;
	s.quarantined = c.quarantined;
	rc = summary_exit(l, &s.state);
	if (b->json)
		scan_summary_json(&s, stdout);
	else
		scan_summary_text(&s, stdout);
	if (rc != EX_OK && b->json)
		fprintf(stderr, "indelible: %s: %s\n",
		    QUOTE(span_str(l->tail ? s.state.name : l->want.name)),
		    l->tail ? s.state.err->text : l->err.text);
	return rc;
}

/* Everything that was to be printed came out. */
static bool
was_printed(const struct engine *g)
{
	struct courier_counts counts = {0};

	if (g->courier != NULL)
		courier_counts(g->courier, &counts);
	return fflush(stdout) == 0 && !ferror(stdout) && !counts.refused;
}

/* How to go on after a stop. */
static void
say_how_to_go_on(const struct backfill *b)
{
	if (uses_service_store(b) || b->state_dir != NULL)
		fprintf(stderr, "indelible: the same command again goes on "
				"from there\n");
	else
		fprintf(stderr, "indelible: nothing was kept; with --state "
				"DIR a scan can be resumed\n");
}

static int
finish(struct backfill *b)
{
	struct engine *g = &b->engine;
	int rc = EX_OK;

	scan_progress_end(&b->progress);
	if (g->failed && b->report_file != NULL)
		fprintf(stderr, "indelible: no report was written\n");
	if (g->failed)
		return cmd_fail(g->status, &g->err);
	for (size_t i = 0; i < g->num_logs; i++)
		rc = cmd_worst(rc, summarise(b, g->logs[i]));
	rc = cmd_worst(rc, backfill_report(b));
	if (!was_printed(g))
		rc = cmd_worst(rc, EX_IOERR);
	if (rc == EX_TEMPFAIL)
		say_how_to_go_on(b);
	return rc;
}

/* --- evidence ------------------------------------------------------------------------------ */

static const struct want_log *
log_known(void *arg, const struct hash *log_id)
{
	const struct engine *g = arg;

	for (size_t i = 0; i < g->num_logs; i++)
		if (hash_eq(logkey_id(g->logs[i]->want.key), log_id))
			return &g->logs[i]->want;
	return NULL;
}

/* What was found in these logs is proven while they are at hand: the service may
 * not know them. What that takes too long for is left to it. */
static void
gather_evidence(struct backfill *b)
{
	struct engine *g = &b->engine;
	struct gather_conf c = {.loop = g->loop,
	    .http = g->http,
	    .writer = g->writer,
	    .find = log_known,
	    .arg = g};
	int64_t until = now_ms() + GATHER_MS;

	b->gather = gather_new(&c);
	for (size_t i = 0; i < g->num_logs; i++)
		gather_log(b->gather, logkey_id(g->logs[i]->want.key), until);
	gather_stop(b->gather);
}

/* --- the whole --------------------------------------------------------------------------- */

static int
scan(struct backfill *b)
{
	struct err e = {""};
	enum status st;
	int rc;

	configure(b);
	engine_init(&b->engine, &b->conf);
	rc = read_wants(b);
	if (rc == EX_OK)
		rc = choose_store(b);
	if (rc != EX_OK) {
		engine_abort(&b->engine);
		return rc;
	}
	st = engine_open(&b->engine, &e);
	if (st != ST_OK)
		return cmd_store_fail(st, &e);
	if (b->wants.shelf != NULL)
		http_shelve(b->engine.http, b->wants.shelf);
	for (size_t i = 0; i < b->wants.num; i++)
		engine_add(&b->engine, &b->wants.list[i], &b->range);
	b->start_ms = now_ms();
	b->progress.quiet = b->quiet;
	b->progress.tty = isatty(STDERR_FILENO);
	engine_run(&b->engine);
	rc = finish(b);
	if (uses_service_store(b) && rc != EX_TEMPFAIL && !b->engine.failed)
		gather_evidence(b);
	engine_close(&b->engine);
	gather_free(b->gather);
	return rc;
}

int
backfill_run(struct backfill *b)
{
	int rc;

	engine_hold_signals();
	rc = read_config(b);
	if (rc != EX_OK)
		return rc;
	if (b->state_dir != NULL)
		rc = backfill_state_fits(b);
	if (rc == EX_OK)
		rc = backfill_report_fits(b);
	if (rc == EX_OK)
		rc = read_records(b);
	if (rc == EX_OK)
		rc = scan(b);
	keys_wipe(&b->engine.conf.store_conf.keys);
	listing_free(b->logs.listing);
	wants_fini(&b->wants);
	config_fini(&b->config);
	buf_fini(&b->records);
	free(b->sinks);
	free(b->state_url);
	free(b->list_dir);
	return rc;
}
