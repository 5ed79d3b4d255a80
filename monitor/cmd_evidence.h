/* cmd_evidence: `alerts evidence`: evidence for an alert, as it is kept, or
 * fetched from a log that has its entry, into files. */
#ifndef MONITOR_CMD_EVIDENCE_H
#define MONITOR_CMD_EVIDENCE_H

#include <jansson.h>

#include "config/config.h"

struct evidence_job {
	const struct config *config;
	const char *tenant;  /* whose alert it is; NULL: any's */
	const json_t *alert; /* as the sinks get it */
	const char *dir;     /* is made, and must not be there */
};

/* EX_OK, or what to exit with after a message. */
int evidence_save(const struct evidence_job *e);

#endif
