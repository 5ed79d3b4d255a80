/*
 * alert: an exposure (somebody's personal data in a logged certificate) and
 * operator events, and their JSON form (interface.md section 5, CloudEvents
 * 1.0). Words for destinations are made here; nothing is sent from here.
 */
#ifndef ALERTS_ALERT_H
#define ALERTS_ALERT_H

#include "ctlog/base/buf.h"
#include "ctlog/base/err.h"

struct sighting {
	uint8_t log_id[32];
	char *log_name, *operator_name;
	uint64_t index;
	int64_t timestamp_ms;
	uint8_t leaf_hash[32];
	bool verified;
};

enum severity { SEV_INFO, SEV_LOW, SEV_MEDIUM, SEV_HIGH };

struct exposure {
	uint8_t id[16];
	int64_t time_ms; /* first detection */
	char *tenant, *record_id, *record_kind;
	struct {
		char *rule, *kind, *carrier, *side;
		char *value; /* as in the certificate, UTF-8, not masked */
		unsigned score, count;
		size_t num_reasons;
		char **reason;
	} match;
	enum severity severity;
	size_t num_also; /* also_exposed: names of kinds */
	char **also;
	struct {
		bool has_sha256, precert;
		uint8_t sha256[32], family[32];
		char *serial; /* lower-case hex */
		char *issuer, *issuer_org;
		int64_t not_before_ms, not_after_ms; /* INT64_MIN unknown */
		size_t num_classes;
		char **classes;
	} cert;
	size_t num_sightings;
	struct sighting *sightings;
};
void exposure_fini(struct exposure *x);
/* Some log has proven it. */
bool exposure_is_proven(const struct exposure *x);

/* First 16 bytes of SHA-256 over "indelible/1", tenant, record id and family,
 * each length-prefixed (u32, big-endian). */
void exposure_id(uint8_t id[16], const char *tenant, const char *record_id,
    const uint8_t family[32]);

/* What the store keeps of an exposure, without id, time and sightings (those
 * have columns): compact JSON. Reading it back gives the same. */
void exposure_pack(const struct exposure *x, struct buf *out);
enum status exposure_unpack(
    struct exposure *x, struct span packed, struct err *e);

/* The alert as one line of JSON without a line end. `source` is the instance;
 * `reveal` shows the matched value unmasked. */
void alert_json(const struct exposure *x, const char *instance, bool reveal,
    struct buf *out);

/* Two lines for a terminal, ending in a line end. */
void alert_text(const struct exposure *x, bool colour, struct buf *out);

/* The masked form of a value of this kind ("email", "name", other). */
void alert_mask(const char *kind, struct span value, struct buf *out);

/* An operator event. */
struct event {
	uint8_t id[16];
	const char *type; /* without prefix and version: "log.misbehaviour" */
	const char *subject; /* log name, or "" */
	int64_t time_ms;
	struct span data; /* a JSON object */
};
/* One line without a line end. */
void event_json(const struct event *ev, const char *instance, struct buf *out);

const char *severity_name(enum severity s);

#endif
