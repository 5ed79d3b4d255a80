/* sha256: both engines against OpenSSL's EVP, whatever is hashed side by
 * side. */
#include <openssl/evp.h>

#include "tests/unit/support.h"

#define TEXTS 9u
#define LEN_MAX 300u

static EVP_MD *md;

static int
setup(void **state)
{
	(void)state;
	md = EVP_MD_fetch(NULL, "SHA256", NULL);
	return md == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	EVP_MD_free(md);
	return 0;
}

/* All engines of this processor. */
static const struct sha256_engine *
engine(unsigned i)
{
	return i == 0 ? &sha256_plain : i == 1 ? sha256_native() : NULL;
}

/* One after the other, in blocks of memory of their exact size. */
struct message {
	uint8_t *p, *head, *body;
	size_t len;
};

static void
message_make(struct message *m, struct sha256_text *t, size_t len, size_t cut)
{
	m->len = len;
	m->p = malloc(len + 1);
	m->head = malloc(cut + 1);
	m->body = malloc(len - cut + 1);
	assert_true(m->p != NULL && m->head != NULL && m->body != NULL);
	for (size_t i = 0; i < len; i++)
		m->p[i] = (uint8_t)random();
	/* At odd addresses. */
	memcpy(m->head + 1, m->p, cut);
	memcpy(m->body + 1, m->p + cut, len - cut);
	t->head = span_of(m->head + 1, cut);
	t->body = span_of(m->body + 1, len - cut);
}

static void
message_check(struct message *m, const uint8_t *got)
{
	uint8_t want[SHA256_LEN];

	assert_true(EVP_Digest(m->p, m->len, want, NULL, md, NULL));
	assert_memory_equal(got, want, SHA256_LEN);
	free(m->p);
	free(m->head);
	free(m->body);
}

static void
check(const struct sha256_engine *e, const size_t *len, size_t num)
{
	struct message m[TEXTS];
	struct sha256_text t[TEXTS] = {{{NULL, 0}, {NULL, 0}, NULL}};
	uint8_t out[TEXTS][SHA256_LEN];

	for (size_t i = 0; i < num; i++) {
		message_make(
		    &m[i], &t[i], len[i], (size_t)random() % (len[i] + 1));
		t[i].out = out[i];
	}
	sha256_run(e, &sha256_initial, t, num);
	for (size_t i = 0; i < num; i++)
		message_check(&m[i], out[i]);
}

/* Every length, beside one of another length, and alone. */
static void
test_lengths(void **state)
{
	const struct sha256_engine *e;

	(void)state;
	srandom(6962);
	for (unsigned i = 0; (e = engine(i)) != NULL; i++)
		for (size_t len = 0; len <= LEN_MAX; len++) {
			size_t two[] = {len, (size_t)random() % LEN_MAX};
			size_t back[] = {two[1], len};

			check(e, two, 1);
			check(e, two, 2);
			check(e, back, 2);
			check(e, back, 0);
		}
}

/* Any number of messages of any lengths. */
static void
test_many(void **state)
{
	const struct sha256_engine *e;
	size_t len[TEXTS];

	(void)state;
	srandom(9162);
	for (unsigned i = 0; (e = engine(i)) != NULL; i++)
		for (unsigned round = 0; round < 2000; round++) {
			size_t num = (size_t)random() % (TEXTS + 1);

			for (size_t k = 0; k < num; k++)
				len[k] = (size_t)random() %
					 (random() % 4 ? LEN_MAX : 5000);
			check(e, len, num);
		}
}

/* Every place where a message can be cut in two. */
static void
test_cuts(void **state)
{
	const struct sha256_engine *e;
	uint8_t got[SHA256_LEN];
	struct sha256_text t;
	struct message m;

	(void)state;
	for (unsigned i = 0; (e = engine(i)) != NULL; i++)
		for (size_t cut = 0; cut <= LEN_MAX; cut++) {
			message_make(&m, &t, LEN_MAX, cut);
			t.out = got;
			sha256_run(e, &sha256_initial, &t, 1);
			message_check(&m, got);
		}
}

/* Behind blocks that all messages have in common. */
static void
test_start(void **state)
{
	const struct sha256_engine *e;
	struct sha256_start start;
	struct sha256_text t[2];
	uint8_t got[2][SHA256_LEN], text[500], want[SHA256_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)random();
	for (unsigned i = 0; (e = engine(i)) != NULL; i++) {
		start = sha256_initial;
		for (size_t at = 0; at < 192; at += SHA256_BLOCK)
			sha256_advance(e, &start, text + at);
		for (size_t len = 192; len <= sizeof(text); len++) {
			t[0] = (struct sha256_text){span_of(NULL, 0),
			    span_of(text + 192, len - 192), got[0]};
			t[1] = (struct sha256_text){
			    t[0].body, span_of(NULL, 0), got[1]};
			sha256_run(e, &start, t, 2);
			assert_true(
			    EVP_Digest(text, len, want, NULL, md, NULL));
			assert_memory_equal(got[0], want, SHA256_LEN);
			assert_memory_equal(got[1], want, SHA256_LEN);
		}
	}
}

/* The length is counted in bits, beyond 32 of them. */
static void
test_long(void **state)
{
	size_t len = (1ul << 29) + 77;
	uint8_t *p = calloc(len, 1), got[SHA256_LEN], want[SHA256_LEN];
	struct sha256_text t = {span_of(p, 3), span_of(p, len - 3), got};

	(void)state;
	assert_non_null(p);
	assert_true(EVP_Digest(p, len, want, NULL, md, NULL));
	sha256_run(sha256_engine(), &sha256_initial, &t, 1);
	assert_memory_equal(got, want, SHA256_LEN);
	free(p);
}

/* Nodes of a tree in place: digests go where earlier messages lie, all of one
 * length. */
static void
test_in_place(void **state)
{
	enum { NODES = 37, LEN = 2 * SHA256_LEN };
	static const uint8_t head[1] = {1};
	const struct sha256_engine *e;
	uint8_t tree[NODES * LEN], was[NODES * LEN], want[SHA256_LEN];
	struct sha256_text t[NODES];
	uint8_t node[1 + LEN] = {1};

	(void)state;
	for (unsigned i = 0; (e = engine(i)) != NULL; i++) {
		for (size_t k = 0; k < sizeof(tree); k++)
			was[k] = tree[k] = (uint8_t)random();
		for (size_t k = 0; k < NODES; k++)
			t[k] = (struct sha256_text){span_of(head, 1),
			    span_of(tree + k * LEN, LEN),
			    tree + k * SHA256_LEN};
		sha256_run(e, &sha256_initial, t, NODES);
		for (size_t k = 0; k < NODES; k++) {
			memcpy(node + 1, was + k * LEN, LEN);
			assert_true(EVP_Digest(
			    node, sizeof(node), want, NULL, md, NULL));
			assert_memory_equal(
			    tree + k * SHA256_LEN, want, SHA256_LEN);
		}
	}
}

/* A long one keeps its lane while the other takes all the rest, on whichever
 * side. */
static void
test_uneven(void **state)
{
	const struct sha256_engine *e;
	size_t len[TEXTS];

	(void)state;
	for (unsigned i = 0; (e = engine(i)) != NULL; i++)
		for (size_t at = 0; at < TEXTS; at++) {
			for (size_t k = 0; k < TEXTS; k++)
				len[k] = k == at ? (1 << 20) + 7 : 64 * k;
			check(e, len, TEXTS);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lengths),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_cuts),
	    cmocka_unit_test(test_start),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_in_place),
	    cmocka_unit_test(test_uneven),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
