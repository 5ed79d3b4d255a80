/*
 * loglist: lists made here, with one thing wrong each, and the lists of
 * browsers when they are at hand.
 */
#include "tests/unit/support.h"

#include "ctlog/base/limits.h"
#include "ctlog/wire/loglist.h"
#include "tests/unit/signer.h"

/* Argon2027h1 and ParcelYard2026h2. */
#define KEY_A                                                                  \
	"\"log_id\":\"1tWNqdAXU/NqSqDHV0kCr+vH3CzTjNn3ZMgMiRkenwI=\","         \
	"\"key\":\"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEKHRm0H/zUaFA6Idz5cGvG"  \
	"O3tCPQyfGMgJmVBOPyKAP6mGM1IiNXi4CLomOUyYj0YN74p+eGVApFMsM4h/jzCsA=="  \
	"\""
#define KEY_B                                                                  \
	"\"log_id\":\"" ID_B "\","                                             \
	"\"key\":\"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEP2H56bHx6pPm5mCku6PFp"  \
	"eRuA5Ux0gs8iwXIVhvVdbojs0pPwZqLtlIEoJNbjxMEePTYo/qDW85AjhMJITlavA=="  \
	"\""
#define ID_B "RnFRa/YDCLMGa+FkbQl1iAGv+YqzKtx4D8bQ7ObJ2Vg="
#define LOG(more) "{" KEY_A ",\"url\":\"https://ct.example.com/a/\"" more "}"
#define LIST(logs)                                                             \
	"{\"version\":\"1.2\",\"operators\":[{\"name\":\"Example\","           \
	"\"logs\":[" logs "]}]}"

static void
refuse(const char *json, const char *says)
{
	struct loglist l;
	struct err e = {""};

	assert_status(loglist_parse(&l, span_str(json), &e), ST_BAD, &e);
	assert_says(&e, "log list: ");
	assert_says(&e, says);
	assert_int_equal(l.num, 0);
	assert_null(l.log);
	assert_null(l.version);
}

static struct loglist
accept_span(struct span json)
{
	struct loglist l;
	struct err e;

	assert_status(loglist_parse(&l, json, &e), ST_OK, &e);
	return l;
}

static struct loglist
accept(const char *json)
{
	return accept_span(span_str(json));
}

static void
test_smallest(void **state)
{
	struct loglist l = accept(
	    "{\"operators\":[{\"name\":\"Example\",\"logs\":[" LOG("") "]}]}");

	(void)state;
	assert_int_equal(l.num, 1);
	assert_string_equal(l.version, "");
	assert_int_equal(l.timestamp_ms, 0);
	assert_false(l.all_logs);
	assert_false(l.mimics);
	assert_int_equal(l.num_skipped, 0);
	assert_string_equal(l.log[0].operator_name, "Example");
	assert_string_equal(l.log[0].description, "https://ct.example.com/a/");
	assert_string_equal(l.log[0].url, "https://ct.example.com/a/");
	assert_null(l.log[0].submission);
	assert_null(l.log[0].origin);
	assert_false(l.log[0].tiled);
	assert_int_equal(l.log[0].state, LOGLIST_NONE);
	assert_int_equal(l.log[0].type, LOGLIST_PROD);
	assert_int_equal(l.log[0].mmd_s, 86400);
	assert_int_equal(l.log[0].start_ms, 0);
	assert_hash(logkey_id(l.log[0].key), &l.log[0].log_id);
	loglist_fini(&l);
	loglist_fini(&l);
}

/* Apple counts editions instead. */
static void
assert_version(const char *members, const char *version)
{
	struct buf json = {0};
	struct loglist l;

	buf_fmt(&json,
	    "{%s\"operators\":[{\"name\":\"Example\",\"logs\":[" LOG("") "]}]}",
	    members);
	l = accept(buf_cstr(&json));
	assert_string_equal(l.version, version);
	loglist_fini(&l);
	buf_fini(&json);
}

static void
test_asset_version(void **state)
{
	(void)state;
	assert_version("\"assetVersion\":511,", "511");
	assert_version(
	    "\"assetVersion\":32,\"assetVersionV2\":1013,", "32.1013");
	assert_version("\"version\":\"9.1\",\"assetVersion\":32,", "9.1");
	assert_version("\"assetVersionV2\":1013,", "");
	refuse("{\"assetVersion\":\"x\",\"operators\":[]}", "assetVersion");
	refuse("{\"assetVersion\":-1,\"operators\":[]}", "assetVersion");
}

static void
test_full(void **state)
{
	struct loglist l = accept(
	    "{\"version\":\"93.6\","
	    "\"log_list_timestamp\":\"2026-10-06T13:35:00Z\","
	    "\"is_all_logs\":true,\"$schema\":\"x\",\"assetVersion\":32,"
	    "\"operators\":[{\"name\":\"Example \u00e9\",\"email\":[],"
	    "\"logs\":[],\"tiled_logs\":["
	    "{" KEY_A ",\"description\":\"Example 'A' log\","
	    "\"submission_url\":\"https://sub.example.com/2026h2\","
	    "\"monitoring_url\":\"https://mon.example.com/2026h2\","
	    "\"mmd\":60,\"tls_only\":true,\"log_type\":\"monitoring_only\","
	    "\"state\":{\"readonly\":{\"timestamp\":"
	    "\"2025-09-18T17:20:00+02:00\",\"version\":\"499\","
	    "\"final_tree_head\":{\"sha256_root_hash\":"
	    "\"vJHecZC18lG3qp9lV2jZoi+7nkPHQx2SmM4VWglNsIk=\","
	    "\"tree_size\":57634084}}},"
	    "\"temporal_interval\":{"
	    "\"start_inclusive\":\"2026-07-01T00:00:00Z\","
	    "\"end_exclusive\":\"2027-01-01T00:00:00Z\"}}]}]}");
	struct hash root =
	    base64_hash("vJHecZC18lG3qp9lV2jZoi+7nkPHQx2SmM4VWglNsIk=");
	struct loglist_log *g = &l.log[0];

	(void)state;
	assert_string_equal(l.version, "93.6");
	assert_int_equal(l.timestamp_ms, INT64_C(1791293700000));
	assert_true(l.all_logs);
	assert_string_equal(g->operator_name, "Example \u00e9");
	assert_string_equal(g->description, "Example 'A' log");
	assert_true(g->tiled);
	assert_string_equal(g->url, "https://mon.example.com/2026h2/");
	assert_string_equal(g->submission, "https://sub.example.com/2026h2/");
	assert_string_equal(g->origin, "sub.example.com/2026h2");
	assert_int_equal(g->state, LOGLIST_READONLY);
	assert_int_equal(g->type, LOGLIST_MONITORING_ONLY);
	assert_int_equal(g->state_ms, INT64_C(1758208800000));
	assert_int_equal(g->mmd_s, 60);
	assert_int_equal(g->start_ms, INT64_C(1782864000000));
	assert_int_equal(g->end_ms, INT64_C(1798761600000));
	assert_int_equal(g->final_size, 57634084);
	assert_hash(&g->final_root, &root);
	loglist_fini(&l);
}

static void
test_states(void **state)
{
	static const struct {
		const char *json;
		enum loglist_state want;
		int64_t ms;
	} v[] = {
	    {LOG(""), LOGLIST_NONE, 0},
	    {LOG(",\"state\":null"), LOGLIST_NONE, 0},
	    {LOG(",\"state\":{}"), LOGLIST_PENDING, 0},
	    {LOG(",\"state\":{\"pending\":{}}"), LOGLIST_PENDING, 0},
	    {LOG(",\"state\":{\"qualified\":{}}"), LOGLIST_QUALIFIED, 0},
	    {LOG(",\"state\":{\"usable\":{\"timestamp\":"
		 "\"1970-01-01T00:00:01.5Z\"}}"),
		LOGLIST_USABLE, 1500},
	    {LOG(",\"state\":{\"readonly\":{}}"), LOGLIST_READONLY, 0},
	    {LOG(",\"state\":{\"retired\":{}}"), LOGLIST_RETIRED, 0},
	    {LOG(",\"state\":{\"rejected\":{}}"), LOGLIST_REJECTED, 0},
	    {LOG(",\"state\":{\"admired\":{\"timestamp\":"
		 "\"1970-01-01T00:00:01Z\"}}"),
		LOGLIST_PENDING, 1000},
	    {LOG(",\"state\":{\"none\":{}}"), LOGLIST_PENDING, 0},
	    {LOG(",\"state\":{\"qualified\":{},\"usable\":{}}"),
		LOGLIST_PENDING, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct buf json = {0};
		struct loglist l;

		buf_fmt(&json, LIST("%s"), v[i].json);
		l = accept(buf_cstr(&json));
		assert_int_equal(l.log[0].state, v[i].want);
		assert_int_equal(l.log[0].state_ms, v[i].ms);
		loglist_fini(&l);
		buf_fini(&json);
	}
	assert_string_equal(loglist_state_name(LOGLIST_NONE), "none");
	assert_string_equal(loglist_state_name(LOGLIST_REJECTED), "rejected");
}

static void
test_types(void **state)
{
	struct loglist l;

	(void)state;
	l = accept(LIST(LOG(",\"log_type\":\"test\"")));
	assert_int_equal(l.log[0].type, LOGLIST_TEST);
	loglist_fini(&l);
	l = accept(LIST(LOG(",\"log_type\":\"prod\"")));
	assert_int_equal(l.log[0].type, LOGLIST_PROD);
	loglist_fini(&l);
	l = accept(LIST(LOG(",\"log_type\":\"new\",\"mmd\":0")));
	assert_int_equal(l.log[0].type, LOGLIST_PROD);
	assert_int_equal(l.log[0].mmd_s, 86400);
	loglist_fini(&l);
}

/* The path of the mistake stands in the message. */
static void
test_refused(void **state)
{
	(void)state;
	refuse("", "not JSON");
	refuse("[]", "not an object");
	refuse("{}", "operators is missing");
	refuse("{\"operators\":{}}", "operators is an object");
	refuse("{\"operators\":[]}", "no log that can be followed");
	refuse("{\"operators\":[1]}", "operators[0]: name is missing");
	refuse("{\"operators\":[{\"logs\":[]}]}", "operators[0]: name");
	refuse("{\"operators\":[{\"name\":\"\"}]}", "name is empty");
	refuse("{\"operators\":[{\"name\":\"A\"},{\"name\":\"B\",\"logs\":1}]}",
	    "operators[1]: logs is a whole number");
	refuse("{\"version\":1,\"operators\":[]}", "version is a whole number");
	refuse("{\"is_all_logs\":\"x\",\"operators\":[]}", "is_all_logs");
	refuse("{\"log_list_timestamp\":\"now\",\"operators\":[]}",
	    "log_list_timestamp is no time");
	refuse(LIST("1"), "operators[0].logs[0]: not an object");
	refuse(LIST(LOG("") "," LOG(",\"mmd\":-1")),
	    "operators[0].logs[1]: mmd is negative");
	refuse(LIST(LOG(",\"mmd\":4294967296")), "mmd is out of range");
	refuse(LIST(LOG(",\"mmd\":\"60\"")), "mmd is a string");
	refuse(LIST(LOG(",\"state\":\"usable\"")), "state is a string");
	refuse(LIST(LOG(",\"state\":{\"usable\":1}")), "state holds no object");
	refuse(LIST(LOG(",\"state\":{\"usable\":{\"timestamp\":\"x\"}}")),
	    "timestamp is no time of RFC 3339: \"x\"");
	refuse(LIST(LOG(",\"state\":{\"readonly\":{\"final_tree_head\":{}}}")),
	    "sha256_root_hash is missing");
	refuse(LIST(LOG(",\"temporal_interval\":{}")),
	    "start_inclusive is missing");
	refuse(LIST(LOG(",\"description\":1")), "description is");
	refuse(LIST(LOG(",\"log_type\":1")), "log_type is");
	refuse(LIST("{" KEY_A "}"), "url is missing");
	refuse(LIST("{" KEY_A ",\"url\":1}"), "url is a whole number");
	refuse("{\"operators\":[{\"name\":\"A\",\"tiled_logs\":[{" KEY_A
	       ",\"monitoring_url\":\"https://a.example/\"}]}]}",
	    "operators[0].tiled_logs[0]: submission_url is missing");
	refuse("{\"operators\":[{\"name\":\"A\",\"tiled_logs\":[{" KEY_A
	       ",\"url\":\"https://a.example/\"}]}]}",
	    "operators[0].tiled_logs[0]: monitoring_url is missing");
	refuse(LIST(LOG(",\"state\":{\"readonly\":{\"final_tree_head\":1}}")),
	    "final_tree_head is a whole number");
	refuse(LIST(LOG(",\"state\":{\"readonly\":{\"final_tree_head\":{"
			"\"sha256_root_hash\":"
			"\"vJHecZC18lG3qp9lV2jZoi+7nkPHQx2SmM4VWglNsIk=\","
			"\"tree_size\":-1}}}")),
	    "tree_size is negative");
	refuse("{\"operators\":[],\"operators\":[]}", "duplicate");
}

/* Entries that cost only themselves. */
static void
test_skipped(void **state)
{
	static const char *const bad[] = {
	    "{}",
	    "{\"log_id\":1,\"key\":2,\"url\":\"https://ct.example.com/\"}",
	    "{\"log_id\":\"AAAA\",\"key\":\"AAAA\"}",
	    "{" KEY_A ",\"url\":\"\"}",
	    "{" KEY_A ",\"url\":\"http://ct.example.com/\"}",
	    "{" KEY_A ",\"url\":\"https://ct.example.com/bogus/\"}",
	    "{" KEY_A ",\"url\":\"https://ct.example.com/bogus/ipng/\"}",
	    "{" KEY_A ",\"url\":\"https://ct.example.com/?x\"}",
	    "{" KEY_A ",\"url\":\"https://ct-mimics.example.com/mimic3/\"}",
	    /* the id is not the key's */
	    "{" KEY_B ",\"url\":\"https://ct.example.com/b/\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf json = {0};
		struct loglist l;
		struct err e;

		buf_fmt(&json, LIST("%s," LOG("")), bad[i]);
		l = accept(buf_cstr(&json));
		assert_int_equal(l.num, 1);
		assert_int_equal(l.num_skipped, 1);
		assert_int_equal(l.mimics, i == 8);
		loglist_fini(&l);
		buf_clear(&json);
		buf_fmt(&json, LIST("%s"), bad[i]);
		assert_status(
		    loglist_parse(&l, buf_span(&json), &e), ST_BAD, &e);
		assert_says(&e, "1 entries left out");
		buf_fini(&json);
	}
}

static void
test_mimics(void **state)
{
	struct loglist l = accept(
	    LIST("{\"log_id\":\"9EGV1vAOLbVUNcrdV3iS5T4VrUFwWPh44U/2uRh0FYk="
		 "\",\"key\":\"x\",\"url\":\"https://other.example/\"},"
		 "{\"log_id\":\"si9+3rWvav5QPeBAgbLXTBJThJL+3yyypSZQPO9TztI="
		 "\"}," LOG("")));

	(void)state;
	assert_true(l.mimics);
	assert_int_equal(l.num, 1);
	assert_int_equal(l.num_skipped, 2);
	loglist_fini(&l);
}

static void
test_loopback(void **state)
{
	static const char *const hosts[] = {"127.0.0.1", "[::1]", "localhost"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct buf json = {0}, want = {0};
		struct loglist l;

		buf_fmt(&json,
		    "{\"operators\":[{\"name\":\"A\",\"tiled_logs\":[{" KEY_A
		    ",\"monitoring_url\":\"http://%s:8080/m\","
		    "\"submission_url\":\"http://%s:8080/s/\"}]}]}",
		    hosts[i], hosts[i]);
		buf_fmt(&want, "%s:8080/s", hosts[i]);
		l = accept(buf_cstr(&json));
		assert_string_equal(l.log[0].origin, buf_cstr(&want));
		loglist_fini(&l);
		buf_fini(&json);
		buf_fini(&want);
	}
}

static void
test_too_many(void **state)
{
	struct buf json = {0};
	struct loglist l;
	struct err e;

	(void)state;
	buf_str(&json, "{\"operators\":[{\"name\":\"A\",\"logs\":[" LOG(""));
	for (unsigned i = 1; i < LIMIT_LOGS; i++)
		buf_str(&json, ",{}");
	buf_str(&json, "]}]}");
	l = accept_span(buf_span(&json));
	assert_int_equal(l.num_skipped, LIMIT_LOGS - 1);
	loglist_fini(&l);
	json.len -= 4;
	buf_str(&json, ",{}]}]}");
	assert_status(loglist_parse(&l, buf_span(&json), &e), ST_LIMIT, &e);
	buf_fini(&json);
}

static void
test_too_long(void **state)
{
	struct buf json = {0};
	struct loglist l;
	struct err e;

	(void)state;
	memset(buf_room(&json, LIMIT_LOGLIST + 1), ' ', LIMIT_LOGLIST + 1);
	json.len = LIMIT_LOGLIST + 1;
	assert_status(loglist_parse(&l, buf_span(&json), &e), ST_LIMIT, &e);
	buf_fini(&json);
}

static void
test_verify(void **state)
{
	struct signer s = signer_new(NULL, 2048);
	struct span list = span_str(LIST(LOG("")));
	struct buf sig = {0};
	struct err e;

	(void)state;
	signer_sign(&s, &sig, list);
	assert_status(
	    loglist_verify(list, buf_span(&sig), s.key, &e), ST_OK, &e);
	assert_status(
	    loglist_verify(span_from(list, 1), buf_span(&sig), s.key, &e),
	    ST_SIGNATURE, &e);
	assert_says(&e, "does not verify");
	sig.len--;
	assert_status(
	    loglist_verify(list, buf_span(&sig), s.key, &e), ST_SIGNATURE, &e);
	assert_status(loglist_verify(list, span_of(NULL, 0), s.key, NULL),
	    ST_SIGNATURE, NULL);
	buf_fini(&sig);
	signer_fini(&s);
}

/* --- the lists of browsers, when they are at hand ------------------------- */

static void
test_data_lists(void **state)
{
	static const struct {
		const char *file;
		size_t num, skipped;
	} v[] = {
	    {"apple_current_log_list_511.json", 166, 0},
	    {"appmattus_test_log_list.json", 29, 0},
	    {"appmattus_test_log_list_tiled_logs.json", 44, 0},
	    {"bimi_approved_logs_list.json", 1, 0},
	    {"ct-go_loglist3.json", 5, 1},
	    {"gstatic_all_logs_list_v89.25.json", 115, 2},
	    {"history/gstatic_all_logs_list_v83.1.json", 244, 3},
	    {"history/gstatic_all_logs_list_v85.47.json", 253, 3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct buf path = {0}, json = {0};
		struct loglist l;

		buf_fmt(&path, CTDATA "loglists/%s", v[i].file);
		if (file_read(&json, buf_cstr(&path))) {
			l = accept_span(buf_span(&json));
			assert_int_equal(l.num, v[i].num);
			assert_int_equal(l.num_skipped, v[i].skipped);
			assert_false(l.mimics);
			loglist_fini(&l);
		}
		buf_fini(&path);
		buf_fini(&json);
	}
}

/* Broken ones, and lists without anybody to ask. */
static void
test_data_refused(void **state)
{
	static const struct {
		const char *file, *says;
	} v[] = {
	    {"broken/appmattus_log_list_incomplete.json", "line 297"},
	    {"broken/appmattus_log_list_no_operator_name.json",
		"operators[0]: name is empty"},
	    {"mimics_list.json", "mimic logs"},
	    {"mozilla_known_logs_list.json", "48 entries left out"},
	    {"boulder_test_log_list.json", "12 entries left out"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct buf path = {0}, json = {0};

		buf_fmt(&path, CTDATA "loglists/%s", v[i].file);
		if (file_read(&json, buf_cstr(&path)))
			refuse(buf_cstr(&json), v[i].says);
		buf_fini(&path);
		buf_fini(&json);
	}
}

static void
test_data_signed(void **state)
{
	static const char *const files[] = {"gstatic_all_logs_list_v89.25",
	    "history/gstatic_all_logs_list_v83.1",
	    "history/gstatic_all_logs_list_v85.47", "appmattus_test_log_list"};
	struct hash want = hex_hash("f1d8b68e50210d8e73d9a3e97f571773c52d7f28"
				    "c0b1a71beee81d8562e6fd85");
	struct logkey *k = NULL;
	struct buf pem = {0};
	struct err e;

	(void)state;
	if (!file_read(&pem, CTDATA "loglists/gstatic_log_list_pubkey.pem"))
		return;
	assert_status(logkey_parse(&k, buf_span(&pem), &e), ST_OK, &e);
	assert_hash(logkey_id(k), &want);
	for (size_t i = 0; i < 4; i++) {
		struct buf path = {0}, json = {0}, sig = {0};

		buf_fmt(&path, CTDATA "loglists/%s.json", files[i]);
		assert_true(file_read(&json, buf_cstr(&path)));
		buf_clear(&path);
		buf_fmt(&path, CTDATA "loglists/%s.sig", files[i]);
		assert_true(file_read(&sig, buf_cstr(&path)));
		assert_status(
		    loglist_verify(buf_span(&json), buf_span(&sig), k, &e),
		    ST_OK, &e);
		json.p[json.len / 2] ^= 1;
		assert_status(
		    loglist_verify(buf_span(&json), buf_span(&sig), k, &e),
		    ST_SIGNATURE, &e);
		buf_fini(&path);
		buf_fini(&json);
		buf_fini(&sig);
	}
	logkey_free(k);
	buf_fini(&pem);
}

#define SYNTH "../shared/data/synthlog/"
/* Not the one that its list gives. */
#define SYNTH_ORIGIN "publiclog2026.example.org"

/* A whole synthetic log pair: its list, then its heads by the list's keys. */
static void
synth_head(const struct loglist_log *g, const char *file, enum status want)
{
	struct buf path = {0}, body = {0};
	struct head h;
	struct err e;
	enum status st;

	buf_fmt(&path, SYNTH "%s", file);
	assert_true(file_read(&body, buf_cstr(&path)));
	if (g->tiled)
		st = head_parse_checkpoint(
		    &h, g->key, SYNTH_ORIGIN, buf_span(&body), &e);
	else
		st = head_parse_sth(&h, g->key, buf_span(&body), &e);
	assert_status(st, want, &e);
	buf_fini(&path);
	buf_fini(&body);
}

static void
test_data_synth(void **state)
{
	struct buf json = {0}, sig = {0}, pem = {0};
	struct logkey *k;
	struct loglist l;
	struct err e;

	(void)state;
	if (!file_read(&json, SYNTH "log_list.json"))
		return;
	assert_true(file_read(&sig, SYNTH "log_list.sig"));
	assert_true(file_read(&pem, SYNTH "log_list_pubkey.pem"));
	assert_status(logkey_parse(&k, buf_span(&pem), &e), ST_OK, &e);
	assert_status(
	    loglist_verify(buf_span(&json), buf_span(&sig), k, &e), ST_OK, &e);
	l = accept_span(buf_span(&json));
	assert_int_equal(l.num, 2);
	synth_head(&l.log[0], "rfc6962/get-sth.1.json", ST_OK);
	synth_head(&l.log[0], "rfc6962/get-sth.2.json", ST_OK);
	synth_head(&l.log[0], "rfc6962/bad/get-sth.badsig.json", ST_SIGNATURE);
	synth_head(&l.log[0], "rfc6962/bad/get-sth.fork.json", ST_OK);
	synth_head(&l.log[1], "static/checkpoint", ST_OK);
	synth_head(&l.log[1], "static/checkpoint.1", ST_OK);
	synth_head(&l.log[1], "static/bad/checkpoint.wrongkey", ST_SIGNATURE);
	synth_head(&l.log[1], "static/bad/checkpoint.fork", ST_OK);
	loglist_fini(&l);
	logkey_free(k);
	buf_fini(&json);
	buf_fini(&sig);
	buf_fini(&pem);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_smallest),
	    cmocka_unit_test(test_asset_version),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_states),
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_skipped),
	    cmocka_unit_test(test_mimics),
	    cmocka_unit_test(test_loopback),
	    cmocka_unit_test(test_too_many),
	    cmocka_unit_test(test_too_long),
	    cmocka_unit_test(test_verify),
	    cmocka_unit_test(test_data_lists),
	    cmocka_unit_test(test_data_refused),
	    cmocka_unit_test(test_data_signed),
	    cmocka_unit_test(test_data_synth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
