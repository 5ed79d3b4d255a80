/*
 * enrol: asks people to confirm their address: the letters that the ledger has
 * to send, by the configured mail server, each with a token of its own. What
 * may be sent when is the ledger's to say (store/ledger.h); what the letter
 * says stands in alerts/letter.
 */
#ifndef MONITOR_ENROL_H
#define MONITOR_ENROL_H

#include "config/config.h"
#include "monitor/writer.h"

struct enrol;

/* Why nobody can be asked, for people: a key that is missing; NULL: they can. */
const char *enrol_missing(const struct config *c);

/* On the loop; `c` and `w` are borrowed. */
struct enrol *enrol_new(
    struct ev_loop *loop, struct writer *w, const struct config *c);
/* There may be letters to send. */
void enrol_kick(struct enrol *e);
/* Call every second or so. Letters that nobody spoke of are found within a
 * minute. */
void enrol_tick(struct enrol *e);
/* Nothing is sent from now on; mails under way are cut off. While there is a
 * loop. */
void enrol_stop(struct enrol *e);
/* When the writer has done everything. */
void enrol_free(struct enrol *e);

#endif
