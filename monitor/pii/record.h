/*
 * record: one opt-in record as interface.md section 3 describes it, and the
 * reading of record files (JSON Lines, CSV). No storage, no hashing.
 */
#ifndef MONITOR_PII_RECORD_H
#define MONITOR_PII_RECORD_H

#include "ctlog/base/buf.h"
#include "ctlog/base/err.h"

enum record_kind { RECORD_EMAIL, RECORD_DOMAIN, RECORD_NAME };
enum record_state {
	RECORD_PENDING,
	RECORD_ACTIVE,
	RECORD_PAUSED,
	RECORD_WITHDRAWN,
	RECORD_EXPIRED,
	RECORD_ERASED
};

struct strings {
	size_t num;
	char **list;
};

struct record {
	char *id, *tenant;
	enum record_kind kind;
	enum record_state state;
	char *value; /* email, domain: UTF-8 as given */
	struct strings given, surname, aliases; /* name */
	unsigned email_policy;                  /* enum email_policy */
	bool subdomains;                        /* domain */
	uint32_t kinds; /* domain: bit set over enum pii_kind */
	struct strings domains, organizations, countries, localities, emails;
	bool require_qualifier;
	char *identity; /* name: the id of an email record; NULL: none */
	char *purpose, *method, *evidence; /* consent; NULL = not given */
	int64_t consent_ms;                /* 0 = not given */
	struct strings notify;             /* "mailto:...", "sink:NAME" */
	int64_t expires_ms;                /* 0 = never */
};
void record_fini(struct record *r);

/* Consent is complete, so the record is active on import. A name that belongs
 * to an identity needs none of its own: it follows that record. */
bool record_consented(const struct record *r);

/* The record as one line of the import format, without a line end. */
void record_json(const struct record *r, struct buf *out);
/* The way back, however long the line is: escapes make it longer than what was
 * imported, and so does what is added to a consent. False: it is none. */
bool record_unjson(struct record *out, struct span line);

/*
 * Read a whole file of records, format told by the first byte ('{' = JSON
 * Lines, else CSV with header). fn gets each good record (it may take the
 * struct's contents and zero it); bad gets each mistake with its line, and
 * reading goes on, so that all bad lines are named. `at` is the line, from 1.
 * Returns the number of bad lines.
 */
typedef void record_fn(void *arg, struct record *r, size_t at);
typedef void record_bad_fn(void *arg, size_t at, const char *what);
size_t record_read(
    struct span file, record_fn *fn, record_bad_fn *bad, void *arg);
/* The same; records that name no tenant are of this one, not of
 * RECORD_TENANT. */
#define RECORD_TENANT "default"
size_t record_read_of(struct span file, const char *tenant, record_fn *fn,
    record_bad_fn *bad, void *arg);

/* Whether a text may be an id, or a tenant. */
bool record_id_ok(struct span id);

const char *record_kind_name(enum record_kind k);
const char *record_state_name(enum record_state s);

#endif
