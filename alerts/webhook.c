/*
 * webhook: events posted to an HTTP receiver, as CloudEvents 1.0 in structured
 * mode, signed as Standard Webhooks 1.0 wants it: webhook-id is the event's id
 * and the same on every retry, webhook-timestamp the attempt's, and
 * webhook-signature has one signature for each secret, so that a receiver can
 * change over from one to the next.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "alerts/sink.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

#define SECRETS_MAX 8
/* Bytes of a secret, as Standard Webhooks says. */
#define SECRET_MIN 24
#define SECRET_MAX 64
#define SECRET_PREFIX "whsec_"

struct sink {
	char *url;
	bool reveal, public_only;
	size_t num;
	struct secret {
		uint8_t key[SECRET_MAX];
		size_t len;
	} secret[SECRETS_MAX];
};

static void
webhook_close(struct sink *s)
{
	if (s == NULL)
		return;
	free(s->url);
	mem_wipe(s, sizeof(*s));
	free(s);
}

/* "whsec_" and base64 into *out; false when it is not that. */
static bool
secret_of(struct secret *out, struct span line)
{
	uint8_t raw[(SECRET_MAX / 3 + 1) * 3];
	ssize_t n = -1;

	if (!span_starts(line, span_str(SECRET_PREFIX)))
		return false;
	line = span_from(line, strlen(SECRET_PREFIX));
	if (line.len / 4 * 3 <= sizeof(raw))
		n = text_unbase64(raw, line);
	if (n >= SECRET_MIN && n <= SECRET_MAX) {
		memcpy(out->key, raw, (size_t)n);
		out->len = (size_t)n;
	}
	mem_wipe(raw, sizeof(raw));
	return out->len > 0;
}

static struct span
trimmed(struct span s)
{
	while (s.len > 0 && strchr(" \t\r", s.p[0]) && s.p[0] != '\0')
		s = span_from(s, 1);
	while (s.len > 0 && strchr(" \t\r", s.p[s.len - 1]) &&
	       s.p[s.len - 1] != '\0')
		s.len--;
	return s;
}

/* One secret a line; empty lines and those that begin with '#' are none. */
static enum status
secrets_read(struct sink *s, struct span text, struct err *e)
{
	for (unsigned line = 1; text.len > 0; line++) {
		size_t n = span_chr(text, '\n');
		struct span one = trimmed(span_cut(text, 0, n));

		text = span_from(text, n + 1);
		if (one.len == 0 || one.p[0] == '#')
			continue;
		if (s->num == SECRETS_MAX)
			return err_set(e, ST_BAD,
			    "more than %d secrets; remove the old ones",
			    SECRETS_MAX);
		if (!secret_of(&s->secret[s->num++], one))
			return err_set(e, ST_BAD,
			    "line %u is no secret: write " SECRET_PREFIX
			    " and %d to %d random bytes in base64",
			    line, SECRET_MIN, SECRET_MAX);
	}
	return s->num > 0 ? ST_OK : err_set(e, ST_BAD, "there is no secret");
}

static enum status
webhook_open(struct sink **out, const struct conf_sink *conf,
    struct span secret, struct err *e)
{
	struct sink *s = NEW(struct sink);
	enum status st = secrets_read(s, secret, e);

	if (st != ST_OK) {
		err_prefix(e, "sink %s: secret_file %s", conf->name,
		    QUOTE(span_str(conf->secret_file)));
		webhook_close(s);
		return st;
	}
	s->url = mem_str(conf->url);
	s->reveal = conf->reveal;
	s->public_only = conf->public_only;
	*out = s;
	return ST_OK;
}

/* "v1,BASE64" for each secret, over "id.timestamp.body". */
static void
sign(const struct sink *s, struct span signed_text, struct buf *out)
{
	uint8_t mac[32];
	unsigned len = 0;

	for (size_t i = 0; i < s->num; i++) {
		const struct secret *k = &s->secret[i];

		ASSERT(HMAC(EVP_sha256(), k->key, (int)k->len, signed_text.p,
			   signed_text.len, mac, &len) != NULL &&
		       len == sizeof(mac));
		buf_str(out, i > 0 ? " v1," : "v1,");
		text_base64(out, span_of(mac, sizeof(mac)));
	}
}

static void
webhook_render(struct sink *s, struct parcel *out, const struct message *m)
{
	struct buf id = {0}, text = {0};

	out->url = s->url;
	out->public_only = s->public_only;
	message_json(m, s->reveal, &out->body);
	text_hex(&id, span_of(m->id, sizeof(m->id)));
	buf_fmt(&text, "%s.%lld.", buf_cstr(&id), (long long)m->now_ms / 1000);
	buf_span_add(&text, buf_span(&out->body));
	buf_fmt(&out->headers,
	    "Content-Type: application/cloudevents+json; charset=utf-8\n"
	    "webhook-id: %s\nwebhook-timestamp: %lld\nwebhook-signature: ",
	    buf_cstr(&id), (long long)m->now_ms / 1000);
	sign(s, buf_span(&text), &out->headers);
	buf_char(&out->headers, '\n');
	buf_fini(&id);
	buf_fini(&text);
}

const struct sink_api sink_webhook = {
    .name = "webhook",
    .kind = PARCEL_HTTP,
    .open = webhook_open,
    .close = webhook_close,
    .render = webhook_render,
    .judge = sink_judge_http,
};
