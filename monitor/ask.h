/*
 * ask: a command's request to the admin interface put together, and the answer
 * as a JSON tree.
 */
#ifndef MONITOR_ASK_H
#define MONITOR_ASK_H

#include <jansson.h>

#include "monitor/client.h"

#define ASK_PARAMS 6

struct asking {
	const struct config *c;
	struct client_call q;
	struct buf path;
	struct api_param params[ASK_PARAMS];
};

/* What is not GET changes something; what else leaves a trace in the audit has
 * k->q.write set by the caller. Texts are borrowed until the answer. */
void asking_init(struct asking *k, const struct config *c, const char *method,
    const char *path);
/* "/ID" and what stands behind it: "", ":pause". */
void asking_id(struct asking *k, const char *id, const char *more);
/* Nothing when the value is NULL. */
void asking_param(struct asking *k, const char *name, const char *value);
void asking_body(struct asking *k, const char *type, struct span body);

/* EX_OK with the answer, which is to be given back (json_decref); else *out is
 * NULL, a message was printed, and that is what to exit with. Ends the asking
 * in any case. */
int ask(json_t **out, struct asking *k);

/* Standard input, which a person is told to type if it is a terminal. */
enum status ask_person(
    struct buf *out, size_t max, const char *what, struct err *e);

/* One line on stdout, safe to be seen. */
void answer_say(json_t *j);

#endif
