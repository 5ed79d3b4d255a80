/*
 * job: what the proofs of both protocols have in common. Private to this room.
 */
#ifndef CTLOG_API_JOB_H
#define CTLOG_API_JOB_H

#include "ctlog/api/api.h"

/* A request under the log's URL; the format gives what stands behind that. */
void request_url(struct request *out, const struct log *l, size_t limit,
    const char *fmt, ...) PRINTF(4, 5);

/* Whether nothing has to be fetched: job_trivial gives the result then. */
bool job_is_trivial(const struct proof_job *j);
enum status job_trivial(struct proof_job *j, struct hasher *h, struct err *e);

/* ST_OK when the audit path leads from the leaf to the head's root. */
enum status job_included(
    const struct proof_job *j, struct hasher *h, struct err *e);

/* ST_OK when `whole`, a range over all leaves, has the head's root. */
enum status job_compare(const struct proof_job *j, const struct range *whole,
    struct hasher *h, struct err *e);

#endif
