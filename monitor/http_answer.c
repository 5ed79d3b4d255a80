/* http_answer: see http_answer.h. Not here: connections, retries, hosts. */
#include "monitor/http_answer.h"

#include <curl/curl.h>
#include <strings.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

void
answer_init(struct answer *a, size_t limit, uint8_t *into)
{
	*a = (struct answer){.limit = limit, .into = into};
}

void
answer_fini(struct answer *a)
{
	buf_fini(&a->own);
	free(a->decoded);
	a->decoded = NULL;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span
trimmed(struct span s)
{
	while (s.len > 0 && is_blank(s.p[s.len - 1]))
		s.len--;
	while (s.len > 0 && is_blank(s.p[0]))
		s = span_from(s, 1);
	return s;
}

/* The value of the line when its field is called so. */
static bool
field_is(struct span *value, struct span line, const char *name)
{
	size_t len = strlen(name);

	if (line.len <= len || line.p[len] != ':' ||
	    strncasecmp((const char *)line.p, name, len) != 0)
		return false;
	*value = trimmed(span_from(line, len + 1));
	return true;
}

/* An HTTP date begins with the day's name; curl reads far more than that. */
static int64_t
date_read(struct span s)
{
	char text[64];
	time_t t;

	if (s.len == 0 || s.len >= sizeof(text) || s.p[0] < 'A')
		return -1;
	memcpy(text, s.p, s.len);
	text[s.len] = '\0';
	t = curl_getdate(text, NULL);
	return t < 0 || t > INT64_MAX / 1000 ? -1 : (int64_t)t * 1000;
}

static bool
coding_is_known(struct span s)
{
	static const char *const names[] = {"gzip", "x-gzip", "identity", ""};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (s.len == strlen(names[i]) &&
		    strncasecmp((const char *)s.p, names[i], s.len) == 0)
			return true;
	return false;
}

static bool
is_error_page(const struct answer *a)
{
	return a->code < 200 || a->code > 299;
}

/* Encoded bytes that may come; gzip of our own is capped decoded, later. */
static size_t
body_cap(const struct answer *a)
{
	if (a->into == NULL)
		return a->limit + HTTP_GZIP_EXTRA(a->limit);
	return a->limit;
}

static void
too_long(struct answer *a)
{
	a->status = err_set(&a->err, ST_LIMIT,
	    "the body has more than the allowed %zu bytes", a->limit);
}

static enum status
unknown_coding(struct answer *a)
{
	return err_set(&a->err, ST_BAD, "a Content-Encoding other than gzip");
}

/* Stop before the body when its announced length is hopeless. */
static void
length_check(struct answer *a, struct span value)
{
	uint64_t n;

	if (!text_u64(&n, value) || n <= body_cap(a) || is_error_page(a))
		return;
	a->announced = n;
	too_long(a);
}

/* A text to be sent back as it came; one that could not be is left out. */
static void
since_keep(char out[HTTP_SINCE_MAX], struct span value)
{
	if (value.len >= HTTP_SINCE_MAX)
		return;
	for (size_t i = 0; i < value.len; i++)
		if (value.p[i] < ' ' || value.p[i] > '~')
			return;
	memcpy(out, value.p, value.len);
	out[value.len] = '\0';
}

static void
answer_field(struct answer *a, struct span line)
{
	struct span v;
	int64_t ms;

	if (field_is(&v, line, "content-encoding"))
		a->unknown_code = a->unknown_code || !coding_is_known(v);
	else if (field_is(&v, line, "content-length"))
		length_check(a, v);
	else if (field_is(&v, line, "date"))
		a->date_ms = (ms = date_read(v)) > 0 ? ms : 0;
	else if (field_is(&v, line, "etag"))
		since_keep(a->since.etag, v);
	else if (field_is(&v, line, "last-modified"))
		since_keep(a->since.modified, v);
	else if (field_is(&v, line, "retry-after") &&
		 v.len < sizeof(a->retry_after)) {
		memcpy(a->retry_after, v.p, v.len);
		a->retry_after[v.len] = '\0';
	}
}

/* "HTTP/1.1 200 OK", "HTTP/2 200 ": a new head begins. */
static void
answer_status(struct answer *a, struct span line)
{
	size_t at = span_chr(line, ' ');
	struct span s = trimmed(span_from(line, at));
	int code = 0;

	for (size_t i = 0; i < s.len && i < 3; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			break;
		code = code * 10 + (s.p[i] - '0');
	}
	a->code = code;
	a->unknown_code = false;
	a->date_ms = 0;
	a->retry_after[0] = '\0';
	a->since = (struct http_since){{0}};
}

bool
answer_line(struct answer *a, struct span line)
{
	if (a->head_len + line.len > HTTP_HEAD_MAX) {
		a->status = err_set(&a->err, ST_BAD,
		    "more than %u bytes of headers", HTTP_HEAD_MAX);
		return false;
	}
	a->head_len += line.len;
	if (a->head_done) /* a trailer: nothing we believe stands there */
		return true;
	if (span_starts(line, span_str("HTTP/")))
		answer_status(a, line);
	else if (trimmed(line).len == 0)
		a->head_done = a->code >= 200;
	else
		answer_field(a, line);
	return a->status == ST_OK;
}

static void
answer_keep(struct answer *a, struct span s)
{
	if (a->into != NULL)
		memcpy(a->into + a->len, s.p, s.len);
	else
		buf_span_add(&a->own, s);
	a->len += s.len;
}

static bool
answer_page(struct answer *a, struct span piece)
{
	answer_keep(a, span_cut(piece, 0, a->limit - a->len));
	a->cut = a->received > HTTP_ERROR_BODY_MAX;
	return !a->cut;
}

bool
answer_body(struct answer *a, struct span piece)
{
	if (piece.len == 0)
		return true;
	a->received += piece.len;
	if (is_error_page(a))
		return answer_page(a, piece);
	if (a->unknown_code) {
		a->status = unknown_coding(a);
		return false;
	}
	if (piece.len > body_cap(a) - a->len) {
		too_long(a);
		return false;
	}
	answer_keep(a, piece);
	/* The slack beyond the limit is for gzip alone. */
	if (a->len > a->limit && !gzip_is(buf_span(&a->own))) {
		too_long(a);
		return false;
	}
	return true;
}

static enum status
answer_decode(struct answer *a, struct gunzip *g, struct span *body)
{
	struct arena room;

	a->decoded = mem_new(1, a->limit);
	room = arena_of(a->decoded, a->limit);
	return gunzip_run(g, &room, body, *body, &a->err);
}

static int64_t
answer_retry_ms(const struct answer *a, int64_t now_ms)
{
	struct span v = span_str(a->retry_after);

	return host_retry_ms(
	    v, date_read(v), a->date_ms > 0 ? a->date_ms : now_ms);
}

/* Decoded when it is ours and gzip. An error page that cannot be read is an
 * empty one: its code matters more than its text. */
static void
answer_read(struct answer *a, struct gunzip *g, struct http_reply *r)
{
	enum status st = ST_OK;

	if (a->unknown_code)
		st = unknown_coding(a);
	else if (a->into == NULL && gzip_is(r->body))
		st = answer_decode(a, g, &r->body);
	if (st == ST_OK)
		return;
	r->body = span_of(NULL, 0);
	if (!is_error_page(a))
		r->status = st;
}

void
answer_end(
    struct answer *a, struct gunzip *g, int64_t now_ms, struct http_reply *r)
{
	r->status = a->status;
	r->code = a->code;
	r->date_ms = a->date_ms;
	r->since = a->since;
	r->announced = a->announced;
	r->retry_after_ms = answer_retry_ms(a, now_ms);
	r->body = a->into ? span_of(a->into, a->len) : buf_span(&a->own);
	if (r->status == ST_OK)
		answer_read(a, g, r);
	else
		r->body = span_of(NULL, 0);
	if (r->status != ST_OK)
		r->err = a->err;
}

/* It sends us elsewhere, where nobody goes. */
static bool
is_redirect(const struct http_reply *r)
{
	return r->code / 100 == 3 && r->code != 304;
}

enum host_end
answer_verdict(const struct http_reply *r)
{
	if (r->code == 429 || (r->code == 503 && r->retry_after_ms > 0))
		return HOST_THROTTLED;
	if (r->status != ST_OK || r->code >= 500 || is_redirect(r))
		return HOST_FAULT;
	return HOST_FINE;
}
