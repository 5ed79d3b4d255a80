/*
 * bridge: a person's word that a log that misbehaved is to be read on:
 * `indelible logs bridge`. Its trouble is over then; where the entries did not
 * make the signed tree, that gap stays unproven and reading begins anew, with
 * proofs, behind it.
 */
#ifndef MONITOR_BRIDGE_H
#define MONITOR_BRIDGE_H

#include "config/config.h"

/* name: of a log in the store, its URL or its log_id. The status to exit with;
 * EX_UNAVAILABLE while a service holds the store. */
int bridge_run(const struct config *c, const char *name, bool json);

#endif
