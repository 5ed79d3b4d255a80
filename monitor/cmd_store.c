/*
 * cmd_store: making a store, bringing an old one up to date, making copies of
 * one and putting them back.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/value.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/cmd.h"
#include "monitor/opts.h"
#include "monitor/store/ledger.h"
#include "monitor/tail.h"
#include "monitor/token.h"

static const struct opt table[] = {
    {"config", 'c', "FILE", "the configuration"},
    {0},
};

/* The directory of a file, when its parent is there already. What does not
 * work out is told by whoever makes the file. */
static void
make_directory(const char *file)
{
	const char *slash = file ? strrchr(file, '/') : NULL;
	char *dir;

	if (slash == NULL || slash == file)
		return;
	dir = mem_strn(file, (size_t)(slash - file));
	mkdir(dir, 0700);
	free(dir);
}

/* The master key, and the token by which commands use a running service's
 * admin door. */
static enum status
make_secrets(const struct config *c, bool *token_made, struct err *e)
{
	const char *token = c->admin.token_file;
	enum status st;

	*token_made = false;
	make_directory(c->master_file);
	st = keys_create(c->master_file, e);
	if ((st != ST_OK && st != ST_BUSY) || token == NULL ||
	    cmd_store_exists(c))
		return st;
	make_directory(token);
	st = tokens_create(token, e);
	*token_made = st == ST_OK;
	return st;
}

static int
store_init(const struct config *c, const char *operand)
{
	struct store_conf sc = {0};
	const struct store_api *api;
	const char *path = NULL;
	bool token_made;
	struct err e;
	enum status st;
	int rc;

	(void)operand;
	if (cmd_store_exists(c) && access(c->master_file, F_OK) != 0) {
		cmd_fail(cmd_key_lost(c, &e), &e);
		return EX_CANTCREAT;
	}
	make_directory(value_store(c->store, &path, &e) ? path : NULL);
	st = make_secrets(c, &token_made, &e);
	if (st != ST_OK && st != ST_BUSY)
		return cmd_fail(st, &e) == EX_NOINPUT ? EX_CANTCREAT
						      : cmd_exit(st);
	rc = cmd_store_conf(&sc, &api, c);
	if (rc != EX_OK)
		return rc;
	st = api->init(&sc, &e);
	keys_wipe(&sc.keys);
	if (st == ST_BUSY || st == ST_MISSING) {
		cmd_fail(st, &e);
		return EX_CANTCREAT;
	}
	if (st != ST_OK)
		return cmd_store_fail(st, &e);
	printf("made %s; its master key is %s\n"
	       "keep a copy of the key elsewhere: without it the store "
	       "cannot be read\n",
	    QUOTE(span_str(c->store)), QUOTE(span_str(c->master_file)));
	if (token_made)
		printf("made %s: with the token in it commands, and you, may "
		       "do everything\nthrough a running service\n",
		    QUOTE(span_str(c->admin.token_file)));
	return EX_OK;
}

/* Opening a store for writing brings it up to date. */
static int
store_migrate(const struct config *c, const char *operand)
{
	struct store_conf sc = {0};
	const struct store_api *api;
	struct store *s;
	char owner[64];
	struct err e;
	enum status st;
	int rc = cmd_store_conf(&sc, &api, c);

	(void)operand;
	if (rc != EX_OK)
		return rc;
	sc.owner = cmd_owner(owner);
	st = api->open(&s, &sc, &e);
	keys_wipe(&sc.keys);
	if (st != ST_OK)
		return cmd_store_fail(st, &e);
	api->close(s);
	printf("%s is up to date\n", QUOTE(span_str(c->store)));
	return EX_OK;
}

/* --- copies ---------------------------------------------------------------- */

static int
store_backup(const struct config *c, const char *file)
{
	struct store_conf sc = {.read_only = true};
	const struct store_api *api;
	struct store *s;
	struct err e;
	enum status st;
	int rc = cmd_store_conf(&sc, &api, c);

	if (rc != EX_OK)
		return rc;
	st = api->open(&s, &sc, &e);
	keys_wipe(&sc.keys);
	if (st != ST_OK)
		return cmd_store_fail(st, &e);
	st = api->ledger->backup(s, file, &e);
	api->close(s);
	if (st == ST_BUSY || st == ST_MISSING) {
		cmd_fail(st, &e);
		return EX_CANTCREAT;
	}
	if (st != ST_OK)
		return cmd_store_fail(st, &e);
	printf("copied %s to %s\n"
	       "it opens with the master key only, which is not in it: keep a "
	       "copy of that, too, elsewhere\n",
	    QUOTE(span_str(c->store)), QUOTE(span_str(file)));
	return EX_OK;
}

static void
say_lost(const struct ledger_restored *r)
{
	printf("%zu record%s that came since the backup %s not in it; import "
	       "%s again:\n",
	    r->lost, r->lost == 1 ? "" : "s", r->lost == 1 ? "is" : "are",
	    r->lost == 1 ? "it" : "them");
	for (size_t i = 0; i < r->lost && i < LEDGER_LOST; i++)
		printf("  %s of tenant %s\n",
		    QUOTE(span_str(r->lost_ids[i].id)),
		    QUOTE(span_str(r->lost_ids[i].tenant)));
	if (r->lost > LEDGER_LOST)
		printf("  and %zu more\n", r->lost - LEDGER_LOST);
}

static void
say_former(const struct ledger_restored *r)
{
	printf("what was here before is kept as %s; delete that when it is not "
	       "needed\nany more, for there are people in it\n",
	    QUOTE(span_str(r->before)));
	if (r->ended > 0)
		printf("%zu record%s that ended or changed since the backup "
		       "%s not active again\n",
		    r->ended, r->ended == 1 ? "" : "s",
		    r->ended == 1 ? "is" : "are");
	if (r->lost > 0)
		say_lost(r);
	if (!r->whole)
		printf("warning: not all of that could be read. Who was "
		       "erased, withdrew or paused\nsince the backup may be "
		       "watched again: look at your notes and end these "
		       "records\nbefore you start the service\n");
	if (!r->never)
		printf("warning: who said \"never write to this address "
		       "again\" since the backup is\nnot known here\n");
}

static void
say_restored(const struct ledger_restored *r)
{
	if (r->former)
		say_former(r);
	else
		printf("warning: there was no store here that could tell what "
		       "happened since the backup.\nWho was erased, withdrew, "
		       "paused or said \"never again\" since then is in it as "
		       "before:\nlook at your notes and end these records "
		       "before you start the service\n");
	printf("logs are read again from where they were; alerts come again "
	       "with the same ids\n");
}

static int
store_restore(const struct config *c, const char *file)
{
	struct store_conf sc = {0};
	const struct store_api *api;
	struct ledger_restored done;
	char owner[64], uid[32];
	struct actor who = {uid, now_ms()};
	struct err e;
	enum status st;
	int rc = cmd_store_conf(&sc, &api, c);

	if (rc != EX_OK)
		return rc;
	sc.owner = cmd_owner(owner);
	snprintf(uid, sizeof(uid), "uid %ld", (long)getuid());
	st = api->ledger->restore(&sc, file, &who, &done, &e);
	keys_wipe(&sc.keys);
	if (st != ST_OK)
		return cmd_store_fail(st, &e);
	printf("%s is the copy %s now\n", QUOTE(span_str(c->store)),
	    QUOTE(span_str(file)));
	say_restored(&done);
	free(done.before);
	return EX_OK;
}

static const struct {
	const char *name;
	int (*run)(const struct config *c, const char *operand);
	bool takes_file;
} verbs[] = {{"init", store_init, false}, {"backup", store_backup, true},
    {"restore", store_restore, true}, {"migrate", store_migrate, false}};
#define NUM_VERBS (sizeof(verbs) / sizeof(verbs[0]))

int
cmd_store(int argc, char **argv)
{
	struct opts o = {.usage =
			     "indelible store init|migrate [-c FILE]\n"
			     "       indelible store backup|restore [-c FILE] "
			     "COPY",
	    .about = "init makes an empty store where the configuration says, "
		     "and its master key when\nthere is none, and the "
		     "directory of each when only that is missing. Refuses "
		     "to\ntouch a store that exists.\n"
		     "backup copies the store into a new file, also beside a "
		     "running service; the\nmaster key is not in it. restore "
		     "makes such a copy the store again, and keeps\nwhat was "
		     "there before beside it; nobody who left since then is "
		     "brought back.\n"
		     "migrate brings the store of an older version up to "
		     "date; the service does so\nby itself when it starts.",
	    .table = table,
	    .argc = argc,
	    .argv = argv};
	const char *file = NULL;
	struct config c;
	size_t verb = 0;
	int n, rc;

	while ((n = opts_next(&o)) >= 0)
		file = o.value;
	if (n != OPTS_END)
		return n == OPTS_HELP ? EX_OK : EX_USAGE;
	while (o.at < argc && verb < NUM_VERBS &&
	       strcmp(argv[o.at], verbs[verb].name) != 0)
		verb++;
	if (o.at == argc || verb == NUM_VERBS) {
		opts_wrong(&o, "say `store init`, `store backup FILE`, "
			       "`store restore FILE` or `store migrate`");
		return EX_USAGE;
	}
	if (verbs[verb].takes_file && o.at + 1 == argc) {
		opts_wrong(&o, "name the file of the copy");
		return EX_USAGE;
	}
	if (!opts_at_most(&o, verbs[verb].takes_file ? 2 : 1))
		return EX_USAGE;
	rc = cmd_config_read(&c, file);
	if (rc != EX_OK)
		return rc;
	rc = verbs[verb].run(&c, argv[argc > o.at + 1 ? o.at + 1 : o.at]);
	config_fini(&c);
	return rc;
}
