/* opts: see opts.h. */
#include "monitor/opts.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "ctlog/base/err.h"

#define OPTS_MAX 40
#define FIRST 256

static void
opts_help(const struct opts *o)
{
	char left[64];

	printf("usage: %s\n\n%s\n", o->usage, o->about);
	for (const struct opt *t = o->table; t->name != NULL; t++) {
		if (t == o->table)
			printf("\n");
		snprintf(left, sizeof(left), "%s%c%s--%s%s%s",
		    t->letter ? "-" : "  ", t->letter ? t->letter : ' ',
		    t->letter ? ", " : " ", t->name, t->arg ? " " : "",
		    t->arg ? t->arg : "");
		printf("  %-28s %s\n", left, t->help);
	}
	printf("  -h, --help                   this text\n");
}

/* getopt's two tables out of ours. */
static void
opts_tables(const struct opts *o, struct option *lng, char *sht)
{
	int n = 0;

	*sht++ = ':';
	*sht++ = 'h';
	for (; o->table[n].name != NULL; n++) {
		const struct opt *t = &o->table[n];

		ASSERT(n < OPTS_MAX);
		lng[n] = (struct option){t->name,
		    t->arg ? required_argument : no_argument, NULL, FIRST + n};
		if (t->letter == 0)
			continue;
		*sht++ = t->letter;
		if (t->arg != NULL)
			*sht++ = ':';
	}
	lng[n++] = (struct option){"help", no_argument, NULL, 'h'};
	lng[n] = (struct option){0};
	*sht = '\0';
}

static int
opts_find(const struct opts *o, int c)
{
	if (c >= FIRST)
		return c - FIRST;
	for (int n = 0; o->table[n].name != NULL; n++)
		if (o->table[n].letter == c)
			return n;
	return OPTS_BAD;
}

int
opts_next(struct opts *o)
{
	struct option lng[OPTS_MAX + 2];
	char sht[2 * OPTS_MAX + 4];
	int c;

	opts_tables(o, lng, sht);
	optind = o->at == 0 ? 1 : o->at;
	opterr = 0;
	c = getopt_long(o->argc, o->argv, sht, lng, NULL);
	o->at = optind;
	o->value = optarg;
	if (c == -1)
		return OPTS_END;
	if (c == 'h') {
		opts_help(o);
		return OPTS_HELP;
	}
	if (c == ':' || c == '?') {
		fprintf(stderr, "indelible: %s %s\nusage: %s\n",
		    c == ':' ? "an argument is missing after"
			     : "there is no option",
		    o->argv[optind - 1], o->usage);
		return OPTS_BAD;
	}
	return opts_find(o, c);
}
