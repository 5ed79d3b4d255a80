/*
 * fuzz_head: everything small that a log answers with. The first byte says
 * what the rest is. Whatever is refused has a reason in clean text.
 */
#include <stdlib.h>

#include "ctlog/base/buf.h"
#include "ctlog/base/err.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"
#include "ctlog/merkle/proof.h"
#include "ctlog/wire/head.h"
#include "ctlog/wire/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The keys of the real heads in the corpus. */
#define STH_KEY                                                                \
	"-----BEGIN PUBLIC KEY-----\n"                                         \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEKHRm0H/zUaFA6Idz5cGvGO3tCPQy\n"   \
	"fGMgJmVBOPyKAP6mGM1IiNXi4CLomOUyYj0YN74p+eGVApFMsM4h/jzCsA==\n"       \
	"-----END PUBLIC KEY-----\n"
#define NOTE_KEY                                                               \
	"-----BEGIN PUBLIC KEY-----\n"                                         \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEPIcer7RB32jt4bTEbhgUKLKvOctF\n"   \
	"D+I2hoDItFxUBlJiGFvftBuRk3fO7e1T7gC2ekyfL7XoO2oN/ObcZyc4EA==\n"       \
	"-----END PUBLIC KEY-----\n"
#define ORIGIN "rome2026h1.example.org"

static struct logkey *
fixed_key(const char *pem)
{
	struct logkey *k;

	ASSERT(logkey_parse(&k, span_str(pem), NULL) == ST_OK);
	return k;
}

static void
check_reason(enum status st, const struct err *e)
{
	struct span text = span_str(e->text);

	if (st == ST_OK)
		return;
	ASSERT(text.len > 0 && text_is_utf8(text));
	for (size_t i = 0; i < text.len; i++)
		ASSERT(text.p[i] >= 0x20 && text.p[i] != 0x7f);
}

static void
check_head(enum status st, const struct head *h)
{
	if (st != ST_OK)
		return;
	ASSERT(h->size <= LIMIT_TREE_SIZE && h->timestamp <= INT64_MAX);
	ASSERT(h->size != 0 || hash_eq(&h->root, &hash_empty_tree));
}

static enum status
run_note(struct span in, struct err *e)
{
	struct buf scratch = {0};
	struct note_sig sig;
	struct note n;
	enum status st = note_open(&n, in, e);

	if (st != ST_OK)
		return st;
	ASSERT(n.text.len + 1 + n.sigs.len == in.len);
	while ((st = note_next(&n, &sig, &scratch, e)) == ST_OK)
		ASSERT(sig.name.len > 0 && sig.body.len > 0);
	buf_fini(&scratch);
	return st == ST_MISSING ? ST_OK : st;
}

static enum status
run_key(struct span in, struct err *e)
{
	struct logkey *k, *again;
	enum status st = logkey_parse(&k, in, e);

	if (st != ST_OK) {
		ASSERT(k == NULL);
		return st;
	}
	ASSERT(logkey_parse(&again, logkey_spki(k), NULL) == ST_OK);
	ASSERT(hash_eq(logkey_id(k), logkey_id(again)));
	logkey_free(k);
	logkey_free(again);
	return ST_OK;
}

static enum status
run_proof(unsigned what, struct span in, struct err *e)
{
	struct path p = {0};
	struct buf leaf = {0};
	uint64_t index = 0;
	enum status st;

	if (what == 2)
		st = head_parse_consistency(&p, in, e);
	else if (what == 3)
		st = head_parse_entry_proof(&p, &leaf, in, e);
	else
		st = head_parse_hash_proof(&index, &p, in, e);
	ASSERT(st != ST_OK || (p.num <= LIMIT_PROOF && index <= INT64_MAX));
	ASSERT(st != ST_OK || leaf.len <= LIMIT_ENTRY);
	buf_fini(&leaf);
	return st;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct logkey *sth_key, *note_key;
	struct span in = span_from(span_of(data, size), 1);
	struct head h = {0};
	struct err e = {""};
	enum status st;

	if (size == 0)
		return 0;
	if (sth_key == NULL) {
		sth_key = fixed_key(STH_KEY);
		note_key = fixed_key(NOTE_KEY);
	}
	switch (data[0] % 8) {
	case 0:
		st = head_parse_sth(&h, sth_key, in, &e);
		check_head(st, &h);
		break;
	case 1:
		st = head_parse_checkpoint(&h, note_key, ORIGIN, in, &e);
		check_head(st, &h);
		ASSERT(head_note_origin(in).len <= in.len);
		break;
	case 5:
		st = run_note(in, &e);
		break;
	case 6:
		st = run_key(in, &e);
		break;
	case 7:
		st = logkey_verify_signed(sth_key, span_str("x"), in, &e);
		break;
	default:
		st = run_proof(data[0] % 8, in, &e);
	}
	check_reason(st, &e);
	return 0;
}
