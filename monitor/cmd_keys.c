/*
 * cmd_keys: a new master key in place of the old one. The old one is in FILE,
 * the new one in FILE.new until the store has changed over; then it takes its
 * place. What a crash leaves between the two is finished by the next command
 * that opens the store (cmd_keys_settle).
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"
#include "monitor/cmd.h"
#include "monitor/opts.h"
#include "monitor/store/ledger.h"
#include "monitor/tail.h"

static const struct opt table[] = {
    {"config", 'c', "FILE", "the configuration"},
    {0},
};

/* --- after a crash ---------------------------------------------------------- */

static enum status
try_open(const struct store_api *api, struct store_conf *sc, bool read_only)
{
	struct store *s;
	struct err e;
	enum status st;

	sc->read_only = read_only;
	st = api->open(&s, sc, &e);
	if (st == ST_OK)
		api->close(s);
	return st;
}

/* The store is under the key in FILE.new, which is to take FILE's place: by
 * whoever has the store alone. */
static void
finish(const struct store_api *api, struct store_conf *sc, const char *file)
{
	struct store *s;
	struct err e;

	sc->read_only = false;
	if (api->open(&s, sc, &e) != ST_OK)
		return;
	if (keys_next_take(file, &e) != ST_OK)
		fprintf(stderr, "indelible: %s\n", e.text);
	api->close(s);
}

void
cmd_keys_settle(
    struct keys *k, const struct store_api *api, const struct config *c)
{
	char owner[64];
	struct store_conf sc = {
	    .url = c->store, .keys = *k, .owner = cmd_owner(owner)};

	if (keys_next_load(&sc.keys, c->master_file, NULL) == ST_OK &&
	    try_open(api, &sc, true) == ST_OK) {
		finish(api, &sc, c->master_file);
		*k = sc.keys;
	}
	keys_wipe(&sc.keys);
}

/* --- keys rotate ------------------------------------------------------------ */

static enum status
rotate(struct store *s, const char *file, struct err *e)
{
	const struct store_api *api = ((struct store_base *)s)->api;
	char who[32];
	struct actor actor = {who, now_ms()};
	struct keys next;
	enum status st = keys_next_make(&next, file, e);

	if (st != ST_OK)
		return st;
	snprintf(who, sizeof(who), "uid %ld", (long)getuid());
	st = api->ledger->rotate(s, &next, &actor, e);
	keys_wipe(&next);
	if (st == ST_OK)
		return keys_next_take(file, e);
	/* After an I/O error nobody knows; the next command finds out. */
	if (st != ST_IO)
		keys_next_drop(file);
	return st;
}

static int
keys_rotate(const struct config *c)
{
	struct store_conf sc = {0};
	const struct store_api *api;
	struct store *s;
	char owner[64];
	struct err e;
	enum status st;
	int rc = cmd_store_conf(&sc, &api, c);

	if (rc != EX_OK)
		return rc;
	sc.owner = cmd_owner(owner);
	st = api->open(&s, &sc, &e);
	keys_wipe(&sc.keys);
	if (st == ST_BUSY)
		err_prefix(&e, "a new key needs the store for itself, for a "
			       "running service matches with the old one");
	if (st != ST_OK)
		return cmd_store_fail(st, &e);
	st = rotate(s, c->master_file, &e);
	api->close(s);
	if (st != ST_OK)
		return cmd_store_fail(st, &e);
	printf("%s has a new master key, in %s; the old one is gone\n"
	       "keep a copy of the new one elsewhere, and make a new backup: "
	       "those made before\nopen with the old key only\n",
	    QUOTE(span_str(c->store)), QUOTE(span_str(c->master_file)));
	return EX_OK;
}

int
cmd_keys(int argc, char **argv)
{
	struct opts o = {.usage = "indelible keys rotate [-c FILE]",
	    .about =
		"rotate puts a new master key in the place of the old one: "
		"the keys of all\nrecords are wrapped anew, and all keyed "
		"hashes are made anew. The service must\nnot run "
		"meanwhile. Backups made before open with the old key "
		"only, of which\nnothing is left here.",
	    .table = table,
	    .argc = argc,
	    .argv = argv};
	const char *file = NULL;
	struct config c;
	int n, rc;

	while ((n = opts_next(&o)) >= 0)
		file = o.value;
	if (n != OPTS_END)
		return n == OPTS_HELP ? EX_OK : EX_USAGE;
	if (o.at == argc || strcmp(argv[o.at], "rotate") != 0) {
		opts_wrong(&o, "say `keys rotate`");
		return EX_USAGE;
	}
	if (!opts_at_most(&o, 1))
		return EX_USAGE;
	rc = cmd_config_read(&c, file);
	if (rc != EX_OK)
		return rc;
	rc = keys_rotate(&c);
	config_fini(&c);
	return rc;
}
