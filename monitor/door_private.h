/*
 * door_private: between door.c, which has the connections, and
 * door_request.c, which looks at what came over them.
 */
#ifndef MONITOR_DOOR_PRIVATE_H
#define MONITOR_DOOR_PRIVATE_H

#include <microhttpd.h>

#include "monitor/query.h"

enum call_phase {
	CALL_HEAD,     /* the head is on its way */
	CALL_BODY,     /* it was in order; the body is */
	CALL_ASKED,    /* within door_conf.request */
	CALL_WAITS,    /* for door_answer, suspended */
	CALL_ANSWERED, /* after that */
	CALL_SENDS
};

struct door_call {
	struct door *door;
	struct door_call *prev, *next;
	struct MHD_Connection *conn;
	int fd;
	enum call_phase phase;
	double deadline;   /* of the loop's clock */
	const char *fault; /* why the request is refused */
	struct door_request r;
	struct query query; /* r.path and r.params */
	uint8_t peer[16];   /* r.peer */
	size_t limit;
	struct buf body;
	struct MHD_Response *response;
	int code;
	size_t len; /* of the answer's body */
};

/* Who is there, into c->r. */
void request_peer(struct door_call *c, bool is_unix);
/* Look at the head and fill c->r; false: c->fault says why not. */
bool request_head(struct door_call *c, const char *method, const char *version);

#endif
