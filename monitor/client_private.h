/*
 * client_private: what client.c has others do: the second half of a DNS proof,
 * and the words for an answer. For client*.c.
 */
#ifndef MONITOR_CLIENT_PRIVATE_H
#define MONITOR_CLIENT_PRIVATE_H

#include "monitor/client.h"

/* Find the TXT records that the answer asks for, and have the rest done. */
void client_prove(struct api_answer *out, const struct api_request *r,
    struct store *s, const struct api_env *env);

/* EX_OK for an answer of 2xx; a message for others, and what to exit with. */
int client_judge(const struct api_answer *a, const struct client_call *q);

#endif
