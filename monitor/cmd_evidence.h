/* cmd_evidence: `alerts evidence`: evidence for an alert, fetched from a log
 * that has its entry, into files. */
#ifndef MONITOR_CMD_EVIDENCE_H
#define MONITOR_CMD_EVIDENCE_H

#include <jansson.h>

#include "config/config.h"

/* `alert` is one as the sinks get it; dir is made, and must not be there. EX_OK,
 * or what to exit with after a message. */
int evidence_save(const struct config *c, const json_t *alert, const char *dir);

#endif
