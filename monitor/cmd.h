/*
 * cmd: the subcommands, one small file each (cmd_NAME.c). Each takes its own
 * argv (argv[0] is its name) and returns the exit status of the contract
 * (interface.md section 1; the numbers are those of sysexits.h).
 */
#ifndef MONITOR_CMD_H
#define MONITOR_CMD_H

#include <sysexits.h>

#include "ctlog/base/err.h"

#define EX_TRUE 1 /* done, and the thing asked about is true */

typedef int cmd_fn(int argc, char **argv);

cmd_fn cmd_monitor, cmd_backfill, cmd_inspect, cmd_records, cmd_config,
    cmd_store, cmd_version;

/* The exit status for a failure, and the message to stderr. */
int cmd_fail(enum status st, const struct err *e);

#endif
