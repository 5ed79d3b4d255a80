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
#include "monitor/opts.h"

enum { O_CONFIG, O_LIST, O_LIST_KEY, O_JSON };
static const struct opt table[] = {
    [O_CONFIG] = {"config", 'c', "FILE", "the configuration"},
    [O_LIST] = {"log-list", 0, "FILE|URL",
	"this list instead of the configuration's"},
    [O_LIST_KEY] = {"log-list-key", 0, "PEM", "the key that signed its .sig"},
    [O_JSON] = {"json", 0, NULL, "JSON Lines instead of text"},
    {0},
};

struct args {
	const char *config, *list, *list_key, *verb, *name;
	bool json;
	struct listing *listing;
	size_t shown;
};

static void
log_json(const struct loglist_log *l, const char *list)
{
	struct buf b = {0};

	buf_str(&b, "{\"log_id\":\"");
	text_base64(&b, hash_span(&l->log_id));
	buf_str(&b, "\",\"description\":");
	text_json(&b, span_str(l->description));
	buf_str(&b, ",\"operator\":");
	text_json(&b, span_str(l->operator_name));
	buf_str(&b, ",\"url\":");
	text_json(&b, span_str(l->url));
	buf_fmt(&b, ",\"api\":\"%s\",\"state\":\"%s\",\"mmd\":%u",
	    l->tiled ? "static" : "rfc6962", loglist_state_name(l->state),
	    l->mmd_s);
	if (l->origin != NULL) {
		buf_str(&b, ",\"origin\":");
		text_json(&b, span_str(l->origin));
	}
	buf_str(&b, ",\"list\":");
	text_json(&b, span_str(list));
	buf_str(&b, "}\n");
	fwrite(b.p, 1, b.len, stdout);
	buf_fini(&b);
}

static void
log_line(const struct loglist_log *l)
{
	struct buf b = {0};

	buf_fmt(&b, "%-9s %-7s ", loglist_state_name(l->state),
	    l->tiled ? "static" : "rfc6962");
	text_line(&b, span_str(l->description), 128);
	buf_str(&b, "  ");
	text_line(&b, span_str(l->url), LIMIT_URL);
	buf_char(&b, '\n');
	fwrite(b.p, 1, b.len, stdout);
	buf_fini(&b);
}

static void
log_block(const struct loglist_log *l, const char *list)
{
	struct buf id = {0};
	char from[TEXT_TIME], to[TEXT_TIME];

	text_base64(&id, hash_span(&l->log_id));
	printf("%s\n", QUOTE(span_str(l->description)));
	printf("  operator  %s\n", QUOTE(span_str(l->operator_name)));
	printf("  log id    %s\n", buf_cstr(&id));
	printf("  url       %s\n", QUOTE(span_str(l->url)));
	printf("  api       %s\n", l->tiled ? "static" : "rfc6962");
	if (l->origin != NULL)
		printf("  origin    %s\n", QUOTE(span_str(l->origin)));
	printf("  state     %s\n", loglist_state_name(l->state));
	if (l->end_ms != 0)
		printf("  expiries  %s to %s\n", text_time(from, l->start_ms),
		    text_time(to, l->end_ms));
	printf("  list      %s\n", QUOTE(span_str(list)));
	buf_fini(&id);
}

/* By description, id or URL. */
static bool
is_named(const struct loglist_log *l, const char *name)
{
	uint8_t id[HASH_LEN];

	if (text_unbase64_exact(id, HASH_LEN, span_str(name)))
		return memcmp(id, l->log_id.b, HASH_LEN) == 0;
	return !strcmp(name, l->description) || !strcmp(name, l->url);
}

static void
show(struct args *a, const struct loglist *list, const char *label)
{
	for (size_t i = 0; i < list->num; i++) {
		const struct loglist_log *l = &list->log[i];

		if (a->name != NULL && !is_named(l, a->name))
			continue;
		a->shown++;
		if (a->json)
			log_json(l, label);
		else if (a->name != NULL)
			log_block(l, label);
		else
			log_line(l);
	}
}

static int
one_list(struct args *a, const struct list_source *src)
{
	const char *label = src->name  ? src->name
			    : src->url ? src->url
				       : src->file;
	struct loglist list = {0};
	struct err e = {""};
	enum status st = listing_read(a->listing, src, &list, &e);

	if (st != ST_OK)
		return cmd_fail(st, &e);
	if (strcmp(a->verb, "refresh") != 0)
		show(a, &list, label);
	else if (src->url != NULL)
		printf("%s: %zu logs\n", QUOTE(span_str(label)), list.num);
	loglist_fini(&list);
	return EX_OK;
}

/* All are shown; the first failure counts. */
static int
all_lists(struct args *a, const struct config *c)
{
	int rc = EX_OK, one;

	if (a->list != NULL) {
		bool is_url = strstr(a->list, "://") != NULL;
		struct list_source src = {.key_file = a->list_key};

		*(is_url ? &src.url : &src.file) = a->list;
		return one_list(a, &src);
	}
	for (size_t i = 0; i < c->logs.num_lists; i++) {
		struct list_source src = listing_source(&c->logs.lists[i]);

		one = one_list(a, &src);
		rc = rc == EX_OK ? one : rc;
	}
	return rc;
}

static int
logs_run(struct args *a, const struct config *c)
{
	char *dir = cmd_list_dir(c->store);
	struct listing_conf lc = {.config = c,
	    .dir = dir,
	    .allow_http = c->allow_http,
	    .offline = strcmp(a->verb, "refresh") != 0};
	int rc;

	a->listing = listing_new(&lc);
	rc = all_lists(a, c);
	listing_free(a->listing);
	free(dir);
	if (rc == EX_OK && a->name != NULL && a->shown == 0) {
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
	    .usage = "indelible logs list [-c FILE] [--log-list FILE|URL] "
		     "[--json]\n"
		     "       indelible logs show [-c FILE] [--log-list "
		     "FILE|URL] [--json] NAME\n"
		     "       indelible logs refresh [-c FILE]\n"
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
