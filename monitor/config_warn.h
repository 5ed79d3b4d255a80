/*
 * config_warn: what a configuration asks for that this version does not do,
 * and files it names that cannot be read. Warnings only: a configuration may be
 * written for a later version, or for another machine.
 */
#ifndef MONITOR_CONFIG_WARN_H
#define MONITOR_CONFIG_WARN_H

#include "config/config.h"
#include "config/mistake.h"

/* All of it, into *m as config_load left it after ST_OK. */
void config_warn(struct mistakes *m, const struct config *c);

#endif
