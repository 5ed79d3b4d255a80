/*
 * cmd_config: `indelible config check|print`. Every mistake is named at once,
 * with its place; no file is read but the configuration itself.
 */
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "config/mistake.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/cmd.h"
#include "monitor/config_warn.h"
#include "monitor/opts.h"

struct ask {
	const char *file;
	bool json, print;
};

static const struct opt table[] = {
    {"config", 'c', "FILE", "the configuration; else as in indelible(8)"},
    {"json", 0, NULL, "JSON, one object a line"},
    {0},
};

/* EX_OK to go on, -1 after help, else what to exit with. */
static int
read_options(struct ask *a, int argc, char **argv)
{
	struct opts o = {
	    .usage = "indelible config check|print [-c FILE] [--json]",
	    .about = "check: name every mistake in the configuration, with its "
		     "place; warn of what\nthis version does not do, and of "
		     "files that cannot be read.\nprint: show the "
		     "configuration as it takes "
		     "effect, defaults included.",
	    .table = table,
	    .argc = argc,
	    .argv = argv,
	};
	int i;

	while ((i = opts_next(&o)) != OPTS_END) {
		if (i == OPTS_HELP)
			return -1;
		if (i == OPTS_BAD)
			return EX_USAGE;
		if (table[i].letter == 'c')
			a->file = o.value;
		else
			a->json = true;
	}
	if (o.at + 1 == argc && strcmp(argv[o.at], "check") == 0)
		return EX_OK;
	a->print = true;
	if (o.at + 1 == argc && strcmp(argv[o.at], "print") == 0)
		return EX_OK;
	fprintf(stderr,
	    "indelible: say `config check` or `config print`\n"
	    "usage: %s\n",
	    o.usage);
	return EX_USAGE;
}

static void
say_valid(const struct ask *a, const struct config *c, size_t mistakes)
{
	struct buf b = {0};

	if (a->json) {
		buf_str(&b, "{\"file\":");
		text_json(&b, span_str(a->file));
		printf("%s,\"valid\":%s,\"mistakes\":%zu}\n", buf_cstr(&b),
		    mistakes ? "false" : "true", mistakes);
	} else if (mistakes == 0) {
		printf("%s: ok\n", QUOTE(span_str(a->file)));
	}
	if (mistakes == 0 && c->alerts.num_sinks == 0)
		fprintf(stderr,
		    "indelible: %s: no sink is configured, so alerts stay in "
		    "the store (alerts.sinks)\n",
		    QUOTE(span_str(a->file)));
	buf_fini(&b);
}

static void
answer(const struct ask *a, const struct config *c)
{
	if (!a->print)
		say_valid(a, c, 0);
	else if (a->json)
		config_print_json(c, stdout);
	else
		config_print(c, stdout);
}

/* Of what is no mistake, but will not do what it says. */
static void
warn(const struct ask *a, struct mistakes *m, const struct config *c)
{
	config_warn(m, c);
	if (a->json)
		mistakes_print_json(m, stdout);
	else
		mistakes_print(m, stderr);
}

static int
complain(const struct ask *a, const struct mistakes *m, const struct err *e)
{
	if (a->json && !a->print && m->num > 0) {
		mistakes_print_json(m, stdout);
		say_valid(a, NULL, m->num);
	} else {
		mistakes_print(m, stderr);
	}
	fprintf(stderr, "indelible: %s\n", e->text);
	return EX_CONFIG;
}

static int
run(const struct ask *a)
{
	struct mistakes m;
	struct config c;
	struct err e = {0};
	enum status st = config_load(&c, a->file, &m, &e);
	int rc = EX_OK;

	if (st == ST_OK) {
		if (!a->print)
			warn(a, &m, &c);
		answer(a, &c);
		config_fini(&c);
	} else {
		rc = st == ST_BAD ? complain(a, &m, &e) : cmd_fail(st, &e);
	}
	mistakes_fini(&m);
	return rc;
}

int
cmd_config(int argc, char **argv)
{
	struct ask a = {0};
	int rc = read_options(&a, argc, argv);
	char *found;

	if (rc != EX_OK)
		return rc < 0 ? EX_OK : rc;
	found = a.file ? mem_str(a.file) : config_default_file();
	a.file = found;
	rc = run(&a);
	free(found);
	return rc;
}
