/* Tests of ca and request: the directory of CAs, and the letters made with it,
 * as text and as pages. That all languages say the same is looked at in
 * tests/e2e/test_letter.py. */
#include "alerts/request.h"

#include "alerts/advice.h"
#include "alerts/ca.h"
#include "alerts/request_private.h"
#include "tests/unit/support.h"

#define ALERT                                                                  \
	"{\"data\":{\"match\":{\"kind\":\"%s\",\"carrier\":\"%s\"},"           \
	"\"also_exposed\":[\"name\",\"zzz\"],\"certificate\":{"                \
	"\"sha256\":%s,\"serial\":\"04ab\",\"issuer\":\"CN=%s CA 1\","         \
	"\"issuer_organization\":\"%s\","                                      \
	"\"not_before\":\"2026-10-01T00:00:00.000Z\","                         \
	"\"not_after\":\"2026-12-30T23:59:59.000Z\","                          \
	"\"classes\":[\"%s\",\"precert\"]},\"sightings\":["                    \
	"{\"log_name\":\"Example log\",\"index\":7,"                           \
	"\"timestamp\":\"2026-11-20T10:00:00.000Z\"}],"                        \
	"\"permanence\":{\"searchable_at\":[\"https://crt.sh/?q=abcd\"]}}}"

struct sample {
	const char *org, *kind, *carrier, *class, *sha256;
};
static const struct sample mail = {
    "Example Trust", "email", "san.rfc822Name", "smime", "\"abcd\""};

static json_t *
alert(const struct sample *s)
{
	struct buf text = {0};
	json_t *j;

	buf_fmt(&text, ALERT, s->kind, s->carrier, s->sha256, s->org, s->org,
	    s->class);
	j = json_loadb((const char *)text.p, text.len, 0, NULL);
	assert_non_null(j);
	buf_fini(&text);
	return j;
}

static char *
letter(const struct sample *s, const struct request *r)
{
	json_t *j = alert(s);
	struct buf out = {0};

	request_write(&out, r, j);
	buf_cstr(&out);
	json_decref(j);
	return (char *)out.p;
}

static void
says(const char *text, const char *part)
{
	if (strstr(text, part) == NULL) {
		fputs(text, stderr);
		fail_msg("\"%s\" is not in it", part);
	}
}

static void
says_not(const char *text, const char *part)
{
	if (strstr(text, part) != NULL) {
		fputs(text, stderr);
		fail_msg("\"%s\" is in it", part);
	}
}

/* --- the directory ---------------------------------------------------------- */

static const char *
found(const char *org, char id[64])
{
	struct ca *ca = ca_find(org);

	snprintf(id, 64, "%s", ca != NULL ? ca_id(ca) : "none");
	ca_free(ca);
	return id;
}

static void
test_find(void **state)
{
	static const char *const orgs[][2] = {{"Sectigo Limited", "sectigo"},
	    {"COMODO CA Limited", "sectigo"}, {"SSL247 SAS", "sectigo"},
	    {"SSL247", "sectigo"}, {"IdenTrust", "identrust"},
	    {"IdenTrust Services, LLC", "identrust"}, {"IdenTrus", "none"},
	    {"IdenTrust GmbH", "none"}, {"sectigo limited", "none"},
	    {"Sectigo", "none"}, {"Sectigo Limited ", "none"}, {"", "none"},
	    {"S", "none"}, {"Let's Encrypt", "none"}, {"\"value\"", "none"},
	    {"Sectigo\" Limited", "none"}, {"*", "none"}};
	char id[64];

	(void)state;
	for (size_t i = 0; i < sizeof(orgs) / sizeof(orgs[0]); i++)
		assert_string_equal(found(orgs[i][0], id), orgs[i][1]);
	assert_null(ca_find(NULL));
}

static void
test_facts(void **state)
{
	struct ca *ca = ca_find("IdenTrust");
	struct buf out = {0};

	(void)state;
	assert_true(ca_fact(&out, ca, "answer_days"));
	assert_string_equal(buf_cstr(&out), "30");
	assert_false(ca_fact(&out, ca, "privacy_email"));
	assert_false(ca_fact(&out, ca, "privacy_post"));
	assert_string_equal(ca_letter(ca), "identrust");
	assert_string_equal(ca_checked(ca), "2026-11-20");
	buf_clear(&out);
	ca_how_to_write(&out, ca);
	says(buf_cstr(&out), "Write to IdenTrust, Inc. and IdenTrust "
			     "Services, LLC: through its help desk, https://");
	says(buf_cstr(&out), "as its privacy policy says, https://");
	ca_free(ca);
	ca = ca_find("Sectigo Limited");
	buf_clear(&out);
	ca_how_to_write(&out, ca);
	says(buf_cstr(&out), "by post to Sectigo Limited, Attn: Data ");
	ca_free(ca);
	buf_clear(&out);
	ca_how_to_write(&out, NULL);
	assert_string_equal(buf_cstr(&out), alert_ca_unknown);
	buf_fini(&out);
}

/* --- letters ---------------------------------------------------------------- */

/* The lines of a letter that is not a page. */
static void
widths(const char *text)
{
	size_t n, wide;

	for (; *text != '\0'; text += n + 1) {
		n = strcspn(text, "\n");
		assert_true(text[n] == '\n');
		assert_true(n == 0 || text[n - 1] != ' ');
		wide = 0;
		for (size_t i = 0; i < n; i++)
			wide += ((uint8_t)text[i] & 0xc0) != 0x80;
		if (memchr(text, ' ', n) != NULL && wide > 76)
			fail_msg("%zu columns: %.*s", wide, (int)n, text);
	}
}

static void
test_unknown_ca(void **state)
{
	struct request r = {.lang = "en"};
	char *text = letter(&mail, &r);

	(void)state;
	widths(text);
	says(text, "Before you send it\n==================\n\n");
	says(text, "no row of the directory");
	says(text, "1. Open https://crt.sh/?q=abcd and save");
	says(text, "\nExample Trust\n[address, from its privacy policy]\n\n"
		   "[place, date]\n\n");
	says(text, "- Issuer: CN=Example Trust CA 1\n"
		   "- Organisation of the issuer: Example Trust\n"
		   "- Serial number: 04ab\n"
		   "- SHA-256 fingerprint: abcd\n"
		   "- Valid from 2026-10-01 to 2026-12-30\n"
		   "- Kind: e-mail; precertificate\n"
		   "- Published in: Example log, entry 7, 2026-11-20\n");
	says(text, "mine: e-mail address,\nname, zzz.");
	says(text, "- Year of issue: 2026\n");
	says_not(text, "{");
	says_not(text, "\n\n\n");
	free(text);
}

static void
test_identrust(void **state)
{
	struct sample s = mail;
	struct request r = {.lang = "en"};
	char *text;

	(void)state;
	s.org = "IdenTrust";
	text = letter(&s, &r);
	widths(text);
	says(text, "- Full name: [full name]\n"
		   "- E-mail address used for the certificate: [e-mail "
		   "address]\n"
		   "- Physical address used for the certificate: [street, "
		   "postal code, city,\n  country]\n"
		   "- Year in which it was obtained: 2026 [");
	says(text, "another registration\nauthority, write to them: ");
	says(text, "within 30 days");
	says(text, "refuses: to erase data");
	says(text, "[the mail address that the privacy policy names]");
	says_not(text, "@");
	free(text);
}

static void
test_sectigo(void **state)
{
	struct sample s = mail;
	struct request r = {.lang = "de"};
	char *text;

	(void)state;
	s.org = "Sectigo Limited";
	text = letter(&s, &r);
	widths(text);
	says(text, "\nSectigo Limited\nAttn: Data Protection Officer\nUnit 7 & "
		   "9, Listerhills Science Park\n");
	says(text, "https://www.sectigo.com/privacy-portal\n");
	says(text, "- Seriennummer: 04ab\n");
	says(text, "Eintrag 7, 2026-11-20");
	says(text, "E-Mail-Adresse, Name, zzz");
	says(text, "crt.sh");
	free(text);
}

static void
test_report(void **state)
{
	struct sample s = mail;
	struct request r = {.lang = "en", .to = REQUEST_PROBLEM_REPORT};
	char *text = letter(&s, &r);

	(void)state;
	widths(text);
	says(text, "[What is wrong with it, ");
	says(text, "Section 1.5.2");
	free(text);
	s.class = "tls-dv";
	s.org = "Sectigo Limited";
	text = letter(&s, &r);
	says(text, "section 7.1.2.7.12,");
	says(text, "\n\nsslabuse@sectigo.com\nqcabuse@sectigo.com (");
	says_not(text, "[What is wrong with it, ");
	says_not(text, "RFC 5280");
	free(text);
	s.carrier = "subject.emailAddress";
	s.org = "IdenTrust";
	text = letter(&s, &r);
	says(text, "RFC 5280, section 4.1.2.6");
	says(text, "No address for such reports is known here");
	says_not(text, "7.1.2.7.12");
	free(text);
}

/* What an alert does not say is not in the letter, or is said to be unknown. */
static void
test_missing(void **state)
{
	struct request r = {.lang = "en"};
	struct sample s = mail;
	struct buf out = {0};
	json_t *none = json_object();
	char *text;

	(void)state;
	s.sha256 = "null";
	text = letter(&s, &r);
	says_not(text, "fingerprint:");
	free(text);
	request_write(&out, &r, none);
	says(buf_cstr(&out), "- Issuer: not known\n- Kind: not known\n");
	widths(buf_cstr(&out));
	json_decref(none);
	buf_fini(&out);
}

/* Whoever made the certificate does not write the letter. */
static void
test_hostile(void **state)
{
	struct request r = {.lang = "en"};
	struct sample s = mail;
	char *text;

	(void)state;
	s.org = "A\\nB\\u001b[2J<script>alert(1)</script>\\u202e{?x}[y]";
	s.kind = "<img src=x>";
	text = letter(&s, &r);
	widths(text);
	says(text, "\nA\\u{a}B\\u{1b}[2J<script>");
	says_not(text, "\x1b");
	free(text);
	r.html = true;
	text = letter(&s, &r);
	says(text, "A\\u{a}B\\u{1b}[2J&#60;script&#62;");
	says(text, "&#60;img src=x&#62;");
	says_not(text, "<script");
	says_not(text, "<img");
	says_not(text, "\xe2\x80\xae");
	says_not(text, "<b>[2J");
	free(text);
}

static void
test_page(void **state)
{
	struct request r = {.lang = "de", .html = true};
	char *text = letter(&mail, &r);

	(void)state;
	says(text, "<html lang=de>\n");
	says(text, "default-src 'none'; style-src 'sha256-");
	says(text, "<li>Seriennummer: 04ab</li>\n");
	says(text, "<p class=lines>Example Trust<br>\n<b>[Anschrift, ");
	says(text, "<a href=\"https://crt.sh/?q=abcd\">");
	says(text, "</ul>\n<ol>\n<li value=1>");
	says(text, "</p>\n</main>\n</body>\n</html>\n");
	free(text);
}

static void
test_languages(void **state)
{
	(void)state;
	assert_true(request_speaks("en"));
	assert_true(request_speaks("de"));
	assert_false(request_speaks(""));
	assert_false(request_speaks("EN"));
	assert_false(request_speaks("fr"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_find),
	    cmocka_unit_test(test_facts), cmocka_unit_test(test_unknown_ca),
	    cmocka_unit_test(test_identrust), cmocka_unit_test(test_sectigo),
	    cmocka_unit_test(test_report), cmocka_unit_test(test_missing),
	    cmocka_unit_test(test_hostile), cmocka_unit_test(test_page),
	    cmocka_unit_test(test_languages)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
