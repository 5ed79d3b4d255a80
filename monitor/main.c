/* main: finds the subcommand. */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "monitor/cmd.h"

static const struct {
	const char *name;
	cmd_fn *run;
	const char *about;
} commands[] = {
    {"monitor", cmd_monitor, "follow the selected logs: the service"},
    {"backfill", cmd_backfill, "one-off verified scan of logs"},
    {"inspect", cmd_inspect, "the personal data that certificates carry"},
    {"records", cmd_records, "import and list opt-in records"},
    {"logs", cmd_logs, "the logs of the log lists"},
    {"status", cmd_status, "health, lag and coverage of each log"},
    {"verify", cmd_verify, "prove again from the store what was read"},
    {"config", cmd_config, "check or print the configuration"},
    {"store", cmd_store, "make a store"},
    {"version", cmd_version, "versions of this program and its libraries"},
};
#define NUM (sizeof(commands) / sizeof(commands[0]))

static void
usage(FILE *out)
{
	fprintf(out,
	    "usage: indelible COMMAND [OPTIONS]\n\n"
	    "Watches Certificate Transparency logs for personal data of "
	    "people who asked for it.\n\n");
	for (size_t i = 0; i < NUM; i++)
		fprintf(
		    out, "  %-10s %s\n", commands[i].name, commands[i].about);
	fprintf(out, "\n`indelible COMMAND --help` says more; see also "
		     "indelible(8).\n");
}

static int
run(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--version"))
		return cmd_version(1, argv + 1);
	if (argc > 1 &&
	    (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		usage(stdout);
		return EX_OK;
	}
	for (size_t i = 0; argc > 1 && i < NUM; i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	if (argc > 1)
		fprintf(
		    stderr, "indelible: there is no command %s\n\n", argv[1]);
	usage(stderr);
	return EX_USAGE;
}

int
main(int argc, char **argv)
{
	/* People's data must not reach a core file. */
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	prctl(PR_SET_DUMPABLE, 0);
	return cmd_finish(run(argc, argv));
}
