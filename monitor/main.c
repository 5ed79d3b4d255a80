/* main: finds the subcommand. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"
#include "monitor/cmd.h"

static const struct {
	const char *name;
	cmd_fn *run;
	const char *about;
} commands[] = {
    {"monitor", cmd_monitor, "follow the selected logs: the service"},
    {"backfill", cmd_backfill, "one-off verified scan of logs"},
    {"inspect", cmd_inspect, "the personal data that certificates carry"},
    {"records", cmd_records, "opt-in records: import, show, change, export"},
    {"alerts", cmd_alerts, "what was found"},
    {"logs", cmd_logs, "the logs of the log lists"},
    {"status", cmd_status, "health, lag and coverage of each log"},
    {"verify", cmd_verify, "prove again from the store what was read"},
    {"config", cmd_config, "check or print the configuration"},
    {"store", cmd_store, "make, copy and put back a store"},
    {"keys", cmd_keys, "a new master key in place of the old one"},
    {"version", cmd_version, "versions of this program and its libraries"},
};
#define NUM (sizeof(commands) / sizeof(commands[0]))

static void
usage(FILE *out)
{
	fprintf(out,
	    "usage: indelible COMMAND [OPTIONS]\n\n"
	    "Watches Certificate Transparency logs for personal data of "
	    "people who\nasked for it.\n\n");
	for (size_t i = 0; i < NUM; i++)
		fprintf(
		    out, "  %-10s %s\n", commands[i].name, commands[i].about);
	fprintf(out, "\n`indelible COMMAND --help` says more; see also "
		     "indelible(8).\n");
}

static cmd_fn *
find(const char *name)
{
	for (size_t i = 0; i < NUM; i++)
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run;
	return NULL;
}

static int
unknown(const char *name)
{
	const char *near = NULL;
	unsigned best = 3, d;

	for (size_t i = 0; i < NUM; i++) {
		d = text_distance(name, commands[i].name);
		if (d < best) {
			best = d;
			near = commands[i].name;
		}
	}
	fprintf(
	    stderr, "indelible: there is no command %s", QUOTE(span_str(name)));
	if (near != NULL)
		fprintf(stderr, " (did you mean %s?)", near);
	fprintf(stderr, "\n\n");
	usage(stderr);
	return EX_USAGE;
}

/* `help` alone, or of a command. */
static int
help(const char *name)
{
	char *words[] = {(char *)"", (char *)"--help", NULL};

	if (name == NULL) {
		usage(stdout);
		return EX_OK;
	}
	return find(name) != NULL ? find(name)(2, words) : unknown(name);
}

static int
run(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (name == NULL) {
		usage(stderr);
		return EX_USAGE;
	}
	if (strcmp(name, "--version") == 0)
		return cmd_version(1, argv + 1);
	if (!strcmp(name, "help") || !strcmp(name, "--help") ||
	    !strcmp(name, "-h"))
		return help(argc > 2 ? argv[2] : NULL);
	if (find(name) != NULL)
		return find(name)(argc - 1, argv + 1);
	return unknown(name);
}

/* A standard descriptor that nobody opened would be a socket's or a store's
 * number later. In its place stands one that still fails when it is used. */
static bool
hold_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null",
			fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return false;
	return true;
}

int
main(int argc, char **argv)
{
	if (!hold_standard())
		return EX_IOERR;
	/* People's data must not reach a core file. */
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	prctl(PR_SET_DUMPABLE, 0);
	return cmd_finish(run(argc, argv));
}
