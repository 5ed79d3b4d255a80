/*
 * courier: carries what stands in the outbox. Only committed rows are ever
 * looked at; a row is settled after its sink has judged the delivery. What was
 * not settled before a crash is sent again, with the same id.
 *
 * Every sink has a lane of its own, with its own rounds and its own time: one
 * that is slow or gone delays no other, and nothing that reads logs. While a
 * sink takes nothing, one row is tried now and then; what waits for it stays
 * in the store and loses none of its attempts.
 */
#ifndef MONITOR_COURIER_H
#define MONITOR_COURIER_H

#include "alerts/sink.h"
#include "monitor/spawn.h"
#include "monitor/writer.h"

struct courier;

struct courier_conf {
	struct ev_loop *loop;
	struct writer *writer;
	const char *instance;
	const char *ca_file;    /* for TLS; NULL: the system's */
	const char *public_url; /* where links in mails lead; NULL: nowhere */
	struct spawn *spawn;    /* borrowed; NULL: no sink is a program */
	size_t num_sinks;
	const struct conf_sink *sinks; /* borrowed */
	/* sink_find, or a scan's own, which prints */
	const struct sink_api *(*find)(const struct conf_sink *, struct err *);
};

/* Opens the sinks: ST_USAGE when one is of a kind that this build lacks, or its
 * secret cannot be read. */
enum status courier_new(
    struct courier **out, const struct courier_conf *c, struct err *e);
/* There may be rows that are due. */
void courier_kick(struct courier *c);
/* Somebody wants to see whether it works by now: sinks that took nothing are
 * tried at once, those that were closed are opened. */
void courier_again(struct courier *c);
/* Read the sinks' secrets again, and open those that were closed. */
void courier_reload(struct courier *c);
/* From now on rows count as due that are not yet, all of them: a scan that ends
 * without a proof tells what it has. */
void courier_flush(struct courier *c);
/* It is to end soon: nothing more is sent to other programs, and what is under
 * way is broken off after 2 s; its rows stay as they are. */
void courier_hurry(struct courier *c);
/* Nothing is being carried and nothing is due now. */
bool courier_is_idle(const struct courier *c);
/* Called each time the courier has become idle. */
void courier_on_idle(struct courier *c, void (*fn)(void *arg), void *arg);
void courier_stop(struct courier *c);
void courier_free(struct courier *c);

struct courier_counts {
	uint64_t delivered, retried, dead;
	bool refused; /* a sink takes nothing more in this run */
};
void courier_counts(const struct courier *c, struct courier_counts *out);

#endif
