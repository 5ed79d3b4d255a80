/*
 * survey: what a store knows, read out for `status` and `verify`, each log
 * beside what the configuration says of it. Reads only, also beside a running
 * service.
 */
#ifndef MONITOR_SURVEY_H
#define MONITOR_SURVEY_H

#include "monitor/wants.h"

struct survey_log {
	struct store_log log;        /* name and so on also when not `stored` */
	bool stored;                 /* the store has it */
	const struct want_log *want; /* NULL: not of the configuration */
	size_t num;
	struct stretch *stretches;
	size_t num_quarantined;
	struct survey_sum {
		char *reason;
		size_t num;   /* entries in quarantine for it */
		uint64_t *at; /* their indexes, in order */
	} * quarantined;
	size_t num_counts;
	struct store_count *counts; /* sorted; labels are its own */
};

/* A sink that takes alerts, and how it does. */
struct survey_sink {
	const struct conf_sink *conf;
	struct store_sink_state state;
};

struct survey {
	size_t num;
	struct survey_log *logs;
	struct wants wants;
	bool wants_known; /* else want is NULL everywhere */
	struct store_counts counts;
	size_t waiting; /* outbox rows */
	int64_t due_ms; /* of the next one; INT64_MAX: none */
	size_t num_sinks;
	struct survey_sink *sinks; /* as configured */
	size_t records[RECORD_ERASED + 1];
	uint64_t room; /* bytes left on its disk; UINT64_MAX: not known */
	/* Who has it open for writing; empty: nobody, or not known. */
	char owner[STORE_OWNER];
	bool in_use;
	bool running;         /* that is the service */
	struct err wants_why; /* unless wants_known */
	struct {              /* the audit trail; checked when all is read */
		bool checked, whole;
		uint64_t rows;
		uint8_t head[32];
		struct err why; /* unless whole */
	} audit;
};

/* EX_OK, or what to exit with after a message. Logs that the configuration
 * cannot give are only warned of. With `check` all of the store is read, so
 * that damage is found. */
int survey_read(struct survey *out, const struct config *c, bool check);
/* Of an open store; survey_fini in any case. */
enum status survey_of(
    struct survey *out, struct store *s, const struct config *c, struct err *e);
/* The same without records, quarantine and tallies, of which there can be
 * millions. */
enum status survey_health(
    struct survey *out, struct store *s, const struct config *c, struct err *e);
void survey_fini(struct survey *v);

/* The configured sinks, of an open store (survey_sinks.c). */
enum status survey_sinks(
    struct survey *v, struct store *s, const struct config *c, struct err *e);

/* What is proven of a log, whatever read it: parts that do not touch, in
 * order. */
struct survey_part {
	uint64_t begin, end;
};
/* Returns how many; *out is the caller's to free. */
size_t survey_covered(const struct survey_log *l, struct survey_part **out);

/* What was read of a log's broken tree, or behind a gap that was bridged
 * since, and is not proven by anything: in order, to be freed as well. */
size_t survey_unproven(const struct survey_log *l, struct survey_part **out);

/* The tail's stretch; NULL when the log is not followed yet. */
const struct stretch *survey_tail(const struct survey_log *l);

/* `"key":"value"` of a log, for JSON: name, log_id, api, url. */
void survey_json(struct buf *out, const struct survey_log *l);
/* ,"KEY":[[a,b],...] */
void survey_parts_json(
    struct buf *out, const char *key, const struct survey_part *p, size_t num);
/* [a, b), [c, d) */
void survey_parts_text(
    struct buf *out, const struct survey_part *p, size_t num);
/* {"size":N,"time":"..."}, or null when there is none. */
void survey_head_json(struct buf *out, const struct store_head *h);
/* "tail", "scan N", or a tail that a person has ended (see bridge.h). */
void survey_job(struct buf *out, const struct stretch *s);

/* ,"unproven":[...] of a log. */
void survey_unproven_json(struct buf *out, const struct survey_log *l);

#endif
