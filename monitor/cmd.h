/*
 * cmd: the subcommands, one small file each (cmd_NAME.c). Each takes its own
 * argv (argv[0] is its name) and returns the exit status of the contract
 * (interface.md section 1; the numbers are those of sysexits.h).
 */
#ifndef MONITOR_CMD_H
#define MONITOR_CMD_H

#include <sysexits.h>

#include "config/config.h"
#include "monitor/store/store.h"

#define EX_TRUE 1 /* done, and the thing asked about is true */

typedef int cmd_fn(int argc, char **argv);

cmd_fn cmd_monitor, cmd_backfill, cmd_inspect, cmd_records, cmd_alerts,
    cmd_config, cmd_keys, cmd_logs, cmd_status, cmd_store, cmd_verify,
    cmd_version;

/* The exit status that goes with a failure. */
int cmd_exit(enum status st);
/* The message to stderr; returns the exit status. */
int cmd_fail(enum status st, const struct err *e);
/* Close stdout; what could not be written is EX_IOERR, unless the command has
 * failed anyway. The status to exit with. */
int cmd_finish(int rc);
/* The worse of two exit statuses, for several logs. */
int cmd_worst(int a, int b);

/* Read the configuration; complaints go to stderr. EX_OK, or the status to
 * exit with. */
int cmd_config_read(struct config *out, const char *file);

/* A new master key may be on its way (cmd_keys.c): *k, of keys.master_file,
 * becomes the store's if that has changed over already, and the way is finished
 * if nobody else has the store. */
void cmd_keys_settle(
    struct keys *k, const struct store_api *api, const struct config *c);
/* What a store is opened with: URL and keys. EX_OK, or what to exit with. */
int cmd_store_conf(struct store_conf *out, const struct store_api **api,
    const struct config *c);
/* The configured sinks as the store knows them, and how many; out has room for
 * all. */
size_t cmd_sinks(struct store_sink *out, const struct config *c);
/* Who we are, for "in use by" messages. */
const char *cmd_owner(char out[64]);
/* The end of a running service's. */
#define CMD_SERVICE " (indelible monitor)"
/* The file of an SQLite store is there. */
bool cmd_store_exists(const struct config *c);
/* Where copies of log lists are kept, beside an SQLite store; malloc'd, NULL
 * for other stores. */
char *cmd_list_dir(const char *store_url);
/* The message for a store without its key, which nothing can make again. */
enum status cmd_key_lost(const struct config *c, struct err *e);
/* As cmd_fail, for what opening a store says. */
int cmd_store_fail(enum status st, const struct err *e);

#endif
