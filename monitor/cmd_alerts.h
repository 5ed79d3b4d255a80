/*
 * cmd_alerts: the verbs of `alerts`, between the command line (cmd_alerts.c)
 * and what they do. For cmd_alerts*.c.
 */
#ifndef MONITOR_CMD_ALERTS_H
#define MONITOR_CMD_ALERTS_H

#include "alerts/request.h"
#include "monitor/ask.h"

#define ALERTS "/api/v1/alerts"

struct alerts_args {
	const char *config, *tenant, *record, *sink, *output;
	bool json, open, dead, muted, not_me;
	struct request letter;
	unsigned given; /* options, as bits */
	const struct alerts_verb *verb;
	size_t num_ids;
	char *const *ids; /* as they are written in an alert */
	const struct config *c;
	size_t num; /* that were listed */
};

/* Each gives what to exit with. */
typedef int alerts_fn(struct alerts_args *a);
alerts_fn alerts_list, alerts_show;                              /* _show.c */
alerts_fn alerts_ack, alerts_mute, alerts_unmute, alerts_resend; /* _act.c */

/* The alert with the id that was given. */
int alerts_ask_one(json_t **out, const struct alerts_args *a);

#endif
