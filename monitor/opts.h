/*
 * opts: one way of reading command lines for all commands: a table gives the
 * long names, letters and the help text, so that --help cannot lie.
 */
#ifndef MONITOR_OPTS_H
#define MONITOR_OPTS_H

#include <stdbool.h>
#include <stddef.h>

#include "ctlog/base/err.h"

struct opt {
	const char *name; /* long name; NULL ends the table */
	char letter;      /* short form, or 0 */
	const char *arg;  /* what the argument is called; NULL: none */
	const char *help;
};

struct opts {
	const char *usage; /* "indelible inspect [OPTIONS] FILE...|-" */
	const char *about; /* a sentence or a few */
	const struct opt *table;
	int argc;
	char **argv; /* argv[0] is the command's name */
	int at;      /* after OPTS_END: index of the first operand */
	const char *value;
};

enum { OPTS_END = -1, OPTS_BAD = -2, OPTS_HELP = -3 };

/*
 * The next option's place in the table, with o->value set when it takes one.
 * OPTS_END: operands follow from argv[at]. OPTS_BAD: a message was printed,
 * exit with 64; a word that begins with -- is no value, but behind a =.
 * OPTS_HELP: help was printed to stdout, exit with 0. -h and
 * --help are known to every command.
 */
int opts_next(struct opts *o);

/* What is wrong with the operands, and the usage, to stderr. */
void opts_wrong(const struct opts *o, const char *fmt, ...) PRINTF(2, 3);
/* False after a message when there are more than `num` operands. */
bool opts_at_most(const struct opts *o, int num);

#endif
