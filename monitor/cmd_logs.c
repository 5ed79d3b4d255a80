/* cmd_logs: what the configured log lists say, out of files and copies. */
#include <stdio.h>
#include <string.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/bridge.h"
#include "monitor/cmd.h"
#include "monitor/diag.h"
#include "monitor/listing.h"
#include "monitor/logs_view.h"
#include "monitor/opts.h"

enum { O_CONFIG, O_LIST, O_LIST_KEY, O_JSON };
static const struct opt table[] = {
    [O_CONFIG] = {"config", 'c', "FILE", "the configuration"},
    [O_LIST] = {"log-list", 0, "NAME|FILE|URL",
	"this list instead of the configuration's"},
    [O_LIST_KEY] = {"log-list-key", 0, "PEM", "the key that signed its .sig"},
    [O_JSON] = {"json", 0, NULL, "JSON Lines instead of text"},
    {0},
};

struct args {
	const char *config, *list, *list_key, *verb, *name;
	bool json;
	struct listing *listing;
	struct logs_view view;
};

static bool
is_refresh(const struct args *a)
{
	return strcmp(a->verb, "refresh") == 0;
}

/* Into the view, or when it was fetched a line of it. */
static int
one_list(struct args *a, const struct list_source *src)
{
	struct loglist list = {0};
	struct err e = {""};
	enum status st = listing_read(a->listing, src, &list, &e);

	if (st != ST_OK)
		return cmd_fail(st, &e);
	if (!is_refresh(a)) {
		if (a->name == NULL && !a->json)
			logs_view_list(&a->view, src, &list);
		logs_view_add(&a->view, src, &list);
		return EX_OK;
	}
	st = listing_fetched(a->listing);
	if (st == ST_OK)
		logs_view_list(&a->view, src, &list);
	loglist_fini(&list);
	return cmd_exit(st);
}

/* All are read; the worst failure counts. */
static int
all_lists(struct args *a, const struct config *c)
{
	int rc = EX_OK;

	if (a->list != NULL) {
		struct list_source src = listing_named(a->list, a->list_key);

		return one_list(a, &src);
	}
	for (size_t i = 0; i < c->logs.num_lists; i++) {
		struct list_source src = listing_source(&c->logs.lists[i]);

		if (!is_refresh(a) || src.url != NULL)
			rc = cmd_worst(rc, one_list(a, &src));
	}
	if (!is_refresh(a))
		logs_view_special(&a->view);
	return rc;
}

static int
logs_run(struct args *a, const struct config *c)
{
	char *dir = cmd_list_dir(c->store);
	struct listing_conf lc = {.config = c,
	    .dir = dir,
	    .allow_http = c->allow_http,
	    .offline = !is_refresh(a)};
	size_t shown;
	int rc;

	a->listing = listing_new(&lc);
	a->view.json = a->json;
	a->view.name = a->name;
	rc = all_lists(a, c);
	shown = logs_view_say(&a->view);
	logs_view_fini(&a->view);
	listing_free(a->listing);
	free(dir);
	if (rc == EX_OK && a->name != NULL && shown == 0) {
		fprintf(stderr, "indelible: no list has a log %s\n",
		    QUOTE(span_str(a->name)));
		return EX_USAGE;
	}
	return rc;
}

static bool
operands_read(struct args *a, const struct opts *o)
{
	bool named;

	a->verb = o->at < o->argc ? o->argv[o->at] : "";
	named = strcmp(a->verb, "show") == 0 || strcmp(a->verb, "bridge") == 0;
	if (!named && strcmp(a->verb, "list") != 0 &&
	    strcmp(a->verb, "refresh") != 0)
		opts_wrong(o, "say `logs list`, `logs show NAME`, `logs "
			      "refresh` or `logs bridge NAME`");
	else if (named && o->at + 1 >= o->argc)
		opts_wrong(o, "which log? give its name, log_id or URL");
	else if (a->list == NULL && a->list_key != NULL)
		opts_wrong(o, "--log-list-key goes with --log-list");
	else if (opts_at_most(o, named ? 2 : 1)) {
		a->name = named ? o->argv[o->at + 1] : NULL;
		return true;
	}
	return false;
}

static int
args_read(struct args *a, struct opts *o)
{
	const char **places[] = {&a->config, &a->list, &a->list_key};
	int c;

	while ((c = opts_next(o)) >= 0) {
		if (c == O_JSON)
			a->json = true;
		else
			*places[c] = o->value;
	}
	if (c != OPTS_END)
		return c;
	return operands_read(a, o) ? OPTS_END : OPTS_BAD;
}

int
cmd_logs(int argc, char **argv)
{
	struct opts o = {
	    .usage = "indelible logs list [-c FILE] [--log-list LIST] "
		     "[--json]\n"
		     "       indelible logs show [-c FILE] [--log-list "
		     "LIST] [--json] NAME\n"
		     "       indelible logs refresh [-c FILE] [--log-list "
		     "LIST] [--json]\n"
		     "       indelible logs bridge [-c FILE] [--json] NAME",
	    .about = "The logs of the configured lists, out of files and of "
		     "the copies that are kept\nbeside the store; refresh "
		     "fetches these. bridge is your word that a log that "
		     "misbehaved\nis to be read on: `status` says when one "
		     "waits for that.",
	    .table = table,
	    .argc = argc,
	    .argv = argv};
	struct args a = {0};
	struct config c;
	int rc = args_read(&a, &o);

	if (rc != OPTS_END)
		return rc == OPTS_HELP ? EX_OK : EX_USAGE;
	diag_level(DIAG_WARN);
	if (a.list != NULL && a.config == NULL) {
		config_defaults(&c);
		rc = EX_OK;
	} else {
		rc = cmd_config_read(&c, a.config);
	}
	if (rc != EX_OK)
		return rc;
	rc = strcmp(a.verb, "bridge") == 0 ? bridge_run(&c, a.name, a.json)
					   : logs_run(&a, &c);
	config_fini(&c);
	return rc;
}
