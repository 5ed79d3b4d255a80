/*
 * alert: an exposure as CloudEvents JSON (interface.md section 5), its id, and
 * operator events in the same envelope. Text for people is in alert_text.c,
 * the form kept by the store in exposure.c.
 */
#include "alerts/alert.h"

#include <openssl/evp.h>

#include "alerts/advice.h"
#include "alerts/ca.h"
#include "alerts/json.h"

#define TYPE_PREFIX "dev.indelible."
#define TYPE_VERSION ".v1"
#define SEARCH "https://crt.sh/?"

void
exposure_id(uint8_t id[16], const char *tenant, const char *record_id,
    const uint8_t family[32])
{
	struct buf text = {0};
	uint8_t digest[EVP_MAX_MD_SIZE];

	buf_vec(&text, span_str("indelible/1"), 4);
	buf_vec(&text, span_str(tenant), 4);
	buf_vec(&text, span_str(record_id), 4);
	buf_vec(&text, span_of(family, 32), 4);
	ASSERT(EVP_Digest(text.p, text.len, digest, NULL, EVP_sha256(), NULL));
	memcpy(id, digest, 16);
	buf_fini(&text);
}

struct envelope {
	const uint8_t *id;
	const char *instance, *type, *subject;
	int64_t time_ms;
};

static void
envelope_json(const struct envelope *v, struct buf *out)
{
	struct buf text = {0};

	json_text(out, "specversion", "1.0");
	json_hex(out, "id", span_of(v->id, 16));
	buf_fmt(&text, "indelible/%s", v->instance);
	json_text(out, "source", buf_cstr(&text));
	buf_clear(&text);
	buf_fmt(&text, TYPE_PREFIX "%s" TYPE_VERSION, v->type);
	json_text(out, "type", buf_cstr(&text));
	json_time(out, "time", v->time_ms);
	/* CloudEvents 1.0 3.1.2: a subject that is there is not empty. */
	if (v->subject[0] != '\0')
		json_text(out, "subject", v->subject);
	json_text(out, "datacontenttype", "application/json");
	buf_fini(&text);
}

static void
match_json(const struct exposure *x, bool reveal, struct buf *out)
{
	const char *value = x->match.value ? x->match.value : "";
	struct buf masked = {0};

	if (!reveal)
		alert_mask(x->match.kind, span_str(value), &masked);
	json_open(out, "match", '{');
	json_text(out, "rule", x->match.rule);
	json_uint(out, "score", x->match.score);
	json_texts(out, "reasons", x->match.num_reasons, x->match.reason);
	json_text(out, "kind", x->match.kind);
	json_text(out, "carrier", x->match.carrier);
	json_text(out, "side", x->match.side);
	json_text(out, "value", reveal ? value : buf_cstr(&masked));
	json_uint(out, "count", x->match.count);
	buf_char(out, '}');
	buf_fini(&masked);
}

/* "" is no name of an issuer. */
static const char *
or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? text : NULL;
}

static void
cert_json(const struct exposure *x, struct buf *out)
{
	json_open(out, "certificate", '{');
	if (x->cert.has_sha256)
		json_hex(out, "sha256", span_of(x->cert.sha256, 32));
	else
		json_text(out, "sha256", NULL);
	json_hex(out, "tbs_sha256", span_of(x->cert.family, 32));
	json_bool(out, "precertificate", x->cert.precert);
	json_text(out, "serial", x->cert.serial);
	json_text(out, "issuer", or_null(x->cert.issuer));
	json_text(out, "issuer_organization", or_null(x->cert.issuer_org));
	json_time(out, "not_before", x->cert.not_before_ms);
	json_time(out, "not_after", x->cert.not_after_ms);
	json_texts(out, "classes", x->cert.num_classes, x->cert.classes);
	buf_char(out, '}');
}

static void
sighting_json(const struct sighting *s, struct buf *out)
{
	json_sep(out);
	buf_char(out, '{');
	json_base64(out, "log_id", span_of(s->log_id, 32));
	json_text(out, "log_name", s->log_name);
	json_text(out, "operator", s->operator_name);
	json_uint(out, "index", s->index);
	json_time(out, "timestamp", s->timestamp_ms);
	json_base64(out, "leaf_hash", span_of(s->leaf_hash, 32));
	json_bool(out, "verified", s->verified);
	buf_char(out, '}');
}

/* Where anybody can see it: by fingerprint, or by serial when there is none. */
static void
permanence_json(const struct exposure *x, struct buf *out)
{
	json_open(out, "permanence", '{');
	json_text(out, "statement", alert_permanence);
	json_open(out, "searchable_at", '[');
	if (x->cert.has_sha256) {
		buf_str(out, "\"" SEARCH "q=");
		text_hex(out, span_of(x->cert.sha256, 32));
		buf_char(out, '"');
	} else if (or_null(x->cert.serial) != NULL) {
		struct buf url = {0};

		buf_fmt(&url, SEARCH "serial=%s", x->cert.serial);
		text_json(out, buf_span(&url));
		buf_fini(&url);
	}
	buf_str(out, "]}");
}

static void
advice_json(const struct exposure *x, struct buf *out)
{
	const struct advice *advice[ADVICE_MAX];
	size_t num = alert_advice(advice, x);

	json_open(out, "advice", '[');
	for (size_t i = 0; i < num; i++) {
		json_sep(out);
		text_json(out, span_str(advice[i]->text));
	}
	buf_char(out, ']');
}

/* Of the direct issuer: who stands above it is not responsible. */
static void
ca_json(const struct exposure *x, struct buf *out)
{
	struct ca *ca = ca_find(x->cert.issuer_org);
	struct buf how = {0};

	ca_how_to_write(&how, ca);
	json_open(out, "ca", '{');
	json_text(out, "id", ca != NULL ? ca_id(ca) : NULL);
	json_text(out, "how_to_write", buf_cstr(&how));
	buf_char(out, '}');
	buf_fini(&how);
	ca_free(ca);
}

void
alert_json(const struct exposure *x, const char *instance, bool reveal,
    struct buf *out)
{
	struct envelope v = {.id = x->id,
	    .instance = instance,
	    .type = "exposure",
	    .subject = x->record_id,
	    .time_ms = x->time_ms};

	buf_char(out, '{');
	envelope_json(&v, out);
	json_open(out, "data", '{');
	json_open(out, "record", '{');
	json_text(out, "id", x->record_id);
	json_text(out, "tenant", x->tenant);
	json_text(out, "kind", x->record_kind);
	buf_char(out, '}');
	match_json(x, reveal, out);
	json_text(out, "severity", severity_name(x->severity));
	json_texts(out, "also_exposed", x->num_also, x->also);
	cert_json(x, out);
	json_open(out, "sightings", '[');
	for (size_t i = 0; i < x->num_sightings; i++)
		sighting_json(&x->sightings[i], out);
	buf_char(out, ']');
	permanence_json(x, out);
	advice_json(x, out);
	ca_json(x, out);
	buf_str(out, "}}");
}

void
event_json(const struct event *ev, const char *instance, struct buf *out)
{
	struct envelope v = {.id = ev->id,
	    .instance = instance,
	    .type = ev->type,
	    .subject = ev->subject,
	    .time_ms = ev->time_ms};

	buf_char(out, '{');
	envelope_json(&v, out);
	json_name(out, "data");
	if (ev->data.len > 0)
		buf_span_add(out, ev->data);
	else
		buf_str(out, "{}");
	buf_char(out, '}');
}

const char *
severity_name(enum severity s)
{
	switch (s) {
	case SEV_INFO:
		return "info";
	case SEV_LOW:
		return "low";
	case SEV_MEDIUM:
		return "medium";
	case SEV_HIGH:
		return "high";
	}
	return "info";
}
