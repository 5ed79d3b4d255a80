/*
 * api: the admin interface (interface.md section 6) without a network: a
 * request goes in, an answer comes out, the store is read and changed in
 * between. Runs on the store thread beside a monitor (admin.c carries it), or
 * in a command that has the store to itself (client.c): one way to do each
 * thing. Paths begin with /api/v1; answers are JSON, errors problem documents
 * (RFC 9457). An id may hold slashes, so a verb stands behind a colon:
 * POST /api/v1/records/acme/jane:pause?tenant=acme.
 */
#ifndef MONITOR_API_H
#define MONITOR_API_H

#include "config/config.h"
#include "monitor/store/ledger.h"

enum api_scope { SCOPE_READ = 1, SCOPE_WRITE = 2 };

/* Who asks, and what they may. */
struct api_caller {
	char who[64];       /* for the audit trail */
	unsigned scopes;    /* of enum api_scope */
	const char *tenant; /* NULL: all; else other tenants do not exist */
};

struct api_request {
	const char *method; /* "GET", "POST", "PATCH", "DELETE" */
	const char *path;   /* without query, percent-encoding undone */
	size_t num_params;  /* of the query, percent-encoding undone */
	const struct api_param {
		const char *name, *value;
	} * params;
	const char *content_type; /* of the body; NULL: none */
	struct span body;
	struct api_caller caller;
};

struct api_answer {
	int code; /* HTTP status */
	const char *content_type;
	struct buf body;
	char allow[32]; /* 405: the header of that name; else empty */
	/* What the store said: after ST_IO the service has to stop. */
	enum status status;
	/* What remains to be done by somebody with a network: find the TXT
	 * records of this name, then call api_proven. Empty: nothing. */
	char dns_name[256];
	bool changed; /* records did: the index is to look at once */
	bool letters; /* there may be letters to send */
	bool again;   /* somebody wants deliveries to be made now */
};
void api_answer_fini(struct api_answer *a);

/* What the store itself does not know. */
struct api_env {
	const struct config *config;
	uint8_t index_key[KEY_LEN];
	int64_t now_ms;
};

void api_call(struct api_answer *out, const struct api_request *r,
    struct store *s, const struct api_env *env);

/* The second half of confirming a domain: the TXT records that were found at
 * dns_name (num 0: none), or why none could be looked for (fault, else NULL).
 * The name is told again: the record may have another domain by now. */
struct api_proof {
	const char *name;
	size_t num;
	const char *const *txt;
	const char *fault;
};
void api_proven(struct api_answer *out, const struct api_request *r,
    const struct api_proof *p, struct store *s, const struct api_env *env);

/* A problem document. */
void api_problem(
    struct api_answer *out, int code, const char *title, const char *detail);

#endif
