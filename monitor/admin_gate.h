/*
 * admin_gate: who may come in by the admin door, with what.
 */
#ifndef MONITOR_ADMIN_GATE_H
#define MONITOR_ADMIN_GATE_H

#include "monitor/door.h"
#include "monitor/query.h"
#include "monitor/token.h"

struct refusal {
	int code;
	const char *title, *detail;
};

/* Against DNS rebinding: what a browser was told to be called here must be an
 * address or localhost. Whoever uses the UNIX socket is no browser. */
bool gate_host(struct refusal *why, const struct door_request *r);

/* Who that is and what they may; false: *why not. t NULL: nobody. `who` keeps
 * pointing into t until the request is answered, as do the names in it. */
bool gate_enter(struct api_caller *who, struct refusal *why,
    const struct tokens *t, const struct door_request *r);

/* Bodies: files of records only from the UNIX socket and for who may change
 * all tenants, since they are held in memory; else JSON; of strangers little. */
size_t gate_body_limit(const struct tokens *t, const struct door_request *head);

#endif
