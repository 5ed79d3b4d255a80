/* Tests of mail: its mails as bytes, and what they say. With a directory as an
 * argument the samples are written there instead, as files to look at. */
#include <jansson.h>

#include "alerts/advice.h"
#include "alerts/digest.h"
#include "alerts/mail_private.h"
#include "ctlog/base/mem.h"
#include "tests/unit/support.h"

#define EVIL                                                                   \
	"<b>x</b>&\"'\r\nBcc: evil@example.com\n\n.\n\x1b[31m\xe2\x80\xae"     \
	"{from}--=_words\\ =?utf-8?Q?a?="
#define TOKEN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
#define DAY_MS INT64_C(86400000)
#define NOW_MS INT64_C(1795190000123) /* 20 November 2026 */

/* --- samples ----------------------------------------------------------------- */

#define PACKED                                                                 \
	"{\"form\":1,\"tenant\":\"acme\",\"record\":\"acme/jane\","            \
	"\"record_kind\":\"%s\",\"match\":{\"rule\":\"%s\",\"kind\":\"%s\","   \
	"\"carrier\":\"%s\",\"side\":\"subject\",\"value\":%s,"                \
	"\"score\":85,\"count\":2,\"reasons\":["                               \
	"\"all given names and surnames equal\","                              \
	"\"in a field that holds a name here\",\"organisation equal\","        \
	"\"country equal\"]},\"severity\":%d,\"also\":[\"name\",\"phone\"],"   \
	"\"cert\":{\"sha256\":\"%064x\",\"family\":\"%064x\","                 \
	"\"precert\":true,\"serial\":\"04ab12\",\"issuer\":%s,"                \
	"\"issuer_org\":%s,\"not_before\":1790000000000,"                      \
	"\"not_after\":1797800000000,\"classes\":[\"precert\",\"%s\"]}}"

struct kind {
	const char *record, *rule, *kind, *carrier, *value, *org, *class;
	enum severity severity;
};
static const struct kind address = {"email", "email-strict", "email",
    "san.rfc822Name", "jane.roe@example.com", "Example Trust", "tls-dv",
    SEV_MEDIUM};
static const struct kind name = {"name", "name-full", "name",
    "subject.commonName", "Jane Roe", "Sectigo Limited", "smime-sponsor",
    SEV_HIGH};
static const struct kind domain = {"domain", "domain", "email",
    "subject.emailAddress", "info@example.com", "IdenTrust", "tls-ov", SEV_LOW};
static const struct kind signer = {"email", "email-strict", "email",
    "san.rfc822Name", "jane.roe@example.com", "sigstore.dev", "fulcio",
    SEV_INFO};
static const struct kind wrong = {"email", "email-plus", "email",
    "san.rfc822Name", "jane+x@example.com", "Sectigo Limited", "tls-dv",
    SEV_MEDIUM};
static const struct kind hostile = {
    EVIL, EVIL, EVIL, EVIL, EVIL, EVIL, EVIL, SEV_HIGH};

static char *
quoted(const char *text)
{
	struct buf out = {0};

	text_json(&out, span_str(text));
	buf_cstr(&out);
	return (char *)out.p;
}

/* Between quotation marks that stand there already. */
static char *
inner(const char *text)
{
	char *out = quoted(text);
	size_t len = strlen(out);

	memmove(out, out + 1, len);
	out[len - 2] = '\0';
	return out;
}

static void
sight(struct exposure *x, int n, const char *log, int64_t ms)
{
	x->num_sightings = (size_t)n;
	x->sightings = mem_new((size_t)n, sizeof(*x->sightings));
	for (int i = 0; i < n; i++)
		x->sightings[i] = (struct sighting){.log_name = mem_str(log),
		    .operator_name = mem_str("Example Operator"),
		    .index = 123456789,
		    .timestamp_ms = ms + i,
		    .verified = true};
}

static struct exposure
exposure_of(const struct kind *k, int number)
{
	char *record = inner(k->record), *rule = inner(k->rule),
	     *kind = inner(k->kind), *carrier = inner(k->carrier),
	     *value = quoted(k->value), *org = quoted(k->org),
	     *class = inner(k->class);
	struct buf packed = {0};
	struct exposure x;
	struct err e;

	buf_fmt(&packed, PACKED, record, rule, kind, carrier, value,
	    (int)k->severity, (unsigned)number, (unsigned)number, org, org,
	    class);
	assert_status(exposure_unpack(&x, buf_span(&packed), &e), ST_OK, &e);
	memset(x.id, number, sizeof(x.id));
	x.time_ms = NOW_MS - DAY_MS;
	sight(&x, 2, k == &hostile ? EVIL : "Example Log 2027h1",
	    NOW_MS - (number % 30) * DAY_MS);
	free(record);
	free(rule);
	free(kind);
	free(carrier);
	free(value);
	free(org);
	free(class);
	buf_fini(&packed);
	return x;
}

static char *
written(const struct message *m, const struct conf_sink *conf)
{
	struct conf_sink c = *conf;
	char sink_name[] = "mail", from[] = "ct@watch.example";
	struct parcel p = {0};
	struct sink *s;
	struct err e;
	char *out;

	c.name = sink_name;
	if (c.from == NULL)
		c.from = from;
	assert_status(
	    sink_mail.open(&s, &c, (struct span){NULL, 0}, &e), ST_OK, &e);
	sink_mail.render(s, &p, m);
	sink_mail.close(s);
	out = mem_strn(p.body.p, p.body.len);
	assert_int_equal(strlen(out), p.body.len);
	parcel_fini(&p);
	return out;
}

static struct message
message_of(enum message_kind kind)
{
	struct message m = {.kind = kind,
	    .instance = "watch.example",
	    .now_ms = NOW_MS,
	    .to = "jane.roe@example.com",
	    .public_url = "https://watch.example/ct",
	    .unsubscribe = TOKEN};

	memset(m.id, 7, sizeof(m.id));
	return m;
}

static struct conf_sink
conf_of(const char *lang)
{
	static char langs[][3] = {"en", "de"}, record[] = "record";
	return (struct conf_sink){
	    .lang = langs[strcmp(lang, "de") == 0], .to = record};
}

/* One exposure as a mail to its person. */
static char *
mail_about(const struct kind *k, const char *lang)
{
	struct message m = message_of(MESSAGE_EXPOSURE);
	struct conf_sink conf = conf_of(lang);
	struct exposure x = exposure_of(k, 3);
	char *out;

	m.x = &x;
	out = written(&m, &conf);
	exposure_fini(&x);
	return out;
}

/* Of a signer whose every signature is one, and of others. */
static char *
mail_digest_of(size_t num, const char *lang)
{
	struct exposure *x = mem_new(num, sizeof(*x));
	const struct exposure **list = mem_new(num, sizeof(*list));
	struct message m = message_of(MESSAGE_DIGEST);
	struct conf_sink conf = conf_of(lang);
	char *out;

	for (size_t i = 0; i < num; i++) {
		const struct kind *k = i < num / 2 ? &signer : &domain;
		struct kind other = *k;
		char value[64];

		snprintf(value, sizeof(value), "%c.roe%zu@example.com",
		    (char)('a' + i % 26), i);
		if (i >= num / 2)
			other.value = value;
		x[i] = exposure_of(&other, (int)i);
		list[i] = &x[i];
	}
	x[num - 1].sightings[0].verified = false;
	x[num - 1].sightings[1].verified = false;
	digest_sort(list, num);
	m.list = list;
	m.num_list = num;
	out = written(&m, &conf);
	for (size_t i = 0; i < num; i++)
		exposure_fini(&x[i]);
	free(x);
	free(list);
	return out;
}

static char *
mail_follow_up_of(const char *lang)
{
	struct message m = message_of(MESSAGE_FOLLOW_UP);
	struct conf_sink conf = conf_of(lang);
	struct exposure x = exposure_of(&address, 3);
	char *out;

	m.x = &x;
	m.id[0] = 1;
	out = written(&m, &conf);
	exposure_fini(&x);
	return out;
}

/* To the fixed address of the sink. */
static char *
mail_to_operator(const char *lang)
{
	struct message m = message_of(MESSAGE_EXPOSURE);
	struct conf_sink conf = conf_of(lang);
	struct exposure x = exposure_of(&name, 3);
	char to[] = "privacy@watch.example", *out;

	m.x = &x;
	m.to = "";
	m.unsubscribe = NULL;
	conf.to = to;
	x.sightings[0].verified = x.sightings[1].verified = false;
	out = written(&m, &conf);
	exposure_fini(&x);
	return out;
}

#define EVENT_DATA                                                             \
	"{\"kind\":\"fork\",\"log_name\":\"M\\u00fcller "                      \
	"<b>\\u202e\\u001b[31m\","                                             \
	"\"heads\":[{\"size\":7},{\"size\":8,\"root\":\"a \\r\\nBcc: x\"}]}"

static char *
mail_event_of(const char *type, const char *data, const char *lang)
{
	struct message m = message_of(MESSAGE_EVENT);
	struct conf_sink conf = conf_of(lang);
	struct event ev = {.type = type,
	    .subject = "Example Log <2027h1>",
	    .time_ms = NOW_MS,
	    .data = span_str(data)};
	char to[] = "ops@watch.example", *out;
	struct buf line = {0};

	m.to = NULL;
	m.unsubscribe = NULL;
	conf.to = to;
	m.ev = &ev;
	event_json(&ev, "watch.example", &line);
	m.event = buf_span(&line);
	out = written(&m, &conf);
	buf_fini(&line);
	return out;
}

/* --- reading a mail ---------------------------------------------------------- */

/* Quoted-printable undone, in place. */
static void
unquote(char *s)
{
	char *to = s;
	uint8_t byte;

	for (; *s != '\0'; s++) {
		if (*s == '=' && s[1] == '\n') {
			s++;
		} else if (*s == '=' &&
			   text_unhex(&byte, 1, span_of(s + 1, 2))) {
			*to++ = (char)byte;
			s += 2;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* The content of the part of this type, decoded. */
static char *
part_of(const char *mail, const char *type)
{
	const char *at = strstr(mail, type), *end;
	char *out;

	assert_non_null(at);
	at = strstr(at, "\n\n");
	assert_non_null(at);
	end = strstr(at, "\n--=_");
	assert_non_null(end);
	out = mem_strn((const uint8_t *)at + 2, (size_t)(end - at) - 1);
	unquote(out);
	return out;
}

/* Lines that were made to fit are one again. */
static char *
flat(const char *text)
{
	char *out = mem_strn((const uint8_t *)text, strlen(text)), *to = out;

	for (const char *p = out; *p != '\0'; p++) {
		char c = *p;

		if (c == '\n')
			c = ' ';
		if (c != ' ' || to == out || to[-1] != ' ')
			*to++ = c;
	}
	*to = '\0';
	return out;
}

static void
says(const char *text, const char *part)
{
	char *one = flat(text);

	if (strstr(text, part) == NULL && strstr(one, part) == NULL) {
		fputs(text, stderr);
		fail_msg("\"%s\" is not in it", part);
	}
	free(one);
}

static void
says_not(const char *text, const char *part)
{
	if (strstr(text, part) != NULL) {
		fputs(text, stderr);
		fail_msg("\"%s\" is in it", part);
	}
}

/* --- form ---------------------------------------------------------------------- */

/* All samples of a language. */
#define SAMPLES 12
static void
samples(char *out[SAMPLES], const char *lang)
{
	size_t n = 0;

	out[n++] = mail_about(&address, lang);
	out[n++] = mail_about(&name, lang);
	out[n++] = mail_about(&domain, lang);
	out[n++] = mail_about(&signer, lang);
	out[n++] = mail_about(&wrong, lang);
	out[n++] = mail_about(&hostile, lang);
	out[n++] = mail_digest_of(12, lang);
	out[n++] = mail_digest_of(1000, lang);
	out[n++] = mail_follow_up_of(lang);
	out[n++] = mail_to_operator(lang);
	out[n++] = mail_event_of("canary", "{}", lang);
	out[n++] = mail_event_of("log.misbehaviour", EVENT_DATA, lang);
	assert_int_equal(n, SAMPLES);
}

/* Seven bits, lines that no server cuts, and one place where headers end. */
static void
is_sound(const char *mail)
{
	const char *body = strstr(mail, "\n\n");
	size_t n;

	assert_non_null(body);
	for (const char *p = mail; *p != '\0'; p++)
		assert_true((*p >= ' ' && *p <= '~') || *p == '\n');
	for (const char *p = mail; *p != '\0'; p += n + (p[n] != '\0')) {
		n = strcspn(p, "\n");
		assert_true(n <= (p < body ? 998 : 76));
		if (p < body && n > 76)
			assert_null(memmem(p, n, "=?", 2));
		if (p < body && *p != ' ')
			assert_true(strcspn(p, ":") < strcspn(p, " \n"));
	}
	for (const char *p = mail; (p = strstr(p, "--=_")) != NULL; p++)
		assert_int_equal(p[-1], '\n');
	says_not(mail, "\nBcc:");
	assert_string_equal(mail + strlen(mail) - 3, "--\n");
}

static void
test_sound(void **state)
{
	char *list[SAMPLES];

	(void)state;
	for (int lang = 0; lang < 2; lang++) {
		samples(list, lang == 0 ? "en" : "de");
		for (size_t i = 0; i < SAMPLES; i++) {
			is_sound(list[i]);
			free(list[i]);
		}
	}
}

/* No header has anything of a person or out of a certificate. */
static void
test_headers(void **state)
{
	char *mail = mail_about(&address, "en"), *end;

	(void)state;
	says(mail, "From: ct@watch.example\nTo: jane.roe@example.com\n"
		   "Subject: A finding in the public logs of certificates\n"
		   "Date: Fri, 20 Nov 2026 ");
	says(mail, "\nAuto-Submitted: auto-generated\n"
		   "Content-Language: en\nList-Unsubscribe:\n "
		   "<https://watch.example/ct/unsubscribe?t=" TOKEN ">\n"
		   "List-Unsubscribe-Post: List-Unsubscribe=One-Click\n");
	end = strstr(mail, "\n\n");
	*end = '\0';
	says_not(mail, "Jane");
	says_not(mail, "Trust");
	says_not(mail, "acme");
	says_not(mail, "04ab12");
	free(mail);
	mail = mail_about(&address, "de");
	says(mail, "\nSubject: =?utf-8?B?");
	says(mail, "\nContent-Language: de\n");
	free(mail);
	mail = mail_to_operator("en");
	says(mail, "\nTo: privacy@watch.example\n");
	says_not(mail, "List-Unsubscribe");
	free(mail);
}

static char *
id_of(const char *mail, const char *header)
{
	const char *at = strstr(mail, header);

	assert_non_null(at);
	at = strchr(at, '<');
	return mem_strn((const uint8_t *)at, strcspn(at, "\n"));
}

/* The same on a retry, another for another recipient; what corrects an alert
 * names it. */
static void
test_message_id(void **state)
{
	struct message m = message_of(MESSAGE_EXPOSURE);
	struct conf_sink conf = conf_of("en");
	struct exposure x = exposure_of(&address, 3);
	char *first, *again, *other, *follow, *a, *b, *c, *d;

	(void)state;
	m.x = &x;
	memcpy(m.id, x.id, sizeof(m.id));
	first = written(&m, &conf);
	m.attempt = 3;
	m.now_ms += DAY_MS;
	again = written(&m, &conf);
	m.to = "j.roe@example.com";
	other = written(&m, &conf);
	follow = mail_follow_up_of("en");
	a = id_of(first, "Message-ID:");
	b = id_of(again, "Message-ID:");
	c = id_of(other, "Message-ID:");
	d = id_of(follow, "In-Reply-To:");
	assert_string_equal(a, b);
	assert_string_equal(a, d);
	assert_string_not_equal(a, c);
	says(a, "@watch.example>");
	says(follow, "\nReferences:\n <0303");
	free(first);
	free(again);
	free(other);
	free(follow);
	free(a);
	free(b);
	free(c);
	free(d);
	exposure_fini(&x);
}

/* An address that is not ASCII is the only thing that is not. */
static void
test_utf8_address(void **state)
{
	struct message m = message_of(MESSAGE_EXPOSURE);
	struct conf_sink conf = conf_of("en");
	struct exposure x = exposure_of(&address, 3);
	char *mail, *at;

	(void)state;
	m.x = &x;
	m.to = "j\xc3\xb6rg@example.com\r\nBcc: x@example.com";
	mail = written(&m, &conf);
	at = strstr(mail, "\nTo: j\xc3\xb6rg@example.comBcc: x@example.com\n");
	assert_non_null(at);
	memset(strstr(mail, "\xc3\xb6"), 'o', 2);
	for (const char *p = mail; *p != '\0'; p++)
		assert_true((unsigned char)*p < 0x80);
	free(mail);
	exposure_fini(&x);
}

/* --- words ---------------------------------------------------------------------- */

static void
test_exposure(void **state)
{
	char *mail = mail_about(&address, "en");
	char *text = part_of(mail, "text/plain"),
	     *page = part_of(mail, "text/html");

	(void)state;
	says(text, "A public certificate shows data of yours\n=====");
	says(text, "E-mail address j\xe2\x80\xa6@e\xe2\x80\xa6.com");
	says(text, "in the list of e-mail addresses");
	says(text, "Example Log 2027h1 of Example Operator");
	says(text, "https://crt.sh/?q=");
	says(text, "https://watch.example/ct/unsubscribe?t=" TOKEN);
	says(text, "There is a second way.");
	says(text, "section 1.5.2");
	says_not(text, "jane.roe@example.com");
	says_not(text, "not me");
	says(page, "<a href=\"https://watch.example/ct/unsubscribe?t=");
	says_not(page, "<script");
	says_not(page, "<img");
	says_not(page, "jane.roe@example.com");
	says(mail, "filename=\"letter.txt\"");
	says(mail, "filename=\"report.txt\"");
	free(mail);
	free(text);
	free(page);
}

static void
test_name(void **state)
{
	char *mail = mail_about(&name, "en"),
	     *text = part_of(mail, "text/plain");

	(void)state;
	says(text, "J\xe2\x80\xa6 R\xe2\x80\xa6");
	says(text, "85 of 100 points");
	says(text, "the organisation is the same");
	says(text, "\"not me\"");
	says(text, "https://www.sectigo.com/privacy-portal");
	says_not(text, "Jane");
	free(mail);
	free(text);
	mail = mail_about(&wrong, "en");
	text = part_of(mail, "text/plain");
	says(text, "data whose contact you are, most likely your own");
	says(text, "Reports go to: sslabuse@sectigo.com");
	says(text, "something added behind a plus sign");
	free(mail);
	free(text);
	mail = mail_to_operator("en");
	text = part_of(mail, "text/plain");
	says(text, "the record acme/jane: data of it was found");
	says(text, "Not proven yet");
	says_not(text, "unsubscribe");
	free(mail);
	free(text);
}

/* Foreign text is text, on one line, in each of the forms. */
static void
test_hostile(void **state)
{
	char *mail = mail_about(&hostile, "en");
	char *text = part_of(mail, "text/plain"),
	     *page = part_of(mail, "text/html");
	struct conf_sink conf = conf_of("en");
	struct message m = message_of(MESSAGE_EXPOSURE);
	struct exposure x = exposure_of(&hostile, 1);

	(void)state;
	free(x.sightings[0].log_name);
	x.sightings[0].log_name = mem_str("https://evil.example/log");
	says(text, "<b>x</b>&\"'\\u{d}\\u{a}Bcc:");
	says(text, "\\u{1b}[31m\\u{202e}{from}--=_words");
	says_not(page, "<b>x");
	says(page, "&#60;b&#62;x&#60;/b&#62;&#38;&#34;&#39;\\u{d}\\u{a}Bcc:");
	says_not(text, "\xe2\x80\xae");
	says_not(page, "\xe2\x80\xae");
	free(mail);
	m.x = &x;
	conf.reveal = true;
	mail = written(&m, &conf);
	is_sound(mail);
	says_not(mail, "https://evil");
	free(mail);
	free(text);
	free(page);
	exposure_fini(&x);
}

/* What a stranger can write is no message of ours: it is short, quoted, no link,
 * and whoever reads it is told. */
static void
test_message_in_name(void **state)
{
	static const char *const orgs[] = {
	    "Data deleted for you: https://evil.example/now",
	    "Call +1-900-555-0100", "AG 0900 123 456 789",
	    "write to help@evil.example", "go to evil.example/now",
	    "see www.evil.example"};
	struct kind k = address;
	char message[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(orgs) / sizeof(orgs[0]); i++) {
		char *mail, *text;

		k.org = orgs[i];
		mail = mail_about(&k, i % 2 == 0 ? "en" : "de");
		text = part_of(mail, "text/plain");
		says(text, i % 2 == 0 ? "Take care:" : "Vorsicht:");
		says_not(text, "https://evil");
		free(mail);
		free(text);
	}
	memset(message, 'y', sizeof(message));
	message[sizeof(message) - 1] = '\0';
	k.org = message;
	for (int n = 0; n < 2; n++) {
		char *mail = mail_about(&k, "en");
		char *text = part_of(mail, n ? "text/html" : "text/plain");

		message[101] = '\0';
		says_not(text, message);
		says(text, "y\xe2\x80\xa6\xe2\x80\x9d");
		says(text, "Take care:");
		message[101] = 'y';
		free(mail);
		free(text);
	}
	k.org = "AC Camerfirma SA CIF A82743287, GoDaddy.com, Inc.";
	for (int n = 0; n < 2; n++) {
		char *mail = mail_about(&k, "en");
		char *text = part_of(mail, n ? "text/html" : "text/plain");

		says(text, "\xe2\x80\x9c"
			   "AC Camerfirma");
		says_not(text, "Take care:");
		free(mail);
		free(text);
	}
}

/* Of a certificate that has ended nobody asks that it be revoked. */
static void
test_ended(void **state)
{
	struct message m = message_of(MESSAGE_EXPOSURE);
	struct conf_sink conf = conf_of("en");
	struct exposure x = exposure_of(&address, 3);
	char *mail, *text;

	(void)state;
	m.x = &x;
	x.cert.not_after_ms = x.time_ms - DAY_MS;
	mail = written(&m, &conf);
	text = part_of(mail, "text/plain");
	says(text, "The certificate ended on");
	says_not(text, "There is a second way.");
	says_not(text, "Have the certificate revoked");
	says_not(mail, "report.txt");
	free(mail);
	free(text);
	exposure_fini(&x);
}

static size_t
lines_of(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

/* A thousand findings are counted, not listed. */
static void
test_digest(void **state)
{
	char *mail = mail_digest_of(1000, "en");
	char *text = part_of(mail, "text/plain");

	(void)state;
	says(text, "1,000 findings");
	says(text, "500 certificates with the same data, published from 22 "
		   "October 2026 to ");
	says(text, "485 findings more");
	assert_true(strstr(text, "Of little weight") <
		    strstr(text, "For your information"));
	assert_true(lines_of(text) < 150);
	free(mail);
	free(text);
	mail = mail_digest_of(12, "de");
	text = part_of(mail, "text/plain");
	says(text, "12 Funde");
	says(text, "(noch nicht bewiesen)");
	free(mail);
	free(text);
}

static void
test_follow_up(void **state)
{
	char *mail = mail_follow_up_of("en"),
	     *text = part_of(mail, "text/plain");

	(void)state;
	says(text, "cannot be proven\n====");
	says(text, "19 November 2026");
	says(text, "Number of the finding:\n\n03030303");
	free(mail);
	free(text);
}

/* An event with so many items. */
static char *
many_of(int num)
{
	struct buf data = {0};
	char *mail;

	buf_str(&data, "{\"list\":[1");
	while (--num > 0)
		buf_str(&data, ",1");
	buf_str(&data, "]}");
	mail = mail_event_of("some.thing", buf_cstr(&data), "en");
	buf_fini(&data);
	return mail;
}

static void
test_event(void **state)
{
	char *mail = mail_event_of("log.misbehaviour", EVENT_DATA, "en"), *text;

	(void)state;
	text = part_of(mail, "text/plain");
	says(text, "A log has contradicted itself\n====");
	says(text, "\nkind: fork\n");
	says(text, "\nheads:\n  -\n    size: 7\n");
	says(mail, "filename=\"event.json\"");
	says_not(text, "\xe2\x80\xae");
	says_not(text, "\x1b");
	free(text);
	text = part_of(mail, "text/html");
	says(text, "M\xc3\xbcller &#60;b&#62;\\u{202e}\\u{1b}[31m");
	free(text);
	free(mail);
	mail = many_of(100000);
	text = part_of(mail, "text/plain");
	assert_true(strlen(text) < 20000);
	free(text);
	free(mail);
	mail = mail_event_of("some.thing", "[", "en");
	says(mail, "Subject: Indelible: a message to its operator\n");
	says(mail, "some.thing");
	free(mail);
	mail = mail_event_of("canary", "{}", "en");
	says(mail, "Subject: Indelible: regular test of this sink\n");
	free(mail);
}

/* --- languages -------------------------------------------------------------------- */

/* The next hole of a template, "{name}", behind *at. */
static struct span
hole(const char **at)
{
	const char *from = strchr(*at, '{');

	if (from == NULL)
		return (struct span){NULL, 0};
	*at = from + strcspn(from, "}");
	return span_of(from, (size_t)(*at - from));
}

/* Each hole of a is in b; conditions as often as there. */
static void
has_holes(const char *a, const char *b, const char *what)
{
	struct span one;

	while ((one = hole(&a)).len > 0) {
		char *text = mem_strn(one.p, one.len);

		if (strstr(b, text) == NULL)
			fail_msg("%s: %s} is missing", what, text);
		free(text);
	}
}

static void
has_words(const char *a, const char *lang)
{
	struct span rest = span_str(mail_text(a, "words")), word;

	while (rest.len > 0) {
		struct span line = span_cut(rest, 0, span_chr(rest, '\n'));
		char *key = mem_strn(line.p, line.len);
		size_t n = 0;

		rest = span_from(rest, line.len + 1);
		while (strncmp(key + n, ": ", 2) != 0 && key[n] != '\0')
			n++;
		/* A reason may have a colon of its own. */
		if (strncmp(key, "reason.in the issuer's part", 27) == 0)
			n = strlen(
			    "reason.in the issuer's part: the CA's own data");
		key[n] = '\0';
		if (!mail_word(&word, lang, NULL, key))
			fail_msg("%s: no word for %s", lang, key);
		assert_true(word.len > 0);
		free(key);
	}
}

static void
test_languages(void **state)
{
	static const char *const names[] = {"exposure", "digest",
	    "digest-group", "digest-end", "follow-up", "event", "words"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *en = mail_text("en", names[i]);
		const char *de = mail_text("de", names[i]);

		assert_int_equal(lines_of(en), lines_of(de));
		has_holes(en, de, names[i]);
		has_holes(de, en, names[i]);
	}
	has_words("en", "de");
	has_words("de", "en");
	assert_false(mail_speaks("xx"));
}

/* Each advice and each severity has words. */
static void
test_all_words(void **state)
{
	struct span word;

	(void)state;
	for (size_t i = 0; i < NUM_ADVICES; i++)
		assert_true(mail_word(&word, "en", "advice", advices[i].name));
	for (int i = SEV_INFO; i <= SEV_HIGH; i++) {
		const char *severity = severity_name((enum severity)i);

		assert_true(mail_word(&word, "en", "severity", severity));
		assert_true(mail_word(&word, "en", "head", severity));
	}
}

static void
test_numbers(void **state)
{
	struct buf out = {0};

	(void)state;
	mail_number(&out, "en", 1234567);
	buf_char(&out, ' ');
	mail_number(&out, "de", 1001);
	buf_char(&out, ' ');
	mail_number(&out, "de", 0);
	buf_char(&out, ' ');
	mail_date(&out, "en", NOW_MS);
	buf_char(&out, ' ');
	mail_date(&out, "de", NOW_MS);
	assert_string_equal(buf_cstr(&out),
	    "1,234,567 1.001 0 20 November 2026 20. November 2026");
	buf_fini(&out);
}

/* --- judging ---------------------------------------------------------------------- */

static enum verdict
judged(enum status status, int code)
{
	const struct outcome o = {.status = status, .code = code};
	int64_t retry_ms = 0;

	return sink_mail.judge(NULL, &retry_ms, &o, 0);
}

static void
test_judge(void **state)
{
	(void)state;
	assert_int_equal(judged(ST_OK, 250), SINK_DELIVERED);
	assert_int_equal(judged(ST_OK, 0), SINK_DELIVERED);
	assert_int_equal(judged(ST_OK, 451), SINK_RETRY);
	assert_int_equal(judged(ST_AGAIN, 0), SINK_RETRY);
	assert_int_equal(judged(ST_AGAIN, 535), SINK_RETRY);
	assert_int_equal(judged(ST_OK, 535), SINK_RETRY);
	assert_int_equal(judged(ST_OK, 550), SINK_DEAD);
	assert_int_equal(judged(ST_BAD, 0), SINK_DEAD);
}

/* --- files to look at ---------------------------------------------------------- */

static void
put_file(const char *dir, const char *file, const char *lang, char *mail)
{
	struct buf path = {0};
	FILE *f;

	buf_fmt(&path, "%s/%s.%s.eml", dir, file, lang);
	f = fopen(buf_cstr(&path), "wb");
	assert_non_null(f);
	fputs(mail, f);
	fclose(f);
	free(mail);
	buf_fini(&path);
}

static void
put_files(const char *dir, const char *lang)
{
	put_file(dir, "address", lang, mail_about(&address, lang));
	put_file(dir, "name", lang, mail_about(&name, lang));
	put_file(dir, "domain", lang, mail_about(&domain, lang));
	put_file(dir, "signer", lang, mail_about(&signer, lang));
	put_file(dir, "wrong", lang, mail_about(&wrong, lang));
	put_file(dir, "hostile", lang, mail_about(&hostile, lang));
	put_file(dir, "digest", lang, mail_digest_of(12, lang));
	put_file(dir, "thousand", lang, mail_digest_of(1000, lang));
	put_file(dir, "follow-up", lang, mail_follow_up_of(lang));
	put_file(dir, "operator", lang, mail_to_operator(lang));
	put_file(dir, "canary", lang, mail_event_of("canary", "{}", lang));
	put_file(dir, "event", lang,
	    mail_event_of("log.misbehaviour", EVENT_DATA, lang));
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sound),
	    cmocka_unit_test(test_headers),
	    cmocka_unit_test(test_message_id),
	    cmocka_unit_test(test_utf8_address),
	    cmocka_unit_test(test_exposure),
	    cmocka_unit_test(test_name),
	    cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_message_in_name),
	    cmocka_unit_test(test_ended),
	    cmocka_unit_test(test_digest),
	    cmocka_unit_test(test_follow_up),
	    cmocka_unit_test(test_event),
	    cmocka_unit_test(test_languages),
	    cmocka_unit_test(test_all_words),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_judge),
	};

	if (argc > 1) {
		put_files(argv[1], "en");
		put_files(argv[1], "de");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
