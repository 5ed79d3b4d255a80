/*
 * client: how a command asks for something of the admin interface (api.h). It
 * has the store to itself, or a running service has it and is asked over its
 * socket: one way to do each thing, wherever it is done.
 */
#ifndef MONITOR_CLIENT_H
#define MONITOR_CLIENT_H

#include "monitor/api.h"

struct client_call {
	const char *method, *path;
	size_t num_params;
	const struct api_param *params;
	const char *content_type; /* of the body; NULL: none */
	struct span body;
	/* It changes something, or leaves a row in the audit trail; what only
	 * reads is read beside a running service, without asking it. */
	bool write;
	const char *file; /* bad lines are of this file; NULL: of none */
};

/* EX_OK with an answer of 2xx; else a message was printed, and that is what to
 * exit with. api_answer_fini(out) in any case. */
int client_call(struct api_answer *out, const struct config *c,
    const struct client_call *q);

#endif
