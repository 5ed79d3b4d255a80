/*
 * api_private: what the files of the admin interface share: one request on its
 * way through, the table of routes, and the JSON of a record. For api*.c.
 */
#ifndef MONITOR_API_PRIVATE_H
#define MONITOR_API_PRIVATE_H

#include "alerts/json.h"
#include "monitor/api.h"

#define API "/api/v1"

/* Items of a list: when nothing is said, and at most. A page that has so many
 * bytes is full, whatever was asked for. */
#define API_LIMIT 100
#define API_LIMIT_MAX 10000
#define API_PAGE (8u << 20)
/* Bad lines that an answer names; the rest is counted. */
#define API_ERRORS 10000

/* What covers the time before a record was there. */
#define API_BACKFILL                                                           \
	"`indelible backfill -c FILE` covers what was logged before"

struct api_job {
	struct api_answer *out;
	const struct api_request *r;
	const struct api_env *env;
	struct store *s;
	const struct store_api *api;
	const struct ledger_api *ledger;
	char id[129];        /* of the path; empty: none */
	const char *tenant;  /* the one asked about; NULL: all */
	struct record_at at; /* tenant and id, when there is one */
	struct actor who;
	struct err e;
};

typedef void api_fn(struct api_job *c);

struct api_route {
	const char *method;
	const char *path; /* "{id}" stands for an id */
	unsigned scopes;  /* all of these are needed */
	api_fn *fn;
	unsigned flags;
};
#define API_OF_ALL 1 /* not for callers of one tenant */
#define API_LEDGER 2 /* the store must have a ledger */
const struct api_route *api_routes(size_t *num);

api_fn api_records_list, api_record_show, api_record_export, api_record_history,
    api_record_pause, api_record_resume, api_record_withdraw, api_record_erase,
    api_record_confirm, api_records_import, api_record_patch, api_alerts_list,
    api_alert_show, api_alert_evidence, api_alert_state, api_alert_ack,
    api_alert_mute, api_alert_unmute, api_alert_resend, api_alerts_resend,
    api_alerts_dead, api_alerts_mutes, api_status, api_logs, api_audit,
    api_openapi;

/* The second half of confirming a domain. */
void api_record_proven(struct api_job *c, const struct api_proof *p);

/* The value of a parameter of the query; NULL: it is not there. */
const char *api_param(const struct api_job *c, const char *name);
/* It is there, and not "0". */
bool api_flag(const struct api_job *c, const char *name);
/* "reveal" is asked for; false with *ok false after a problem: it takes the
 * scope of writing. */
bool api_reveal(struct api_job *c, bool *ok);
/* How many are asked for; false after a problem. */
bool api_limit(struct api_job *c, size_t *out);

/* A page of a list; one item more than its limit is asked of the store. */
struct api_page {
	size_t num, limit;
	bool more; /* there is a next page */
};
/* Whether this item, too, is of this page, the items before being `out`. */
bool api_page_has_room(struct api_page *p, const struct buf *out);

/* "after": "TIME:ID" of the last item before; false after a problem. */
bool api_after(struct api_job *c, struct ledger_exposures *q, uint8_t id[16]);
/* ,"next":... of such a list */
void api_next(
    struct buf *out, bool more, int64_t last_ms, const uint8_t last[16]);

/* The answer begins: JSON with this HTTP status; its body. */
struct buf *api_json(struct api_job *c, int code);
/* The problem that a status is. */
void api_fail(struct api_job *c, enum status st);

/* The record that is asked for; its values when `values` (nobody sees them
 * yet). ST_MISSING. record_fini(&out->r) in any case. */
enum status api_record(struct api_job *c, struct record_row *out, bool values);
/* "id", "tenant", "kind", "state" and times of a record: members. */
void api_record_json(struct buf *out, const struct record_row *row);
/* The record as `show` has it, as the answer. */
void api_record_answer(
    struct api_job *c, const struct record_row *row, bool reveal);
/* The same anew, of the record as it is now. */
void api_record_say(struct api_job *c);
/* ,"coverage":[...] */
enum status api_coverage_json(struct api_job *c, struct buf *out);
/* ,"evidence":[...]: of all that was found of the record. */
enum status api_evidence_json(struct api_job *c, struct buf *out);
/* "acked" and "muted" of an alert: members. */
void api_mark_json(struct buf *out, const struct ledger_exposure *x);
/* The same of an alert that has any, with its id: an item of the list in the
 * buf `out` (ledger_exposure_fn). */
void api_mark_item(void *out, const struct ledger_exposure *x);
/* A mute (ledger_mute_fn): an item of the list in the buf. */
void api_mute_json(void *out, const struct ledger_mute *m);
const char *api_delivery_name(enum delivery_state s);
/* The name at which a domain is proven; false: it has none. */
bool api_dns_name(char out[256], const struct record *r);
/* What a TXT record there must say. */
enum status api_dns_value(struct api_job *c, char out[64]);

#endif
