/* cert: certificates whole, damaged, and what only looks like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctlog/x509/cert.h"
#include "ctlog/x509/oid.h"
#include "tests/unit/derbuild.h"
#include "tests/unit/problems.h"

static struct cert
parse(struct span s)
{
	struct cert c;

	problems.num = 0;
	cert_parse(&c, s, &problems);
	return c;
}

/* Subject CN=example.com; SAN, basicConstraints, and what `more` adds. */
static void
build(struct buf *out, struct span more, bool ca)
{
	struct buf subject = {0}, exts = {0}, names = {0};
	struct db_cert c = {0};

	db_attr(&subject, "2.5.4.3", 0x0c, "example.com");
	db_text(&names, 0x82, "example.com");
	db_ext_seq(&exts, "2.5.29.17", buf_span(&names));
	db_ext_seq(&exts, "2.5.29.19",
	    ca ? span_of("\x01\x01\xff", 3) : span_of(NULL, 0));
	buf_span_add(&exts, more);
	c.subject = buf_span(&subject);
	c.exts = buf_span(&exts);
	db_certificate(out, &c);
	buf_fini(&subject);
	buf_fini(&exts);
	buf_fini(&names);
}

static void
test_whole(void **state)
{
	struct buf b = {0};
	struct cert_exts it;
	struct cert_ext e;
	struct cert c;

	(void)state;
	build(&b, span_of(NULL, 0), false);
	c = parse(buf_span(&b));
	assert_int_equal(c.format, CERT_CERTIFICATE);
	assert_int_equal(c.status, CERT_PARSED);
	assert_int_equal(problems.num, 0);
	assert_true(span_eq(c.der, buf_span(&b)));
	assert_true(span_eq(c.serial, span_of("\x01\x02\x03", 3)));
	assert_int_equal(c.tbs.p - c.der.p, 4);
	assert_int_equal(c.subject.p[0], 0x30);
	assert_int_equal(c.spki.p[0], 0x30);
	assert_int_equal(c.not_before_ms, 1767225600000);
	assert_int_equal(c.not_after_ms, 1798761600000);
	assert_false(c.ca || c.poison || c.sct_list);
	it = cert_exts_of(&c);
	assert_true(cert_ext_next(&it, &e));
	assert_true(span_eq(e.oid, OID_SUBJECT_ALT_NAME));
	assert_int_equal(e.value.p[0], 0x30);
	assert_false(e.critical);
	assert_true(cert_ext_next(&it, &e));
	assert_false(cert_ext_next(&it, &e));
	assert_false(it.cut);
	/* The signed part alone. */
	c = parse(c.tbs);
	assert_int_equal(c.format, CERT_TBS);
	assert_int_equal(c.status, CERT_PARSED);
	assert_int_equal(problems.num, 0);
	assert_true(span_eq(c.tbs, c.der));
	buf_fini(&b);
}

static void
test_ca(void **state)
{
	struct buf b = {0}, name = {0};
	struct db_cert v1 = {.v1 = true};
	struct cert c;

	(void)state;
	build(&b, span_of(NULL, 0), true);
	c = parse(buf_span(&b));
	assert_true(c.ca);
	buf_clear(&b);
	db_attr(&name, "2.5.4.10", 0x13, "Root");
	v1.issuer = v1.subject = buf_span(&name);
	db_certificate(&b, &v1);
	c = parse(buf_span(&b));
	assert_int_equal(c.status, CERT_PARSED);
	assert_true(c.ca);
	v1.subject = span_of(NULL, 0);
	buf_clear(&b);
	db_certificate(&b, &v1);
	c = parse(buf_span(&b));
	assert_int_equal(c.status, CERT_PARSED);
	assert_false(c.ca);
	buf_fini(&name);
	buf_fini(&b);
}

static void
test_precertificate(void **state)
{
	struct buf b = {0}, poison = {0}, scts = {0};
	struct cert c;

	(void)state;
	db_ext(&poison, DB_POISON, true, span_of("\x05\x00", 2));
	build(&b, buf_span(&poison), false);
	c = parse(buf_span(&b));
	assert_int_equal(c.format, CERT_PRECERTIFICATE);
	assert_true(c.poison);
	c = parse(c.tbs);
	assert_int_equal(c.format, CERT_TBS);
	assert_true(c.poison);
	db_ext(&scts, DB_SCTS, false, span_of("\x04\x01\x00", 3));
	buf_clear(&b);
	build(&b, buf_span(&scts), false);
	c = parse(buf_span(&b));
	assert_int_equal(c.format, CERT_CERTIFICATE);
	assert_true(c.sct_list);
	buf_fini(&b);
	buf_fini(&poison);
	buf_fini(&scts);
}

static void
test_request(void **state)
{
	struct buf b = {0}, subject = {0}, attrs = {0}, exts = {0};
	struct der t;
	struct cert c;
	size_t seq, set, list;

	(void)state;
	db_attr(&subject, "2.5.4.3", 0x0c, "example.com");
	db_ext(&exts, "2.5.29.17", false, span_of("\x30\x00", 2));
	seq = db_open(&attrs, 0x30);
	db_oid(&attrs, "1.2.840.113549.1.9.14");
	set = db_open(&attrs, 0x31);
	list = db_open(&attrs, 0x30);
	buf_span_add(&attrs, buf_span(&exts));
	db_close(&attrs, list);
	db_close(&attrs, set);
	db_close(&attrs, seq);
	db_request(&b, buf_span(&subject), buf_span(&attrs));
	c = parse(buf_span(&b));
	assert_int_equal(c.format, CERT_CSR);
	assert_int_equal(c.status, CERT_PARSED);
	assert_int_equal(problems.num, 0);
	assert_true(span_eq(c.extensions, buf_span(&exts)));
	assert_true(span_eq(c.attributes, buf_span(&attrs)));
	assert_int_equal(c.issuer.len, 0);
	assert_true(c.not_before_ms == INT64_MIN);
	/* CertificationRequestInfo alone. */
	assert_true(der_first(&t, c.tbs, DER_SEQUENCE));
	c = parse(t.whole);
	assert_int_equal(c.format, CERT_CSR);
	/* The attributes are optional in real life. */
	buf_clear(&b);
	db_request(&b, buf_span(&subject), span_of(NULL, 0));
	assert_int_equal(parse(buf_span(&b)).status, CERT_PARSED);
	buf_fini(&b);
	buf_fini(&subject);
	buf_fini(&attrs);
	buf_fini(&exts);
}

/* Things that begin like a certificate and are none. */
static void
test_others(void **state)
{
	struct buf b = {0};
	size_t at, in;

	(void)state;
	assert_int_equal(parse(span_of(NULL, 0)).status, CERT_UNPARSED);
	assert_true(has_problem("certificate", "empty"));
	assert_int_equal(parse(span_str("hello")).format, CERT_NONE);
	assert_int_equal(parse(span_of("\x30\x00", 2)).format, CERT_NONE);
	/* PKCS #8 */
	at = db_open(&b, 0x30);
	db_put(&b, 0x02, span_of("\x00", 1));
	db_algorithm(&b);
	db_text(&b, 0x04, "key");
	db_close(&b, at);
	assert_int_equal(parse(buf_span(&b)).format, CERT_NONE);
	/* A v2 CertificateList */
	buf_clear(&b);
	at = db_open(&b, 0x30);
	in = db_open(&b, 0x30);
	db_put(&b, 0x02, span_of("\x01", 1));
	db_algorithm(&b);
	db_put(&b, 0x30, span_of(NULL, 0));
	db_text(&b, 0x17, "260101000000Z");
	db_close(&b, in);
	db_algorithm(&b);
	db_close(&b, at);
	assert_int_equal(parse(buf_span(&b)).format, CERT_NONE);
	buf_fini(&b);
}

static void
test_trailing(void **state)
{
	struct buf b = {0};
	size_t len;
	struct cert c;

	(void)state;
	build(&b, span_of(NULL, 0), false);
	len = b.len;
	buf_add(&b, "\0\0", 2);
	c = parse(buf_span(&b));
	assert_int_equal(c.status, CERT_PARTIAL);
	assert_int_equal(c.der.len, len);
	assert_true(has_problem("certificate", "behind its end"));
	buf_fini(&b);
}

/* The outer SEQUENCE in BER; its length as large as it gets. */
static void
test_ber(void **state)
{
	struct buf b = {0}, ber = {0};
	struct cert c;

	(void)state;
	build(&b, span_of(NULL, 0), false);
	buf_add(&ber, "\x30\x80", 2);
	buf_span_add(&ber, span_from(buf_span(&b), 4));
	buf_add(&ber, "\0\0", 2);
	c = parse(buf_span(&ber));
	assert_int_equal(c.status, CERT_PARSED);
	assert_true(has_problem("certificate", "indefinite"));
	buf_clear(&ber);
	buf_add(&ber, "\x30\x84\xff\xff\xff\xff", 6);
	buf_span_add(&ber, span_from(buf_span(&b), 4));
	c = parse(buf_span(&ber));
	assert_int_equal(c.status, CERT_PARTIAL);
	assert_int_equal(c.format, CERT_CERTIFICATE);
	assert_true(has_problem("certificate", "cut short"));
	assert_true(c.extensions.len > 0);
	buf_fini(&b);
	buf_fini(&ber);
}

/* How much of a certificate is there. */
static unsigned
fields(const struct cert *c)
{
	return (c->serial.len > 0) + (c->issuer.len > 0) +
	       (c->subject.len > 0) + (c->spki.len > 0) +
	       (c->extensions.len > 0) + (c->not_after_ms != INT64_MIN);
}

/* Cut at every byte: never more than with one byte more, and never whole. */
static void
test_truncated(void **state)
{
	struct buf b = {0};
	unsigned last = 0;

	(void)state;
	build(&b, span_of(NULL, 0), false);
	for (size_t n = 0; n < b.len; n++) {
		uint8_t *copy = malloc(n ? n : 1);
		struct cert c;

		assert_non_null(copy);
		memcpy(copy, b.p, n);
		c = parse(span_of(copy, n));
		assert_int_not_equal(c.status, CERT_PARSED);
		assert_true(problems.num > 0);
		assert_true(fields(&c) >= last);
		last = fields(&c);
		free(copy);
	}
	assert_int_equal(last, 6);
	buf_fini(&b);
}

/* Every byte turned: no crash, and no silence about what is lost. */
static void
test_flipped(void **state)
{
	struct buf b = {0};

	(void)state;
	build(&b, span_of(NULL, 0), false);
	for (size_t n = 0; n < b.len; n++) {
		b.p[n] ^= 0x41;
		struct cert c = parse(buf_span(&b));

		if (c.status != CERT_PARSED)
			assert_true(problems.num > 0);
		b.p[n] ^= 0x41;
	}
	buf_fini(&b);
}

/* A field that is missing does not shift the others. */
static void
test_missing(void **state)
{
	struct buf b = {0};
	size_t at, in;
	struct cert c;

	(void)state;
	at = db_open(&b, 0x30);
	db_put(&b, 0xa0, span_of("\x02\x01\x02", 3));
	db_put(&b, 0x02, span_of("\x07", 1));
	db_algorithm(&b);
	in = db_open(&b, 0x30); /* no issuer: validity at once */
	db_text(&b, 0x17, "260101000000Z");
	db_text(&b, 0x18, "20270101000000Z");
	db_close(&b, in);
	in = db_open(&b, 0x30);
	db_attr(&b, "2.5.4.3", 0x0c, "here");
	db_close(&b, in);
	db_put(&b, 0x0c, span_str("stray"));
	db_spki(&b);
	db_close(&b, at);
	c = parse(buf_span(&b));
	assert_int_equal(c.format, CERT_TBS);
	assert_int_equal(c.status, CERT_PARTIAL);
	assert_true(has_problem("issuer", "missing"));
	assert_true(has_problem("subjectPublicKeyInfo", "not belong"));
	assert_int_equal(c.issuer.len, 0);
	assert_true(c.subject.len > 0 && c.spki.len > 0);
	assert_int_equal(c.not_after_ms, 1798761600000);
	buf_fini(&b);
}

static void
test_bad_date(void **state)
{
	struct db_cert what = {.not_after = "never"};
	struct buf b = {0};
	struct cert c;

	(void)state;
	db_certificate(&b, &what);
	c = parse(buf_span(&b));
	assert_int_equal(c.status, CERT_PARTIAL);
	assert_true(c.not_after_ms == INT64_MIN);
	assert_int_equal(c.not_before_ms, 1767225600000);
	assert_true(has_problem("validity", "date"));
	buf_fini(&b);
}

/* An OCTET STRING in segments, an extension without value, a stranger. */
static void
test_odd_extensions(void **state)
{
	struct buf b = {0}, exts = {0};
	struct cert_exts it;
	struct cert_ext e;
	struct cert c;
	size_t at, in;

	(void)state;
	at = db_open(&exts, 0x30);
	db_oid(&exts, "2.5.29.18");
	in = db_open(&exts, 0x24);
	db_text(&exts, 0x04, "one");
	db_text(&exts, 0x04, "two");
	db_close(&exts, in);
	db_close(&exts, at);
	at = db_open(&exts, 0x30);
	db_oid(&exts, "2.5.29.19");
	db_close(&exts, at);
	db_text(&exts, 0x0c, "stranger");
	build(&b, buf_span(&exts), false);
	c = parse(buf_span(&b));
	assert_int_equal(c.status, CERT_PARTIAL);
	assert_true(has_problem("ext[2.5.29.19]", "without a value"));
	assert_true(has_problem("extensions", "no Extension"));
	it = cert_exts_of(&c);
	assert_true(cert_ext_next(&it, &e));
	assert_true(cert_ext_next(&it, &e));
	assert_true(cert_ext_next(&it, &e));
	assert_true(e.segmented);
	assert_int_equal(e.octets.p[0], 0x24);
	assert_true(cert_ext_next(&it, &e));
	assert_int_equal(e.value.len, 0);
	assert_false(cert_ext_next(&it, &e));
	assert_true(it.cut);
	buf_fini(&b);
	buf_fini(&exts);
}

/* More problems than are kept are counted. */
static void
test_many_problems(void **state)
{
	struct buf b = {0}, exts = {0};

	(void)state;
	for (int i = 0; i < 100; i++) {
		size_t at = db_open(&exts, 0x30);

		db_oid(&exts, "1.2.3");
		db_close(&exts, at);
	}
	build(&b, buf_span(&exts), false);
	parse(buf_span(&b));
	assert_int_equal(problems.num, 100);
	buf_fini(&b);
	buf_fini(&exts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),
	    cmocka_unit_test(test_ca),
	    cmocka_unit_test(test_precertificate),
	    cmocka_unit_test(test_request),
	    cmocka_unit_test(test_others),
	    cmocka_unit_test(test_trailing),
	    cmocka_unit_test(test_ber),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_flipped),
	    cmocka_unit_test(test_missing),
	    cmocka_unit_test(test_bad_date),
	    cmocka_unit_test(test_odd_extensions),
	    cmocka_unit_test(test_many_problems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
