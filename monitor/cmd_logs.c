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

enum { O_CONFIG, O_LIST, O_LIST_KEY, O_CONTACT, O_ACCEPT, O_JSON };
static const struct opt table[] = {
    [O_CONFIG] = {"config", 'c', "FILE", "the configuration"},
    [O_LIST] = {"log-list", 0, "NAME|FILE|URL",
	"this list instead of the configuration's"},
    [O_LIST_KEY] = {"log-list-key", 0, "PEM", "the key that signed its .sig"},
    [O_CONTACT] = {"contact", 0, "ADDR",
	"refresh: whom a list's publisher can write to"},
    [O_ACCEPT] = {"accept", 0, NULL,
	"refresh: take a list refused for the logs it lost"},
    [O_JSON] = {"json", 0, NULL, "JSON Lines instead of text"},
    {0},
};

struct args {
	const char *config, *list, *list_key, *contact, *verb, *name;
	bool json, accept;
	struct listing *listing;
	struct logs_view view;
	struct wants wants; /* by the configuration */
};

static bool
is_refresh(const struct args *a)
{
	return strcmp(a->verb, "refresh") == 0;
}

/* The log that is built in is shown without a list. */
static bool
is_special(const struct args *a)
{
	return strcmp(a->verb, "show") == 0 &&
	       strcasecmp(a->name, LISTING_FULCIO) == 0;
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

/* What the configuration follows of the lists that were read. */
static int
choose(struct args *a, const struct config *c)
{
	struct lists lists = {
	    a->view.num_lists, mem_new(a->view.num_lists, sizeof(*lists.list))};
	struct err e = {""};
	enum status st;

	for (size_t i = 0; i < lists.num; i++)
		lists.list[i] = a->view.lists[i].list; /* borrowed */
	st = wants_of_lists(&a->wants, c, &lists, &e);
	free(lists.list);
	if (st != ST_OK)
		return cmd_fail(st, &e);
	a->view.wants = &a->wants;
	return EX_OK;
}

/* All are read; the worst failure counts. */
static int
all_lists(struct args *a, const struct config *c)
{
	size_t num = a->list != NULL ? 1 : c->logs.num_lists, urls = 0;
	int rc = EX_OK;

	if (is_special(a)) {
		logs_view_special(&a->view);
		return rc;
	}
	for (size_t i = 0; i < num; i++) {
		struct list_source src =
		    a->list != NULL ? listing_named(a->list, a->list_key)
				    : listing_source(&c->logs.lists[i]);

		urls += src.url != NULL;
		if (!is_refresh(a) || src.url != NULL)
			rc = cmd_worst(rc, one_list(a, &src));
	}
	if (is_refresh(a) && urls == 0)
		fprintf(stderr, "indelible: nothing to fetch: there are only "
				"lists in files, which are read as they are\n");
	if (!is_refresh(a) && a->list == NULL)
		rc = cmd_worst(rc, choose(a, c));
	if (a->name != NULL || (!is_refresh(a) && a->list == NULL))
		logs_view_special(&a->view);
	logs_view_extra(&a->view);
	return rc;
}

static int
logs_run(struct args *a, const struct config *c)
{
	char *dir = cmd_list_dir(c->store);
	struct listing_conf lc = {.config = c,
	    .dir = dir,
	    .allow_http = c->allow_http,
	    .accept = a->accept,
	    .offline = !is_refresh(a)};
	size_t shown;
	int rc;

	a->listing = listing_new(&lc);
	a->view.json = a->json;
	a->view.name = a->name;
	rc = all_lists(a, c);
	shown = logs_view_say(&a->view);
	if (rc == EX_OK && a->name != NULL && shown == 0) {
		fprintf(stderr, "indelible: no list has a log %s\n",
		    QUOTE(span_str(a->name)));
		logs_view_suggest(&a->view);
		rc = EX_USAGE;
	}
	logs_view_fini(&a->view);
	wants_fini(&a->wants);
	listing_free(a->listing);
	free(dir);
	return rc;
}

static bool
contact_ok(const struct args *a, const struct opts *o)
{
	struct err e;

	if (a->contact == NULL || config_contact_ok(a->contact, &e))
		return true;
	opts_wrong(o, "--contact: %s", e.text);
	return false;
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
	else if (!is_refresh(a) && (a->accept || a->contact != NULL))
		opts_wrong(o, "--accept and --contact go with `logs refresh`");
	else if (!contact_ok(a, o))
		return false;
	else if (opts_at_most(o, named ? 2 : 1)) {
		a->name = named ? o->argv[o->at + 1] : NULL;
		return true;
	}
	return false;
}

static int
args_read(struct args *a, struct opts *o)
{
	const char **places[] = {
	    &a->config, &a->list, &a->list_key, &a->contact};
	int c;

	while ((c = opts_next(o)) >= 0) {
		if (c == O_JSON)
			a->json = true;
		else if (c == O_ACCEPT)
			a->accept = true;
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
		     "LIST] [--contact ADDR]\n"
		     "               [--accept] [--json]\n"
		     "       indelible logs bridge [-c FILE] [--json] NAME",
	    .about = "The logs of the configured lists, out of files and of "
		     "the copies that are kept\nbeside the store; refresh "
		     "fetches these. bridge is your word that a log "
		     "that\nmisbehaved is to be read on: `status` says when "
		     "one waits for that.",
	    .table = table,
	    .argc = argc,
	    .argv = argv};
	struct args a = {0};
	struct config c;
	int rc = args_read(&a, &o);

	if (rc != OPTS_END)
		return rc == OPTS_HELP ? EX_OK : EX_USAGE;
	diag_level(DIAG_WARN);
	if (a.config == NULL && (a.list != NULL || is_special(&a))) {
		config_defaults(&c);
		rc = EX_OK;
	} else {
		rc = cmd_config_read(&c, a.config);
	}
	if (rc != EX_OK)
		return rc;
	if (a.contact != NULL) {
		free(c.contact);
		c.contact = mem_str(a.contact);
	}
	rc = strcmp(a.verb, "bridge") == 0 ? bridge_run(&c, a.name, a.json)
					   : logs_run(&a, &c);
	config_fini(&c);
	return rc;
}
