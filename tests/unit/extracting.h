/*
 * extracting: a certificate built from parts, what is found in it, and how a
 * test asks for it. One test program includes it once.
 */
#ifndef TESTS_UNIT_EXTRACTING_H
#define TESTS_UNIT_EXTRACTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ctlog/base/text.h"
#include "monitor/pii/extract.h"
#include "tests/unit/derbuild.h"
#include "tests/unit/problems.h"

#define SAN "2.5.29.17"
#define UPN "1.3.6.1.4.1.311.20.2.3"

static struct extractor *extractor;
static uint8_t memory[4 << 20];
static struct finding list[2000];
static struct findings found = {.cap = 2000, .list = list};
static struct cert cert;

/* Parts of the certificate to be built; cleared by run(). */
static struct buf subject, issuer, exts, names;

static inline int
setup(void **state)
{
	(void)state;
	extractor = extractor_new();
	return 0;
}

static inline int
teardown(void **state)
{
	(void)state;
	extractor_free(extractor);
	buf_fini(&subject);
	buf_fini(&issuer);
	buf_fini(&exts);
	buf_fini(&names);
	return 0;
}

/* All that is promised of findings, whatever the certificate. */
static inline void
check_findings(void)
{
	assert_true(found.num <= found.cap);
	for (uint32_t i = 0; i < found.num; i++) {
		const struct finding *f = &list[i];

		assert_true(f->kind < PII_KINDS);
		assert_true(f->value.len > 0 && text_is_utf8(f->value));
		assert_true(
		    f->canonical.len > 0 && f->canonical.len <= LIMIT_VALUE);
		assert_true(text_is_utf8(f->canonical));
		assert_true(text_is_utf8(f->alt));
		assert_true(f->score <= 100);
		assert_non_null(f->carrier);
		assert_non_null(f->reason[0]);
		assert_null(f->reason[FINDING_REASONS - 1]);
		assert_true(strlen(f->path) > 0);
	}
}

static inline void
extract(struct span der)
{
	struct arena arena = arena_of(memory, sizeof(memory));

	problems.num = 0;
	cert_parse(&cert, der, &problems);
	extract_run(extractor, &found, &cert, &arena, &problems);
	check_findings();
}

/* Build the certificate, extract, forget the parts. */
static inline void
run(void)
{
	static struct buf der;
	struct db_cert c = {0};

	if (names.len > 0)
		db_ext_seq(&exts, SAN, buf_span(&names));
	c.subject = buf_span(&subject);
	c.issuer = buf_span(&issuer);
	c.exts = buf_span(&exts);
	buf_clear(&der);
	db_certificate(&der, &c);
	extract(buf_span(&der));
	buf_clear(&subject);
	buf_clear(&issuer);
	buf_clear(&exts);
	buf_clear(&names);
}

static inline const struct finding *
get(enum pii_kind kind, const char *canonical)
{
	for (uint32_t i = 0; i < found.num; i++)
		if (list[i].kind == kind &&
		    span_eq_str(list[i].canonical, canonical))
			return &list[i];
	for (uint32_t i = 0; i < found.num; i++)
		print_message("found %s \"%.*s\" in %s\n",
		    kind_name(list[i].kind), (int)list[i].canonical.len,
		    (const char *)list[i].canonical.p, list[i].carrier);
	fail_msg("no %s %s", kind_name(kind), canonical);
	return list;
}

/* Exactly one finding, this one. */
static inline const struct finding *
only(enum pii_kind kind, const char *canonical, const char *carrier)
{
	const struct finding *f = get(kind, canonical);

	assert_int_equal(found.num, 1);
	assert_string_equal(f->carrier, carrier);
	assert_int_equal(f->confidence, CONF_STRUCTURED);
	return f;
}

#endif
