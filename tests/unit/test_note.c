/* note: the envelope; what is inside is test_head's matter. */
#include "tests/unit/support.h"

#include "ctlog/base/limits.h"
#include "ctlog/merkle/range.h"
#include "ctlog/merkle/tile.h"
#include "ctlog/wire/note.h"

#define DASH "\xe2\x80\x94 "
#define LINE DASH "a.example AAECAwQF\n"

static enum status
open_str(struct note *n, const char *s, struct err *e)
{
	return note_open(n, span_str(s), e);
}

static void
test_open(void **state)
{
	struct buf scratch = {0};
	struct note_sig sig;
	struct note n;
	struct err e;

	(void)state;
	assert_status(open_str(&n, "one\ntwo\n\n" LINE LINE, &e), ST_OK, &e);
	assert_true(span_eq_str(n.text, "one\ntwo\n"));
	for (unsigned i = 0; i < 2; i++) {
		assert_status(note_next(&n, &sig, &scratch, &e), ST_OK, &e);
		assert_true(span_eq_str(sig.name, "a.example"));
		assert_memory_equal(sig.key_id, "\0\1\2\3", 4);
		assert_int_equal(sig.body.len, 2);
		assert_memory_equal(sig.body.p, "\4\5", 2);
	}
	assert_status(note_next(&n, &sig, &scratch, &e), ST_MISSING, NULL);
	assert_status(note_next(&n, &sig, &scratch, &e), ST_MISSING, NULL);
	buf_fini(&scratch);
}

/* Text may hold blank lines and even signature lines; the last blank line
 * divides. */
static void
test_last_blank(void **state)
{
	struct note n;
	struct err e;

	(void)state;
	assert_status(open_str(&n, "a\n\n" LINE "\nb\n\n" LINE, &e), ST_OK, &e);
	assert_true(span_eq_str(n.text, "a\n\n" LINE "\nb\n"));
	assert_true(span_eq_str(n.sigs, LINE));
	assert_status(open_str(&n, "\n\n" LINE, &e), ST_OK, &e);
	assert_true(span_eq_str(n.text, "\n"));
}

static void
test_open_refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    "a",
	    "\n",
	    "\n\n",
	    "a\n",
	    "a\n\n",
	    "a\n" LINE,
	    "a\n\n" DASH "a.example AAECAwQF",
	    "a\r\n\r\n" LINE,
	    "a\tb\n\n" LINE,
	    "a\x01\n\n" LINE,
	    "a\x80\n\n" LINE,
	    "a\n\n\xe2\x80",
	    "<html>\n<body>502 Bad Gateway</body>\n</html>\n",
	};
	struct note n;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_status(open_str(&n, bad[i], &e), ST_BAD, &e);
		assert_says(&e, "not a signed note");
	}
	assert_status(
	    note_open(&n, span_of("a\0b\n\n" LINE, 5 + sizeof(LINE) - 1), &e),
	    ST_BAD, &e);
}

static void
test_line_refused(void **state)
{
	static const char *const bad[] = {
	    "a.example AAECAwQF\n",
	    "- a.example AAECAwQF\n",
	    "\xe2\x80\x94"
	    "a.example AAECAwQF\n",
	    DASH "\n",
	    DASH "a.example\n",
	    DASH "a.example \n",
	    DASH " AAECAwQF\n",
	    DASH "a+b AAECAwQF\n",
	    DASH "a.example AAECAw==\n",
	    DASH "a.example AAECAwQ\n",
	    DASH "a.example AAECAwR=\n",
	    DASH "a.example AAECAwQF \n",
	    DASH "a.example  AAECAwQF\n",
	    DASH "a.example AAEC AwQF\n",
	    DASH "a.example AAECAw-_\n",
	    DASH "a b AAECAwQF\n",
	};
	struct buf note = {0}, scratch = {0};
	struct note_sig sig;
	struct note n;
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		buf_clear(&note);
		buf_str(&note, "text\n\n" LINE);
		buf_str(&note, bad[i]);
		buf_str(&note, LINE);
		assert_status(note_open(&n, buf_span(&note), &e), ST_OK, &e);
		assert_status(note_next(&n, &sig, &scratch, &e), ST_OK, &e);
		assert_status(note_next(&n, &sig, &scratch, &e), ST_BAD, &e);
		assert_says(&e, "not a signature line");
	}
	buf_fini(&note);
	buf_fini(&scratch);
}

/* ML-DSA signatures are 2,428 bytes; nothing has a fixed size. */
static void
test_long_lines(void **state)
{
	struct buf note = {0}, scratch = {0}, body = {0};
	struct note_sig sig;
	struct note n;
	struct err e;

	(void)state;
	buf_str(&note, "text\n\n");
	for (unsigned i = 0; i < 200; i++) {
		buf_clear(&body);
		for (unsigned k = 0; k < 5 + i * 17; k++)
			buf_char(&body, (char)(k * i));
		buf_fmt(&note, DASH "w%u.example ", i);
		text_base64(&note, buf_span(&body));
		buf_char(&note, '\n');
	}
	assert_status(note_open(&n, buf_span(&note), &e), ST_OK, &e);
	for (unsigned i = 0; i < 200; i++) {
		assert_status(note_next(&n, &sig, &scratch, &e), ST_OK, &e);
		assert_int_equal(sig.body.len, 1 + i * 17);
	}
	assert_status(note_next(&n, &sig, &scratch, &e), ST_MISSING, &e);
	buf_fini(&note);
	buf_fini(&scratch);
	buf_fini(&body);
}

static void
test_too_long(void **state)
{
	struct buf note = {0};
	struct note n;
	struct err e;

	(void)state;
	buf_str(&note, "text\n\n");
	while (note.len + sizeof(LINE) - 1 <= LIMIT_HEAD)
		buf_str(&note, LINE);
	assert_status(note_open(&n, buf_span(&note), &e), ST_OK, &e);
	buf_str(&note, LINE);
	assert_status(note_open(&n, buf_span(&note), &e), ST_LIMIT, &e);
	buf_fini(&note);
}

/* Key ids of real logs. */
static void
test_key_id(void **state)
{
	struct hash id = hex_hash("494d90491d3a4fae91ca8c3f8ba0f6c8"
				  "494d90491d3a4fae91ca8c3f8ba0f6c8");
	uint8_t got[4], other[4];

	(void)state;
	note_key_id(got, span_str("a.example"), 5, hash_span(&id));
	note_key_id(other, span_str("b.example"), 5, hash_span(&id));
	assert_memory_not_equal(got, other, 4);
	note_key_id(other, span_str("a.example"), 1, hash_span(&id));
	assert_memory_not_equal(got, other, 4);
	id = base64_hash("CKIDXIl+znJaHUyhzhNVaSxIUov59RCXLh3fJXJExnk=");
	note_key_id(got, span_str("rome2026h1.example.org"), 5, hash_span(&id));
	assert_memory_equal(got, "\x91\x50\x75\x26", 4);
}

/* A generic transparency log: notes, and roots out of its hash tiles. */
static void
test_data_tlog(void **state)
{
	struct buf note = {0}, tile = {0}, path = {0};
	struct hasher *h = hasher_new();
	struct hash got, want, leaf;
	struct span root;
	struct note n;
	struct err e;

	(void)state;
	for (unsigned size = 1; size <= 15; size++) {
		struct tile t = {0, 0, size};
		struct range r = {0};

		buf_clear(&note);
		buf_clear(&tile);
		buf_clear(&path);
		buf_fmt(&path,
		    CTDATA "static/tesseract_client_testlog/checkpoint.%u",
		    size);
		if (!file_read(&note, buf_cstr(&path)))
			break;
		assert_status(note_open(&n, buf_span(&note), &e), ST_OK, &e);
		root = span_from(n.text, span_chr(n.text, '\n') + 1);
		root = span_from(root, span_chr(root, '\n') + 1);
		assert_true(text_unbase64_exact(
		    want.b, HASH_LEN, span_cut(root, 0, root.len - 1)));
		buf_clear(&path);
		buf_str(&path, CTDATA "static/tesseract_client_testlog/");
		tile_path(&t, &path);
		if (!file_read(&tile, buf_cstr(&path)))
			break;
		for (unsigned i = 0; i < size; i++) {
			struct subtree s = {0, i};

			assert_status(
			    tile_node(&leaf, &t, buf_span(&tile), h, s), ST_OK,
			    NULL);
			range_add(&r, h, 0, &leaf);
		}
		range_root(&r, h, &got);
		assert_hash(&got, &want);
	}
	hasher_free(h);
	buf_fini(&note);
	buf_fini(&tile);
	buf_fini(&path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_open),
	    cmocka_unit_test(test_last_blank),
	    cmocka_unit_test(test_open_refused),
	    cmocka_unit_test(test_line_refused),
	    cmocka_unit_test(test_long_lines),
	    cmocka_unit_test(test_too_long),
	    cmocka_unit_test(test_key_id),
	    cmocka_unit_test(test_data_tlog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
