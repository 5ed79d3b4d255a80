/*
 * loglist: CT log list, JSON schema v3 (Google's and Apple's variants).
 * Parsing only; who may be followed is decided by monitor/roster.
 */
#ifndef CTLOG_WIRE_LOGLIST_H
#define CTLOG_WIRE_LOGLIST_H

#include "ctlog/wire/head.h"

enum loglist_state {
	LOGLIST_NONE, /* no state given */
	LOGLIST_PENDING,
	LOGLIST_QUALIFIED,
	LOGLIST_USABLE,
	LOGLIST_READONLY,
	LOGLIST_RETIRED,
	LOGLIST_REJECTED,
};

enum loglist_type { LOGLIST_PROD, LOGLIST_TEST, LOGLIST_MONITORING_ONLY };

struct loglist_log {
	char *operator_name, *description;
	char *url;        /* RFC 6962 base, or static monitoring prefix */
	char *submission; /* static only: submission prefix, else NULL */
	char *origin;     /* static only: submission without scheme, slash */
	struct logkey *key;
	struct hash log_id;
	bool tiled;
	enum loglist_state state;
	enum loglist_type type;
	int64_t state_ms; /* when the state began; 0 unknown */
	uint32_t mmd_s;
	int64_t start_ms, end_ms; /* temporal interval; 0 = none */
	uint64_t final_size;      /* readonly: size of the final head, or 0 */
	struct hash final_root;
};

struct loglist {
	char *version;        /* "" = not given; Apple's: "32.1013" */
	int64_t timestamp_ms; /* 0 = not given */
	bool all_logs;
	size_t num;
	struct loglist_log *log;
	/* Entries left out (bogus host, mimic, bad key), for diag. */
	size_t num_skipped;
	bool mimics; /* mimic logs seen: we are served the frozen list */
};

/* ST_BAD with the JSON path of the mistake. An entry whose key or id is wrong,
 * or whose URL may not be asked (logurl.h), is left out and counted; a list
 * without any other is ST_BAD. *out is empty unless ST_OK. */
enum status loglist_parse(struct loglist *out, struct span json, struct err *e);
void loglist_fini(struct loglist *l);

/* The signature that Google publishes beside the list: RSA PKCS#1 v1.5 with
 * SHA-256 over the exact bytes. (A list of one's own may come with a P-256
 * key; the signature is ECDSA then.) */
enum status loglist_verify(
    struct span json, struct span sig, const struct logkey *k, struct err *e);

const char *loglist_state_name(enum loglist_state s);

#endif
