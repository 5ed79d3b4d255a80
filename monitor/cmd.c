/* cmd: what the subcommands share; see cmd.h. */
#include "monitor/cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "alerts/sink.h"
#include "config/value.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/engine.h"

static const int exits[] = {
    [ST_OK] = EX_OK,
    [ST_BAD] = EX_DATAERR,
    [ST_SIGNATURE] = EX_PROTOCOL,
    [ST_MISMATCH] = EX_PROTOCOL,
    [ST_LIMIT] = EX_DATAERR,
    [ST_AGAIN] = EX_TEMPFAIL,
    [ST_IO] = EX_IOERR,
    [ST_FULL] = EX_IOERR,
    [ST_MISSING] = EX_NOINPUT,
    [ST_STALE] = EX_UNAVAILABLE,
    [ST_BUSY] = EX_UNAVAILABLE,
    [ST_NEWER] = EX_CONFIG,
    [ST_USAGE] = EX_USAGE,
    [ST_DENIED] = EX_NOPERM,
    [ST_UNREACHABLE] = EX_UNAVAILABLE,
    [ST_RANGE] = EX_PROTOCOL,
    [ST_FAULT] = EX_SOFTWARE,
};

int
cmd_exit(enum status st)
{
	return st < sizeof(exits) / sizeof(exits[0]) ? exits[st] : EX_SOFTWARE;
}

int
cmd_fail(enum status st, const struct err *e)
{
	fprintf(stderr, "indelible: %s\n", e->text);
	return cmd_exit(st);
}

int
cmd_finish(int rc)
{
	bool bad = ferror(stdout) != 0;

	errno = 0;
	bad |= fflush(stdout) != 0;
	/* A stdout that was closed is no fault when there was nothing to say. */
	bad |= fclose(stdout) != 0 && errno != EBADF;
	if (!bad)
		return rc;
	if (rc != EX_IOERR)
		fprintf(stderr, "indelible: standard output: %s\n",
		    errno ? strerror(errno) : "write failed");
	return rc == EX_OK ? EX_IOERR : rc;
}

/* How bad an exit status is; one that the contract does not rank, like 70. */
static size_t
cmd_rank(int status)
{
	static const int order[] = {EX_OK, EX_TRUE, EX_TEMPFAIL, EX_UNAVAILABLE,
	    EX_IOERR, EX_CANTCREAT, EX_PROTOCOL};
	size_t n = sizeof(order) / sizeof(order[0]);

	for (size_t i = 0; i < n; i++)
		if (status == order[i])
			return i;
	return n;
}

int
cmd_worst(int a, int b)
{
	return cmd_rank(a) >= cmd_rank(b) ? a : b;
}

int
cmd_config_read(struct config *out, const char *file)
{
	char *found = file ? mem_str(file) : config_default_file();
	struct err e = {""};
	enum status st = config_read(out, found, stderr, &e);

	if (st != ST_OK)
		fprintf(stderr, "indelible: %s\n", e.text);
	free(found);
	if (st == ST_OK)
		return EX_OK;
	return st == ST_BAD ? EX_CONFIG : cmd_exit(st);
}

const char *
cmd_owner(char out[64])
{
	snprintf(out, 64, "pid %ld", (long)getpid());
	return out;
}

static void
cadence_set(struct store_sink *k, const struct conf_strings *severities,
    enum store_cadence cadence)
{
	for (size_t i = 0; i < severities->num; i++)
		for (int v = SEV_INFO; v <= SEV_HIGH; v++)
			if (strcmp(severities->list[i],
				severity_name((enum severity)v)) == 0)
				k->cadence[v] = (uint8_t)cadence;
}

static struct store_sink
store_sink_of(const struct config *c, const struct conf_sink *s)
{
	struct store_sink k = {.name = s->name,
	    .tenants = {s->tenants.num, s->tenants.list},
	    .to_record = sink_mails_records(s),
	    .digests = s->digest,
	    .per_day = (unsigned)c->alerts.per_day,
	    .day_ms = c->alerts.digest_day_ms,
	    .week_ms = c->alerts.digest_week_ms,
	    .at_ms = c->alerts.digest_at_ms};

	cadence_set(&k, &c->alerts.digest_daily, CADENCE_DAILY);
	cadence_set(&k, &c->alerts.digest_weekly, CADENCE_WEEKLY);
	return k;
}

size_t
cmd_sinks(struct store_sink *out, const struct config *c)
{
	for (size_t i = 0; i < c->alerts.num_sinks; i++) {
		const struct conf_sink *s = &c->alerts.sinks[i];

		out[i] = store_sink_of(c, s);
	}
	return c->alerts.num_sinks;
}

bool
cmd_store_exists(const struct config *c)
{
	const char *path;
	struct err e;

	return value_store(c->store, &path, &e) && path != NULL &&
	       access(path, F_OK) == 0;
}

char *
cmd_list_dir(const char *store_url)
{
	const char *path, *slash;
	struct buf b = {0};
	char *s;

	if (!value_store(store_url, &path, NULL) || path == NULL)
		return NULL;
	slash = strrchr(path, '/');
	if (slash != NULL)
		buf_add(&b, path, (size_t)(slash - path) + 1);
	buf_str(&b, "lists");
	s = mem_strn(b.p, b.len);
	buf_fini(&b);
	return s;
}

enum status
cmd_key_lost(const struct config *c, struct err *e)
{
	return err_set(e, ST_MISSING,
	    "%s: the store's master key is not there, and without it the store "
	    "cannot be read; put back your copy of it (keys.master_file)",
	    QUOTE(span_str(c->master_file)));
}

int
cmd_store_conf(struct store_conf *out, const struct store_api **api,
    const struct config *c)
{
	struct err e;
	enum status st;

	*api = store_find(c->store, &e);
	if (*api == NULL)
		return cmd_fail(ST_USAGE, &e) == EX_OK ? EX_OK : EX_CONFIG;
	st = keys_load(&out->keys, c->master_file, &e);
	if (st == ST_MISSING && cmd_store_exists(c))
		cmd_key_lost(c, &e);
	else if (st == ST_MISSING)
		err_set(&e, st,
		    "%s: there is no master key; `indelible store init` "
		    "makes key and store",
		    QUOTE(span_str(c->master_file)));
	if (st != ST_OK)
		return cmd_fail(st, &e);
	cmd_keys_settle(&out->keys, *api, c);
	out->url = c->store;
	return EX_OK;
}

int
cmd_store_fail(enum status st, const struct err *e)
{
	fprintf(stderr, "indelible: %s\n", e->text);
	return st == ST_MISMATCH ? EX_CONFIG : cmd_exit(st);
}
