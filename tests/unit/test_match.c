/* match: records against findings; the cases M.. are those of pii.md 6.2. */
#include "monitor/pii/match.h"

#include "ctlog/base/mem.h"
#include "monitor/pii/normal.h"
#include "tests/unit/support.h"

#define MAX 64

static const uint8_t index_key[INDEX_KEY_LEN] = {1, 2, 3};

/* Records, and a certificate's findings. */
static struct world {
	struct keyer *keyer;
	struct matcher *matcher;
	unsigned num_records;
	struct compiled compiled[MAX];
	enum record_kind kind[MAX];
	struct findings f;
	struct finding finding[MAX];
	uint8_t memory[1 << 20];
	struct arena arena;
	struct buf hits;
	size_t num_hits;
} w;

static int
setup(void **state)
{
	(void)state;
	w.keyer = keyer_new(index_key);
	w.matcher = matcher_new(index_key);
	w.arena = arena_of(w.memory, sizeof(w.memory));
	return 0;
}

static void
forget_cert(void)
{
	w.f = (struct findings){.list = w.finding, .cap = MAX};
	arena_clear(&w.arena);
}

static void
forget(void)
{
	for (unsigned i = 0; i < w.num_records; i++)
		compiled_fini(&w.compiled[i]);
	w.num_records = 0;
	forget_cert();
}

static int
teardown(void **state)
{
	(void)state;
	forget();
	keyer_free(w.keyer);
	matcher_free(w.matcher);
	buf_fini(&w.hits);
	return 0;
}

static int
each(void **state)
{
	(void)state;
	forget();
	return 0;
}

/* --- records ------------------------------------------------------------- */

static enum status
try(const struct record *r, struct err *e)
{
	struct compiled c;
	enum status st = match_compile(&c, r, w.keyer, e);

	if (st != ST_OK) {
		assert_null(c.keys.p);
		assert_null(c.blob.p);
		return st;
	}
	assert_true(c.keys.len > 0 && c.keys.len % LIMIT_STORE_KEY == 0);
	assert_true(c.blob.len > 0);
	w.kind[w.num_records] = r->kind;
	w.compiled[w.num_records++] = c;
	return ST_OK;
}

static void
add(const struct record *r)
{
	struct err e = {""};

	assert_status(try(r, &e), ST_OK, &e);
}

static void
email(const char *value, unsigned policy)
{
	struct record r = {.kind = RECORD_EMAIL,
	    .value = (char *)(uintptr_t)value,
	    .email_policy = policy};

	add(&r);
}

static void
domain(const char *value, bool subdomains, uint32_t kinds)
{
	struct record r = {.kind = RECORD_DOMAIN,
	    .value = (char *)(uintptr_t)value,
	    .subdomains = subdomains,
	    .kinds = kinds};

	add(&r);
}

static enum status
domain_status(const char *value)
{
	struct record r = {
	    .kind = RECORD_DOMAIN, .value = (char *)(uintptr_t)value};
	struct err e = {""};
	enum status st = try(&r, &e);

	/* A message is there, and it does not repeat the value. */
	if (st != ST_OK) {
		assert_true(e.text[0] != '\0');
		if (strlen(value) > 3)
			assert_null(strstr(e.text, value));
	}
	return st;
}

#define S(...)                                                                 \
	{                                                                      \
		.num = sizeof((char *[]){__VA_ARGS__}) / sizeof(char *),       \
		.list = (char *[])                                             \
		{                                                              \
			__VA_ARGS__                                            \
		}                                                              \
	}
#define NAME(...) add(&(struct record){.kind = RECORD_NAME, __VA_ARGS__})

/* --- certificates ---------------------------------------------------------- */

static struct finding *
find(enum pii_kind kind, const char *value)
{
	struct finding *f = &w.finding[w.f.num++];
	bool name = kind == PII_NAME || kind == PII_PSEUDONYM;

	assert_true(w.f.num <= MAX);
	*f = (struct finding){.kind = kind,
	    .confidence = name ? CONF_NAME : CONF_STRUCTURED,
	    .carrier = name ? "subject.commonName" : "san.rfc822Name",
	    .value = span_str(value)};
	f->canonical = name ? normal_name(&w.arena, f->value)
			    : normal_email(&w.arena, f->value);
	return f;
}

static struct finding *
structured(const char *value)
{
	struct finding *f = find(PII_NAME, value);

	f->confidence = CONF_STRUCTURED;
	return f;
}

/* --- hits ------------------------------------------------------------------ */

static size_t
run(unsigned threshold)
{
	struct match_size size = {.records = w.num_records};
	struct match_build *b;
	struct match_set set;
	void *region = NULL;
	size_t cap;

	for (unsigned i = 0; i < w.num_records; i++) {
		size.keys += w.compiled[i].keys.len / LIMIT_STORE_KEY;
		size.blob_bytes += w.compiled[i].blob.len;
	}
	cap = match_region_len(&size);
	assert_int_equal(posix_memalign(&region, 64, cap), 0);
	b = match_build_start(region, cap, 1, &size);
	for (unsigned i = 0; i < w.num_records; i++)
		assert_int_equal(match_build_add(b, i, w.kind[i],
				     buf_span(&w.compiled[i].keys),
				     buf_span(&w.compiled[i].blob)),
		    ST_OK);
	match_build_finish(b);
	set = (struct match_set){match_index_of(region, cap), NULL};
	/* Hits of the next certificate go behind those that are there. */
	buf_clear(&w.hits);
	match_run(w.matcher, &set, &w.f, threshold, &w.hits);
	w.num_hits = match_run(w.matcher, &set, &w.f, threshold, &w.hits);
	assert_int_equal(w.hits.len, 2 * w.num_hits * sizeof(struct match_hit));
	free(region);
	return w.num_hits;
}

static const struct match_hit *
hit(size_t i)
{
	assert_true(i < w.num_hits);
	return (const struct match_hit *)(const void *)w.hits.p + i;
}

static bool
has_reason(const struct match_hit *h, const char *part)
{
	for (size_t i = 0; i < MATCH_REASONS && h->reason[i]; i++)
		if (strstr(h->reason[i], part) != NULL)
			return true;
	return false;
}

/* One certificate with one name, alone: rule and score, or no rule. */
static void
expect_name(const char *value, bool in_fields, const char *rule, int score)
{
	forget_cert();
	if (in_fields)
		structured(value);
	else
		find(PII_NAME, value);
	run(0);
	if (rule == NULL) {
		if (w.num_hits != 0)
			fail_msg("%s: hit by %s, %d", value, hit(0)->rule,
			    hit(0)->score);
		return;
	}
	if (w.num_hits != 1)
		fail_msg("%s: %zu hits", value, w.num_hits);
	if (strcmp(hit(0)->rule, rule) != 0 || hit(0)->score != score)
		fail_msg("%s: %s %d, want %s %d", value, hit(0)->rule,
		    hit(0)->score, rule, score);
	assert_non_null(hit(0)->reason[0]);
	assert_null(hit(0)->reason[MATCH_REASONS - 1]);
}

static void
expect_email(const char *value, const char *rule)
{
	forget_cert();
	find(PII_EMAIL, value);
	run(100);
	if (rule == NULL) {
		if (w.num_hits != 0)
			fail_msg("%s: hit by %s", value, hit(0)->rule);
		return;
	}
	if (w.num_hits != 1)
		fail_msg("%s: %zu hits", value, w.num_hits);
	assert_string_equal(hit(0)->rule, rule);
}

/* --- addresses ------------------------------------------------------------- */

static void
test_email_strict(void **state)
{
	(void)state;
	email("Jane.Roe@Example.com", 0);
	expect_email("jane.roe@EXAMPLE.COM.", "email-strict"); /* M01 */
	assert_int_equal(hit(0)->score, 100);
	assert_int_equal(hit(0)->no, 0);
	assert_int_equal(hit(0)->count, 1);
	assert_string_equal(hit(0)->reason[0], "rfc822Name equals the record");
	assert_null(hit(0)->reason[1]);
	expect_email("janeroe@example.com", NULL);
	expect_email("jane.roe@example.org", NULL);
	expect_email("jane.roe+x@example.com", NULL);
	expect_email("jane.roe@mail.example.com", NULL);
}

static void
test_email_policy(void **state)
{
	(void)state;
	email("jane@gmail.com", 0);
	expect_email("j.a.n.e+shop@gmail.com", NULL); /* M02 */
	forget();
	email("jane@gmail.com", EMAIL_PLUS | EMAIL_GMAIL_DOTS);
	expect_email("j.a.n.e+shop@googlemail.com", /* M03 */
	    "email-plus-gmail-dots");
	assert_true(has_reason(hit(0), "Gmail"));
	expect_email("jane@gmail.com", "email-strict");
	assert_null(hit(0)->reason[1]);
	expect_email("j.ane@example.com", NULL);
	forget();
	email("jane+ct@example.com", 0);
	expect_email("jane@example.com", NULL); /* M04 */
	forget();
	email("jane+ct@example.com", EMAIL_PLUS | EMAIL_GMAIL_DOTS);
	expect_email("jane@example.com", "email-plus");
	expect_email("jane+other@example.com", "email-plus");
	expect_email("j.ane+other@example.com", NULL);
	forget();
	email("jane@yahoo.co.uk", EMAIL_PLUS);
	expect_email("jane-shop@yahoo.co.uk", "email-plus");
	expect_email("jane-shop@yahoo.com", NULL);
	forget();
	email("ja.ne@gmail.com", EMAIL_GMAIL_DOTS);
	expect_email("jane@gmail.com", "email-gmail-dots");
	expect_email("jane+x@gmail.com", NULL);
}

/* A strict record beside a relaxed one of the same address stays strict. */
static void
test_email_side_by_side(void **state)
{
	(void)state;
	email("jane@example.com", 0);
	email("jane@example.com", EMAIL_PLUS);
	email("jane@gmail.com", EMAIL_PLUS);
	expect_email("jane+a@example.com", "email-plus");
	assert_int_equal(hit(0)->no, 1);
	forget_cert();
	find(PII_EMAIL, "jane@example.com");
	find(PII_EMAIL, "jane+b@example.com");
	assert_int_equal(run(0), 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(hit(i)->rule, "email-strict");
		assert_int_equal(hit(i)->finding, 0);
		assert_int_equal(hit(i)->count, hit(i)->no == 1 ? 2 : 1);
	}
}

static void
test_email_idn(void **state)
{
	(void)state;
	email("info@b\xc3\xbc"
	      "cher.example",
	    0);
	expect_email("info@xn--bcher-kva.example", "email-strict"); /* M05 */
	forget();
	email("a@fa\xc3\x9f.de", 0);
	expect_email("a@fass.de", "email-idna2003"); /* M06 */
	assert_int_equal(hit(0)->score, 80);
}

static void
test_email_idn_2003(void **state)
{
	(void)state;
	email("a@fa\xc3\x9f.de", 0);
	forget_cert();
	find(PII_EMAIL, "a@fass.de");
	find(PII_EMAIL, "a@xn--fa-hia.de");
	assert_int_equal(run(70), 1);
	assert_string_equal(hit(0)->rule, "email-strict");
	assert_int_equal(hit(0)->finding, 1);
	assert_int_equal(hit(0)->count, 2);
	forget();
	/* The local part folds anyway: no second key. */
	email("stra\xc3\x9f"
	      "e@example.com",
	    0);
	assert_int_equal(w.compiled[0].keys.len, LIMIT_STORE_KEY);
	expect_email("strasse@example.com", "email-strict");
}

static void
test_email_homoglyph(void **state)
{
	(void)state;
	email("jane@example.com", 0);
	expect_email("j\xd0\xb0ne@example.com", NULL); /* M07 */
}

static void
test_email_kinds(void **state)
{
	const enum pii_kind kinds[] = {PII_EMAIL, PII_UPN, PII_JID};

	(void)state;
	email("jroe@example.com", 0);
	for (size_t i = 0; i < 3; i++) {
		forget_cert();
		find(kinds[i], "jroe@example.com");
		assert_int_equal(run(0), 1);
		assert_string_equal(hit(0)->rule, "email-strict");
	}
	forget_cert();
	find(PII_USERNAME, "jroe@example.com");
	find(PII_URI_USERINFO, "jroe@example.com");
	find(PII_ACCOUNT_ID, "jroe@example.com");
	assert_int_equal(run(0), 0);
	/* The second reading of a value counts like the first. */
	forget_cert();
	find(PII_EMAIL, "x@example.com")->alt = span_str("jroe@example.com");
	assert_int_equal(run(0), 1);
	forget_cert();
	find(PII_EMAIL, "jroe@example.com")->confidence = CONF_FREE_TEXT;
	assert_int_equal(run(0), 1);
	assert_true(has_reason(hit(0), "free text"));
}

static void
test_email_refused(void **state)
{
	const char *const bad[] = {"", "jane", "@example.com", "jane@",
	    "jane@exa mple.com", "ja ne@example.com", "jane@example..com",
	    "jane@\xff.com", "a\xff@example.com", "jane@[192.0.2.7",
	    "ja\nne@example.com"};
	struct record r = {.kind = RECORD_EMAIL};
	struct err e;

	(void)state;
	assert_int_equal(try(&r, &e), ST_BAD);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r.value = (char *)(uintptr_t)bad[i];
		if (try(&r, &e) != ST_BAD)
			fail_msg("accepted: %s", bad[i]);
	}
	email("\"jane@home\"@example.com", 0);
	email("root@localhost", 0);
	email("jane@[192.0.2.7]", 0);
	email("\xe8\x8a\xb1\xe5\xad\x90@example.com", 0);
	expect_email("jane@[192.0.2.7]", "email-strict");
	expect_email("root@localhost", "email-strict");
}

/* --- domains --------------------------------------------------------------- */

static void
test_domain(void **state)
{
	(void)state;
	domain("Example.com.", true, 0);
	expect_email("x@mail.eu.example.com", "domain-subdomain"); /* M08 */
	expect_email("x@example.com", "domain");
	expect_email("x@EXAMPLE.COM", "domain");
	expect_email("x@badexample.com", NULL); /* M09 */
	expect_email("x@example.com.evil.test", NULL);
	expect_email("x@com", NULL);
	forget();
	domain("example.com", false, 0);
	expect_email("x@mail.eu.example.com", NULL);
	expect_email("x@example.com", "domain");
	forget();
	domain("b\xc3\xbc"
	       "cher.example.com",
	    true, 0);
	expect_email("x@a.xn--bcher-kva.example.com", "domain-subdomain");
}

static void
test_domain_refused(void **state)
{
	const char *const no[] = {"co.uk", "gmail.com", "GMail.com",
	    "localhost", "com", "github.io", "yahoo.co.uk", "hotmail.fr",
	    "web.de", "", ".", "a b.com", "exa_mple..com", "*.example.com",
	    "jane@example.com"};
	const char *const yes[] = {"example.com", "live.example.com",
	    "yahoo.example.com", "x.github.io", "my_host.example.co.uk",
	    "\xe4\xbe\x8b\xe3\x81\x88\xe3\x80\x82\xe3\x83\x86"};

	(void)state;
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (domain_status(no[i]) != ST_BAD)
			fail_msg("accepted: %s", no[i]);
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (domain_status(yes[i]) != ST_OK)
			fail_msg("refused: %s", yes[i]);
}

static void
test_domain_kinds(void **state)
{
	struct record r = {.kind = RECORD_DOMAIN,
	    .value = (char *)(uintptr_t) "example.com",
	    .kinds = 1u << PII_NAME};

	(void)state;
	assert_int_equal(try(&r, NULL), ST_BAD);
	domain("example.com", true, 0);
	domain("example.com", true, 1u << PII_UPN);
	find(PII_UPN, "jroe@example.com"); /* M11 */
	assert_int_equal(run(0), 2);
	forget_cert();
	find(PII_JID, "jroe@example.com");
	find(PII_EMAIL, "jane@example.com");
	assert_int_equal(run(0), 1);
	assert_int_equal(hit(0)->no, 0);
	assert_int_equal(hit(0)->count, 2);
	forget_cert();
	find(PII_URI_USERINFO, "jroe@example.com");
	find(PII_ACCOUNT_ID, "jroe@example.com");
	assert_int_equal(run(0), 0);
}

/* M12: the CA's own data. */
static void
test_issuer(void **state)
{
	struct finding *constraint;

	(void)state;
	email("info@example.com", 0);
	email("info@example.com", EMAIL_PLUS);
	domain("example.com", true, 0);
	NAME(.given = S("Jane"), .surname = S("Roe"));
	find(PII_EMAIL, "info@example.com")->side = SIDE_ISSUER;
	find(PII_NAME, "Jane Roe")->side = SIDE_ISSUER;
	assert_int_equal(run(0), 3);
	for (size_t i = 0; i < 3; i++)
		assert_true(has_reason(hit(i), "issuer's part"));
	forget_cert();
	find(PII_EMAIL, "info+x@example.com")->side = SIDE_ISSUER;
	assert_int_equal(run(0), 1);
	assert_string_equal(hit(0)->rule, "domain");
	/* A CA constrained to the domain: an address without local part. */
	forget_cert();
	constraint = find(PII_EMAIL, "x@example.com");
	constraint->side = SIDE_ISSUER;
	constraint->canonical = span_str("@example.com");
	assert_int_equal(run(0), 1);
	assert_string_equal(hit(0)->rule, "domain");
}

/* Many labels, many dots, address literals: no harm. */
static void
test_domain_walk(void **state)
{
	char deep[600] = "x@";
	size_t n = 2;

	(void)state;
	domain("example.com", true, 0);
	while (n < 230) {
		deep[n++] = 'a';
		deep[n++] = '.';
	}
	memcpy(deep + n, "example.com", 12);
	expect_email(deep, "domain-subdomain");
	forget_cert();
	memset(deep + 2, '.', 590);
	memcpy(deep + 580, "example.com", 12);
	find(PII_EMAIL, "x@y")->canonical = span_str(deep);
	assert_int_equal(run(0), 0);
	expect_email("jane@[example.com]", NULL);
}

/* --- names ----------------------------------------------------------------- */

/* M13: ä is a or ae, on either side. */
static void
test_name_accents(void **state)
{
	(void)state;
	NAME(.given = S("J\xc3\xb6rg"), .surname = S("M\xc3\xbcller"));
	expect_name("Joerg Mueller", true, "name-full", 70);
	expect_name("Jorg Muller", true, "name-full", 70);
	expect_name("M\xc3\x9cLLER J\xc3\xb6rg", false, "name-full", 60);
	expect_name("Jorg Mueller", false, "name-full", 60);
	expect_name("J\xc3\xb6rg Muller", false, "name-full", 60);
	expect_name("Jurg Muller", false, NULL, 0);
	forget();
	NAME(.given = S("Joerg"), .surname = S("Mueller"));
	expect_name("J\xc3\xb6rg M\xc3\xbcller", true, "name-full", 70);
	forget();
	NAME(.given = S("Bj\xc3\xb8rn"), .surname = S("\xc3\x85sen")); /* M14 */
	expect_name("Bjoern Aasen", true, "name-full", 70);
	expect_name("Bjorn Asen", true, "name-full", 70);
	forget();
	NAME(.given = S("\xc5\x81ukasz"), /* M15 */
	    .surname = S("\xc5\xbb"
			 "ak"));
	expect_name("Lukasz Zak", false, "name-full", 60);
	forget();
	NAME(.given = S("Ay\xc5\x9f"
			"e"), /* M25 */
	    .surname = S("I\xc4\x9e"
			 "DIR"));
	expect_name("I\xc4\x9f"
		    "d\xc4\xb1r Ayse",
	    false, "name-full", 60);
	expect_name("IGDIR AYSE", false, "name-full", 60);
}

/* M16 */
static void
test_name_spanish(void **state)
{
	(void)state;
	NAME(.given = S("Mar\xc3\xad"
			"a",
		 "Jos\xc3\xa9"),
	    .surname = S("Garc\xc3\xad"
			 "a",
		"L\xc3\xb3pez"));
	expect_name("MAR\xc3\x8d"
		    "A JOS\xc3\x89 GARC\xc3\x8d"
		    "A L\xc3\x93PEZ",
	    false, "name-full", 60);
	expect_name("Garcia Lopez Maria Jose", true, "name-full", 70);
	expect_name("Maria Garcia Lopez", true, "name-subset", 65);
	expect_name("Mar\xc3\xad"
		    "a Garc\xc3\xad"
		    "a",
	    true, "name-pair", 55);
	expect_name("Jose Lopez", false, "name-pair", 45);
	expect_name("Jose Garcia Lopez", true, "name-pair", 55);
	expect_name("Maria Jose", true, NULL, 0);
	expect_name("Garcia Lopez", true, NULL, 0);
	expect_name("Maria Lopez Perez", true, "name-pair", 35);
	/* Somebody else's longer name. */
	expect_name("Maria Jose Garcia Lopez Perez", true, "name-subset", 45);
	expect_name("Maria Jose Perez Soto", true, NULL, 0);
}

/* M17 */
static void
test_name_hyphen_and_initials(void **state)
{
	(void)state;
	NAME(.given = S("Anna-Lena"), .surname = S("de Vries"),
	    .domains = S("example.com"));
	expect_name("VRIES, Anna Lena de", false, "name-full", 60);
	expect_name("Anna-Lena de Vries", false, "name-full", 60);
	expect_name("Anna de Vries", false, "name-pair", 45);
	expect_name("A.L. de Vries", false, NULL, 0);
	forget_cert();
	find(PII_NAME, "A.L. de Vries");
	find(PII_EMAIL, "al@mail.example.com");
	assert_int_equal(run(50), 1);
	assert_string_equal(hit(0)->rule, "name-initial");
	assert_int_equal(hit(0)->score, 60);
	forget_cert();
	find(PII_NAME, "B.L. de Vries");
	find(PII_EMAIL, "al@mail.example.com");
	assert_int_equal(run(0), 0);
	/* A country is not enough for an initial. */
	forget();
	NAME(.given = S("Anna"), .surname = S("Vries"), .countries = S("NL"));
	find(PII_NAME, "A. Vries");
	w.f.facts.country = span_str("nl");
	assert_int_equal(run(0), 0);
	/* "e" and "y" are particles, or initials; so is what becomes a "d". */
	forget();
	NAME(.given = S("\xc4\x90uro"), .surname = S("Vries"),
	    .organizations = S("Example"));
	find(PII_NAME, "J. \xc3\x90. Vries A.");
	w.f.facts.subject_org = span_str("example");
	assert_int_equal(run(0), 1);
	forget();
	NAME(.given = S("Elena"),
	    .surname = S("Garc\xc3\xad"
			 "a",
		"L\xc3\xb3pez"),
	    .domains = S("example.com"));
	find(PII_NAME, "E. Garcia y Lopez");
	find(PII_EMAIL, "x@example.com");
	assert_int_equal(run(0), 1);
	assert_string_equal(hit(0)->rule, "name-initial");
	assert_int_equal(hit(0)->score, 60);
	assert_int_equal(hit(0)->count, 1);
	expect_name("Elena Garcia y Lopez", false, "name-full", 60);
}

/* One letter for a double one: on the record's side only. */
static void
test_name_rare(void **state)
{
	(void)state;
	NAME(.given = S("J\u00f8rgen"), .surname = S("Kj\u00e6r-Wei\u00df"));
	expect_name("Jorgen Kjaer Weiss", false, "name-full", 60);
	expect_name("Joergen Kjer Weis", false, "name-full", 60);
	expect_name("Jorgen Kjer-Weiss", false, "name-full", 60);
	expect_name("KJ\u00c6R WEISS J\u00d8RGEN", false, "name-full", 60);
	forget();
	NAME(.given = S("Anna"), .surname = S("Weiss"));
	expect_name("Anna Weis", false, NULL, 0);
}

/* M18, M19, M20 */
static void
test_name_qualifier(void **state)
{
	(void)state;
	NAME(.given = S("Ivan"), .surname = S("Petrov"),
	    .domains = S("Example.com"), .require_qualifier = true);
	find(PII_NAME, "Ivan Petrov");
	find(PII_EMAIL, "ip@other.test");
	w.f.facts.subject_org = span_str("other llc");
	assert_int_equal(run(0), 0);
	forget_cert();
	find(PII_NAME, "Ivan Petrov");
	find(PII_EMAIL, "i.petrov@example.com");
	assert_int_equal(run(70), 1);
	assert_int_equal(hit(0)->score, 80);
	assert_string_equal(hit(0)->rule, "name-full");
	assert_true(has_reason(hit(0), "record's domain"));
	assert_true(has_reason(hit(0), "many people have"));
	/* The issuer's address says nothing about the subject. */
	w.finding[1].side = SIDE_ISSUER;
	assert_int_equal(run(0), 0);
	forget();
	NAME(.given = S("John"), .surname = S("Smith"),
	    .require_qualifier = true);
	expect_name("John Smith", true, NULL, 0);
}

static void
test_name_qualifiers(void **state)
{
	(void)state;
	NAME(.given = S("Jane"), .surname = S("Roe"),
	    .organizations = S("Example GmbH"), .countries = S("DE", "AT"),
	    .localities = S("M\xc3\xbcnchen"));
	expect_name("Jane Roe", false, "name-full", 60);
	w.f.facts.subject_org = span_str("example gesellschaft mbh"); /* M29 */
	assert_int_equal(run(0), 1);
	assert_int_equal(hit(0)->score, 85);
	w.f.facts.country = span_str("at");
	assert_int_equal(run(0), 1);
	assert_int_equal(hit(0)->score, 95);
	w.f.facts.country = span_str("fr");
	assert_int_equal(run(0), 1);
	assert_int_equal(hit(0)->score, 60);
	assert_true(has_reason(hit(0), "another country"));
	w.f.facts.subject_org = span_of(NULL, 0);
	w.f.facts.locality = span_str("munchen");
	assert_int_equal(run(0), 1);
	assert_int_equal(hit(0)->score, 45);
	w.f.facts.locality = span_of(NULL, 0);
	w.f.facts.subject_org = span_str("example d.d.");
	w.f.facts.country = span_str("de");
	assert_int_equal(run(0), 1);
	assert_int_equal(hit(0)->score, 95);
	/* An address under .at speaks for Austria. */
	w.f.facts = (struct facts){0};
	find(PII_EMAIL, "x@firma.at");
	assert_int_equal(run(0), 1);
	assert_int_equal(hit(0)->score, 70);
}

/* An organisation by its identifier, as certificates have it. */
static void
test_name_organization_id(void **state)
{
	(void)state;
	NAME(.given = S("Jane"), .surname = S("Roe"),
	    .organizations = S("VATDE-123 456 789", "Example GmbH"),
	    .require_qualifier = true);
	find(PII_NAME, "Jane Roe");
	w.f.facts.subject_org_id = span_str("VATDE-123456780");
	assert_int_equal(run(0), 0);
	w.f.facts.subject_org_id = span_str("vatde-123456789");
	assert_int_equal(run(0), 1);
	assert_int_equal(hit(0)->score, 100);
	assert_true(has_reason(hit(0), "organisation identifier equal"));
	/* The name of an organisation is no identifier. */
	w.f.facts.subject_org_id = span_str("Example GmbH");
	assert_int_equal(run(0), 0);
	/* An initial is enough with it. */
	forget_cert();
	find(PII_NAME, "J. Roe");
	w.f.facts.subject_org_id = span_str("VATDE-123456789");
	assert_int_equal(run(0), 1);
	assert_int_equal(hit(0)->score, 60);
}

/* A person's number tells a country, as the subject's own does. */
static void
test_name_number_country(void **state)
{
	(void)state;
	NAME(.given = S("Jane"), .surname = S("Roe"), .countries = S("ES"));
	find(PII_NAME, "Jane Roe");
	find(PII_NATIONAL_ID, "IDCES-99999999R")->confidence = CONF_STRUCTURED;
	assert_int_equal(run(0), 1);
	assert_int_equal(hit(0)->score, 70);
	assert_true(has_reason(hit(0), "country equal"));
	w.finding[1].value = span_str("TINIT-RSSMRA85T10A562S");
	assert_int_equal(run(0), 1);
	assert_int_equal(hit(0)->score, 35);
	assert_true(has_reason(hit(0), "another country"));
	w.f.facts.country = span_str("es"); /* lives there */
	assert_int_equal(run(0), 1);
	assert_int_equal(hit(0)->score, 70);
	w.f.facts.country = span_of(NULL, 0);
	w.finding[1].value = span_str("99999999R"); /* says nothing */
	assert_int_equal(run(0), 1);
	assert_int_equal(hit(0)->score, 60);
}

/* ".uk" and the "EL" of Greek tax numbers are not what ISO 3166 says. */
static void
test_name_country_codes(void **state)
{
	(void)state;
	NAME(.given = S("Jane"), .surname = S("Roe"), .countries = S("GB"));
	NAME(.given = S("Jane"), .surname = S("Doe"), .countries = S("gr"));
	find(PII_NAME, "Jane Roe");
	find(PII_EMAIL, "x@example.co.uk");
	assert_int_equal(run(0), 1);
	assert_int_equal(hit(0)->score, 70);
	forget_cert();
	find(PII_NAME, "Jane Doe");
	find(PII_NATIONAL_ID, "TINEL-123456783");
	assert_int_equal(run(0), 1);
	assert_int_equal(hit(0)->score, 70);
	w.f.facts.country = span_str("gb");
	w.finding[1].value = span_of(NULL, 0);
	assert_int_equal(run(0), 1);
	assert_int_equal(hit(0)->score, 35);
}

/* A known address beside the name: then that is what is told. */
static void
test_name_known_email(void **state)
{
	(void)state;
	NAME(.given = S("John"), .surname = S("Smith"),
	    .emails = S("x@example.org", "John@Example.com"),
	    .require_qualifier = true);
	expect_name("John Smith", true, NULL, 0);
	forget_cert();
	find(PII_EMAIL, "info@example.com");
	find(PII_NAME, "Smith, John");
	find(PII_UPN, "john@EXAMPLE.com");
	assert_int_equal(run(100), 1);
	assert_string_equal(hit(0)->rule, "name-email");
	assert_int_equal(hit(0)->score, 100);
	assert_int_equal(hit(0)->finding, 2);
	/* The address without the name is no business of a name record. */
	w.finding[1].canonical = span_str("mary smith");
	assert_int_equal(run(0), 0);
	w.finding[1].canonical = span_str("john smith");
	w.finding[2].side = SIDE_ISSUER;
	assert_int_equal(run(0), 0);
}

/* Two words that very many people have count for less. */
static void
test_name_common(void **state)
{
	(void)state;
	NAME(.given = S("John"), .surname = S("Smith"));
	expect_name("John Smith", true, "name-full", 50);
	expect_name("SMITH John", false, "name-full", 40);
	forget();
	NAME(.given = S("John", "Oswin"), .surname = S("Smith"));
	expect_name("John Oswin Smith", true, "name-full", 70);
	expect_name("John Smith", true, "name-subset", 45);
	forget();
	NAME(.given = S("Jane"), .surname = S("Smith"));
	expect_name("Jane Smith", true, "name-full", 70);
}

/* More words than the record has, or fewer: Portugal, Belgium. */
static void
test_name_many_words(void **state)
{
	(void)state;
	NAME(.given = S("Jo\xc3\xa3o", "Manuel"),
	    .surname = S("Vasques", "da", "Silveira"));
	expect_name(
	    "JO\xc3\x83O MANUEL VASQUES DA SILVEIRA", false, "name-full", 60);
	expect_name("Joao Vasques Silveira", true, "name-subset", 65);
	expect_name("Manuel Silveira", true, "name-pair", 55);
	expect_name("Vasques da Silveira", true, NULL, 0);
	forget();
	NAME(.given = S("Wout", "Jozef", "Maria"), .surname = S("Peeters"));
	expect_name("Wout Peeters (Signature)", true, "name-subset", 45);
	expect_name("Peeters Wout Jozef", true, "name-subset", 65);
	expect_name("Jozef Peeters", true, "name-pair", 55);
	expect_name("Wout Jozef", true, NULL, 0);
}

static void
test_name_confidence(void **state)
{
	(void)state;
	NAME(.given = S("Jane"), .surname = S("Roe"),
	    .domains = S("example.com"));
	find(PII_NAME, "Jane Roe")->confidence = CONF_POSSIBLE;
	assert_int_equal(run(0), 0);
	find(PII_EMAIL, "jane@example.com");
	assert_int_equal(run(0), 1);
	assert_int_equal(hit(0)->score, 80);
	assert_int_equal(run(81), 0);
	assert_int_equal(run(80), 1);
}

/* M21: Han names with and without a blank. */
static void
test_name_han(void **state)
{
	const char *const hanako = "\xe8\x8a\xb1\xe5\xad\x90";
	const char *const yamada = "\xe5\xb1\xb1\xe7\x94\xb0";
	const char *const wide = "\xe5\xb1\xb1\xe7\x94\xb0\xe3\x80\x80"
				 "\xe8\x8a\xb1\xe5\xad\x90";
	const char *const turned = "\xe8\x8a\xb1\xe5\xad\x90 "
				   "\xe5\xb1\xb1\xe7\x94\xb0";
	const char *const joined = "\xe5\xb1\xb1\xe7\x94\xb0"
				   "\xe8\x8a\xb1\xe5\xad\x90";

	(void)state;
	NAME(.given = S((char *)(uintptr_t)hanako),
	    .surname = S((char *)(uintptr_t)yamada));
	expect_name(wide, true, "name-full", 70);
	expect_name(turned, true, "name-full", 70);
	expect_name(joined, true, "name-full", 70);
	expect_name("YAMADA Hanako", true, NULL, 0);
	forget();
	NAME(.given = S((char *)(uintptr_t)hanako),
	    .surname = S((char *)(uintptr_t)yamada), .require_qualifier = true);
	expect_name(joined, true, NULL, 0);
	forget();
	NAME(.given = S((char *)(uintptr_t)hanako),
	    .surname = S((char *)(uintptr_t)yamada),
	    .aliases = S("Hanako Yamada"), .domains = S("example.com"));
	expect_name("YAMADA Hanako", true, NULL, 0);
	find(PII_EMAIL, "x@example.com");
	assert_int_equal(run(0), 1);
	assert_string_equal(hit(0)->rule, "name-alias");
	assert_int_equal(hit(0)->score, 100);
	forget_cert();
	structured(joined);
	find(PII_EMAIL, "x@example.com");
	assert_int_equal(run(0), 1);
	/* The record without a blank, the certificate with one. */
	forget();
	NAME(.surname = S((char *)(uintptr_t)joined));
	expect_name(joined, true, "name-full", 70);
	expect_name(wide, true, "name-full", 70);
	expect_name(turned, true, "name-full", 70);
	expect_name(yamada, true, NULL, 0);
}

/* M22: a patronymic between is no other person. */
static void
test_name_patronymic(void **state)
{
	(void)state;
	NAME(.given = S("\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd"),
	    .surname = S("\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd\xd0\xbe\xd0\xb2"));
	expect_name("\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd\xd0\xbe\xd0\xb2 "
		    "\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd "
		    "\xd0\x98\xd0\xb2\xd0\xb0\xd0\xbd\xd0\xbe\xd0\xb2\xd0\xb8"
		    "\xd1\x87",
	    true, "name-subset", 65);
	forget();
	NAME(.given = S("Ivan"), .surname = S("Ivanov"));
	expect_name("Ivanov Ivan Ivanovich", true, "name-subset", 65);
	expect_name("Ivanov Ivan Q", true, "name-subset", 45);
	expect_name("Ivanov Ivan Dragan", true, "name-subset", 45);
	expect_name("Ivan Ivanov Ivanov", true, "name-full", 50);
}

/* M23 */
static void
test_name_apostrophe(void **state)
{
	(void)state;
	NAME(.given = S("Se\xc3\xa1n"), .surname = S("O'Brien"));
	expect_name("O\xe2\x80\x99"
		    "BRIEN SEAN",
	    false, "name-full", 60);
	expect_name("O\xc2\xb4"
		    "Brien Se\xc3\xa1n",
	    false, "name-full", 60);
	expect_name("OBrien Sean", false, "name-full", 60);
	expect_name("Sean Brien", false, "name-full", 60);
}

/* M24: for the digest only. */
static void
test_name_pseudonym(void **state)
{
	(void)state;
	NAME(.given = S("Jane", "Ann"), .surname = S("Roe"),
	    .domains = S("example.com"));
	find(PII_PSEUDONYM, "Jane Ann Roe")->confidence = CONF_STRUCTURED;
	find(PII_EMAIL, "x@example.com");
	assert_int_equal(run(70), 0);
	assert_int_equal(run(50), 1);
	assert_string_equal(hit(0)->rule, "name-pseudonym");
	forget_cert();
	find(PII_PSEUDONYM, "Jane Roe");
	find(PII_EMAIL, "x@example.com");
	assert_int_equal(run(0), 0);
}

/* M30: the CN of fixture N26, cut at 64 characters. */
static void
test_name_cut(void **state)
{
	const char *cut = "Maximilian-Friedrich Alexander Johannes von und zu "
			  "Hohenberg-Bei";
	const char *shorter = "Maximilian-Friedrich Alexander Johannes von und "
			      "zu Hohenberg-Be";

	(void)state;
	assert_int_equal(strlen(cut), 64);
	NAME(.given = S("Maximilian-Friedrich", "Alexander", "Johannes"),
	    .surname = S("von und zu Hohenberg-Beispielhausen"));
	expect_name(cut, false, "name-subset", 55);
	assert_true(has_reason(hit(0), "cut"));
	/* Only the end of the value is cut. */
	expect_name("Maximilian-Friedrich Alexander Johannes zu Beiwerklein-"
		    "Hohenberg",
	    false, "name-pair", 25);
	assert_int_equal(strlen(shorter), 63);
	expect_name(shorter, false, "name-pair", 25);
	expect_name("Maximilian-Friedrich Alexander Johannes von und zu "
		    "Hohenberg-Beispielhausen",
	    false, "name-full", 60);
}

static void
test_name_alias(void **state)
{
	(void)state;
	NAME(.given = S("Jane"), .surname = S("Roe", "Smith"),
	    .aliases = S("Jenny Q Public", "J R"), .domains = S("example.com"));
	expect_name("Jenny Q Public", true, "name-alias", 70);
	expect_name("Public, Jenny Q", false, "name-alias", 60);
	expect_name("Jenny Public", true, NULL, 0);
	expect_name("J R", true, NULL, 0); /* two words want a qualifier */
}

static void
test_name_mononym(void **state)
{
	(void)state;
	NAME(.surname = S("Madonnova"));
	expect_name("Madonnova", true, "name-full", 70);
	expect_name("Madonnova Petrova", true, NULL, 0);
	assert_int_equal(w.compiled[0].keys.len, LIMIT_STORE_KEY);
}

static void
test_name_refused(void **state)
{
	char *many[20];
	struct record r = {.kind = RECORD_NAME};
	struct err e;

	(void)state;
	assert_int_equal(try(&r, &e), ST_BAD);
	r.given = (struct strings)S(" ,", "");
	assert_int_equal(try(&r, &e), ST_BAD);
	for (size_t i = 0; i < 20; i++) {
		many[i] = (char *)mem_new(4, 1);
		many[i][0] = many[i][1] = (char)('a' + i);
	}
	r.given = (struct strings){20, many};
	assert_int_equal(try(&r, &e), ST_BAD);
	r.given = (struct strings){8, many};
	r.surname = (struct strings){8, many + 8};
	assert_status(try(&r, &e), ST_OK, &e);
	assert_in_range(w.compiled[0].keys.len / LIMIT_STORE_KEY, 16, 128);
	r.aliases = (struct strings){20, many};
	assert_int_equal(try(&r, &e), ST_LIMIT);
	r.aliases = (struct strings)S("...");
	assert_int_equal(try(&r, &e), ST_BAD);
	for (size_t i = 0; i < 20; i++)
		free(many[i]);
}

/* Sixteen accented words have 2^16 spellings; keys stay within bounds. */
static void
test_name_spellings(void **state)
{
	(void)state;
	NAME(.given =
		 S("\xc3\xa4rg \xc3\xb6lm \xc3\xbcrn \xc3\xa5sk \xc3\xb8rt"),
	    .surname = S("\xc3\xa4m \xc3\xb6n \xc3\xbcr"));
	assert_in_range(w.compiled[0].keys.len / LIMIT_STORE_KEY, 16, 128);
	expect_name("Arg Olm Urn Ask Ort Am On Ur", true, "name-full", 70);
	expect_name(
	    "Aerg Oelm Uern Aask Oert Aem Oen Uer", true, "name-full", 70);
}

/* Nothing of a value is in what is kept. */
static void
test_no_plain_values(void **state)
{
	(void)state;
	email("jane.roe@example.com", 3);
	domain("example.com", true, 0);
	NAME(.given = S("Jane"), .surname = S("Roe"), .aliases = S("jeanie"),
	    .domains = S("example.com"), .organizations = S("example"));
	for (unsigned i = 0; i < w.num_records; i++) {
		const struct compiled *c = &w.compiled[i];
		const char *const plain[] = {"jan", "roe", "exa", "jea"};

		for (size_t k = 0; k < 4; k++) {
			assert_null(
			    memmem(c->blob.p, c->blob.len, plain[k], 3));
			assert_null(
			    memmem(c->keys.p, c->keys.len, plain[k], 3));
		}
	}
}

/* --- the whole ------------------------------------------------------------- */

static void
test_many_hits(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		char text[32];

		snprintf(text, sizeof(text), "u%u@example.com", i);
		email(text, 0);
	}
	domain("example.com", true, 0);
	for (unsigned i = 0; i < 40; i++) {
		char *text = arena_get(&w.arena, 32);

		snprintf(text, 32, "u%u@example.com", i);
		find(PII_EMAIL, text);
	}
	assert_int_equal(run(0), 41);
	for (size_t i = 0; i < 41; i++) {
		bool whole = hit(i)->no == 40;

		assert_int_equal(hit(i)->count, whole ? 40 : 1);
		assert_int_equal(hit(i)->finding, whole ? 0 : hit(i)->no);
	}
}

/* One person, one certificate, several places: the best counts. */
static void
test_best(void **state)
{
	(void)state;
	NAME(.given = S("Jane", "Ann"), .surname = S("Roe"));
	find(PII_NAME, "Jane Roe");
	structured("Jane Ann Roe");
	find(PII_NAME, "Ann Roe");
	assert_int_equal(run(0), 1);
	assert_int_equal(hit(0)->finding, 1);
	assert_int_equal(hit(0)->count, 3);
	assert_int_equal(hit(0)->score, 70);
	assert_string_equal(hit(0)->rule, "name-full");
	assert_false(match_overrun(w.matcher));
}

/* A certificate that names people who share a name with very many. */
static void
test_overrun(void **state)
{
	struct match_size size = {.records = 120000};
	struct match_set set = {0};
	struct match_build *b;
	void *region = NULL;
	struct buf *keys, *blob;
	struct buf hits = {0};
	size_t cap;

	(void)state;
	NAME(.given = S("Jane"), .surname = S("Roe"),
	    .require_qualifier = true);
	keys = &w.compiled[0].keys;
	blob = &w.compiled[0].blob;
	size.keys = size.records * keys->len / LIMIT_STORE_KEY;
	size.blob_bytes = size.records * blob->len;
	cap = match_region_len(&size);
	assert_int_equal(posix_memalign(&region, 64, cap), 0);
	b = match_build_start(region, cap, 1, &size);
	for (uint32_t i = 0; i < size.records; i++)
		assert_int_equal(match_build_add(b, i, RECORD_NAME,
				     buf_span(keys), buf_span(blob)),
		    ST_OK);
	match_build_finish(b);
	set.main = match_index_of(region, cap);
	for (unsigned i = 0; i < 33; i++)
		find(PII_NAME, "Jane Roe");
	match_run(w.matcher, &set, &w.f, 0, &hits);
	assert_false(match_overrun(w.matcher));
	find(PII_NAME, "Jane Roe");
	match_run(w.matcher, &set, &w.f, 0, &hits);
	assert_true(match_overrun(w.matcher));
	w.f.num = 1;
	match_run(w.matcher, &set, &w.f, 0, &hits);
	assert_false(match_overrun(w.matcher));
	assert_int_equal(hits.len, 0);
	free(region);
	buf_fini(&hits);
}

/* A thousand addresses, and a thousand that want to know of each. */
static void
test_thousands(void **state)
{
	enum { N = 1000 };
	struct match_size size = {.records = N, .keys = N, .blob_bytes = 8 * N};
	struct match_set set = {0};
	struct finding *list = calloc(N, sizeof(*list));
	struct findings f = {.num = N, .list = list};
	struct match_build *b;
	void *region = NULL;
	size_t cap = match_region_len(&size);

	(void)state;
	domain("example.com", true, 0);
	assert_int_equal(posix_memalign(&region, 64, cap), 0);
	b = match_build_start(region, cap, 1, &size);
	for (uint32_t i = 0; i < N; i++) {
		char *text = arena_get(&w.arena, 32);

		assert_int_equal(match_build_add(b, i, RECORD_DOMAIN,
				     buf_span(&w.compiled[0].keys),
				     buf_span(&w.compiled[0].blob)),
		    ST_OK);
		snprintf(text, 32, "u%u@mail.example.com", i);
		list[i] = (struct finding){.carrier = "san.rfc822Name",
		    .value = span_str(text),
		    .canonical = span_str(text)};
	}
	match_build_finish(b);
	set.main = match_index_of(region, cap);
	buf_clear(&w.hits);
	w.num_hits = match_run(w.matcher, &set, &f, 0, &w.hits);
	assert_int_equal(w.num_hits, N);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(hit(i)->count, N);
	assert_false(match_overrun(w.matcher));
	free(region);
	free(list);
}

/* match(a, b) does not depend on the order of attributes (pii.md 6.4). */
static void
test_order(void **state)
{
	(void)state;
	NAME(.given = S("Jane"), .surname = S("Roe"),
	    .domains = S("example.com"), .require_qualifier = true);
	email("jane@example.com", 0);
	find(PII_EMAIL, "jane@example.com");
	find(PII_NAME, "Roe, Jane");
	assert_int_equal(run(0), 2);
	forget_cert();
	find(PII_NAME, "Roe, Jane");
	find(PII_EMAIL, "jane@example.com");
	assert_int_equal(run(0), 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(hit(i)->score, 100);
}

/* Withdrawn (M26): what is not in the index is not found. */
static void
test_absent(void **state)
{
	(void)state;
	find(PII_EMAIL, "jane@example.com");
	find(PII_NAME, "Jane Roe");
	assert_int_equal(run(0), 0);
	email("john@example.com", 0);
	assert_int_equal(run(0), 0);
}

#define TEST(x) cmocka_unit_test_setup(x, each)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_email_strict),
	    TEST(test_email_policy),
	    TEST(test_email_side_by_side),
	    TEST(test_email_idn),
	    TEST(test_email_idn_2003),
	    TEST(test_email_homoglyph),
	    TEST(test_email_kinds),
	    TEST(test_email_refused),
	    TEST(test_domain),
	    TEST(test_domain_refused),
	    TEST(test_domain_kinds),
	    TEST(test_issuer),
	    TEST(test_domain_walk),
	    TEST(test_name_accents),
	    TEST(test_name_spanish),
	    TEST(test_name_hyphen_and_initials),
	    TEST(test_name_qualifier),
	    TEST(test_name_qualifiers),
	    TEST(test_name_organization_id),
	    TEST(test_name_number_country),
	    TEST(test_name_country_codes),
	    TEST(test_name_rare),
	    TEST(test_name_known_email),
	    TEST(test_name_common),
	    TEST(test_name_many_words),
	    TEST(test_name_confidence),
	    TEST(test_name_han),
	    TEST(test_name_patronymic),
	    TEST(test_name_apostrophe),
	    TEST(test_name_pseudonym),
	    TEST(test_name_cut),
	    TEST(test_name_alias),
	    TEST(test_name_mononym),
	    TEST(test_name_refused),
	    TEST(test_name_spellings),
	    TEST(test_no_plain_values),
	    TEST(test_many_hits),
	    TEST(test_best),
	    TEST(test_overrun),
	    TEST(test_thousands),
	    TEST(test_order),
	    TEST(test_absent),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
