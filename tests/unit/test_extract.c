/* extract: what certificates carry, carrier by carrier (pii.md section 1);
 * rarer carriers are in test_extract_more.c. */
#include <dirent.h>

#include "tests/unit/extracting.h"

static void
test_host(void **state)
{
	(void)state;
	db_attr(&subject, "2.5.4.6", 0x13, "XX");
	db_attr(&subject, "2.5.4.10", 0x0c, "Example GmbH");
	db_attr(&subject, "2.5.4.9", 0x0c, "Main Street 1");
	db_attr(&subject, "2.5.4.3", 0x0c, "www.example.com");
	db_text(&names, 0x82, "www.example.com");
	db_put(&names, 0x87, span_of("\xc0\x00\x02\x01", 4));
	run();
	assert_int_equal(found.num, 0);
	assert_int_equal(found.facts.issuer_org.len, 0);
	assert_int_equal(problems.num, 0);
	assert_false(found.partial);
}

static void
test_rfc822(void **state)
{
	const struct finding *f;

	(void)state;
	db_text(&names, 0x82, "example.com");
	db_text(&names, 0x81, "Jane.Roe@Example.com");
	run();
	f = only(PII_EMAIL, "jane.roe@example.com", "san.rfc822Name");
	assert_true(span_eq_str(f->value, "Jane.Roe@Example.com"));
	assert_string_equal(f->path, "ext[2.5.29.17][1]");
	assert_true(span_eq(f->oid, span_of("\x55\x1d\x11", 3)));
	assert_int_equal(f->string_tag, 22);
	assert_int_equal(f->score, 100);
	assert_int_equal(f->flags, 0);
	assert_string_equal(f->reason[0], "rfc822Name");
	assert_null(f->reason[1]);
	assert_int_equal(f->side, SIDE_SUBJECT);
	assert_true(span_eq_str(found.facts.issuer_org, "Test CA"));
}

static void
test_dirty_rfc822(void **state)
{
	static const struct {
		const char *text, *canonical;
		uint32_t flags;
	} cases[] = {
	    {"a.b@example.com c.d@example.com", "c.d@example.com",
		FLAG_MULTIPLE},
	    {"Jane Roe <jane.roe@example.com>", "jane.roe@example.com", 0},
	    {"jane.roe(work)@example.com", "jane.roe@example.com", 0},
	    {"mailto:jane.roe@example.com", "jane.roe@example.com", 0},
	    {" JANE.ROE@EXAMPLE.COM. ", "jane.roe@example.com", 0},
	    {"\"jane@home\"@example.com", "\"jane@home\"@example.com", 0},
	    {"jane@[192.0.2.7]", "jane@[192.0.2.7]", 0},
	    {"root@localhost", "root@localhost", 0},
	    {"山田花子@example.com", "山田花子@example.com", FLAG_BAD_ENCODING},
	    {"jane＠example．com", "jane@example.com", FLAG_BAD_ENCODING},
	    {"ja\u200bne\u202e@example.com", "jane@example.com",
		FLAG_BAD_ENCODING | FLAG_IGNORABLE},
	    {"j\u0430ne@example.com", "j\u0430ne@example.com",
		FLAG_BAD_ENCODING | FLAG_CONFUSABLE},
	    {"jane@xn--BCHER-kva.example", "jane@xn--bcher-kva.example", 0},
	    {"jane&#64;example.com", "jane@example.com", FLAG_HTML_ENTITY},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct finding *f;

		db_text(&names, 0x81, cases[i].text);
		run();
		f = get(PII_EMAIL, cases[i].canonical);
		assert_int_equal(f->flags, cases[i].flags);
	}
	db_put(
	    &names, 0x81, span_of("jane.roe@example.com\0.evil.example", 34));
	run();
	assert_int_equal(
	    only(PII_EMAIL, "jane.roe@example.com", "san.rfc822Name")->flags,
	    FLAG_NUL);
	/* What stands behind a NUL does not hide. */
	db_put(&names, 0x81, span_of("a@example.com\0b@example.com", 27));
	run();
	assert_int_equal(found.num, 2);
	get(PII_EMAIL, "b@example.com");
}

static void
test_no_address(void **state)
{
	(void)state;
	db_text(&names, 0x81, "hanako.yamada");
	run();
	assert_int_equal(found.num, 0);
	assert_true(has_problem("ext[2.5.29.17][0]", "no address"));
}

static void
test_subject_email(void **state)
{
	const int tags[] = {0x16, 0x0c, 0x13, 0x14};
	const struct finding *f;

	(void)state;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		db_attr(&subject, "1.2.840.113549.1.9.1", tags[i],
		    "Webmaster@Example.com");
		run();
		f = only(
		    PII_EMAIL, "webmaster@example.com", "subject.emailAddress");
		assert_int_equal(f->string_tag, tags[i]);
		assert_string_equal(f->path, "subject[0]");
	}
	db_attr_bytes(&subject, "0.9.2342.19200300.100.1.3", 0x1e,
	    span_of("\0j\0@\0x\0.\0y\0z", 12));
	run();
	only(PII_EMAIL, "j@x.yz", "subject.mail");
}

/* Addresses in attributes that are for something else. */
static void
test_plain_attrs(void **state)
{
	const struct finding *f;

	(void)state;
	db_attr(&subject, "2.5.4.3", 0x0c, "johnsmith@example.com");
	run();
	only(PII_EMAIL, "johnsmith@example.com", "subject.commonName");
	db_attr(
	    &subject, "2.5.4.10", 0x14, "ips@mail.example C.I.F.  B-12345678");
	run();
	f = get(PII_EMAIL, "ips@mail.example");
	assert_int_equal(f->confidence, CONF_FREE_TEXT);
	assert_int_equal(f->score, 70);
	assert_string_equal(f->carrier, "subject.organizationName");
	db_attr(&subject, "2.5.4.11", 0x0c, "mail to Jane <j@x.example> !");
	db_attr(&subject, "1.2.840.113549.1.9.2", 0x16, "router@x.example");
	db_attr(&subject, "1.2.3.4.5", 0x0c, "odd@x.example");
	run();
	assert_int_equal(found.num, 3);
	assert_int_equal(
	    get(PII_EMAIL, "odd@x.example")->flags, FLAG_UNKNOWN_ATTR);
	assert_string_equal(
	    get(PII_EMAIL, "odd@x.example")->carrier, "subject.unknown");
	/* No mailbox. */
	db_attr(&subject, "2.5.4.10", 0x0c, "Team @ Work, Team@Work Ltd");
	db_attr(&subject, "2.5.4.10", 0x0c, "ftp://a:b@host.example/");
	run();
	assert_int_equal(found.num, 0);
	/* Nor is this: it is a name. */
	db_attr(&subject, "2.5.4.3", 0x0c, "051@\u5f20\u4e09@110101199003@1");
	run();
	assert_int_equal(found.num, 1);
	assert_int_equal(get(PII_NAME, "\u5f20\u4e09")->confidence, CONF_NAME);
}

/* A value that is a structure is searched for strings. */
static void
test_structured_value(void **state)
{
	struct buf b = {0};
	size_t at;

	(void)state;
	at = db_open(&b, 0x30);
	db_put(&b, 0x02, span_of("\x01", 1));
	db_text(&b, 0x0c, "jane@example.com");
	db_close(&b, at);
	db_attr_bytes(&subject, "2.5.4.10", 0x30, buf_span(&b));
	run();
	only(PII_EMAIL, "jane@example.com", "subject.organizationName");
	buf_fini(&b);
}

/* Values and names in wrong wrappings, and what hides behind them. */
static void
test_wrappings(void **state)
{
	struct buf b = {0}, more = {0};
	size_t at;

	(void)state;
	/* A constructed PrintableString, cut inside the address. */
	at = db_open(&b, 0x33);
	db_text(&b, 0x13, "jane@exa");
	db_text(&b, 0x13, "mple.com");
	db_close(&b, at);
	db_attr_bytes(&subject, "2.5.4.10", 0x33, span_from(buf_span(&b), 2));
	run();
	assert_int_equal(
	    only(PII_EMAIL, "jane@example.com", "subject.organizationName")
		->flags,
	    FLAG_BER);
	/* A name in a SEQUENCE; an address in DER in an OCTET STRING. */
	buf_clear(&b);
	db_text(&b, 0x0c, "Roe");
	db_attr_bytes(&subject, "2.5.4.4", 0x30, buf_span(&b));
	buf_clear(&b);
	db_text(&b, 0x0c, "jane@example.com");
	db_attr_bytes(&subject, "2.5.4.10", 0x04, buf_span(&b));
	run();
	assert_int_equal(found.num, 2);
	get(PII_NAME, "roe");
	get(PII_EMAIL, "jane@example.com");
	/* Behind the GeneralNames, and behind an attribute's value. */
	buf_clear(&b);
	db_text(&b, 0x82, "example.com");
	db_put(&more, 0x30, buf_span(&b));
	buf_clear(&b);
	db_text(&b, 0x81, "jane@example.com");
	db_put(&more, 0x30, buf_span(&b));
	db_ext(&exts, SAN, false, buf_span(&more));
	run();
	assert_true(found.partial);
	assert_true(has_problem("ext[2.5.29.17]", "cannot be read"));
	get(PII_EMAIL, "jane@example.com");
	at = db_open(&subject, 0x31);
	size_t in = db_open(&subject, 0x30);
	db_oid(&subject, "2.5.4.3");
	db_text(&subject, 0x0c, "x");
	db_text(&subject, 0x0c, "jane@example.com");
	db_close(&subject, in);
	db_close(&subject, at);
	run();
	get(PII_EMAIL, "jane@example.com");
	buf_fini(&b);
	buf_fini(&more);
}

static void
test_other_names(void **state)
{
	const struct finding *f;
	struct buf b = {0};

	(void)state;
	db_other(
	    &names, "1.3.6.1.5.5.7.8.9", 0x0c, span_str("花子@例え.テスト"));
	run();
	f = only(
	    PII_EMAIL, "花子@xn--r8jz45g.xn--zckzah", "san.smtpUTF8Mailbox");
	assert_int_equal(f->string_tag, 12);
	assert_int_equal(f->oid.len, 8);
	db_other(&names, UPN, 0x0c, span_str("JRoe@corp.example.com"));
	run();
	only(PII_UPN, "jroe@corp.example.com", "san.userPrincipalName");
	db_other(&names, UPN, 0x0c, span_str("1234567890@mil"));
	run();
	only(PII_NATIONAL_ID, "1234567890", "san.userPrincipalName");
	db_other(&names, UPN, 0x0c, span_str("hanako.yamada"));
	run();
	only(PII_USERNAME, "hanako.yamada", "san.userPrincipalName");
	db_other(&names, "1.3.6.1.5.5.7.8.5", 0x0c,
	    span_str("jane@im.example/home"));
	run();
	only(PII_JID, "jane@im.example", "san.xmppAddr");
	db_other(&names, "1.3.6.1.5.5.7.8.5", 0x0c, span_str("im.example"));
	run();
	assert_int_equal(found.num, 0);
	db_other(&names, "1.3.6.1.4.1.57264.1.7", 0x0c,
	    span_str("jroe!example.com"));
	run();
	only(PII_USERNAME, "jroe!example.com", "san.fulcioUsername");
	/* A type that nobody knows, and a value with a SEQUENCE around. */
	db_other(&names, "1.2.3.4", 0x0c, span_str("x@example.com"));
	run();
	only(PII_EMAIL, "x@example.com", "san.otherName");
	db_text(&b, 0x0c, "jroe@example.com");
	db_other(&names, UPN, 0x30, buf_span(&b));
	run();
	only(PII_UPN, "jroe@example.com", "san.userPrincipalName");
	buf_fini(&b);
}

static void
test_krb5(void **state)
{
	struct buf b = {0};
	size_t at, in, list_at;

	(void)state;
	at = db_open(&b, 0xa0);
	db_text(&b, 0x1b, "EXAMPLE.COM");
	db_close(&b, at);
	at = db_open(&b, 0xa1);
	in = db_open(&b, 0x30);
	db_put(&b, 0xa0, span_of("\x02\x01\x01", 3));
	list_at = db_open(&b, 0xa1);
	db_put(&b, 0x30,
	    span_str("\x1b\x04jroe\x1b\x05"
		     "admin"));
	db_close(&b, list_at);
	db_close(&b, in);
	db_close(&b, at);
	db_other(&names, "1.3.6.1.5.2.2", 0x30, buf_span(&b));
	run();
	assert_true(span_eq_str(only(PII_ACCOUNT_ID, "jroe/admin@example.com",
				    "san.krb5PrincipalName")
				    ->value,
	    "jroe/admin@EXAMPLE.COM"));
	buf_fini(&b);
}

static void
test_opaque(void **state)
{
	(void)state;
	db_other(
	    &names, "1.3.6.1.4.1.311.25.1", 0x04, span_of("\x01\xab\x00", 3));
	run();
	only(PII_ACCOUNT_ID, "01ab00", "san.ntdsReplication");
}

static void
test_dns(void **state)
{
	const struct finding *f;

	(void)state;
	db_text(&names, 0x82, "jane.roe@example.com");
	run();
	f = only(PII_EMAIL, "jane.roe@example.com", "san.dNSName");
	assert_string_equal(f->reason[0], "address in a dNSName");
	db_text(&names, 0x82, "mailto:j@x.example");
	db_text(&names, 0x82, "k@x.example");
	run();
	assert_int_equal(found.num, 2);
	/* Escapes are those of URIs (pii.md 3.1): this is a host's label. */
	db_text(&names, 0x82, "k%40x.example");
	db_text(&names, 0x81, "k%40x.example");
	run();
	assert_int_equal(found.num, 0);
}

static void
test_uri(void **state)
{
	static const struct {
		const char *uri;
		enum pii_kind kind;
		const char *canonical;
	} cases[] = {
	    {"mailto:j.doe%40example.com", PII_EMAIL, "j.doe@example.com"},
	    {"MailTo:a@x.example,b@x.example?cc=c@x.example", PII_EMAIL,
		"c@x.example"},
	    {"sip:jane@voip.example.com", PII_JID, "jane@voip.example.com"},
	    {"xmpp:jane@im.example.com/home", PII_JID, "jane@im.example.com"},
	    {"acct:jane@example.com", PII_JID, "jane@example.com"},
	    {"tel:+421-2-1234;ext=1", PII_PHONE, "+421-2-1234"},
	    {"ftp://Jane:secret@ftp.example.com/", PII_URI_USERINFO,
		"jane:secret"},
	    {"ldap:///CN=Jane%20Roe,E=jane%40example.com?mail", PII_EMAIL,
		"jane@example.com"},
	    {"https://example.com/?u=jane@example.com", PII_EMAIL,
		"jane@example.com"},
	    {"https://github.com/Jane-Roe/x/.github/workflows/y@ref",
		PII_USERNAME, "jane-roe"},
	    {"tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3", PII_ACCOUNT_ID,
		"s-1-5-21-1-2-3"},
	    {"jane@example.com", PII_EMAIL, "jane@example.com"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		db_text(&names, 0x86, cases[i].uri);
		run();
		assert_string_equal(
		    get(cases[i].kind, cases[i].canonical)->carrier,
		    "san.uniformResourceIdentifier");
	}
	db_text(&names, 0x86, "ftp://jane:secret@ftp.example.com/");
	db_text(&names, 0x86, "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
	db_text(&names, 0x86, "spiffe://example.org/workload");
	run();
	assert_int_equal(found.num, 1);
}

static void
test_directory_name(void **state)
{
	struct buf dn = {0}, name = {0};

	(void)state;
	db_attr(&dn, "2.5.4.42", 0x0c, "Jane");
	db_attr(&dn, "2.5.4.4", 0x0c, "Roe");
	db_attr(&dn, "1.2.840.113549.1.9.1", 0x16, "jane.roe@example.com");
	db_put(&name, 0x30, buf_span(&dn));
	db_put(&names, 0xa4, buf_span(&name));
	run();
	assert_int_equal(found.num, 2);
	assert_string_equal(get(PII_EMAIL, "jane.roe@example.com")->path,
	    "ext[2.5.29.17][0][2]");
	assert_string_equal(
	    get(PII_NAME, "jane roe")->carrier, "san.directoryName.givenName");
	buf_fini(&dn);
	buf_fini(&name);
}

static void
test_issuer_side(void **state)
{
	struct buf b = {0}, dn = {0}, key = {0};
	size_t at;

	(void)state;
	db_attr(&issuer, "2.5.4.10", 0x0c, "Some CA");
	db_attr(&issuer, "2.5.4.3", 0x0c, "Some CA G1");
	db_attr(&issuer, "1.2.840.113549.1.9.1", 0x16, "ca@ca.example");
	db_text(&b, 0x81, "info@ca.example");
	db_ext_seq(&exts, "2.5.29.18", buf_span(&b));
	db_attr(&dn, "1.2.840.113549.1.9.1", 0x16, "ops@ca.example");
	db_text(&key, 0x80, "key identifier");
	at = db_open(&key, 0xa1);
	buf_clear(&b);
	db_put(&b, 0x30, buf_span(&dn));
	db_put(&key, 0xa4, buf_span(&b));
	db_close(&key, at);
	db_ext_seq(&exts, "2.5.29.35", buf_span(&key));
	run();
	assert_int_equal(found.num, 3);
	for (uint32_t i = 0; i < found.num; i++)
		assert_int_equal(list[i].side, SIDE_ISSUER);
	assert_string_equal(
	    get(PII_EMAIL, "ca@ca.example")->carrier, "issuer.emailAddress");
	assert_string_equal(
	    get(PII_EMAIL, "info@ca.example")->carrier, "ian.rfc822Name");
	assert_string_equal(
	    get(PII_EMAIL, "ops@ca.example")->carrier, "aki.emailAddress");
	assert_true(span_eq_str(found.facts.issuer_org, "Some CA"));
	assert_true(span_eq_str(found.facts.issuer_cn, "Some CA G1"));
	buf_fini(&b);
	buf_fini(&dn);
	buf_fini(&key);
}

static void
test_extensions(void **state)
{
	struct buf b = {0};

	(void)state;
	db_text(&b, 0x16, "write to jane.roe@example.com.");
	db_ext(&exts, "2.16.840.1.113730.1.13", false, buf_span(&b));
	db_ext(&exts, "1.2.3.4", false, span_str("raw bob@example.org, text"));
	buf_clear(&b);
	db_text(&b, 0x0c, "x@example.net");
	db_ext_seq(&exts, "1.2.3.5", buf_span(&b));
	/* Bytes that look like an address where none can be. */
	db_ext(&exts, "2.5.29.14", false, span_str("no@address.example"));
	run();
	assert_int_equal(found.num, 3);
	assert_string_equal(
	    get(PII_EMAIL, "jane.roe@example.com")->carrier, "ext.nsComment");
	assert_int_equal(
	    get(PII_EMAIL, "bob@example.org")->flags, FLAG_UNKNOWN_EXT);
	assert_string_equal(
	    get(PII_EMAIL, "x@example.net")->path, "ext[1.2.3.5]");
	buf_fini(&b);
}

/* A string thirty levels down is found, one below the limit is too. */
static void
test_deep(void **state)
{
	const int depths[] = {30, 60};

	(void)state;
	for (int k = 0; k < 2; k++) {
		struct buf b = {0};

		db_text(&b, 0x16, "jane.roe@example.com");
		for (int i = 0; i < depths[k]; i++) {
			struct buf outer = {0};

			db_put(&outer, i % 7 ? 0x30 : 0x04, buf_span(&b));
			buf_fini(&b);
			b = outer;
		}
		db_ext(&exts, "1.2.3", false, buf_span(&b));
		run();
		get(PII_EMAIL, "jane.roe@example.com");
		buf_fini(&b);
	}
}

static void
test_segmented(void **state)
{
	struct buf value = {0};
	size_t at, in;

	(void)state;
	db_text(&names, 0x81, "jane@example.com");
	db_put(&value, 0x30, buf_span(&names));
	buf_clear(&names);
	at = db_open(&exts, 0x30);
	db_oid(&exts, SAN);
	in = db_open(&exts, 0x24);
	db_put(&exts, 0x04, span_cut(buf_span(&value), 0, 9));
	db_put(&exts, 0x04, span_from(buf_span(&value), 9));
	db_close(&exts, in);
	db_close(&exts, at);
	run();
	only(PII_EMAIL, "jane@example.com", "san.rfc822Name");
	/* The name itself in segments. */
	at = db_open(&names, 0xa1);
	db_text(&names, 0x16, "jane@exa");
	db_text(&names, 0x16, "mple.com");
	db_close(&names, at);
	run();
	assert_int_equal(
	    only(PII_EMAIL, "jane@example.com", "san.rfc822Name")->flags,
	    FLAG_BER);
	buf_fini(&value);
}

static void
test_request(void **state)
{
	struct buf b = {0}, attrs = {0};
	size_t seq, set;

	(void)state;
	db_attr(&subject, "1.2.840.113549.1.9.1", 0x16, "a@example.com");
	seq = db_open(&attrs, 0x30);
	db_oid(&attrs, "1.2.840.113549.1.9.2");
	set = db_open(&attrs, 0x31);
	db_text(&attrs, 0x0c, "b@example.com");
	db_close(&attrs, set);
	db_close(&attrs, seq);
	db_request(&b, buf_span(&subject), buf_span(&attrs));
	extract(buf_span(&b));
	assert_int_equal(cert.format, CERT_CSR);
	assert_int_equal(found.num, 2);
	assert_string_equal(get(PII_EMAIL, "b@example.com")->carrier,
	    "request.unstructuredName");
	buf_clear(&subject);
	buf_fini(&b);
	buf_fini(&attrs);
}

static void
test_names(void **state)
{
	const struct finding *f;

	(void)state;
	db_attr(&subject, "2.5.4.4", 0x0c, "Roe");
	db_attr(&subject, "2.5.4.42", 0x0c, "Jane");
	db_attr(&subject, "2.5.4.42", 0x0c, "Ann");
	run();
	f = only(PII_NAME, "jane ann roe", "subject.givenName");
	assert_true(span_eq_str(f->value, "Jane Ann Roe"));
	assert_int_equal(f->score, 100);
	db_attr(&subject, "2.5.4.4", 0x0c, "Suharto");
	run();
	assert_int_equal(
	    only(PII_NAME, "suharto", "subject.surname")->score, 80);
	db_attr(&subject, "2.5.4.42", 0x0c, "Jane");
	run();
	assert_int_equal(
	    only(PII_NAME, "jane", "subject.givenName")->score, 60);
	db_attr(&subject, "2.5.4.41", 0x0c, "Jane Roe");
	run();
	only(PII_NAME, "jane roe", "subject.name");
	/* Two readings: the second is the alternative. */
	db_attr(&subject, "2.5.4.42", 0x14, "J\xc8urgen");
	db_attr(&subject, "2.5.4.4", 0x0c, "Roe");
	run();
	f = only(PII_NAME, "jürgen roe", "subject.givenName");
	assert_true(span_eq_str(f->alt, "jèurgen roe"));
	assert_int_equal(f->flags, FLAG_T61_ISO6937);
}

/* A commonName beside a structured name. */
static void
test_common_name(void **state)
{
	static const struct {
		const char *cn, *gn, *sn, *canonical;
		enum pii_confidence confidence;
		const char *number; /* in it and nowhere else */
	} cases[] = {
	    {"GARCÍA LÓPEZ, MARÍA (FIRMA)", "MARÍA", "GARCÍA",
		"garcía lópez maría", CONF_STRUCTURED},
	    {"Jan Janssens (Signature)", "Jan Piet", "Janssens", "jan janssens",
		CONF_STRUCTURED},
	    {"山田花子", "花子", "山田", "山田花子", CONF_STRUCTURED},
	    {"MÄNNIK,MARI-LIIS,47101010033", "MARI-LIIS", "MÄNNIK",
		"mari-liis männik", CONF_STRUCTURED, "47101010033"},
	    {"DOE.JOHN.Q.1234567890", "JOHN", "DOE", "john q doe",
		CONF_STRUCTURED, "1234567890"},
	    {"Dr. Jane Q. Roe, PhD", "Jane", "Roe", "jane q roe",
		CONF_STRUCTURED},
	    {"ТЕСТОВ ТЕСТ", "ТЕСТОВИЧ", "ТЕСТОВ", "тестов тест тестович",
		CONF_NAME},
	    {"Jane Smith", "Jane", "Roe", "jane smith", CONF_NAME},
	    {"Signing card 4", "Jane", "Roe", "signing card", CONF_POSSIBLE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		db_attr(&subject, "2.5.4.3", 0x0c, cases[i].cn);
		db_attr(&subject, "2.5.4.42", 0x0c, cases[i].gn);
		db_attr(&subject, "2.5.4.4", 0x0c, cases[i].sn);
		run();
		assert_int_equal(found.num, cases[i].number ? 3 : 2);
		assert_int_equal(get(PII_NAME, cases[i].canonical)->confidence,
		    cases[i].confidence);
		if (cases[i].number != NULL)
			get(PII_NATIONAL_ID, cases[i].number);
	}
	/* The number stands in serialNumber too: it is said once. */
	db_attr(&subject, "2.5.4.3", 0x0c, cases[3].cn);
	db_attr(&subject, "2.5.4.42", 0x0c, cases[3].gn);
	db_attr(&subject, "2.5.4.4", 0x0c, cases[3].sn);
	db_attr(&subject, "2.5.4.5", 0x13, "PNOEE-47101010033");
	run();
	assert_int_equal(found.num, 3);
	get(PII_NATIONAL_ID, "pnoee-47101010033");
	/* A host is no name, and the same name is not found twice. */
	db_attr(&subject, "2.5.4.3", 0x0c, "www.example.com");
	db_attr(&subject, "2.5.4.42", 0x0c, "Jane");
	db_attr(&subject, "2.5.4.4", 0x0c, "Roe");
	run();
	assert_int_equal(found.num, 1);
	/* Alone it is only possible, and a host is nothing. */
	db_attr(&subject, "2.5.4.3", 0x0c, "Jane Roe");
	run();
	assert_int_equal(found.num, 1);
	assert_int_equal(get(PII_NAME, "jane roe")->confidence, CONF_POSSIBLE);
	db_attr(&subject, "2.5.4.3", 0x0c, "jane.example.com");
	run();
	assert_int_equal(found.num, 0);
}

static void
test_pseudonym(void **state)
{
	(void)state;
	db_attr(&subject, "2.5.4.65", 0x0c, "Mondfisch");
	db_attr(&subject, "2.5.4.3", 0x0c, "MONDFISCH");
	run();
	only(PII_PSEUDONYM, "mondfisch", "subject.pseudonym");
	db_attr(&subject, "2.5.4.65", 0x0c, "Mondfisch");
	db_attr(&subject, "2.5.4.3", 0x0c, "Jane Roe");
	run();
	assert_int_equal(get(PII_NAME, "jane roe")->confidence, CONF_POSSIBLE);
}

static void
test_person(void **state)
{
	(void)state;
	db_attr(&subject, "2.5.4.5", 0x13, "PNOSK-1234567890");
	db_attr(&subject, "2.5.4.9", 0x0c, "Ulica 1/2");
	db_attr(&subject, "2.5.4.20", 0x13, "+421 2 1234 5678");
	db_attr(&subject, "2.5.4.12", 0x0c, "MUDr.");
	db_attr(&subject, "0.9.2342.19200300.100.1.1", 0x0c, "jroe");
	run();
	assert_int_equal(found.num, 5);
	get(PII_NATIONAL_ID, "pnosk-1234567890");
	get(PII_ADDRESS, "ulica 1/2");
	get(PII_PHONE, "+421 2 1234 5678");
	get(PII_TITLE, "mudr.");
	get(PII_USERNAME, "jroe");
	/* Of an organisation: neither number nor street. */
	db_attr(&subject, "2.5.4.5", 0x13, "HRB 12345");
	db_attr(&subject, "2.5.4.9", 0x0c, "Main Street 1");
	run();
	assert_int_equal(found.num, 0);
}

static void
sda(struct buf *b, const char *oid, int tag, const char *value)
{
	size_t seq = db_open(b, 0x30), set;

	db_oid(b, oid);
	set = db_open(b, 0x31);
	db_text(b, tag, value);
	db_close(b, set);
	db_close(b, seq);
}

static void
test_directory_attributes(void **state)
{
	struct buf b = {0};

	(void)state;
	sda(&b, "1.3.6.1.5.5.7.9.1", 0x18, "19800101120000Z");
	sda(&b, "1.3.6.1.5.5.7.9.2", 0x0c, "Brno");
	sda(&b, "1.3.6.1.5.5.7.9.3", 0x13, "F");
	sda(&b, "1.3.6.1.5.5.7.9.4", 0x13, "CZ");
	sda(&b, "1.2.804.2.1.1.1.11.1.4.1.1", 0x13, "1234567890");
	db_ext_seq(&exts, "2.5.29.9", buf_span(&b));
	run();
	assert_int_equal(found.num, 5);
	assert_string_equal(
	    get(PII_BIRTH_DATE, "1980-01-01")->carrier, "sda.dateOfBirth");
	get(PII_BIRTH_PLACE, "brno");
	get(PII_GENDER, "f");
	get(PII_CITIZENSHIP, "cz");
	get(PII_NATIONAL_ID, "1234567890");
	assert_string_equal(list[0].path, "ext[2.5.29.9][0]");
	buf_fini(&b);
}

static void
test_fulcio(void **state)
{
	struct buf b = {0}, sid = {0};

	(void)state;
	db_text(&b, 0x0c, "https://github.com/jane-roe");
	db_ext(&exts, "1.3.6.1.4.1.57264.1.16", false, buf_span(&b));
	db_ext(
	    &exts, "1.3.6.1.4.1.57264.1.5", false, span_str("jane-roe/tool"));
	db_ext(&exts, "1.3.6.1.4.1.57264.1.24", false, span_str("sub-1234"));
	db_text(&sid, 0x04, "S-1-5-21-1");
	db_ext_seq(&exts, "1.3.6.1.4.1.311.25.2", buf_span(&sid));
	run();
	assert_int_equal(found.num, 4);
	get(PII_USERNAME, "jane-roe");
	get(PII_ACCOUNT_ID, "sub-1234");
	get(PII_ACCOUNT_ID, "s-1-5-21-1");
	assert_true(found.facts.classes >> CLASS_FULCIO & 1);
	buf_fini(&b);
	buf_fini(&sid);
}

static void
test_classes(void **state)
{
	struct buf b = {0};
	struct arena arena = arena_of(memory, sizeof(memory));
	struct facts facts;
	size_t at;

	(void)state;
	at = db_open(&b, 0x30);
	db_oid(&b, "2.23.140.1.5.3.2");
	db_close(&b, at);
	db_ext_seq(&exts, "2.5.29.32", buf_span(&b));
	buf_clear(&b);
	db_oid(&b, "1.3.6.1.5.5.7.3.4");
	db_oid(&b, "1.3.6.1.5.5.7.3.2");
	db_ext_seq(&exts, "2.5.29.37", buf_span(&b));
	db_ext(&exts, DB_POISON, true, span_of("\x05\x00", 2));
	db_attr(&subject, "2.5.4.10", 0x0c, "Example  GmbH");
	db_attr(&subject, "2.5.4.6", 0x13, "DE");
	db_attr(&subject, "2.5.4.7", 0x0c, "Köln");
	run();
	assert_int_equal(found.num, 0);
	assert_int_equal(found.facts.classes, 1u << CLASS_SMIME_SPONSOR |
						  1u << CLASS_CLIENT |
						  1u << CLASS_PRECERT);
	assert_int_equal(found.facts.subject_org.len, 0);
	extract_facts(extractor, &facts, &cert, &arena);
	assert_int_equal(facts.classes, 1u << CLASS_SMIME_SPONSOR |
					    1u << CLASS_CLIENT |
					    1u << CLASS_PRECERT);
	assert_true(span_eq_str(facts.subject_org, "example gmbh"));
	assert_true(span_eq_str(facts.country, "de"));
	assert_true(span_eq_str(facts.locality, "köln"));
	buf_fini(&b);
}

/* Limits: what does not fit is counted, never dropped in silence. */
static void
test_limits(void **state)
{
	static char big[40001];

	(void)state;
	found.cap = 10;
	for (int i = 0; i < 25; i++) {
		char text[32];

		snprintf(text, sizeof(text), "u%d@example.com", i);
		db_text(&names, 0x81, text);
	}
	run();
	found.cap = 2000;
	assert_int_equal(found.num, 10);
	assert_int_equal(found.dropped, 15);
	assert_true(found.partial);
	for (int i = 0; i < 5000; i++)
		db_text(&names, 0x81, "x");
	run();
	assert_true(found.partial && found.dropped >= 904);
	/* A surname of 40 kB is no fact, but it is told of. */
	memset(big, 'x', sizeof(big) - 1);
	db_attr(&subject, "2.5.4.4", 0x0c, big);
	run();
	assert_int_equal(found.num, 1);
	assert_int_equal(list[0].confidence, CONF_POSSIBLE);
	assert_int_equal(list[0].flags, FLAG_OVERSIZE);
	assert_true(has_problem("subject[0]", "longer"));
}

static void
test_small_arena(void **state)
{
	struct arena arena = arena_of(memory, 1000);
	struct buf b = {0};
	struct db_cert c = {0};

	(void)state;
	db_attr(&subject, "1.2.840.113549.1.9.1", 0x16, "jane@example.com");
	c.subject = buf_span(&subject);
	db_certificate(&b, &c);
	cert_parse(&cert, buf_span(&b), NULL);
	extract_run(extractor, &found, &cert, &arena, NULL);
	assert_int_equal(found.num + found.dropped, 1);
	assert_true(found.partial);
	buf_clear(&subject);
	buf_fini(&b);
}

/* A certificate with one of everything. */
static void
build_rich(struct buf *out)
{
	struct db_cert c = {0};

	db_attr(&subject, "2.5.4.42", 0x0c, "Jane");
	db_attr(&subject, "2.5.4.4", 0x1e, "Roe");
	db_attr(&subject, "1.2.840.113549.1.9.1", 0x16, "a@example.com");
	db_text(&names, 0x81, "b@example.com");
	db_text(&names, 0x82, "c@example.com");
	db_other(&names, UPN, 0x0c, span_str("d@example.com"));
	db_text(&names, 0x86, "mailto:e@example.com");
	db_ext_seq(&exts, SAN, buf_span(&names));
	db_ext(&exts, "1.2.3", false, span_str("f@example.com"));
	c.subject = buf_span(&subject);
	c.exts = buf_span(&exts);
	buf_clear(out);
	db_certificate(out, &c);
	buf_clear(&subject);
	buf_clear(&exts);
	buf_clear(&names);
}

static unsigned
num_addresses(void)
{
	unsigned n = 0;

	for (char c = 'a'; c <= 'f'; c++) {
		char text[] = "?@example.com";

		text[0] = c;
		for (uint32_t i = 0; i < found.num; i++)
			if (span_eq_str(list[i].canonical, text)) {
				n++;
				break;
			}
	}
	return n;
}

/* Cut at every byte: what was readable stays found. */
static void
test_truncated(void **state)
{
	struct buf b = {0};
	unsigned last = 0;

	(void)state;
	build_rich(&b);
	extract(buf_span(&b));
	assert_int_equal(num_addresses(), 6);
	for (size_t n = 0; n < b.len; n++) {
		uint8_t *copy = malloc(n ? n : 1);

		assert_non_null(copy);
		memcpy(copy, b.p, n);
		extract(span_of(copy, n));
		assert_true(num_addresses() >= last);
		last = num_addresses();
		free(copy);
	}
	assert_int_equal(last, 6);
	buf_fini(&b);
}

/* Any one byte wrong costs no more than the values around it. */
static void
test_flipped(void **state)
{
	struct buf b = {0};

	(void)state;
	build_rich(&b);
	for (size_t n = 0; n < b.len; n++)
		for (int bit = 0; bit < 8; bit++) {
			uint8_t *copy = malloc(b.len);

			assert_non_null(copy);
			memcpy(copy, b.p, b.len);
			copy[n] ^= (uint8_t)(1 << bit);
			extract(span_of(copy, b.len));
			assert_true(num_addresses() >= 4);
			free(copy);
		}
	buf_fini(&b);
}

/* No certificate at all: addresses that are hardly chance. */
static void
test_unparsed(void **state)
{
	const struct finding *f;

	(void)state;
	extract(span_str("From: Jane <jane.roe@example.com>\nx@y z@@"));
	assert_int_equal(cert.status, CERT_UNPARSED);
	f = get(PII_EMAIL, "jane.roe@example.com");
	assert_int_equal(found.num, 1);
	assert_string_equal(f->path, "bytes[12]");
	assert_int_equal(f->confidence, CONF_FREE_TEXT);
	extract(span_of("\x00\x16\x10jane@example.com\x30\x1e", 21));
	get(PII_EMAIL, "jane@example.com");
	extract(span_of("\0j\0a\0n\0e\0@\0e\0x\0.\0c\0o\0m", 22));
	get(PII_EMAIL, "jane@ex.com");
	extract(span_of(NULL, 0));
	assert_int_equal(found.num, 0);
}

/* All the files of a folder of test data, when it is there. */
static unsigned
each_file(const char *folder)
{
	static uint8_t b[1 << 21];
	DIR *d = opendir(folder);
	struct dirent *e;
	unsigned n = 0;

	while (d != NULL && (e = readdir(d)) != NULL) {
		char path[1024];
		uint8_t *copy;
		size_t len;
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		if (e->d_name[0] == '.' || (f = fopen(path, "rb")) == NULL)
			continue;
		len = fread(b, 1, sizeof(b), f);
		fclose(f);
		copy = malloc(len ? len : 1);
		assert_non_null(copy);
		memcpy(copy, b, len);
		extract(span_of(copy, len));
		free(copy);
		n++;
	}
	if (d != NULL)
		closedir(d);
	return n;
}

static void
test_data(void **state)
{
	static const char *const folders[] = {"pii-fixtures", "corpus/der",
	    "corpus/robust", "corpus/malformed", "corpus/fuzz"};
	unsigned n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		char path[64];

		snprintf(path, sizeof(path), "../shared/data/%s", folders[i]);
		n += each_file(path);
	}
	if (n == 0)
		skip();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_host),
	    cmocka_unit_test(test_rfc822),
	    cmocka_unit_test(test_dirty_rfc822),
	    cmocka_unit_test(test_no_address),
	    cmocka_unit_test(test_subject_email),
	    cmocka_unit_test(test_plain_attrs),
	    cmocka_unit_test(test_structured_value),
	    cmocka_unit_test(test_wrappings),
	    cmocka_unit_test(test_other_names),
	    cmocka_unit_test(test_krb5),
	    cmocka_unit_test(test_opaque),
	    cmocka_unit_test(test_dns),
	    cmocka_unit_test(test_uri),
	    cmocka_unit_test(test_directory_name),
	    cmocka_unit_test(test_issuer_side),
	    cmocka_unit_test(test_extensions),
	    cmocka_unit_test(test_deep),
	    cmocka_unit_test(test_segmented),
	    cmocka_unit_test(test_request),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_common_name),
	    cmocka_unit_test(test_pseudonym),
	    cmocka_unit_test(test_person),
	    cmocka_unit_test(test_directory_attributes),
	    cmocka_unit_test(test_fulcio),
	    cmocka_unit_test(test_classes),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_small_arena),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_flipped),
	    cmocka_unit_test(test_unparsed),
	    cmocka_unit_test(test_data),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
