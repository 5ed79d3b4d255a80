/*
 * head: signed heads of real logs, and heads signed here and then spoiled in
 * every place.
 */
#include "tests/unit/support.h"

#include <jansson.h>

#include "ctlog/base/limits.h"
#include "ctlog/merkle/proof.h"
#include "tests/unit/signer.h"

#define ARGON_KEY                                                              \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEKHRm0H/zUaFA6Idz5cGvGO3tCPQyfGMg" \
	"JmVBOPyKAP6mGM1IiNXi4CLomOUyYj0YN74p+eGVApFMsM4h/jzCsA=="
#define ARGON_1                                                                \
	"{\"tree_size\":384065451,\"timestamp\":1791095073447,"                \
	"\"sha256_root_hash\":"                                                \
	"\"62+t2XxLmSqJnk7pxUna6EVA7+u+dotyl8q6wojifD8=\","                    \
	"\"tree_head_signature\":"                                             \
	"\"BAMARzBFAiAOhTncRJL5E4FfPVNWRYhsEeGThRG21r4e5gOi1yK0WwIhAM/2qDFM"   \
	"O5uJhZ/mK17c1YcSK3vIjbE9qTTc/V5z4aTu\"}"
#define ARGON_2                                                                \
	"{\"tree_size\":384071894,\"timestamp\":1791095139948,"                \
	"\"sha256_root_hash\":"                                                \
	"\"PRK7kHXyMbv9nTQAKoubWZ0KhDKtI6z/gPRWrnc+sGs=\","                    \
	"\"tree_head_signature\":"                                             \
	"\"BAMARzBFAiBtlUTOF4jid3uymYHrCs9kWDFv2uA+Z1Lt+KBfeHQd4AIhAIK+tWh1"   \
	"lpR54bbmL0liu/vm9IM3kSFemUSEALEW/83N\"}"

#define PARCEL_KEY                                                             \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEP2H56bHx6pPm5mCku6PFpeRuA5Ux0gs8" \
	"iwXIVhvVdbojs0pPwZqLtlIEoJNbjxMEePTYo/qDW85AjhMJITlavA=="
#define PARCEL "parcelyard2026h2.prod.certificate.transparency.goog"
#define PARCEL_NOTE                                                            \
	PARCEL "\n"                                                            \
	       "1587930800\n"                                                  \
	       "SVJjVAjX0Ya5ibcpFy1V4CHHnUOnlJfuH9XSm7nbrqo=\n"                \
	       "\n"                                                            \
	       "\xe2\x80\x94 " PARCEL " "                                      \
	       "k6eK4AAAAaEUmZpEBAMARzBFAiEAj+rDFyvxv0nXRqyVQqhK+AYnNK0DPJ"    \
	       "merqSweQMwdBYCIGdC4tf4sGVPxmOhnBIokS/GIuRaaSsszde4lnryqLOQ\n"

#define ROME_KEY                                                               \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEPIcer7RB32jt4bTEbhgUKLKvOctFD+I2" \
	"hoDItFxUBlJiGFvftBuRk3fO7e1T7gC2ekyfL7XoO2oN/ObcZyc4EA=="
#define ROME "rome2026h1.example.org"
#define ROME_NOTE                                                              \
	ROME "\n"                                                              \
	     "300\n"                                                           \
	     "lCkHUpkmVBEms2r2T1K6Og69+wUuuN3MIEW1/ezu2v0=\n"                  \
	     "\n"                                                              \
	     "\xe2\x80\x94 " ROME " "                                          \
	     "kVB1JgAAAZtxtEwABAMARzBFAiEAi+mTa2xjL1IdWpH82OeciGsGvwRAP+f1W"   \
	     "kfKaSZCfFECIHoNPZ/Q3y6UNzvKOO9cuLr6V16vPNfhwhle9f6r5H/Z\n"

#define ORIGIN "log.example/2026h2"

static struct signer ec, rsa;
static const struct head sample = {
    12345, UINT64_C(1790000000123), {"a root of thirty-two bytes here"}};

static int
setup(void **state)
{
	(void)state;
	ec = signer_new("P-256", 0);
	rsa = signer_new(NULL, 2048);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	signer_fini(&ec);
	signer_fini(&rsa);
	return 0;
}

static struct logkey *
key_of(const char *base64)
{
	struct buf der = {0};
	struct logkey *k;
	struct err e;

	der.len = (size_t)text_unbase64(
	    buf_room(&der, strlen(base64)), span_str(base64));
	assert_status(logkey_parse(&k, buf_span(&der), &e), ST_OK, &e);
	buf_fini(&der);
	return k;
}

/* --- STH ------------------------------------------------------------------ */

static void
test_argon(void **state)
{
	struct logkey *k = key_of(ARGON_KEY);
	struct head h = {0};
	struct hash want;
	struct err e;

	(void)state;
	assert_status(head_parse_sth(&h, k, span_str(ARGON_1), &e), ST_OK, &e);
	assert_int_equal(h.size, 384065451);
	assert_int_equal(h.timestamp, INT64_C(1791095073447));
	want = base64_hash("62+t2XxLmSqJnk7pxUna6EVA7+u+dotyl8q6wojifD8=");
	assert_hash(&h.root, &want);
	assert_status(head_parse_sth(&h, k, span_str(ARGON_2), &e), ST_OK, &e);
	assert_int_equal(h.size, 384071894);
	assert_status(head_parse_sth(&h, ec.key, span_str(ARGON_1), &e),
	    ST_SIGNATURE, &e);
	assert_status(
	    head_parse_sth(&h, rsa.key, span_str(ARGON_1), &e), ST_BAD, &e);
	assert_int_equal(h.size, 384071894);
	logkey_free(k);
}

static void
test_tbs(void **state)
{
	struct head h = {0x0102030405060708, 0x1112131415161718, {{0}}};
	static const uint8_t want[18] = {0, 1, 0x11, 0x12, 0x13, 0x14, 0x15,
	    0x16, 0x17, 0x18, 1, 2, 3, 4, 5, 6, 7, 8};
	uint8_t got[HEAD_TBS_LEN];

	(void)state;
	memset(h.root.b, 0xaa, HASH_LEN);
	head_tbs(got, &h);
	assert_memory_equal(got, want, 18);
	assert_memory_equal(got + 18, h.root.b, HASH_LEN);
}

static void
test_sth_round_trip(void **state)
{
	const struct signer *both[] = {&ec, &rsa};
	struct buf json = {0};
	struct err e;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct head h = {0};

		buf_clear(&json);
		signer_sth(both[i], &json, &sample);
		assert_status(
		    head_parse_sth(&h, both[i]->key, buf_span(&json), &e),
		    ST_OK, &e);
		assert_memory_equal(&h, &sample, sizeof(h));
		assert_status(
		    head_parse_sth(&h, both[1 - i]->key, buf_span(&json), &e),
		    ST_BAD, &e);
	}
	buf_fini(&json);
}

/* Changing any one number or bit of the root breaks the signature. */
static void
test_sth_changed(void **state)
{
	struct buf json = {0};
	struct err e;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct head h = sample, got;
		json_t *o;
		char *text;

		buf_clear(&json);
		signer_sth(&ec, &json, &sample);
		o = json_loadb((char *)json.p, json.len, 0, NULL);
		h.root.b[31] ^= 1;
		buf_clear(&json);
		text_base64(&json, hash_span(&h.root));
		if (i == 0)
			json_object_set_new(
			    o, "tree_size", json_integer(12346));
		if (i == 1)
			json_object_set_new(
			    o, "timestamp", json_integer(1790000000122));
		if (i == 2)
			json_object_set_new(o, "sha256_root_hash",
			    json_string(buf_cstr(&json)));
		text = json_dumps(o, 0);
		assert_status(head_parse_sth(&got, ec.key, span_str(text), &e),
		    ST_SIGNATURE, &e);
		assert_says(&e, "RFC 6962 section 4.3");
		free(text);
		json_decref(o);
	}
	buf_fini(&json);
}

/* Each member missing, null, and of every wrong type. */
static void
test_sth_members(void **state)
{
	static const char *const member[] = {"tree_size", "timestamp",
	    "sha256_root_hash", "tree_head_signature"};
	static const char *const wrong[] = {"null", "true", "-1", "1.0",
	    "\"1\"", "[]", "{}", "\"\"", "\"=AAA\"", NULL};
	struct buf json = {0};
	struct head h;
	struct err e;

	(void)state;
	signer_sth(&ec, &json, &sample);
	for (size_t m = 0; m < 4; m++)
		for (size_t w = 0; w < 10; w++) {
			json_t *o =
			    json_loadb((char *)json.p, json.len, 0, NULL);
			char *text;

			if (wrong[w] == NULL)
				json_object_del(o, member[m]);
			else
				json_object_set_new(o, member[m],
				    json_loads(
					wrong[w], JSON_DECODE_ANY, NULL));
			text = json_dumps(o, 0);
			assert_status(
			    head_parse_sth(&h, ec.key, span_str(text), &e),
			    ST_BAD, &e);
			if (!(m == 3 && w == 7)) /* an empty signature */
				assert_says(&e, member[m]);
			free(text);
			json_decref(o);
		}
	buf_fini(&json);
}

static void
sth_case(const struct head *head, enum status want, const char *says)
{
	struct buf json = {0};
	struct head h;
	struct err e = {""};

	signer_sth(&ec, &json, head);
	assert_status(
	    head_parse_sth(&h, ec.key, buf_span(&json), &e), want, &e);
	assert_says(&e, says);
	buf_fini(&json);
}

static void
test_sth_bounds(void **state)
{
	struct head h = sample;

	(void)state;
	h.size = LIMIT_TREE_SIZE;
	h.timestamp = INT64_MAX;
	sth_case(&h, ST_OK, "");
	h.size++;
	sth_case(&h, ST_RANGE, "no log has that");
	h.size = 0;
	sth_case(&h, ST_BAD, "tree of size 0");
	h.root = hash_empty_tree;
	sth_case(&h, ST_OK, "");
	h.timestamp = 0;
	sth_case(&h, ST_OK, "");
	h.timestamp = (uint64_t)INT64_MAX + 1;
	sth_case(&h, ST_BAD, "too big integer");
}

static void
test_sth_documents(void **state)
{
	static const char *const bad[] = {"", "[]", "{}", "<html>", ARGON_1 "x",
	    ARGON_1 ARGON_1, "{\"tree_size\":1,\"tree_size\":1}"};
	struct head h;
	struct err e;
	struct buf long_one = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_status(head_parse_sth(&h, ec.key, span_str(bad[i]), &e),
		    ST_BAD, &e);
	buf_room(&long_one, LIMIT_HEAD + 1);
	memset(long_one.p, ' ', LIMIT_HEAD + 1);
	long_one.len = LIMIT_HEAD + 1;
	assert_status(
	    head_parse_sth(&h, ec.key, buf_span(&long_one), &e), ST_LIMIT, &e);
	buf_fini(&long_one);
	assert_status(
	    head_parse_sth(&h, ec.key, span_str("{}"), NULL), ST_BAD, NULL);
}

/* --- checkpoints ---------------------------------------------------------- */

static enum status
checkpoint(struct head *h, const struct signer *s, const struct buf *note,
    struct err *e)
{
	return head_parse_checkpoint(h, s->key, ORIGIN, buf_span(note), e);
}

static void
test_parcelyard(void **state)
{
	struct logkey *k = key_of(PARCEL_KEY);
	struct hash want =
	    base64_hash("SVJjVAjX0Ya5ibcpFy1V4CHHnUOnlJfuH9XSm7nbrqo=");
	struct head h;
	struct err e;

	(void)state;
	assert_status(
	    head_parse_checkpoint(&h, k, PARCEL, span_str(PARCEL_NOTE), &e),
	    ST_OK, &e);
	assert_int_equal(h.size, 1587930800);
	assert_int_equal(h.timestamp, INT64_C(1791346973252));
	assert_hash(&h.root, &want);
	assert_status(head_parse_checkpoint(
			  &h, ec.key, PARCEL, span_str(PARCEL_NOTE), &e),
	    ST_SIGNATURE, &e);
	assert_says(&e, "no signature by this key");
	logkey_free(k);
}

static void
test_rome(void **state)
{
	struct logkey *k = key_of(ROME_KEY);
	struct head h;
	struct err e;

	(void)state;
	assert_status(
	    head_parse_checkpoint(&h, k, ROME, span_str(ROME_NOTE), &e), ST_OK,
	    &e);
	assert_int_equal(h.size, 300);
	assert_int_equal(h.timestamp, INT64_C(1767139200000));
	logkey_free(k);
}

static void
test_origin(void **state)
{
	struct logkey *k = key_of(ROME_KEY);
	struct head h;
	struct err e;

	(void)state;
	assert_status(head_parse_checkpoint(&h, k, "rome2026h2.example.org",
			  span_str(ROME_NOTE), &e),
	    ST_MISMATCH, &e);
	assert_says(&e, "\"rome2026h1.example.org\"");
	assert_true(span_eq_str(head_note_origin(span_str(ROME_NOTE)), ROME));
	assert_true(span_eq_str(head_note_origin(span_str("a\n")), "a"));
	assert_int_equal(head_note_origin(span_str("a")).len, 0);
	assert_int_equal(head_note_origin(span_str("")).len, 0);
	assert_int_equal(head_note_origin(span_str("\na")).len, 0);
	logkey_free(k);
}

/* What was accepted is so again, under whatever it came. */
static void
test_stored(void **state)
{
	struct logkey *rome = key_of(ROME_KEY), *argon = key_of(ARGON_KEY);
	struct head h = {0};
	struct err e;

	(void)state;
	assert_status(
	    head_parse_stored(&h, rome, span_str(ROME_NOTE), &e), ST_OK, &e);
	assert_int_equal(h.size, 300);
	assert_status(head_parse_stored(&h, argon, span_str("\n " ARGON_1), &e),
	    ST_OK, &e);
	assert_int_equal(h.size, 384065451);
	assert_status(head_parse_stored(&h, argon, span_str(ROME_NOTE), &e),
	    ST_SIGNATURE, &e);
	assert_status(head_parse_stored(&h, rome, span_str(ARGON_1), &e),
	    ST_SIGNATURE, &e);
	/* The origin is under the signature's name. */
	assert_status(head_parse_stored(&h, rome, span_str("x" ROME_NOTE), &e),
	    ST_SIGNATURE, &e);
	assert_status(
	    head_parse_stored(&h, rome, span_str("\0"), &e), ST_BAD, &e);
	assert_status(
	    head_parse_stored(&h, rome, span_str(" {"), &e), ST_BAD, &e);
	logkey_free(rome);
	logkey_free(argon);
}

/* The signature alone: over the bytes that head_tbs makes, by this key; of
 * several lines of a note the one by it. */
static void
assert_signature(const struct logkey *k, struct span raw)
{
	uint8_t tbs[HEAD_TBS_LEN];
	struct buf sig = {0};
	struct head h;
	struct err e;

	assert_status(head_parse_stored(&h, k, raw, &e), ST_OK, &e);
	head_tbs(tbs, &h);
	assert_status(head_signature(&sig, k, raw, &e), ST_OK, &e);
	assert_true(
	    logkey_verify(k, span_of(tbs, sizeof(tbs)), buf_span(&sig)));
	buf_fini(&sig);
}

static void
test_signature(void **state)
{
	struct logkey *rome = key_of(ROME_KEY), *argon = key_of(ARGON_KEY);
	struct buf sig = {0};
	struct err e;

	(void)state;
	assert_signature(rome, span_str(ROME_NOTE));
	assert_signature(argon, span_str(ARGON_1));
	assert_status(head_signature(&sig, argon, span_str(ROME_NOTE), &e),
	    ST_MISSING, &e);
	assert_status(
	    head_signature(&sig, rome, span_str("{}"), &e), ST_BAD, &e);
	assert_int_equal(sig.len, 0);
	buf_fini(&sig);
	logkey_free(rome);
	logkey_free(argon);
}

static void
test_checkpoint_round_trip(void **state)
{
	const struct signer *both[] = {&ec, &rsa};
	struct err e;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct buf note = {0};
		struct head h = {0};

		signer_text(&note, ORIGIN, &sample);
		buf_char(&note, '\n');
		signer_line(both[i], &note, ORIGIN, &sample);
		assert_status(checkpoint(&h, both[i], &note, &e), ST_OK, &e);
		assert_memory_equal(&h, &sample, sizeof(h));
		assert_status(
		    checkpoint(&h, both[1 - i], &note, &e), ST_SIGNATURE, &e);
		buf_fini(&note);
	}
}

/* The text around a valid signature line: only three lines will do. */
static void
test_checkpoint_text(void **state)
{
	static const char root[] =
	    "62+t2XxLmSqJnk7pxUna6EVA7+u+dotyl8q6wojifD8=";
	static const char *const bad[] = {
	    ORIGIN "\n",
	    ORIGIN "\n12345\n",
	    ORIGIN "\n12345\nR",
	    ORIGIN "\n012345\nR\n",
	    ORIGIN "\n+12345\nR\n",
	    ORIGIN "\n-1\nR\n",
	    ORIGIN "\n 12345\nR\n",
	    ORIGIN "\n12345 \nR\n",
	    ORIGIN "\n\nR\n",
	    ORIGIN "\n18446744073709551616\nR\n",
	    ORIGIN "\n12345\nR \n",
	    ORIGIN "\n12345\n R\n",
	    ORIGIN "\n12345\nAAAA\n",
	    ORIGIN "\n12345\nR\nextension line\n",
	    ORIGIN "\n12345\nR\n\n",
	    ORIGIN "\n12345\nR\n\nR\n",
	};
	struct head h, real = sample;
	struct buf note = {0};
	struct err e;

	(void)state;
	real.root = base64_hash(root);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_clear(&note);
		for (const char *p = bad[i]; *p != '\0'; p++)
			if (*p == 'R')
				buf_str(&note, root);
			else
				buf_char(&note, *p);
		buf_char(&note, '\n');
		signer_line(&ec, &note, ORIGIN, &real);
		assert_status(checkpoint(&h, &ec, &note, &e), ST_BAD, &e);
	}
	buf_fini(&note);
}

static void
checkpoint_case(const struct head *head, enum status want)
{
	struct buf note = {0};
	struct head h;
	struct err e;

	signer_text(&note, ORIGIN, head);
	buf_char(&note, '\n');
	signer_line(&ec, &note, ORIGIN, head);
	assert_status(checkpoint(&h, &ec, &note, &e), want, &e);
	buf_fini(&note);
}

static void
test_checkpoint_bounds(void **state)
{
	struct head h = sample;

	(void)state;
	h.size = LIMIT_TREE_SIZE;
	h.timestamp = INT64_MAX;
	checkpoint_case(&h, ST_OK);
	h.timestamp = (uint64_t)INT64_MAX + 1;
	checkpoint_case(&h, ST_RANGE);
	h.timestamp = 5;
	h.size = LIMIT_TREE_SIZE + 1;
	checkpoint_case(&h, ST_RANGE);
	h.size = UINT64_MAX;
	checkpoint_case(&h, ST_RANGE);
	h.size = 0;
	checkpoint_case(&h, ST_BAD);
	h.root = hash_empty_tree;
	checkpoint_case(&h, ST_OK);
}

/* Lines of other people, before and behind ours: witnesses, ML-DSA, grease,
 * and one under the log's own name with another key. */
static void
foreign_lines(struct buf *note, unsigned num)
{
	static const size_t len[] = {64, 76 - 4, 2428, 1, 40};
	uint8_t body[2428] = {1};
	uint8_t key_id[4] = {1, 2, 3, 0};

	for (unsigned i = 0; i < num; i++) {
		key_id[3] = (uint8_t)i;
		note_line(note, i % 3 ? "grease.invalid" : ORIGIN, key_id,
		    span_of(body, len[i % 5]));
	}
}

static void
test_foreign_lines(void **state)
{
	struct buf note = {0};
	struct head h;
	struct err e;

	(void)state;
	for (unsigned before = 0; before <= 80; before += 16) {
		buf_clear(&note);
		signer_text(&note, ORIGIN, &sample);
		buf_char(&note, '\n');
		foreign_lines(&note, before);
		signer_line(&ec, &note, ORIGIN, &sample);
		foreign_lines(&note, 80 - before);
		assert_status(checkpoint(&h, &ec, &note, &e), ST_OK, &e);
		assert_memory_equal(&h, &sample, sizeof(h));
		buf_str(&note, "not a signature line\n");
		assert_status(checkpoint(&h, &ec, &note, &e), ST_BAD, &e);
	}
	buf_clear(&note);
	signer_text(&note, ORIGIN, &sample);
	buf_char(&note, '\n');
	foreign_lines(&note, 64);
	assert_status(checkpoint(&h, &ec, &note, &e), ST_SIGNATURE, &e);
	buf_fini(&note);
}

/* One bad line by our key spoils the note, wherever it stands. */
static void
test_own_lines(void **state)
{
	struct head other = sample, h;
	struct buf note = {0};
	struct err e;

	(void)state;
	other.size++;
	for (unsigned i = 0; i < 2; i++) {
		buf_clear(&note);
		signer_text(&note, ORIGIN, &sample);
		buf_char(&note, '\n');
		signer_line(&ec, &note, ORIGIN, i ? &sample : &other);
		signer_line(&ec, &note, ORIGIN, i ? &other : &sample);
		assert_status(checkpoint(&h, &ec, &note, &e), ST_SIGNATURE, &e);
	}
	buf_clear(&note);
	signer_text(&note, ORIGIN, &sample);
	buf_char(&note, '\n');
	other = sample;
	for (unsigned i = 0; i < 8; i++) {
		other.timestamp = sample.timestamp + i;
		signer_line(&ec, &note, ORIGIN, &other);
	}
	assert_status(checkpoint(&h, &ec, &note, &e), ST_OK, &e);
	assert_memory_equal(&h, &sample, sizeof(h));
	signer_line(&ec, &note, ORIGIN, &sample);
	assert_status(checkpoint(&h, &ec, &note, &e), ST_BAD, &e);
	assert_says(&e, "more than 8");
	buf_fini(&note);
}

/* Our key id under another name, our name with another key id. */
static void
test_name_and_id(void **state)
{
	struct buf note = {0}, body = {0};
	uint8_t key_id[4];
	struct head h;
	struct err e;

	(void)state;
	buf_uint(&body, sample.timestamp, 8);
	signer_head(&ec, &body, &sample);
	signer_key_id(&ec, key_id, ORIGIN);
	signer_text(&note, ORIGIN, &sample);
	buf_char(&note, '\n');
	note_line(&note, "other.example", key_id, buf_span(&body));
	assert_status(checkpoint(&h, &ec, &note, &e), ST_SIGNATURE, &e);
	key_id[0] ^= 1;
	note_line(&note, ORIGIN, key_id, buf_span(&body));
	assert_status(checkpoint(&h, &ec, &note, &e), ST_SIGNATURE, &e);
	key_id[0] ^= 1;
	note_line(&note, ORIGIN, key_id, buf_span(&body));
	assert_status(checkpoint(&h, &ec, &note, &e), ST_OK, &e);
	buf_fini(&note);
	buf_fini(&body);
}

/* The body of our line, cut short or with something behind it. */
static void
test_line_body(void **state)
{
	struct buf note = {0}, body = {0};
	uint8_t key_id[4];
	struct head h;
	struct err e;

	(void)state;
	buf_uint(&body, sample.timestamp, 8);
	signer_head(&ec, &body, &sample);
	buf_char(&body, 0);
	signer_key_id(&ec, key_id, ORIGIN);
	for (size_t len = 1; len <= body.len; len++) {
		buf_clear(&note);
		signer_text(&note, ORIGIN, &sample);
		buf_char(&note, '\n');
		note_line(&note, ORIGIN, key_id, span_of(body.p, len));
		assert_status(checkpoint(&h, &ec, &note, &e),
		    len == body.len - 1 ? ST_OK : ST_BAD, &e);
	}
	buf_fini(&note);
	buf_fini(&body);
}

/* --- proofs in JSON ------------------------------------------------------- */

#define NODE "\"LcGcZRsm+LGYmrlyC5LXhV1T6OD8iH5dNlb0sEJl9bA=\""

static void
test_consistency(void **state)
{
	struct path p;
	struct err e;

	(void)state;
	assert_status(
	    head_parse_consistency(&p, span_str("{\"consistency\":[]}"), &e),
	    ST_OK, &e);
	assert_int_equal(p.num, 0);
	assert_status(
	    head_parse_consistency(
		&p, span_str("{\"consistency\":[" NODE "," NODE "]}"), &e),
	    ST_OK, &e);
	assert_int_equal(p.num, 2);
	assert_int_equal(p.node[1].b[0], 0x2d);
	assert_status(
	    head_parse_consistency(&p, span_str("{\"proof\":[]}"), &e), ST_BAD,
	    &e);
	assert_says(&e, "section 4.4");
	assert_says(&e, "consistency is missing");
	assert_status(
	    head_parse_consistency(&p, span_str("{\"consistency\":null}"), &e),
	    ST_BAD, &e);
}

static void
test_entry_proof(void **state)
{
	struct buf leaf = {0};
	struct path p;
	struct err e;

	(void)state;
	assert_status(
	    head_parse_entry_proof(&p, &leaf,
		span_str("{\"leaf_input\":\"AAEC\",\"extra_data\":\"\","
			 "\"audit_path\":[" NODE "]}"),
		&e),
	    ST_OK, &e);
	assert_int_equal(p.num, 1);
	assert_int_equal(leaf.len, 3);
	assert_memory_equal(leaf.p, "\0\1\2", 3);
	assert_status(head_parse_entry_proof(
			  &p, &leaf, span_str("{\"leaf_input\":\"AAEC\"}"), &e),
	    ST_BAD, &e);
	assert_says(&e, "audit_path is missing");
	assert_status(head_parse_entry_proof(
			  &p, &leaf, span_str("{\"audit_path\":[]}"), &e),
	    ST_BAD, &e);
	assert_says(&e, "leaf_input is missing");
	assert_says(&e, "section 4.8");
	assert_status(
	    head_parse_entry_proof(&p, &leaf, span_str("Jane Roe"), &e), ST_BAD,
	    &e);
	assert_says(&e, "8 bytes, text");
	assert_null(strstr(e.text, "Jane"));
	buf_fini(&leaf);
}

static void
test_entry_proof_size(void **state)
{
	struct buf json = {0}, leaf = {0};
	size_t len = (LIMIT_ENTRY / 3 + 1) * 4;
	struct path p;
	struct err e;

	(void)state;
	buf_str(&json, "{\"audit_path\":[],\"leaf_input\":\"");
	memset(buf_room(&json, len), 'A', len);
	json.len += len;
	buf_str(&json, "\"}");
	assert_status(head_parse_entry_proof(&p, &leaf, buf_span(&json), &e),
	    ST_LIMIT, &e);
	buf_fini(&json);
	buf_fini(&leaf);
}

static void
test_hash_proof(void **state)
{
	uint64_t index = 0;
	struct path p;
	struct err e;

	(void)state;
	assert_status(
	    head_parse_hash_proof(&index, &p,
		span_str(
		    "{\"leaf_index\":5000000000,\"audit_path\":[" NODE "]}"),
		&e),
	    ST_OK, &e);
	assert_int_equal(index, INT64_C(5000000000));
	assert_int_equal(p.num, 1);
	assert_status(
	    head_parse_hash_proof(&index, &p,
		span_str("{\"leaf_index\":-1,\"audit_path\":[]}"), &e),
	    ST_BAD, &e);
	assert_says(&e, "section 4.5");
	assert_says(&e, "leaf_index is negative");
}

/* --- real logs, when they are at hand ------------------------------------- */

/* The key of a log, out of a table with id and key in one row; all logs of
 * the heads have P-256 keys, which are 124 characters and begin alike. */
static struct logkey *
key_by_id(const struct buf *keys, const char *log_id)
{
	const uint8_t *at = memmem(keys->p, keys->len, log_id, strlen(log_id));
	const uint8_t *key;
	char text[125] = "";

	assert_non_null(at);
	key = memmem(at, keys->len - (size_t)(at - keys->p), "MFkw", 4);
	assert_non_null(key);
	memcpy(text, key, 124);
	return key_of(text);
}

static void
one_sth(const struct buf *keys, const json_t *o)
{
	const char *log_id = json_string_value(json_object_get(o, "log_id"));
	struct logkey *k =
	    log_id != NULL ? key_by_id(keys, log_id) : key_of(ARGON_KEY);
	bool valid = json_is_true(json_object_get(o, "valid"));
	char *text = json_dumps(o, 0);
	struct head h;
	struct err e;
	enum status st;

	st = head_parse_sth(&h, k, span_str(text), &e);
	if (valid)
		assert_status(st, ST_OK, &e);
	else
		assert_int_not_equal(st, ST_OK);
	free(text);
	logkey_free(k);
}

static void
test_data_sths(void **state)
{
	struct buf rows = {0}, keys = {0};
	struct span rest, line;
	unsigned num = 0;
	json_t *o;

	(void)state;
	if (!file_read(&rows, CTDATA "sth/sths.jsonl") ||
	    !file_read(&keys, CTDATA "keys/keys.csv"))
		goto out;
	for (rest = buf_span(&rows); rest.len > 0; num++) {
		line = span_cut(rest, 0, span_chr(rest, '\n'));
		rest = span_from(rest, line.len + 1);
		o = json_loadb((const char *)line.p, line.len, 0, NULL);
		assert_non_null(o);
		one_sth(&keys, o);
		json_decref(o);
	}
	assert_true(num >= 400);
out:
	buf_fini(&rows);
	buf_fini(&keys);
}

/* A file of heads and the key they are signed with. */
static void
test_data_consistency(void **state)
{
	static const char *const files[] = {
	    CTDATA "consistency/argon2020_3654490_961984011.json",
	    CTDATA "consistency/argon2027h1_384065451_384071894.json",
	    CTDATA "consistency/ctgo_witness_5_8.json",
	    CTDATA "inclusion/argon2020_10000.json",
	};
	static const char *const heads[] = {"first_sth", "second_sth", "sth"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct buf b = {0};
		struct logkey *k;
		json_t *o;

		if (!file_read(&b, files[i]))
			continue;
		o = json_loadb((char *)b.p, b.len, 0, NULL);
		k = key_of(json_string_value(json_object_get(o, "key")));
		for (size_t n = 0; n < 3; n++) {
			json_t *sth = json_object_get(o, heads[n]);
			struct head h;
			struct err e;
			char *text;

			if (sth == NULL)
				continue;
			text = json_dumps(sth, 0);
			assert_status(head_parse_sth(&h, k, span_str(text), &e),
			    ST_OK, &e);
			free(text);
		}
		logkey_free(k);
		json_decref(o);
		buf_fini(&b);
	}
}

/* The signature is the word "signature". */
static void
test_data_fourentries(void **state)
{
	struct buf b = {0};
	struct head h;
	struct err e;

	(void)state;
	if (file_read(&b, CTDATA "get-entries/fourentries.sth.json"))
		assert_status(
		    head_parse_sth(&h, ec.key, buf_span(&b), &e), ST_BAD, &e);
	buf_fini(&b);
}

/* That log's key is unknown: well-formed notes have no line by our key, the
 * others are malformed. Cases 1 and 2 have extension lines. */
static void
test_data_sycamore(void **state)
{
	static const enum status want[14] = {ST_SIGNATURE, ST_BAD, ST_BAD,
	    ST_SIGNATURE, ST_SIGNATURE, ST_BAD, ST_BAD, ST_BAD, ST_SIGNATURE,
	    ST_SIGNATURE, ST_BAD, ST_BAD, ST_BAD, ST_BAD};

	(void)state;
	for (unsigned i = 0; i < 14; i++) {
		struct buf b = {0}, path = {0};
		struct head h;
		struct err e;

		buf_fmt(&path,
		    CTDATA "checkpoints/sycamore2024h2_certspotter_%u.txt", i);
		if (file_read(&b, buf_cstr(&path)))
			assert_status(head_parse_checkpoint(&h, ec.key,
					  "sycamore.ct.letsencrypt.org/2024h2",
					  buf_span(&b), &e),
			    want[i], &e);
		buf_fini(&b);
		buf_fini(&path);
	}
}

static void
test_data_rome(void **state)
{
	static const char *const files[] = {
	    CTDATA "checkpoints/rome2026h1_test_300.txt",
	    CTDATA "static/rome2026h1_test/checkpoint",
	};
	struct logkey *k = key_of(ROME_KEY);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct buf b = {0};
		struct head h;
		struct err e;

		if (file_read(&b, files[i]))
			assert_status(head_parse_checkpoint(
					  &h, k, ROME, buf_span(&b), &e),
			    ST_OK, &e);
		buf_fini(&b);
	}
	logkey_free(k);
}

/* Signed notes of a generic log, Ed25519: no head of ours. */
static void
test_data_tlog(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= 15; i++) {
		struct buf b = {0}, path = {0};
		struct head h;
		struct err e;

		buf_fmt(&path,
		    CTDATA "static/tesseract_client_testlog/checkpoint.%u", i);
		if (file_read(&b, buf_cstr(&path)))
			assert_status(
			    head_parse_checkpoint(&h, ec.key,
				"example.com/log/testdata", buf_span(&b), &e),
			    ST_SIGNATURE, &e);
		buf_fini(&b);
		buf_fini(&path);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_argon),
	    cmocka_unit_test(test_tbs),
	    cmocka_unit_test(test_signature),
	    cmocka_unit_test(test_sth_round_trip),
	    cmocka_unit_test(test_sth_changed),
	    cmocka_unit_test(test_sth_members),
	    cmocka_unit_test(test_sth_bounds),
	    cmocka_unit_test(test_sth_documents),
	    cmocka_unit_test(test_parcelyard),
	    cmocka_unit_test(test_rome),
	    cmocka_unit_test(test_origin),
	    cmocka_unit_test(test_stored),
	    cmocka_unit_test(test_checkpoint_round_trip),
	    cmocka_unit_test(test_checkpoint_text),
	    cmocka_unit_test(test_checkpoint_bounds),
	    cmocka_unit_test(test_foreign_lines),
	    cmocka_unit_test(test_own_lines),
	    cmocka_unit_test(test_name_and_id),
	    cmocka_unit_test(test_line_body),
	    cmocka_unit_test(test_consistency),
	    cmocka_unit_test(test_entry_proof),
	    cmocka_unit_test(test_entry_proof_size),
	    cmocka_unit_test(test_hash_proof),
	    cmocka_unit_test(test_data_sths),
	    cmocka_unit_test(test_data_consistency),
	    cmocka_unit_test(test_data_fourentries),
	    cmocka_unit_test(test_data_sycamore),
	    cmocka_unit_test(test_data_rome),
	    cmocka_unit_test(test_data_tlog),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
