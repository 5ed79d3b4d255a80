/*
 * http_answer: one reply as it arrives, line by line and piece by piece, with
 * every cap on what a server may send. No sockets and no loop; for http.c.
 *
 * Bodies arrive as they are on the wire (nothing decodes on the way). Memory
 * of the caller's is filled with just that; a body in memory of our own is
 * gunzipped when it begins like gzip, whatever Content-Encoding says, because
 * logs send gzip with and without that header (static-ct-api 1.1.0).
 */
#ifndef MONITOR_HTTP_ANSWER_H
#define MONITOR_HTTP_ANSWER_H

#include "ctlog/base/buf.h"
#include "ctlog/base/gzip.h"
#include "monitor/host.h"
#include "monitor/http.h"

/* All header lines of one call, interim replies and trailers included. */
#define HTTP_HEAD_MAX (256u << 10)
/* The body of a reply that is not 2xx is for people: what exceeds the limit
 * is left out, and no more than this is read. */
#define HTTP_ERROR_BODY_MAX (64u << 10)
/* What gzip may add to bytes that do not shrink: its header with a file name,
 * its trailer, and 5 bytes for each block. */
#define HTTP_GZIP_EXTRA(limit) ((limit) / 1000 + 1024)

struct answer {
	size_t limit;
	uint8_t *into; /* NULL: `own` */
	int code;
	bool head_done;    /* the blank line of the final reply was seen */
	bool unknown_code; /* Content-Encoding is not gzip or identity */
	bool cut;          /* enough of an error page was read */
	size_t head_len;
	int64_t date_ms; /* 0 = none */
	char retry_after[64];
	struct http_since since;
	struct buf own;
	uint64_t announced; /* bytes of a body that is too long; 0 = not said */
	size_t len;         /* bytes of the body that are kept */
	size_t received;    /* bytes of the body that came */
	uint8_t *decoded;   /* of our own; the body once it was gunzipped */
	enum status status; /* why the transfer was stopped; ST_OK else */
	struct err err;
};

/* With `into` NULL, or `limit` bytes there. */
void answer_init(struct answer *a, size_t limit, uint8_t *into);
void answer_fini(struct answer *a);

/* One line of the head, with its line end; the same for one piece of the
 * body. false: stop the transfer, answer_end knows why. */
bool answer_line(struct answer *a, struct span line);
bool answer_body(struct answer *a, struct span piece);

/*
 * Whatever was stopped or has arrived in full, as a reply without the name of
 * its host. now_ms: the time in ms since 1970, for a Retry-After date without
 * a Date header. r->body stays valid until answer_fini.
 */
void answer_end(
    struct answer *a, struct gunzip *g, int64_t now_ms, struct http_reply *r);

/* What the reply says about its host. */
enum host_end answer_verdict(const struct http_reply *r);

#endif
