/* opts: see opts.h. */
#include "monitor/opts.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"

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

void
opts_wrong(const struct opts *o, const char *fmt, ...)
{
	va_list ap;

	fputs("indelible: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nusage: %s\n", o->usage);
}

bool
opts_at_most(const struct opts *o, int num)
{
	if (o->argc - o->at <= num)
		return true;
	opts_wrong(o, "%s is one operand too many",
	    QUOTE(span_str(o->argv[o->at + num])));
	return false;
}

/* The word behind an option that takes one is the next option. */
static bool
opts_swallowed(const struct opts *o)
{
	if (o->value == NULL || o->at < 2 || o->argv[o->at - 1] != o->value ||
	    strncmp(o->value, "--", 2) != 0)
		return false;
	opts_wrong(o, "an argument is missing after %s",
	    QUOTE(span_str(o->argv[o->at - 2])));
	return true;
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
	if (opts_swallowed(o))
		return OPTS_BAD;
	if (c == 'h') {
		opts_help(o);
		return OPTS_HELP;
	}
	if (c == ':' || c == '?') {
		opts_wrong(o, "%s %s",
		    c == ':' ? "an argument is missing after"
			     : "there is no option",
		    QUOTE(span_str(o->argv[optind - 1])));
		return OPTS_BAD;
	}
	return opts_find(o, c);
}
