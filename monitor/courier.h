/*
 * courier: carries what stands in the outbox. Only committed rows are ever
 * looked at; a row is settled after its sink has judged the delivery. What was
 * not settled before a crash is sent again, with the same id.
 */
#ifndef MONITOR_COURIER_H
#define MONITOR_COURIER_H

#include "alerts/sink.h"
#include "monitor/writer.h"

struct courier;

/* What a sink's judge sets *retry_ms to, with SINK_RETRY, when it will take
 * nothing more in this run. Then nothing more is carried; what was not
 * delivered stays in the outbox as it is, for the next run. */
#define COURIER_NEVER INT64_MAX

struct courier_conf {
	struct ev_loop *loop;
	struct writer *writer;
	const char *instance;
	size_t num_sinks;
	const struct conf_sink *sinks; /* borrowed */
	/* sink_find, or a scan's own, which prints */
	const struct sink_api *(*find)(const struct conf_sink *, struct err *);
};

/* Opens the sinks: ST_USAGE when one is of a kind that this build lacks. */
enum status courier_new(
    struct courier **out, const struct courier_conf *c, struct err *e);
/* There may be rows that are due. */
void courier_kick(struct courier *c);
/* From now on rows count as due that are not yet, all of them: a scan that ends
 * without a proof tells what it has. */
void courier_flush(struct courier *c);
/* Nothing is being carried and nothing is due now. */
bool courier_is_idle(const struct courier *c);
/* Called each time the courier has become idle. */
void courier_on_idle(struct courier *c, void (*fn)(void *arg), void *arg);
void courier_stop(struct courier *c);
void courier_free(struct courier *c);

struct courier_counts {
	uint64_t delivered, retried, dead;
	size_t depth; /* undelivered rows, at the last look */
	bool refused; /* a sink takes nothing more in this run */
};
void courier_counts(const struct courier *c, struct courier_counts *out);

#endif
