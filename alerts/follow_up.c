/* follow_up: see follow_up.h. */
#include "alerts/follow_up.h"

#include <openssl/evp.h>

#include "alerts/json.h"

#define DOMAIN "indelible/follow-up/1"

const char follow_up_what[] =
    "The log served this entry, but then not as part of the tree that it has "
    "signed.";
const char follow_up_meaning[] =
    "What we told you may not be in the log: it could not be proven. Keep it "
    "as a hint. Should it be proven later, you are told again.";

void
follow_up_id(uint8_t id[16], const uint8_t alert[16])
{
	struct buf text = {0};
	uint8_t digest[EVP_MAX_MD_SIZE];

	buf_str(&text, DOMAIN);
	buf_add(&text, alert, 16);
	ASSERT(EVP_Digest(text.p, text.len, digest, NULL, EVP_sha256(), NULL));
	memcpy(id, digest, 16);
	buf_fini(&text);
}

static void
log_json(const struct sighting *s, struct buf *out)
{
	json_base64(out, "log_id", span_of(s->log_id, 32));
	json_text(out, "log_name", s->log_name);
	json_text(out, "operator", s->operator_name);
	json_uint(out, "index", s->index);
	json_time(out, "timestamp", s->timestamp_ms);
	json_base64(out, "leaf_hash", span_of(s->leaf_hash, 32));
}

static void
data_json(const struct exposure *x, struct buf *out)
{
	json_text(out, "kind", "alert-withdrawn");
	if (x->num_sightings > 0)
		log_json(x->sightings, out);
	json_hex(out, "alert", span_of(x->id, sizeof(x->id)));
	json_open(out, "record", '{');
	json_text(out, "id", x->record_id);
	json_text(out, "tenant", x->tenant);
	json_text(out, "kind", x->record_kind);
	buf_char(out, '}');
	json_text(out, "detail", follow_up_what);
	json_text(out, "meaning", follow_up_meaning);
}

void
follow_up_json(const struct message *m, struct buf *out)
{
	struct buf data = {0};
	struct event ev = {.type = "log.misbehaviour",
	    .subject = m->x->record_id,
	    .time_ms = m->time_ms};

	buf_char(&data, '{');
	data_json(m->x, &data);
	buf_char(&data, '}');
	memcpy(ev.id, m->id, sizeof(ev.id));
	ev.data = buf_span(&data);
	event_json(&ev, m->instance, out);
	buf_fini(&data);
}
