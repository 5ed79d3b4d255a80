/*
 * evidence_folder: evidence that is complete and verified, as files in a folder
 * of its own; what is in them is alerts/evidence.h's.
 */
#ifndef MONITOR_EVIDENCE_FOLDER_H
#define MONITOR_EVIDENCE_FOLDER_H

#include "monitor/proven.h"

struct evidence_of {
	const char *alert; /* id */
	struct proven_log log;
	struct proven_at at;
	struct head head;
	struct span head_raw;
	const struct path *path;
	/* With its extra data. */
	const struct entry *entry;
};

/* The certificate of an entry, or the precertificate; empty: it is not there. */
struct span evidence_cert(const struct entry *e);

/* ST_DENIED: the folder cannot be made, or is there; ST_IO. */
enum status evidence_folder(
    const char *dir, const struct evidence_of *x, struct err *e);

#endif
