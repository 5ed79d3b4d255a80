/* alert: the JSON of an alert field by field, masks, severities, the store's
 * form (interface.md section 5, pii.md 8.2). */
#include <jansson.h>

#include "alerts/advice.h"
#include "alerts/severity.h"
#include "ctlog/base/mem.h"
#include "tests/unit/support.h"

#define S(...)                                                                 \
	(char *[])                                                             \
	{                                                                      \
		__VA_ARGS__                                                    \
	}

static char *
lit(const char *s)
{
	return (char *)(uintptr_t)s;
}

/* Jane's address and name in an individual-validated certificate; nothing is
 * on the heap, so no exposure_fini. */
static struct exposure
jane(void)
{
	static struct sighting seen[2];
	static char *reasons[] = {NULL}, *also[] = {NULL}, *classes[2];
	struct exposure x = {.time_ms = 1793527200123,
	    .tenant = lit("acme"),
	    .record_id = lit("acme/jane"),
	    .record_kind = lit("email"),
	    .severity = SEV_HIGH,
	    .num_also = 1,
	    .also = also,
	    .num_sightings = 2,
	    .sightings = seen};

	reasons[0] = lit("rfc822Name equals the record");
	also[0] = lit("name");
	classes[0] = lit("tls-iv");
	classes[1] = lit("precert");
	x.match.rule = lit("email-strict");
	x.match.kind = lit("email");
	x.match.carrier = lit("san.rfc822Name");
	x.match.side = lit("subject");
	x.match.value = lit("Jane.Roe@Example.com");
	x.match.score = 100;
	x.match.count = 2;
	x.match.num_reasons = 1;
	x.match.reason = reasons;
	x.cert.has_sha256 = x.cert.precert = true;
	memset(x.cert.sha256, 0xab, 32);
	for (uint8_t i = 0; i < 32; i++)
		x.cert.family[i] = i;
	x.cert.serial = lit("04ab");
	x.cert.issuer = lit("Example \"CA\" \xc3\x84 2");
	x.cert.issuer_org = lit("Example Trust");
	x.cert.not_before_ms = 1790812800000;
	x.cert.not_after_ms = 1798675199000;
	x.cert.num_classes = 2;
	x.cert.classes = classes;
	seen[0] = (struct sighting){.log_name = lit("Argon"),
	    .operator_name = lit("Example"),
	    .index = 1234,
	    .timestamp_ms = 1793527190000,
	    .verified = true};
	memset(seen[0].log_id, 1, 32);
	memset(seen[0].leaf_hash, 2, 32);
	seen[1] = (struct sighting){.index = UINT64_C(1) << 40};
	exposure_id(x.id, x.tenant, x.record_id, x.cert.family);
	return x;
}

/* Computed with Python's hashlib and struct: SHA-256 over the four parts,
 * family 00..1f, each with its length before it. */
static void
test_id(void **state)
{
	const struct {
		const char *tenant, *record, *id;
	} v[] = {
	    {"acme", "acme/jane", "35ccaa045c71b3c0be43397c6c49144b"},
	    {"a", "cme/jane", "aeb5752a00b7605b18855689f6bb8db0"},
	    {"", "x", "e87172857adfcbe7d49103db9db0ad21"},
	};
	uint8_t family[32], id[16], want[16];

	(void)state;
	for (uint8_t i = 0; i < 32; i++)
		family[i] = i;
	for (size_t i = 0; i < 3; i++) {
		exposure_id(id, v[i].tenant, v[i].record, family);
		assert_true(text_unhex(want, 16, span_str(v[i].id)));
		assert_memory_equal(id, want, 16);
	}
}

static json_t *
parse(struct buf *line)
{
	json_error_t e;
	json_t *j;

	assert_true(line->len > 0);
	assert_null(memchr(line->p, '\n', line->len));
	j = json_loadb(
	    (const char *)line->p, line->len, JSON_REJECT_DUPLICATES, &e);
	if (j == NULL)
		fail_msg("%s at %d: %s", e.text, e.position, buf_cstr(line));
	buf_fini(line);
	return j;
}

/* The member at a path of keys and array indices: "data.sightings.0.index". */
static const json_t *
at(const json_t *j, const char *path)
{
	char copy[128], *save = NULL;

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *p = strtok_r(copy, ".", &save); p != NULL;
	     p = strtok_r(NULL, ".", &save)) {
		j = json_is_array(j) ? json_array_get(j, strtoul(p, NULL, 10))
				     : json_object_get(j, p);
		if (j == NULL)
			fail_msg("no %s", path);
	}
	return j;
}

static void
want_text(const json_t *j, const char *path, const char *want)
{
	const char *got = json_string_value(at(j, path));

	if (got == NULL || strcmp(got, want) != 0)
		fail_msg("%s: %s, want %s", path, got ? got : "null", want);
}

static void
want_int(const json_t *j, const char *path, json_int_t want)
{
	assert_true(json_is_integer(at(j, path)));
	assert_int_equal(json_integer_value(at(j, path)), want);
}

/* The names of an object's members, in order. */
static void
want_names(const json_t *j, const char *path, const char *want)
{
	json_t *object = (json_t *)(uintptr_t)(*path ? at(j, path) : j);
	struct buf got = {0};
	const char *name;
	json_t *value;

	json_object_foreach(object, name, value)
	    buf_fmt(&got, "%s%s", got.len ? " " : "", name);
	assert_string_equal(buf_cstr(&got), want);
	buf_fini(&got);
}

#define AB4 "abababab"
#define AB32 AB4 AB4 AB4 AB4 AB4 AB4 AB4 AB4

static void
want_certificate(const json_t *j)
{
	want_names(j, "data.certificate",
	    "sha256 tbs_sha256 precertificate serial issuer "
	    "issuer_organization not_before not_after classes");
	want_text(j, "data.certificate.sha256", AB32);
	want_text(j, "data.certificate.tbs_sha256",
	    "000102030405060708090a0b0c0d0e0f"
	    "101112131415161718191a1b1c1d1e1f");
	assert_true(json_is_true(at(j, "data.certificate.precertificate")));
	want_text(j, "data.certificate.serial", "04ab");
	want_text(j, "data.certificate.issuer", "Example \"CA\" \xc3\x84 2");
	want_text(j, "data.certificate.issuer_organization", "Example Trust");
	want_text(j, "data.certificate.not_before", "2026-10-01T00:00:00.000Z");
	want_text(j, "data.certificate.not_after", "2026-12-30T23:59:59.000Z");
	want_text(j, "data.certificate.classes.0", "tls-iv");
	want_text(j, "data.certificate.classes.1", "precert");
}

static void
want_sightings(const json_t *j)
{
	want_names(j, "data.sightings.0",
	    "log_id log_name operator index timestamp leaf_hash verified");
	want_text(j, "data.sightings.0.log_id",
	    "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=");
	want_text(j, "data.sightings.0.log_name", "Argon");
	want_text(j, "data.sightings.0.operator", "Example");
	want_int(j, "data.sightings.0.index", 1234);
	want_text(j, "data.sightings.0.timestamp", "2026-11-01T09:59:50.000Z");
	want_text(j, "data.sightings.0.leaf_hash",
	    "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=");
	assert_true(json_is_true(at(j, "data.sightings.0.verified")));
	assert_true(json_is_null(at(j, "data.sightings.1.log_name")));
	want_int(j, "data.sightings.1.index", (json_int_t)1 << 40);
	assert_true(json_is_false(at(j, "data.sightings.1.verified")));
}

static void
test_json(void **state)
{
	struct exposure x = jane();
	struct buf line = {0};
	json_t *j;

	(void)state;
	alert_json(&x, "default", false, &line);
	assert_null(memmem(line.p, line.len, "Roe", 3));
	j = parse(&line);
	want_names(j, "",
	    "specversion id source type time subject datacontenttype data");
	want_text(j, "specversion", "1.0");
	want_text(j, "id", "35ccaa045c71b3c0be43397c6c49144b");
	want_text(j, "source", "indelible/default");
	want_text(j, "type", "dev.indelible.exposure.v1");
	want_text(j, "time", "2026-11-01T10:00:00.123Z");
	want_text(j, "subject", "acme/jane");
	want_text(j, "datacontenttype", "application/json");
	want_names(j, "data",
	    "record match severity also_exposed certificate sightings "
	    "permanence advice ca");
	want_names(j, "data.record", "id tenant kind");
	want_text(j, "data.record.id", "acme/jane");
	want_text(j, "data.record.tenant", "acme");
	want_text(j, "data.record.kind", "email");
	want_names(j, "data.match",
	    "rule score reasons kind carrier side value count");
	want_text(j, "data.match.rule", "email-strict");
	want_int(j, "data.match.score", 100);
	want_text(j, "data.match.reasons.0", "rfc822Name equals the record");
	want_text(j, "data.match.kind", "email");
	want_text(j, "data.match.carrier", "san.rfc822Name");
	want_text(j, "data.match.side", "subject");
	want_text(j, "data.match.value", "J\xe2\x80\xa6@E\xe2\x80\xa6.com");
	want_int(j, "data.match.count", 2);
	want_text(j, "data.severity", "high");
	want_text(j, "data.also_exposed.0", "name");
	want_certificate(j);
	want_sightings(j);
	want_names(j, "data.permanence", "statement searchable_at");
	want_text(j, "data.permanence.statement", alert_permanence);
	want_text(
	    j, "data.permanence.searchable_at.0", "https://crt.sh/?q=" AB32);
	want_names(j, "data.ca", "id how_to_write");
	assert_true(json_is_null(at(j, "data.ca.id")));
	want_text(j, "data.ca.how_to_write", alert_ca_unknown);
	assert_in_range(json_array_size(at(j, "data.advice")), 3, ADVICE_MAX);
	json_decref(j);
}

static void
test_json_reveal(void **state)
{
	struct exposure x = jane();
	struct buf line = {0};
	json_t *j;

	(void)state;
	alert_json(&x, "default", true, &line);
	j = parse(&line);
	want_text(j, "data.match.value", "Jane.Roe@Example.com");
	json_decref(j);
}

/* A bare TBSCertificate, an unreadable date, no organisation, no log yet;
 * and text that wants to be something else. */
static void
test_json_missing(void **state)
{
	struct exposure x = jane();
	struct buf line = {0};
	json_t *j;

	(void)state;
	x.cert.has_sha256 = false;
	x.cert.not_after_ms = INT64_MIN;
	x.cert.issuer_org = NULL;
	x.cert.issuer = lit("");
	x.num_sightings = x.num_also = x.cert.num_classes = 0;
	x.match.num_reasons = 0;
	x.match.value = lit("\xff\"}\n\x1b[2J@\\");
	alert_json(&x, "a\"b", true, &line);
	j = parse(&line);
	want_text(j, "source", "indelible/a\"b");
	assert_true(json_is_null(at(j, "data.certificate.sha256")));
	assert_true(json_is_null(at(j, "data.certificate.not_after")));
	assert_true(json_is_null(at(j, "data.certificate.issuer")));
	assert_true(
	    json_is_null(at(j, "data.certificate.issuer_organization")));
	want_text(j, "data.permanence.searchable_at.0",
	    "https://crt.sh/?serial=04ab");
	want_text(j, "data.match.value", "\xef\xbf\xbd\"}\n\x1b[2J@\\");
	assert_int_equal(json_array_size(at(j, "data.sightings")), 0);
	assert_int_equal(json_array_size(at(j, "data.also_exposed")), 0);
	json_decref(j);
	x.cert.serial = lit("");
	alert_json(&x, "x", false, &line);
	j = parse(&line);
	assert_int_equal(
	    json_array_size(at(j, "data.permanence.searchable_at")), 0);
	json_decref(j);
}

static void
test_event(void **state)
{
	struct event ev = {.type = "log.misbehaviour",
	    .subject = "Argon",
	    .time_ms = 0,
	    .data = span_str("{\"size\":5}")};
	struct buf line = {0};
	json_t *j;

	(void)state;
	memset(ev.id, 0x0f, 16);
	event_json(&ev, "default", &line);
	j = parse(&line);
	want_names(j, "",
	    "specversion id source type time subject datacontenttype data");
	want_text(j, "id", "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f");
	want_text(j, "type", "dev.indelible.log.misbehaviour.v1");
	want_text(j, "subject", "Argon");
	want_text(j, "time", "1970-01-01T00:00:00.000Z");
	want_int(j, "data.size", 5);
	json_decref(j);
	ev.type = "scan.summary";
	ev.subject = "";
	ev.data = span_of(NULL, 0);
	event_json(&ev, "default", &line);
	j = parse(&line);
	want_names(
	    j, "", "specversion id source type time datacontenttype data");
	want_text(j, "type", "dev.indelible.scan.summary.v1");
	want_names(j, "data", "");
	json_decref(j);
}

/* --- masks ----------------------------------------------------------------- */

#define E "\xe2\x80\xa6"

static void
test_mask(void **state)
{
	const struct {
		const char *kind, *value, *want;
	} v[] = {
	    {"email", "jane.roe@example.com", "j" E "@e" E ".com"},
	    {"email", "j@e.de", "j" E "@e" E ".de"},
	    {"email", "jane@mail.example.co.uk", "j" E "@m" E ".uk"},
	    {"email", " <Jane@Example.com. ", "J" E "@E" E ".com"},
	    {"email", "\"jane@home\"@example.com", "j" E "@e" E ".com"},
	    {"email", "root@localhost", "r" E "@l" E},
	    {"email", "jane@[192.0.2.7]", "j" E "@1" E},
	    {"email", "\xe8\x8a\xb1\xe5\xad\x90@\xe4\xbe\x8b.jp",
		"\xe8\x8a\xb1" E "@\xe4\xbe\x8b" E ".jp"},
	    {"email", "@", E "@" E},
	    {"email", "jane", E "ne"},
	    {"upn", "1234567890@mil", "1" E "@m" E},
	    {"jid", "jane@im.example.com", "j" E "@i" E ".com"},
	    {"name", "Jane Roe", "J" E " R" E},
	    {"name", "ROE, Jane (FIRMA)", "R" E " J" E " F" E},
	    {"name", "  \xc3\x84nne   M\xc3\xbcller\t", "\xc3\x84" E " M" E},
	    {"name",
		"\xe5\xb1\xb1\xe7\x94\xb0\xe3\x80\x80\xe8\x8a\xb1"
		"\xe5\xad\x90",
		"\xe5\xb1\xb1" E " \xe8\x8a\xb1" E},
	    {"name", "O'Brien Anna-Lena", "O" E " A" E},
	    {"name", " ,;", E},
	    {"name", "", E},
	    {"pseudonym", "Mondfisch", "M" E},
	    {"national-id", "12345678Z", E "8Z"},
	    {"username", "jr\xc3\xb6\xc3\xa9", E "\xc3\xb6\xc3\xa9"},
	    {"gender", "M", E},
	    {"citizenship", "ES", E},
	    {"other", "ESP", E "SP"},
	    {"other", "", E},
	    {"other", "\xff\xff", E},
	    {"email", "a\xff@b.c", E},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct buf out = {0};

		alert_mask(v[i].kind, span_str(v[i].value), &out);
		if (strcmp(buf_cstr(&out), v[i].want) != 0)
			fail_msg("%s %s: %s, want %s", v[i].kind, v[i].value,
			    buf_cstr(&out), v[i].want);
		buf_fini(&out);
	}
}

/* --- severity -------------------------------------------------------------- */

struct severe {
	const char *record, *kind, *side, *value, *also;
	unsigned score;
	enum severity want;
};

static void
test_severity(void **state)
{
	static const struct severe v[] = {
	    {"email", "email", "subject", "jane@e.com", NULL, 100, SEV_MEDIUM},
	    {"email", "email", "subject", "jane@e.com", "name", 100, SEV_HIGH},
	    {"email", "email", "subject", "jane@e.com", "title", 100,
		SEV_MEDIUM},
	    {"email", "email", "subject", "jane@e.com", "national-id", 100,
		SEV_HIGH},
	    {"email", "email", "subject", "jane@e.com", "birth-date", 100,
		SEV_HIGH},
	    {"email", "email", "subject", "jane@e.com", "address", 100,
		SEV_HIGH},
	    {"email", "email", "subject", "jane@e.com", "phone", 100, SEV_HIGH},
	    {"email", "email", "subject", "WebMaster@e.com", NULL, 100,
		SEV_LOW},
	    {"email", "email", "subject", "webmaster@e.com", "name", 100,
		SEV_LOW},
	    {"email", "email", "issuer", "jane@e.com", "name", 100, SEV_INFO},
	    {"domain", "email", "issuer", "info@e.com", NULL, 100, SEV_INFO},
	    {"domain", "email", "subject", "jane@e.com", NULL, 100, SEV_MEDIUM},
	    {"domain", "upn", "subject", "jane@e.com", NULL, 100, SEV_LOW},
	    {"email", "upn", "subject", "jane@e.com", NULL, 100, SEV_MEDIUM},
	    {"name", "name", "subject", "Jane Roe", NULL, 70, SEV_MEDIUM},
	    {"name", "name", "subject", "Jane Roe", "email", 99, SEV_MEDIUM},
	    {"name", "name", "subject", "Jane Roe", NULL, 69, SEV_INFO},
	    {"name", "name", "subject", "Jane Roe", "phone", 69, SEV_INFO},
	    {"name", "name", "subject", "Jane Roe", "birth-date", 70, SEV_HIGH},
	    {"name", "pseudonym", "subject", "Jane Roe", NULL, 60, SEV_INFO},
	    /* Those below match no record; `inspect` judges them. */
	    {NULL, "national-id", "subject", "1234567", NULL, 100, SEV_HIGH},
	    {NULL, "address", "subject", "Main St", NULL, 100, SEV_HIGH},
	    {NULL, "phone", "issuer", "555", NULL, 100, SEV_INFO},
	    {NULL, "title", "subject", "Dr", "phone", 100, SEV_LOW},
	    {NULL, "gender", "subject", "F", "name", 100, SEV_MEDIUM},
	    {NULL, "gender", "subject", "F", "birth-date", 100, SEV_HIGH},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct exposure x = {.record_kind = lit(v[i].record),
		    .num_also = v[i].also != NULL,
		    .also = S(lit(v[i].also))};

		x.match.kind = lit(v[i].kind);
		x.match.side = lit(v[i].side);
		x.match.value = lit(v[i].value);
		x.match.score = v[i].score;
		if (alert_severity(&x, 70) != v[i].want)
			fail_msg("row %zu: %s, want %s", i,
			    severity_name(alert_severity(&x, 70)),
			    severity_name(v[i].want));
	}
	assert_string_equal(severity_name(SEV_INFO), "info");
	assert_string_equal(severity_name(SEV_LOW), "low");
	assert_string_equal(severity_name(SEV_MEDIUM), "medium");
	assert_string_equal(severity_name(SEV_HIGH), "high");
}

static void
test_roles(void **state)
{
	const char *const role[] = {"webmaster@e.com", "POSTMASTER@e.com",
	    "no-reply@e.com", "noreply@e.com", "hostmaster+tls@e.com",
	    "ssl_admin@e.com", "abuse@e.com", "root@localhost"};
	const char *const person[] = {"jane@e.com", "webmasterjane@e.com",
	    "jane.info@e.com", "", "@e.com", "info", "+info@e.com"};

	(void)state;
	for (size_t i = 0; i < sizeof(role) / sizeof(role[0]); i++)
		assert_true(alert_is_role(span_str(role[i])));
	for (size_t i = 0; i < sizeof(person) / sizeof(person[0]); i++)
		if (alert_is_role(span_str(person[i])) !=
		    (strcmp(person[i], "info") == 0))
			fail_msg("%s", person[i]);
}

/* --- advice ---------------------------------------------------------------- */

static bool
advises(const struct exposure *x, const char *part)
{
	const struct advice *advice[ADVICE_MAX];
	size_t num = alert_advice(advice, x);

	for (size_t i = 0; i < num; i++)
		if (strstr(advice[i]->text, part) != NULL)
			return true;
	return false;
}

static void
test_advice(void **state)
{
	struct exposure x = jane();

	(void)state;
	assert_true(advises(&x, "domain-validated"));
	assert_true(advises(&x, "emailAddress"));
	assert_true(advises(&x, "phishing"));
	assert_false(advises(&x, "S/MIME"));
	x.cert.classes = S(lit("smime-sponsor"), lit("fulcio"));
	x.cert.num_classes = 1;
	assert_true(advises(&x, "pseudonym"));
	assert_false(advises(&x, "emailAddress"));
	x.cert.num_classes = 2;
	assert_true(advises(&x, "machine identity"));
	x.also = S(lit("national-id"));
	assert_true(advises(&x, "identifies you"));
	x.match.kind = lit("name");
	assert_false(advises(&x, "phishing"));
	x.match.side = lit("issuer");
	assert_true(advises(&x, "the CA's contact data"));
	assert_false(advises(&x, "revoked"));
}

/* --- text ------------------------------------------------------------------ */

static void
test_text(void **state)
{
	struct exposure x = jane();
	struct buf out = {0};

	(void)state;
	alert_text(&x, false, &out);
	assert_string_equal(buf_cstr(&out),
	    "high    acme/jane: email J" E "@E" E ".com in san.rfc822Name "
	    "(email-strict, score 100; also name)\n"
	    "        Example \"CA\" \xc3\x84 2, serial 04ab, "
	    "2026-10-01..2026-12-30, Argon #1234 and 1 more\n");
	buf_clear(&out);
	x.match.value = lit("\x1b[2J\n@\xe2\x80\xae.\n");
	x.cert.issuer = lit("CA\nhigh    forged");
	x.record_id = lit("a\tb");
	x.cert.not_before_ms = INT64_MIN;
	x.num_sightings = 0;
	alert_text(&x, true, &out);
	buf_cstr(&out);
	assert_non_null(memmem(out.p, out.len, "\033[0m", 4));
	assert_null(memmem(out.p, out.len, "\x1b[2J", 4));
	assert_null(memmem(out.p, out.len, "\xe2\x80\xae", 3));
	assert_null(memmem(out.p, out.len, "\nhigh", 5));
	assert_int_equal(out.p[out.len - 1], '\n');
	assert_int_equal((uint8_t *)memchr(out.p, '\n', out.len) - out.p + 1 <
			     (ssize_t)out.len,
	    true);
	buf_fini(&out);
}

/* --- the store's form ------------------------------------------------------ */

static void
want_same_texts(char *const *a, char *const *b, size_t num)
{
	for (size_t i = 0; i < num; i++)
		assert_string_equal(a[i], b[i]);
}

static void
test_pack(void **state)
{
	struct exposure x = jane(), y;
	struct buf packed = {0}, again = {0};
	struct err e;

	(void)state;
	x.cert.not_after_ms = INT64_MIN;
	x.cert.issuer_org = NULL;
	exposure_pack(&x, &packed);
	assert_status(exposure_unpack(&y, buf_span(&packed), &e), ST_OK, &e);
	assert_string_equal(y.tenant, x.tenant);
	assert_string_equal(y.record_id, x.record_id);
	assert_string_equal(y.record_kind, x.record_kind);
	assert_string_equal(y.match.rule, x.match.rule);
	assert_string_equal(y.match.kind, x.match.kind);
	assert_string_equal(y.match.carrier, x.match.carrier);
	assert_string_equal(y.match.side, x.match.side);
	assert_string_equal(y.match.value, x.match.value);
	assert_int_equal(y.match.score, 100);
	assert_int_equal(y.match.count, 2);
	assert_int_equal(y.match.num_reasons, 1);
	want_same_texts(y.match.reason, x.match.reason, 1);
	assert_int_equal(y.severity, SEV_HIGH);
	assert_int_equal(y.num_also, 1);
	want_same_texts(y.also, x.also, 1);
	assert_true(y.cert.has_sha256 && y.cert.precert);
	assert_memory_equal(y.cert.sha256, x.cert.sha256, 32);
	assert_memory_equal(y.cert.family, x.cert.family, 32);
	assert_string_equal(y.cert.serial, x.cert.serial);
	assert_string_equal(y.cert.issuer, x.cert.issuer);
	assert_null(y.cert.issuer_org);
	assert_true(y.cert.not_before_ms == x.cert.not_before_ms);
	assert_true(y.cert.not_after_ms == INT64_MIN);
	assert_int_equal(y.cert.num_classes, 2);
	want_same_texts(y.cert.classes, x.cert.classes, 2);
	assert_int_equal(y.num_sightings, 0);
	exposure_pack(&y, &again);
	assert_true(span_eq(buf_span(&packed), buf_span(&again)));
	exposure_fini(&y);
	assert_null(y.tenant);
	buf_fini(&packed);
	buf_fini(&again);
}

static void
test_pack_bare(void **state)
{
	struct exposure x = {.tenant = lit("t"), .record_id = lit("r")}, y;
	struct buf packed = {0}, line = {0};
	struct err e;

	(void)state;
	exposure_pack(&x, &packed);
	assert_status(exposure_unpack(&y, buf_span(&packed), &e), ST_OK, &e);
	assert_false(y.cert.has_sha256);
	assert_string_equal(y.match.rule, "");
	alert_json(&y, "x", false, &line);
	json_decref(parse(&line));
	exposure_fini(&y);
	buf_fini(&packed);
}

/* One thing wrong in each: refused, with a word on what. */
static void
test_unpack_wrong(void **state)
{
	static const char *const change[][3] = {
	    {"\"form\":1", "\"form\":-1", "form"},
	    {"\"form\":1", "\"form\":\"1\"", "form"},
	    {"\"tenant\":\"acme\",", "", "tenant"},
	    {"\"tenant\":\"acme\"", "\"tenant\":null", "tenant"},
	    {"\"acme/jane\"", "7", "record"},
	    {"\"match\":{", "\"match\":[], \"m\":{", "rule"},
	    {"\"score\":100", "\"score\":101", "score"},
	    {"\"score\":100", "\"score\":1.5", "score"},
	    {"\"count\":2", "\"count\":4294967296", "count"},
	    {"\"severity\":3", "\"severity\":4", "severity"},
	    {"[\"name\"]", "[null]", "also"},
	    {"[\"name\"]", "{}", "also"},
	    {"\"precert\":true", "\"precert\":1", "precert"},
	    {"\"abab", "\"abag", "sha256"},
	    {"\"family\":\"00", "\"family\":\"", "family"},
	    {"\"not_before\":1", "\"not_before\":1.", "not_before"},
	    {"\"acme/jane\"", "\"acme\\u0000\"", "no JSON"},
	    {"\"form\":1", "\"form\":1,\"form\":1", "no JSON"},
	    {"{\"form\"", "[{\"form\"", "no JSON"},
	};
	struct exposure x = jane(), y;
	struct buf packed = {0};
	struct err e;

	(void)state;
	exposure_pack(&x, &packed);
	for (size_t i = 0; i < sizeof(change) / sizeof(change[0]); i++) {
		const char *all = buf_cstr(&packed);
		const char *p = strstr(all, change[i][0]);
		struct buf bad = {0};

		assert_non_null(p);
		buf_add(&bad, all, (size_t)(p - all));
		buf_str(&bad, change[i][1]);
		buf_str(&bad, p + strlen(change[i][0]));
		assert_status(
		    exposure_unpack(&y, buf_span(&bad), &e), ST_BAD, &e);
		assert_says(&e, change[i][2]);
		assert_null(y.tenant);
		buf_fini(&bad);
	}
	for (size_t n = 0; n < packed.len; n++)
		assert_int_equal(
		    exposure_unpack(&y, span_of(packed.p, n), NULL), ST_BAD);
	buf_fini(&packed);
}

static void
test_unpack_newer(void **state)
{
	struct exposure y;
	struct err e;

	(void)state;
	assert_status(
	    exposure_unpack(&y, span_str("{\"form\":2}"), &e), ST_NEWER, &e);
	assert_null(y.tenant);
}

static void
test_unpack_big(void **state)
{
	struct buf big = {0};
	struct exposure y;
	struct err e;

	(void)state;
	buf_str(&big, "{\"form\":1,\"also\":[");
	for (size_t i = 0; i < 1000; i++)
		buf_str(&big, "\"x\",");
	buf_str(&big, "\"x\"]}");
	assert_status(exposure_unpack(&y, buf_span(&big), &e), ST_BAD, &e);
	memset(buf_room(&big, 3u << 20), ' ', 3u << 20);
	big.len += 3u << 20;
	assert_status(exposure_unpack(&y, buf_span(&big), &e), ST_LIMIT, &e);
	buf_clear(&big);
	for (size_t i = 0; i < 100000; i++)
		buf_char(&big, '[');
	assert_status(exposure_unpack(&y, buf_span(&big), &e), ST_BAD, &e);
	buf_fini(&big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_id),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_json_reveal),
	    cmocka_unit_test(test_json_missing),
	    cmocka_unit_test(test_event),
	    cmocka_unit_test(test_mask),
	    cmocka_unit_test(test_severity),
	    cmocka_unit_test(test_roles),
	    cmocka_unit_test(test_advice),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_pack),
	    cmocka_unit_test(test_pack_bare),
	    cmocka_unit_test(test_unpack_wrong),
	    cmocka_unit_test(test_unpack_newer),
	    cmocka_unit_test(test_unpack_big),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
