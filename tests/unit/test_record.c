/*
 * test_record: both formats give the same records, every mistake names its
 * line and key and no value, and what is written reads back the same.
 */
#include "monitor/pii/record.h"

#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "monitor/pii/extract.h"
#include "monitor/pii/normal.h"
#include "tests/unit/support.h"

/* --- helpers ----------------------------------------------------------------
 */

struct got {
	size_t good, bad;
	size_t at[16]; /* lines of the good ones */
	struct record r[16];
	struct buf said; /* "LINE: what\n" for each mistake */
};

static void
take(void *arg, struct record *r, size_t at)
{
	struct got *g = arg;

	if (g->good < 16) {
		g->at[g->good] = at;
		g->r[g->good] = *r;
		*r = (struct record){0};
	}
	g->good++;
}

static void
complain(void *arg, size_t at, const char *what)
{
	struct got *g = arg;

	buf_fmt(&g->said, "%zu: %s\n", at, what);
}

static struct got
read_span(struct span s)
{
	struct got g = {0};

	g.bad = record_read(s, take, complain, &g);
	buf_cstr(&g.said);
	return g;
}

static struct got
read_text(const char *text)
{
	return read_span(span_str(text));
}

static void
got_fini(struct got *g)
{
	for (size_t i = 0; i < 16; i++)
		record_fini(&g->r[i]);
	buf_fini(&g->said);
}

/* One bad line, which says so; and no word of it repeats `secret`. */
static void
expect_at(
    const char *text, size_t at, const char *what, const char *file, int line)
{
	struct got g = read_text(text);
	char want[16];
	const char *said = (const char *)g.said.p;
	const char *mine;

	snprintf(want, sizeof(want), "%zu: ", at);
	mine = strstr(said, want);
	while (mine != NULL && mine != said && mine[-1] != '\n')
		mine = strstr(mine + 1, want);
	if (mine == NULL || strstr(mine, what) == NULL || g.bad != 1 ||
	    strstr(said, "secret") != NULL) {
		print_message("%s:%d: wanted %s%s, got %zu bad:\n%s", file,
		    line, want, what, g.bad, said);
		_fail(file, line);
	}
	got_fini(&g);
}
#define expect(text, at, what) expect_at(text, at, what, __FILE__, __LINE__)

#define CONSENT                                                                \
	"\"consent\":{\"purpose\":\"ct-exposure/1\",\"method\":\"import\","    \
	"\"at\":\"2026-11-01T10:00:00Z\",\"evidence\":\"contract 4711\"}"
#define JANE                                                                   \
	"{\"id\":\"acme/jane\",\"tenant\":\"acme\",\"kind\":\"email\","        \
	"\"value\":\"jane.roe@example.com\","                                  \
	"\"match\":{\"plus\":true,\"gmail_dots\":false}," CONSENT ","          \
	"\"notify\":[\"mailto:jane.roe@example.com\",\"sink:soc\"],"           \
	"\"expires\":\"2027-11-01T00:00:00Z\"}"
#define DOM                                                                    \
	"{\"id\":\"acme/dom\",\"tenant\":\"acme\",\"kind\":\"domain\","        \
	"\"value\":\"example.com\",\"match\":{\"subdomains\":false,"           \
	"\"kinds\":[\"email\",\"jid\"]},\"consent\":{}}"
#define MGL                                                                    \
	"{\"id\":\"acme/mgl\",\"tenant\":\"acme\",\"kind\":\"name\","          \
	"\"value\":{\"given\":[\"Mar\xc3\xad"                                  \
	"a\",\"Jos\xc3\xa9\"],"                                                \
	"\"surname\":[\"Garc\\u00eda\",\"L\xc3\xb3pez\"],"                     \
	"\"aliases\":[\"Maria Garcia\"]},\"qualifiers\":{"                     \
	"\"domains\":[\"example.com\"],\"organizations\":[\"Example GmbH\"],"  \
	"\"countries\":[\"ES\"],\"localities\":[],\"emails\":[\"a@b."          \
	"example\"]},"                                                         \
	"\"require_qualifier\":true,\"identity\":\"acme/jane\","               \
	"\"consent\":{}}"

/* --- what is read -----------------------------------------------------------
 */

static void
check_jane(const struct record *r)
{
	assert_string_equal(r->id, "acme/jane");
	assert_string_equal(r->tenant, "acme");
	assert_int_equal(r->kind, RECORD_EMAIL);
	assert_int_equal(r->state, RECORD_ACTIVE);
	assert_true(record_consented(r));
	assert_string_equal(r->value, "jane.roe@example.com");
	assert_int_equal(r->email_policy, EMAIL_PLUS);
	assert_string_equal(r->purpose, "ct-exposure/1");
	assert_string_equal(r->method, "import");
	assert_string_equal(r->evidence, "contract 4711");
	assert_int_equal(r->consent_ms, 1793527200000);
	assert_int_equal(r->notify.num, 2);
	assert_string_equal(r->notify.list[0], "mailto:jane.roe@example.com");
	assert_string_equal(r->notify.list[1], "sink:soc");
	assert_int_equal(r->expires_ms, 1825027200000);
}

static void
check_dom(const struct record *r)
{
	assert_string_equal(r->id, "acme/dom");
	assert_int_equal(r->kind, RECORD_DOMAIN);
	assert_int_equal(r->state, RECORD_PENDING);
	assert_false(record_consented(r));
	assert_string_equal(r->value, "example.com");
	assert_false(r->subdomains);
	assert_int_equal(r->kinds, 1u << PII_EMAIL | 1u << PII_JID);
	assert_null(r->purpose);
	assert_int_equal(r->notify.num, 0);
	assert_int_equal(r->expires_ms, 0);
}

static void
check_mgl(const struct record *r)
{
	assert_string_equal(r->id, "acme/mgl");
	assert_int_equal(r->kind, RECORD_NAME);
	assert_null(r->value);
	assert_int_equal(r->given.num, 2);
	assert_string_equal(r->given.list[0], "Mar\xc3\xad"
					      "a");
	assert_int_equal(r->surname.num, 2);
	assert_string_equal(r->surname.list[0], "Garc\xc3\xad"
						"a");
	assert_string_equal(r->surname.list[1], "L\xc3\xb3pez");
	assert_int_equal(r->aliases.num, 1);
	assert_string_equal(r->domains.list[0], "example.com");
	assert_string_equal(r->organizations.list[0], "Example GmbH");
	assert_string_equal(r->countries.list[0], "ES");
	assert_int_equal(r->localities.num, 0);
	assert_int_equal(r->emails.num, 1);
	assert_string_equal(r->emails.list[0], "a@b.example");
	assert_true(r->require_qualifier);
	assert_string_equal(r->identity, "acme/jane");
}

static void
check_all(struct got *g)
{
	assert_string_equal((const char *)g->said.p, "");
	assert_int_equal(g->bad, 0);
	assert_int_equal(g->good, 3);
	check_jane(&g->r[0]);
	check_dom(&g->r[1]);
	check_mgl(&g->r[2]);
}

static void
test_json(void **state)
{
	static const char *const texts[] = {
	    JANE "\n" DOM "\n" MGL "\n",
	    "\xef\xbb\xbf" JANE "\r\n" DOM "\r\n" MGL,
	    JANE "\n\n" DOM "\n \t\r\n" MGL "\n\n",
	};
	static const size_t at[][3] = {{1, 2, 3}, {1, 2, 3}, {1, 3, 5}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct got g = read_text(texts[i]);

		check_all(&g);
		assert_memory_equal(g.at, at[i], sizeof(at[i]));
		got_fini(&g);
	}
}

#define CSV_HEAD                                                               \
	"id,tenant,kind,value,value.given,value.surname,value.aliases,"        \
	"match.plus,match.subdomains,match.kinds,qualifiers.domains,"          \
	"qualifiers.organizations,qualifiers.countries,qualifiers.emails,"     \
	"require_qualifier,identity,"                                          \
	"notify,expires,consent.purpose,consent.method,consent.at,"            \
	"consent.evidence\r\n"
#define CSV_JANE                                                               \
	"acme/jane,acme,email,jane.roe@example.com,,,,true,,,,,,,,,"           \
	"mailto:jane.roe@example.com|sink:soc,2027-11-01T00:00:00Z,"           \
	"ct-exposure/1,import,2026-11-01T10:00:00Z,contract 4711\r\n"
#define CSV_DOM                                                                \
	"acme/dom,acme,domain,example.com,,,,,false,email|jid,,,,,,,,,,,,\r\n"
#define CSV_MGL                                                                \
	"acme/mgl,\"acme\",\"name\",,\"Mar\xc3\xad"                            \
	"a|Jos\xc3\xa9\","                                                     \
	"Garc\xc3\xad"                                                         \
	"a|L\xc3\xb3pez,Maria Garcia,,,,example.com,"                          \
	"Example GmbH,ES,a@b.example,true,acme/jane,,,,,,\r\n"

static void
test_csv(void **state)
{
	struct got g = read_text(CSV_HEAD CSV_JANE "\r\n" CSV_DOM CSV_MGL);

	(void)state;
	check_all(&g);
	assert_int_equal(g.at[0], 2);
	assert_int_equal(g.at[1], 4);
	assert_int_equal(g.at[2], 5);
	got_fini(&g);
	g = read_text("\xef\xbb\xbf\"id\",kind,value\na,email,a@b.c");
	assert_int_equal(g.good, 1);
	assert_int_equal(g.bad, 0);
	got_fini(&g);
}

/* RFC 4180: marks doubled, commas and line ends within marks. */
static void
test_csv_quotes(void **state)
{
	struct got g =
	    read_text("id,kind,value,consent.evidence\n"
		      "a,email,\"\"\"j, r\"\"@b.c\",\"x \"\"y\"\"\"\n"
		      "b,email,b@b.c,\"two\nlines\"\n"
		      "c,email,c@b.c,\"\"\n"
		      "d,email,d@b.c,x|y\n");

	(void)state;
	assert_int_equal(g.good, 3);
	assert_int_equal(g.bad, 1);
	assert_string_equal(g.r[0].value, "\"j, r\"@b.c");
	assert_string_equal(g.r[0].evidence, "x \"y\"");
	assert_string_equal((const char *)g.said.p,
	    "3: consent.evidence: has a control character; remove it\n");
	assert_int_equal(g.at[1], 5);
	assert_null(g.r[1].evidence);
	assert_int_equal(g.at[2], 6);
	assert_string_equal(g.r[2].evidence, "x|y");
	got_fini(&g);
}

static void
test_defaults(void **state)
{
	struct got g = read_text(
	    "{\"id\":\"a\",\"kind\":\"email\",\"value\":\"a@b.c\"}\n"
	    "{\"id\":\"b\",\"kind\":\"domain\",\"value\":\"b.c\"}\n"
	    "{\"id\":\"c\",\"kind\":\"name\",\"value\":{\"surname\":[\"Roe\"]}}"
	    "\n"
	    "{\"id\":\"d\",\"kind\":\"name\",\"value\":{\"given\":[\"A B\"],"
	    "\"surname\":[\"Roe\"]}}\n"
	    "{\"id\":\"e\",\"kind\":\"name\",\"value\":{\"given\":[\"A B\"],"
	    "\"surname\":[\"Roe\"]},\"require_qualifier\":true}\n"
	    "{\"id\":\"f\",\"kind\":\"name\",\"value\":{\"surname\":[\"Roe\"]},"
	    "\"require_qualifier\":false}\n");

	(void)state;
	assert_int_equal(g.good, 6);
	assert_string_equal(g.r[0].tenant, "default");
	assert_int_equal(g.r[0].email_policy, 0);
	assert_true(g.r[1].subdomains);
	assert_int_equal(g.r[1].kinds, 0);
	assert_true(g.r[2].require_qualifier);
	assert_false(g.r[3].require_qualifier);
	assert_true(g.r[4].require_qualifier);
	assert_false(g.r[5].require_qualifier);
	got_fini(&g);
}

/* Each of the four parts is needed. */
static void
test_consent(void **state)
{
	static const char *const parts[] = {"\"purpose\":\"p\"",
	    "\"method\":\"dns\"", "\"at\":\"2026-11-01\"",
	    "\"evidence\":\"e\""};

	(void)state;
	for (unsigned mask = 0; mask < 16; mask++) {
		struct buf b = {0};
		struct got g;
		bool first = true;

		buf_str(&b, "{\"id\":\"a\",\"kind\":\"email\",\"value\":"
			    "\"a@b.c\",\"consent\":{");
		for (unsigned i = 0; i < 4; i++) {
			if ((mask >> i & 1) == 0)
				continue;
			buf_fmt(&b, "%s%s", first ? "" : ",", parts[i]);
			first = false;
		}
		buf_str(&b, "}}");
		g = read_span(buf_span(&b));
		assert_int_equal(g.good, 1);
		assert_int_equal(record_consented(&g.r[0]), mask == 15);
		assert_int_equal(
		    g.r[0].state, mask == 15 ? RECORD_ACTIVE : RECORD_PENDING);
		got_fini(&g);
		buf_fini(&b);
	}
}

/* --- mistakes ---------------------------------------------------------------
 */

#define E(rest) "{\"id\":\"a\",\"kind\":\"email\",\"value\":\"secret@b.c\"" rest
#define V(kind, value)                                                         \
	"{\"id\":\"a\",\"kind\":\"" kind "\",\"value\":" value "}"

static void
test_json_mistakes(void **state)
{
	(void)state;
	expect("{\n", 1, "column 1: the line ends within a record");
	expect("{\"id\":secret}\n", 1, "this is not JSON");
	expect(E("} secret\n"), 1, "this is not JSON");
	expect(E(",\"id\":\"b\"}"), 1, "a key stands here twice");
	expect(E(",\"consent\":{\"at\":1,\"at\":2}}"), 1, "twice");
	expect("{}\n", 1, "id: missing");
	expect(JANE "\n[]\n", 2, "a record is an object");
	expect(JANE "\n\"secret\"\n", 2, "this is not JSON");
	expect("[" JANE "]\n", 1, "a JSON array");
	expect(E(",\"value\xff\":1}"), 1, "not UTF-8");
	expect(E(",\"notify\":[\"a\\u0000\"]}"), 1, "NUL");
	expect(E(",\"x\":1}"), 1, "unknown key 'x'; remove it");
	expect(E(",\"x\\u001b\":1}"), 1, "unknown key 'x\\u{1b}'");
	expect(E(",\"match\":{\"x\":1}}"), 1, "unknown key 'match.x'");
	expect(E(",\"match.plus\":true}"), 1, "unknown key 'match.plus'");
	expect(E(",\"match\":true}"), 1, "match: an object");
	expect(E(",\"consent\":null}"), 1, "consent: an object");
	expect(E(",\"match\":{\"plus\":1}}"), 1,
	    "match.plus: true or false is wanted, not a number");
	expect(E(",\"match\":{\"plus\":\"true\"}}"), 1,
	    "match.plus: true or false is wanted, not text");
	expect(E(",\"notify\":\"sink:a\"}"), 1,
	    "notify: a list of texts is wanted, not text");
	expect(E(",\"notify\":[1]}"), 1, "notify: item 1 is not text");
	expect(E(",\"notify\":{}}"), 1, "not an object");
	expect(E(",\"tenant\":[\"a\"]}"), 1, "tenant: text is wanted, not a");
	expect(E(",\"tenant\":true}"), 1, "tenant: text is wanted, not true");
	expect(E(",\"tenant\":null}"), 1, "leave the key out");
	expect(E(",\"expires\":1793527200}"), 1, "expires: a time such as");
	expect(E(",\"expires\":\"secret\"}"), 1, "expires: a time such as");
	expect(E(",\"expires\":\"1969-01-01\"}"), 1, "expires: a time");
	expect(E(",\"consent\":{\"at\":\"2026-13-01\"}}"), 1, "consent.at");
	expect(E(",\"consent\":{\"method\":\"a secret\"}}"), 1,
	    "consent.method: is not a word");
	expect(E(",\"consent\":{\"evidence\":\"\"}}"), 1, "is empty");
}

/* The full stop of a name may be an ideographic one. */
static void
test_wide_full_stop(void **state)
{
	struct got g = read_text(V("domain", "\"\\u4f8b\\u3002\\u30c6\""));

	(void)state;
	assert_int_equal(g.bad, 0);
	assert_int_equal(g.good, 1);
	got_fini(&g);
}

static void
test_value_mistakes(void **state)
{
	static const char *const addresses[] = {"\"secret\"", "\"@secret.c\"",
	    "\"secret@\"", "\"Jane <secret@b.c>\"", "\"mailto:secret@b.c\"",
	    "\"secret@b c\"", "\" secret@b.c\"", "\"secret@b.c,x@b.c\""};
	static const char *const domains[] = {"\"secret\"", "\".secret\"",
	    "\"secret.\"", "\"secret@b.c\"", "\"*.secret.c\"",
	    "\"https://secret.c/\"", "\"a secret.c\""};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		snprintf(text, sizeof(text), V("email", "%s"), addresses[i]);
		expect(text, 1, "value: is ");
	}
	for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++) {
		snprintf(text, sizeof(text), V("domain", "%s"), domains[i]);
		expect(text, 1, "value: is not a domain name");
	}
	expect(V("email", "\"a\\u001b@b.c\""), 1, "control character");
	expect(V("email", "\"a\\u0085@b.c\""), 1, "control character");
	expect(V("email", "\"a\\u2028@b.c\""), 1, "control character");
	expect(V("email", "{}"), 1, "value: missing; write the address");
	expect(V("email", "{\"given\":[\"secret\"]}"), 1,
	    "value.given: records of kind email have no such key");
	expect(V("name", "\"secret\""), 1, "a name has value.given or");
	expect(V("name", "{}"), 1, "a name has value.given or");
	expect(V("name", "{\"given\":[\" \"]}"), 1, "a name has");
	expect(V("name", "{\"given\":[\"\"]}"), 1, "value.given: is empty");
	expect(V("name", "{\"given\":\"secret\"}"), 1, "a list of texts");
	expect(V("mail", "\"secret@b.c\""), 1, "kind: email, domain or name");
	expect("{\"id\":\"a\",\"value\":\"secret@b.c\"}", 1, "kind: missing");
	expect("{\"kind\":\"domain\",\"value\":\"secret.c\"}", 1, "id: miss");
}

static void
test_field_mistakes(void **state)
{
	(void)state;
	expect(E(",\"match\":{\"subdomains\":true}}"), 1,
	    "match.subdomains: records of kind email have no such key");
	expect(E(",\"require_qualifier\":true}"), 1, "of kind email");
	expect(E(",\"identity\":\"b\"}"), 1,
	    "identity: records of kind email have no such key");
	expect("{\"id\":\"a\",\"kind\":\"name\",\"value\":{\"surname\":"
	       "[\"R\"]},\"identity\":\"a b\"}",
	    1, "identity: is not 1 to 128 of");
	expect(E(",\"qualifiers\":{\"countries\":[\"ES\"]}}"), 1, "of kind");
	expect("{\"id\":\"a\",\"kind\":\"domain\",\"value\":\"b.c\",\"match\":"
	       "{\"kinds\":[\"name\"]}}",
	    1, "match.kinds: a list of email, upn, jid");
	expect("{\"id\":\"a\",\"kind\":\"name\",\"value\":{\"surname\":"
	       "[\"R\"]},\"qualifiers\":{\"countries\":[\"Spain\"]}}",
	    1, "qualifiers.countries: is not a country");
	expect("{\"id\":\"a\",\"kind\":\"name\",\"value\":{\"surname\":"
	       "[\"R\"]},\"qualifiers\":{\"domains\":[\"x\"]}}",
	    1, "qualifiers.domains: is not a domain name");
	expect(E(",\"notify\":[\"secret@b.c\"]}"), 1, "notify: is neither");
	expect(E(",\"notify\":[\"mailto:secret\"]}"), 1, "notify: is neither");
	expect(E(",\"notify\":[\"sink:a b\"]}"), 1, "notify: is neither");
	expect(E(",\"notify\":[\"sink:\"]}"), 1, "notify: is neither");
}

static void
test_ids(void **state)
{
	struct buf b = {0};
	struct got g;

	(void)state;
	for (size_t len = 128; len <= 129; len++) {
		buf_clear(&b);
		buf_str(&b, "{\"id\":\"");
		for (size_t i = 0; i < len; i++)
			buf_char(&b, "aZ09._/-"[i % 8]);
		buf_str(&b, "\",\"kind\":\"email\",\"value\":\"a@b.c\"}");
		g = read_span(buf_span(&b));
		assert_int_equal(g.good, len == 128);
		got_fini(&g);
	}
	buf_fini(&b);
	expect("{\"id\":\"a b\"}", 1, "id: is not 1 to 128");
	expect("{\"id\":\"\"}", 1, "id: is empty");
	expect("{\"id\":\"\xc3\xa9\"}", 1, "id: is not 1 to 128");
	expect(E(",\"tenant\":\"a b\"}"), 1, "tenant: is not 1 to 128");
}

#define ROW(id, tenant)                                                        \
	"{\"id\":\"" id "\"" tenant ",\"kind\":\"email\",\"value\":\"a@b.c\"}" \
	"\n"

static void
test_duplicates(void **state)
{
	struct got g;

	(void)state;
	expect(ROW("a", "") ROW("b", "") ROW("a", ""), 3,
	    "id: a of tenant default stands on line 1 already");
	expect(
	    ROW("a", "") "\n" ROW("a", ",\"tenant\":\"default\""), 3, "line 1");
	expect("id,kind,value\na,email,a@b.c\na,email,a@b.d\n", 3, "line 2");
	g = read_text(ROW("a", "") ROW("a", ",\"tenant\":\"b\"") ROW("A", "")
		ROW("b/a", "") ROW("a", ",\"tenant\":\"b/b\""));
	assert_int_equal(g.good, 5);
	assert_int_equal(g.bad, 0);
	got_fini(&g);
}

/* All bad lines are named, and the good ones between them taken. */
static void
test_all_bad_lines(void **state)
{
	struct got g =
	    read_text(JANE "\n{\n" DOM "\n{\"id\":1,\"kind\":2}\n" MGL "\nx\n");

	(void)state;
	assert_int_equal(g.good, 3);
	assert_int_equal(g.bad, 3);
	assert_string_equal((const char *)g.said.p,
	    "2: column 1: the line ends within a record; a record is one whole "
	    "line\n"
	    "4: id: text is wanted, not a number\n"
	    "4: kind: email, domain or name is wanted, not a number\n"
	    "6: column 1: this is not JSON; write a record as {\"id\":...} on "
	    "one line\n");
	got_fini(&g);
}

#define H "id,kind,value\n"

static void
test_csv_mistakes(void **state)
{
	(void)state;
	expect("secret,kind,value\na,email,a@b.c\n", 1,
	    "column 1 is no key of a record; the first row names");
	expect("id,kind,\n", 1, "column 3 is no key");
	expect("id;kind;value\na;email;a@b.c\n", 1,
	    "split by semicolons; write commas");
	expect("id,kind,id\n", 1, "column 3: 'id' stands here twice");
	expect("id,value\n", 1, "has no 'kind'");
	expect("kind,value\n", 1, "has no 'id'");
	expect("\"id,kind\n", 1, "a quotation mark is not closed");
	expect(H "a,email\n", 2, "2 cells, but the header row has 3");
	expect(H "a,email,secret@b.c,\n", 2, "4 cells, but");
	expect(H "a,email,\"secret@b.c\n", 2, "mark is not closed");
	expect(H "a,email,\"secret@b.c\"x\n", 2, "behind a closed quotation");
	expect(H "a,email,sec\"ret@b.c\n", 2, "a quotation mark within");
	expect(H "a,email,secret@b.c\rb\n", 2, "control character");
	expect(H "a,email,secret\xff@b.c\n", 2, "value: is not UTF-8");
	expect(H "a,email,\n", 2, "value: missing");
	expect(H ",email,secret@b.c\n", 2, "id: missing");
	expect("id,kind,value,match.plus\na,email,a@b.c,yes\n", 2,
	    "match.plus: true or false is wanted");
	expect("id,kind,value,notify\na,email,a@b.c,sink:a|\n", 2,
	    "notify: is empty");
	expect("id,kind,value,match.kinds\na,domain,b.c,email|x\n", 2,
	    "match.kinds: a list of email, upn, jid");
	expect("\xff\xfei\0d", 1, "not UTF-8");
}

/* A mark that is never closed costs its line, not the rest of the file. */
static void
test_csv_goes_on(void **state)
{
	struct got g = read_text(H "a,email,\"secret@b.c\nb,email,b@b.c\n"
				   "c,email,\"c@\n\nb.c\"\nd,email,d@b.c\n"
				   "e,email,\"secret\nf,email,f@b.c\n");

	(void)state;
	assert_true(g.bad >= 3);
	assert_non_null(strstr((const char *)g.said.p, "2: "));
	assert_non_null(strstr((const char *)g.said.p, "\n8: a quotation mark "
						       "is not closed"));
	assert_int_equal(g.at[g.good - 1], 9);
	assert_string_equal(g.r[g.good - 1].id, "f");
	got_fini(&g);
}

static void
test_limits(void **state)
{
	struct buf b = {0};
	struct got g;

	(void)state;
	buf_str(&b, E("}"));
	while (b.len < LIMIT_RECORD_LINE)
		buf_char(&b, ' ');
	g = read_span(buf_span(&b));
	assert_int_equal(g.good, 1);
	got_fini(&g);
	buf_str(&b, " \n" JANE);
	g = read_span(buf_span(&b));
	assert_int_equal(g.good, 1);
	assert_string_equal(
	    (const char *)g.said.p, "1: the line is longer than 65536 bytes\n");
	got_fini(&g);
	buf_clear(&b);
	buf_str(&b, H "a,email,");
	for (size_t i = 0; i < LIMIT_RECORD_LINE; i++)
		buf_char(&b, 'x');
	buf_str(&b, "@b.c\nb,email,a@b.c\n");
	g = read_span(buf_span(&b));
	assert_int_equal(g.good, 1);
	assert_string_equal(
	    (const char *)g.said.p, "2: the row is longer than 65536 bytes\n");
	got_fini(&g);
	buf_clear(&b);
	buf_str(&b, "{\"id\":");
	for (size_t i = 0; i < LIMIT_RECORD_LINE - 10; i++)
		buf_char(&b, '[');
	g = read_span(buf_span(&b));
	assert_int_equal(g.bad, 1);
	got_fini(&g);
	buf_clear(&b);
	buf_str(&b, "id,kind");
	for (size_t i = 0; i < 100; i++)
		buf_str(&b, ",value");
	g = read_span(buf_span(&b));
	assert_int_equal(g.bad, 1);
	got_fini(&g);
	buf_fini(&b);
	expect("{\"id\":\"a\",\"kind\":\"email\",\"value\":\"a\"}\n", 1, "");
}

static void
test_empty(void **state)
{
	static const char *const texts[] = {
	    "", "\xef\xbb\xbf", "id,kind,value", "id,kind,value\r\n\r\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct got g = read_text(texts[i]);

		assert_int_equal(g.good + g.bad, 0);
		got_fini(&g);
	}
}

/* --- writing ----------------------------------------------------------------
 */

static void
test_written(void **state)
{
	struct got g = read_text(JANE "\n" DOM "\n" MGL);
	struct buf b = {0};

	(void)state;
	record_json(&g.r[0], &b);
	assert_string_equal(buf_cstr(&b),
	    "{\"id\":\"acme/jane\",\"tenant\":\"acme\",\"kind\":\"email\","
	    "\"value\":\"jane.roe@example.com\",\"match\":{\"plus\":true,"
	    "\"gmail_dots\":false},\"consent\":{\"purpose\":\"ct-exposure/1\","
	    "\"method\":\"import\",\"at\":\"2026-11-01T10:00:00.000Z\","
	    "\"evidence\":\"contract 4711\"},\"notify\":["
	    "\"mailto:jane.roe@example.com\",\"sink:soc\"],"
	    "\"expires\":\"2027-11-01T00:00:00.000Z\"}");
	buf_clear(&b);
	for (size_t i = 0; i < 3; i++) {
		record_json(&g.r[i], &b);
		buf_char(&b, '\n');
	}
	got_fini(&g);
	g = read_span(buf_span(&b));
	check_all(&g);
	got_fini(&g);
	buf_fini(&b);
}

/* Text of all sorts: ASCII, marks, other scripts, invisible characters. */
static char *
random_text(uint64_t *seed)
{
	static const uint32_t sorts[] = {'a', 'Z', '"', '\\', ' ', '|', 0xe9,
	    0x3b1, 0x5d0, 0x200d, 0x202e, 0x4e2d, 0x1f600, 0xe0041};
	uint8_t one[4];
	struct buf b = {0};
	char *out;

	for (size_t n = 1 + random_below(seed, 6); n > 0; n--)
		buf_add(&b, one,
		    text_utf8_put(one, sorts[random_below(seed,
					   sizeof(sorts) / sizeof(sorts[0]))]));
	buf_char(&b, 'x');
	out = mem_strn(b.p, b.len);
	buf_fini(&b);
	return out;
}

static void
random_list(struct strings *s, uint64_t *seed)
{
	s->num = random_below(seed, 4);
	s->list = mem_new(s->num, sizeof(*s->list));
	for (size_t i = 0; i < s->num; i++)
		s->list[i] = random_text(seed);
}

static struct record
random_record(uint64_t *seed)
{
	struct record r = {.id = mem_str("a"), .tenant = mem_str("b")};
	struct buf b = {0};
	char *text = random_text(seed);

	r.kind = (enum record_kind)random_below(seed, 3);
	r.subdomains = true;
	if (r.kind == RECORD_NAME) {
		random_list(&r.given, seed);
		random_list(&r.aliases, seed);
		random_list(&r.organizations, seed);
		random_list(&r.localities, seed);
		r.surname.num = 1;
		r.surname.list = mem_new(1, sizeof(*r.surname.list));
		r.surname.list[0] = random_text(seed);
		r.require_qualifier = random_below(seed, 2);
		if (random_below(seed, 2))
			r.identity = mem_str("b/c");
	} else if (r.kind == RECORD_EMAIL) {
		buf_fmt(&b, "\"%s\"@example.com", text);
		r.email_policy = (unsigned)random_below(seed, 4);
	} else {
		buf_str(&b, "example.com");
		r.subdomains = random_below(seed, 2);
		r.kinds = (uint32_t)random_below(seed, 8);
	}
	r.value = b.len ? mem_strn(b.p, b.len) : NULL;
	buf_fini(&b);
	r.evidence = text;
	r.consent_ms = (int64_t)random_below(seed, 4000000000000);
	r.expires_ms = (int64_t)random_below(seed, 4000000000000);
	return r;
}

static void
test_round_trip(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (size_t i = 0; i < 2000; i++) {
		struct record r = random_record(&seed);
		struct buf a = {0}, b = {0};
		struct got g;

		record_json(&r, &a);
		g = read_span(buf_span(&a));
		if (g.good != 1)
			fail_msg("%s%s", buf_cstr(&a), (const char *)g.said.p);
		record_json(&g.r[0], &b);
		assert_string_equal(buf_cstr(&a), buf_cstr(&b));
		assert_int_equal(g.r[0].kinds, r.kinds);
		assert_int_equal(g.r[0].consent_ms, r.consent_ms);
		assert_int_equal(g.r[0].expires_ms, r.expires_ms);
		assert_int_equal(g.r[0].given.num, r.given.num);
		got_fini(&g);
		record_fini(&r);
		buf_fini(&a);
		buf_fini(&b);
	}
}

/* An erased record has no value any more. */
static void
test_written_without_value(void **state)
{
	struct record r = {.id = mem_str("a"),
	    .tenant = mem_str("b"),
	    .kind = RECORD_EMAIL,
	    .state = RECORD_ERASED};
	struct buf b = {0};

	(void)state;
	record_json(&r, &b);
	assert_string_equal(buf_cstr(&b),
	    "{\"id\":\"a\",\"tenant\":\"b\",\"kind\":\"email\",\"match\":"
	    "{\"plus\":false,\"gmail_dots\":false},\"consent\":{},"
	    "\"notify\":[]}");
	buf_fini(&b);
	record_fini(&r);
	record_fini(&r);
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(record_kind_name(RECORD_DOMAIN), "domain");
	assert_string_equal(record_state_name(RECORD_WITHDRAWN), "withdrawn");
	assert_string_equal(record_state_name(RECORD_ERASED), "erased");
	assert_string_equal(record_state_name((enum record_state)99), "?");
}

/* --- many -------------------------------------------------------------------
 */

/* Many lines in one pass; all ids are remembered, no record is. */
static void
test_many(void **state)
{
	const size_t num = 20000;
	struct buf b = {0};
	struct got g;

	(void)state;
	for (size_t i = 0; i < num; i++)
		buf_fmt(&b,
		    "{\"id\":\"u%zu\",\"kind\":\"email\",\"value\":"
		    "\"u%zu@example.com\"}\n",
		    i, i);
	buf_str(&b, ROW("u0", "") ROW("u19999", ""));
	g = read_span(buf_span(&b));
	assert_int_equal(g.good, num);
	assert_int_equal(g.bad, 2);
	assert_non_null(strstr((const char *)g.said.p,
	    "20001: id: u0 of tenant default stands on line 1 already"));
	assert_non_null(strstr((const char *)g.said.p, "on line 20000"));
	for (size_t i = 0; i < 16; i++)
		record_fini(&g.r[i]);
	buf_fini(&g.said);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_csv),
	    cmocka_unit_test(test_csv_quotes),
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_consent),
	    cmocka_unit_test(test_json_mistakes),
	    cmocka_unit_test(test_wide_full_stop),
	    cmocka_unit_test(test_value_mistakes),
	    cmocka_unit_test(test_field_mistakes),
	    cmocka_unit_test(test_ids),
	    cmocka_unit_test(test_duplicates),
	    cmocka_unit_test(test_all_bad_lines),
	    cmocka_unit_test(test_csv_mistakes),
	    cmocka_unit_test(test_csv_goes_on),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_written),
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_written_without_value),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
