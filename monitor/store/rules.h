/*
 * rules: what every backend must decide alike: which requests make sense, who
 * is served, which changes of a record's state are allowed. Private to this
 * room. No storage here.
 */
#ifndef MONITOR_STORE_RULES_H
#define MONITOR_STORE_RULES_H

#include "monitor/store/store.h"

/* Sightings given with one exposure; a log that repeats itself has no end. */
#define RULE_SIGHTINGS 1000

/* ST_USAGE when a request contradicts itself. */
enum status rule_claim(const struct stretch *io, struct err *e);
enum status rule_commit(const struct store_commit *c, struct err *e);
enum status rule_head(const struct store_head *h, struct err *e);
/* Whether a log's trouble becomes the new one. */
bool rule_trouble(const struct trouble *old, const struct trouble *new);
/* Where a tail may go on behind its trouble; tail: NULL when there is none. */
enum status rule_bridge(uint64_t *resume_at, const struct trouble *t,
    const struct stretch *tail, struct err *e);
/* The job of the backfill that it is, or is a part of; 0: it is a tail. */
int64_t rule_scan(const struct stretch *at);
/* ST_STALE, with words. */
enum status rule_stale(const struct stretch *at, struct err *e);

/* Whether a sink gets what concerns this tenant, or operator events. `only`
 * are names of sinks, one a line (rule_only), NULL: all. */
bool rule_serves(
    const struct store_sink *k, const char *tenant, const char *only);
bool rule_takes_events(const struct store_sink *k);
/* The same of one event: a canary, which has nobody's data, goes to all. */
bool rule_takes_event(const struct store_sink *k, const char *type);
/* The sink of that name; NULL: there is none. */
const struct store_sink *rule_sink(
    const struct store_sink *list, size_t num, const char *name);
/* Who a delivery was made for. */
struct rule_for {
	const char *tenant; /* NULL: it is an event: */
	const char *type;
	bool person; /* a recipient whom the record names */
};
/* Whether the sink, as it is configured by now, would reach them. */
bool rule_still_for(const struct store_sink *k, const struct rule_for *f);
/* A row of the outbox whose sink would not, any more. */
bool rule_astray(const struct store_sink *list, size_t num,
    struct outbox_row *r, bool person);
/* The sinks that a record names ("sink:NAME"), one a line; RULE_MAILTO, which
 * is no name of a sink, stands for all that mail to_record. NULL: it names
 * nothing. */
#define RULE_MAILTO "@"
char *rule_only(const struct record *r);

/* now + wait, without overflow. */
int64_t rule_later(int64_t now_ms, int64_t wait_ms);
/* When the next digest of that cadence goes, after at_ms. */
int64_t rule_digest_at(
    const struct store_sink *k, enum store_cadence c, int64_t at_ms);

bool rule_expired(int64_t expires_ms, int64_t now_ms);
/* What is imported again: what is there. */
struct rule_before {
	enum record_state state;
	const struct record *r;
	bool same; /* rule_same_value() */
};
/* By the keys of two records of one kind: policy and qualifiers aside. */
bool rule_same_value(enum record_kind k, struct span a, struct span b);
/* A consent that was confirmed stays, when the value does and the record comes
 * without one. r borrows it. b may be NULL. */
void rule_carry(struct record *r, const struct rule_before *b);
/* r has a complete consent, and it is not the one of `was`. */
bool rule_agreed(const struct record *r, const struct record *was);
/* What becomes of it; another value needs another consent. b: NULL: new. */
enum record_state rule_imported(
    const struct record *r, const struct rule_before *b, int64_t now_ms);
/* For its history; nothing when the consent is not complete. */
void rule_consent_text(struct buf *out, const struct record *r);
/* Names of one identity. */
#define RULE_NAMES 5
/* ST_BAD when r->identity cannot be that: a record of this kind (NULL: there
 * is none) and state, to which `num` other names belong. */
enum status rule_identity(const struct record *r, const enum record_kind *kind,
    enum record_state state, int64_t num, struct err *e);
/* For the audit trail. */
const char *rule_who(const char *who);
/* ST_BAD, naming the record, when its state forbids to import it again. */
enum status rule_import(
    const struct record *r, enum record_state now, struct err *e);
/* Record i met `st`: when somebody is told that it was refused, an import goes
 * on, to tell of the others, too. */
enum status rule_refused(
    struct store_import *io, size_t i, enum status st, const struct err *e);
/* ST_BAD when any was. */
enum status rule_all_taken(const struct store_import *io, struct err *e);
/* ST_USAGE, naming both states, when the one does not lead to the other. */
enum status rule_change(const struct record_change *c, enum record_state from,
    int64_t expires_ms, struct err *e);
/* "tenant/id" is not known. */
enum status rule_no_record(const char *tenant, const char *id, struct err *e);

/* A record out of the JSON that record_json() made of it. */
enum status rule_record_read(
    struct record *out, struct span json, struct err *e);

#endif
