/*
 * reparse: entries in quarantine are read once more, by the present program:
 * by a worker process, as everything hostile is; main carries their bytes and
 * looks at nothing in them. What can be read leaves the quarantine, and its
 * hits become exposures; what cannot stays.
 */
#ifndef MONITOR_REPARSE_H
#define MONITOR_REPARSE_H

#include "config/config.h"

/* Read all of it, and say so on stdout: a line for people, or JSON Lines. The
 * store must not be in use. The status to exit with: EX_TEMPFAIL when stopped
 * by a signal; what was done until then is done. */
int reparse_run(const struct config *c, bool json);

#endif
