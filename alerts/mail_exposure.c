/* mail_exposure: what a mail says of an exposure; see mail_private.h. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "alerts/advice.h"
#include "alerts/ca.h"
#include "alerts/mail_private.h"
#include "alerts/request_private.h"
#include "ctlog/base/err.h"
#include "ctlog/base/text.h"

/* Bytes that are shown of a foreign name, and of the value. */
#define NAME_SHOWN 100u
#define VALUE_SHOWN 320u

static bool
is(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

static const char *
or_empty(const char *text)
{
	return text != NULL ? text : "";
}

/* --- putting ----------------------------------------------------------------- */

void
mail_put(struct form_fields *f, const char *name, struct span value)
{
	buf_span_add(form_new(f, name), value);
}

void
mail_put_own(struct form_fields *f, const char *name, struct span value)
{
	mail_put(f, name, value);
	f->list[f->num - 1].ours = true;
}

void
mail_put_flag(struct form_fields *f, const char *name, bool yes)
{
	mail_put(f, name, span_str(yes ? "yes" : ""));
}

static void
put_date(struct form_fields *f, const char *name, const char *lang, int64_t ms)
{
	struct buf *out = form_new(f, name);

	if (ms != INT64_MIN)
		mail_date(out, lang, ms);
}

static void
put_word(struct form_fields *f, const char *field, const char *lang,
    const char *prefix, const char *name)
{
	struct span word = {NULL, 0};

	mail_word(&word, lang, prefix, name);
	mail_put(f, field, word);
}

/* --- ends of each mail --------------------------------------------------------- */

static void
fill_unsubscribe(struct form_fields *f, const struct message *m)
{
	struct buf url = {0};

	if (m->unsubscribe != NULL && m->public_url != NULL)
		mail_unsubscribe(&url, m);
	mail_put_own(f, "unsubscribe", buf_span(&url));
	buf_fini(&url);
}

void
mail_fill_ends(struct form_fields *f, const struct mail *mail)
{
	mail_put(f, "instance", span_str(or_empty(mail->m->instance)));
	mail_put(f, "from", span_str(mail->from));
	mail_put_flag(f, "person", mail->person);
	mail_put_flag(f, "operator", !mail->person);
	mail_put_flag(f, "hidden", !mail->reveal);
	fill_unsubscribe(f, mail->m);
}

/* --- the finding ----------------------------------------------------------------- */

bool
mail_is_name(const struct exposure *x)
{
	return strncmp(or_empty(x->match.rule), "name-", 5) == 0;
}

static void
fill_value(
    struct form_fields *f, const struct mail *mail, const struct exposure *x)
{
	struct span value = span_str(or_empty(x->match.value));
	struct buf *out = form_new(f, "value"), n = {0}, masked = {0};

	if (!mail->reveal) {
		alert_mask(x->match.kind, value, &masked);
		value = buf_span(&masked);
	}
	form_foreign(out, value, VALUE_SHOWN);
	buf_fini(&masked);
	f->list[f->num - 1].strong = true;
	put_word(f, "kind", mail->lang, "kind", or_empty(x->match.kind));
	out = form_new(f, "times");
	if (x->match.count < 2)
		return;
	mail_number(&n, mail->lang, x->match.count);
	buf_char(out, ' ');
	mail_replace(
	    out, mail_own_word(mail->lang, NULL, "times"), "n", buf_span(&n));
	buf_fini(&n);
}

/* The most telling class that it has, by the start of its name. */
static const char *
class_of(const struct exposure *x)
{
	static const char *const order[] = {"fulcio", "tls", "qualified-web",
	    "smime", "code-signing", "document-signing", "qualified-person",
	    "qualified-seal", "qualified", "smartcard", "client", "etsi-person",
	    "mark", "time-stamping", "ocsp", "wallet-access", "ca"};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		for (size_t k = 0; k < x->cert.num_classes; k++)
			if (strncmp(x->cert.classes[k], order[i],
				strlen(order[i])) == 0)
				return order[i];
	return "other";
}

/* "in the e-mail field"; subject.emailAddress */
static void
fill_carrier(struct form_fields *f, const char *lang, const struct exposure *x)
{
	const char *carrier = or_empty(x->match.carrier);
	struct buf *out = form_new(f, "carrier"), place = {0};
	struct span word;

	buf_add(&place, carrier, strcspn(carrier, "."));
	if (!mail_word(&word, lang, "carrier", carrier) &&
	    !mail_word(&word, lang, "place", buf_cstr(&place)))
		word = mail_own_word(lang, "place", "other");
	buf_span_add(out, word);
	mail_put(f, "field", span_str(carrier));
	buf_fini(&place);
}

static void
fill_also(struct form_fields *f, const char *lang, const struct exposure *x)
{
	struct buf *out = form_new(f, "also");
	struct span word, also = mail_own_word(lang, NULL, "and");

	for (size_t i = 0; i < x->num_also; i++) {
		if (!mail_word(&word, lang, "also", x->also[i]))
			continue;
		if (out->len > 0 && i + 1 < x->num_also)
			buf_str(out, ", ");
		else if (out->len > 0)
			buf_fmt(
			    out, " %.*s ", (int)also.len, (const char *)also.p);
		buf_span_add(out, word);
	}
}

static struct span
issuer_name(const struct exposure *x)
{
	const char *org = or_empty(x->cert.issuer_org);

	return span_str(org[0] != '\0' ? org : or_empty(x->cert.issuer));
}

bool
mail_is_odd(const struct exposure *x)
{
	return mail_is_message(issuer_name(x));
}

static void
fill_issuer(struct form_fields *f, const char *lang, const struct exposure *x)
{
	struct span name = issuer_name(x);
	struct buf *out = form_new(f, "issuer_name"), shown = {0};

	form_foreign(&shown, name, NAME_SHOWN);
	if (name.len > 0)
		mail_replace(out, mail_own_word(lang, NULL, "quoted"), "text",
		    buf_span(&shown));
	else
		buf_span_add(out, mail_own_word(lang, NULL, "not-known"));
	mail_put_flag(f, "odd", mail_is_odd(x));
	buf_fini(&shown);
}

static void
fill_valid(
    struct form_fields *f, const struct mail *mail, const struct exposure *x)
{
	int64_t until = x->cert.not_after_ms, now = mail->m->now_ms;
	struct buf from = {0}, to = {0}, half = {0};
	struct buf *out = form_new(f, "valid");

	mail_date(&from, mail->lang, x->cert.not_before_ms);
	mail_date(&to, mail->lang, until);
	mail_replace(&half, mail_own_word(mail->lang, NULL, "from-to"), "from",
	    buf_span(&from));
	mail_replace(out, buf_span(&half), "to", buf_span(&to));
	put_date(f, "until", mail->lang, until);
	mail_put_flag(f, "expired", until != INT64_MIN && until < now);
	mail_put_flag(f, "valid_now", until >= now);
	buf_fini(&from);
	buf_fini(&to);
	buf_fini(&half);
}

int64_t
mail_since(const struct exposure *x)
{
	int64_t first = INT64_MIN;

	for (size_t i = 0; i < x->num_sightings; i++)
		if (i == 0 || x->sightings[i].timestamp_ms < first)
			first = x->sightings[i].timestamp_ms;
	return first;
}

bool
mail_is_proven(const struct exposure *x)
{
	for (size_t i = 0; i < x->num_sightings; i++)
		if (x->sightings[i].verified)
			return true;
	return x->num_sightings == 0;
}

/* "LOG of OPERATOR" */
static void
log_name(struct buf *out, const char *lang, const struct sighting *s)
{
	struct span name = span_str(or_empty(s->log_name));
	struct span who = span_str(or_empty(s->operator_name));
	struct buf log = {0}, by = {0}, half = {0};

	if (name.len == 0)
		name = mail_own_word(lang, NULL, "no-name");
	form_foreign(&log, name, NAME_SHOWN);
	form_foreign(&by, who, NAME_SHOWN);
	mail_replace(&half,
	    who.len > 0 ? mail_own_word(lang, NULL, "operated")
			: span_str("{log}"),
	    "log", buf_span(&log));
	mail_replace(out, buf_span(&half), "operator", buf_span(&by));
	buf_fini(&log);
	buf_fini(&by);
	buf_fini(&half);
}

static void
fill_logs(struct form_fields *f, const char *lang, const struct exposure *x)
{
	static const struct sighting none = {0};
	const struct sighting *s = x->num_sightings > 0 ? x->sightings : &none;
	struct buf *out;

	out = form_new(f, "log");
	if (x->num_sightings > 0)
		log_name(out, lang, s);
	buf_fmt(form_new(f, "index"), "%llu", (unsigned long long)s->index);
	put_date(f, "since", lang, mail_since(x));
	mail_put_flag(f, "unverified", !mail_is_proven(x));
	out = form_new(f, "logs");
	if (x->num_sightings < 2)
		return;
	mail_count(out, lang, "more-logs", x->num_sightings - 1);
}

static void
fill_why(struct form_fields *f, const char *lang, const struct exposure *x)
{
	bool name = mail_is_name(x);
	struct buf *out;
	struct span word;

	put_word(f, "why", lang, "rule", or_empty(x->match.rule));
	out = form_new(f, "reasons");
	for (size_t i = 0; name && i < x->match.num_reasons; i++) {
		if (!mail_word(&word, lang, "reason", x->match.reason[i]))
			continue;
		buf_str(out, out->len > 0 ? "; " : "");
		buf_span_add(out, word);
	}
	buf_fmt(form_new(f, "score"), "%u", x->match.score);
}

/* What may come of it. */
static void
fill_means(struct form_fields *f, const char *lang, const char *kind)
{
	static const char *const names[][2] = {{"email", "address"},
	    {"jid", "address"}, {"upn", "login"}, {"username", "login"},
	    {"account-id", "login"}, {"uri-userinfo", "login"},
	    {"name", "name"}, {"pseudonym", "name"}, {"national-id", "number"},
	    {"birth-date", "number"}, {"phone", "contact"},
	    {"address", "contact"}};
	const char *means = "other";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is(kind, names[i][0]))
			means = names[i][1];
	mail_put(f, "means", mail_own_word(lang, "means", means));
}

/* Who reads it, and what they have to do with it. A record may name others to
 * be told; the address that was found is its reader's own for certain. */
static void
fill_reader(
    struct form_fields *f, const struct mail *mail, const struct exposure *x)
{
	bool domain = is(x->record_kind, "domain"), name = mail_is_name(x);
	bool own = strcasecmp(mail->to, or_empty(x->match.value)) == 0;

	mail_put(f, "record", span_str(or_empty(x->record_id)));
	mail_put_flag(f, "mine", mail->person && !domain && !name && own);
	mail_put_flag(f, "contact", mail->person && !domain && !name && !own);
	mail_put_flag(f, "named", mail->person && !domain && name);
	mail_put_flag(f, "domain", mail->person && domain);
	mail_put_flag(f, "mistaken", name);
}

void
mail_fill_finding(
    struct form_fields *f, const struct mail *mail, const struct exposure *x)
{
	const char *lang = mail->lang;

	fill_reader(f, mail, x);
	fill_value(f, mail, x);
	fill_carrier(f, lang, x);
	mail_put(f, "class", mail_own_word(lang, "class", class_of(x)));
	fill_also(f, lang, x);
	fill_issuer(f, lang, x);
	fill_valid(f, mail, x);
	fill_logs(f, lang, x);
	fill_why(f, lang, x);
	fill_means(f, lang, x->match.kind);
	mail_put(f, "severity",
	    mail_own_word(lang, "severity", severity_name(x->severity)));
	text_hex(form_new(f, "id"), span_of(x->id, sizeof(x->id)));
}

void
mail_fill_advice(
    struct form_fields *f, const char *lang, const struct exposure *x)
{
	static const char *const names[ADVICE_MAX] = {
	    "do1", "do2", "do3", "do4", "do5", "do6", "do7", "do8"};
	const struct advice *advice[ADVICE_MAX];
	size_t num = alert_advice(advice, x);

	for (size_t i = 0; i < ADVICE_MAX; i++) {
		struct buf *out = form_new(f, names[i]);

		if (i < num)
			buf_span_add(out,
			    mail_own_word(lang, "advice", advice[i]->name));
	}
}

/* --- one exposure ------------------------------------------------------------------ */

/* The alert as the letters want it. */
static json_t *
alert_tree(const struct mail *mail)
{
	struct buf text = {0};
	json_t *tree;

	alert_json(mail->m->x, or_empty(mail->m->instance), false, &text);
	tree = json_loadb((const char *)text.p, text.len, 0, NULL);
	ASSERT(tree != NULL); /* our own */
	buf_fini(&text);
	return tree;
}

/* Whose data it is can ask the CA; of a signature by Sigstore there is nobody
 * to ask, and what stands in the CA's own part is the CA's. */
static bool
calls_for_letter(const struct exposure *x)
{
	return !is(x->match.side, "issuer") && !is(class_of(x), "fulcio");
}

/* The rules of web certificates forbid an address there; what has ended is not
 * revoked any more. */
static bool
calls_for_report(const struct exposure *x, int64_t now_ms)
{
	return calls_for_letter(x) && is(class_of(x), "tls") &&
	       x->cert.not_after_ms >= now_ms &&
	       is(x->match.carrier, "san.rfc822Name");
}

/* The day on which the directory's facts were looked up, for people. */
static void
fill_checked(struct form_fields *f, const char *lang, const struct exposure *x)
{
	struct buf *out = form_new(f, "checked");
	struct ca *ca = ca_find(x->cert.issuer_org);
	int64_t ms;

	if (ca != NULL && text_untime(&ms, span_str(ca_checked(ca))))
		mail_date(out, lang, ms);
	ca_free(ca);
}

static void
fill_letters(
    struct form_fields *f, const struct mail *mail, const struct exposure *x)
{
	mail_put(f, "letter",
	    calls_for_letter(x) ? mail_own_word(mail->lang, NULL, "letter")
				: span_str(""));
	mail_put_flag(f, "reportable", calls_for_report(x, mail->m->now_ms));
	mail_put(f, "report_file", mail_own_word(mail->lang, NULL, "report"));
	mail_put_flag(f, "fulcio", is(class_of(x), "fulcio"));
	fill_checked(f, mail->lang, x);
}

static void
add_letter(struct mail_body *out, const struct mail *mail, const char *name,
    enum request_to to, const json_t *alert)
{
	const struct request r = {.to = to, .lang = mail->lang};

	request_write(mail_attach(out, mail_own_word(mail->lang, NULL, name),
			  "text/plain"),
	    &r, alert);
}

void
mail_exposure(struct mail_body *out, const struct mail *mail)
{
	const struct request r = {.to = REQUEST_CA, .lang = mail->lang};
	const struct exposure *x = mail->m->x;
	struct form_fields f = {0};
	json_t *alert = alert_tree(mail);

	mail_fill_ends(&f, mail);
	mail_fill_finding(&f, mail, x);
	mail_fill_advice(&f, mail->lang, x);
	fill_letters(&f, mail, x);
	request_fill(&f, &r, alert);
	mail_say(out, mail, "exposure", &f);
	if (calls_for_letter(x))
		add_letter(out, mail, "letter", REQUEST_CA, alert);
	if (calls_for_report(x, mail->m->now_ms))
		add_letter(out, mail, "report", REQUEST_PROBLEM_REPORT, alert);
	json_decref(alert);
	form_fini(&f);
}

void
mail_follow_up(struct mail_body *out, const struct mail *mail)
{
	const struct exposure *x = mail->m->x;
	struct form_fields f = {0};

	mail_fill_ends(&f, mail);
	mail_fill_finding(&f, mail, x);
	put_date(&f, "told", mail->lang, x->time_ms);
	if (x->cert.has_sha256)
		text_hex(form_new(&f, "sha256"), span_of(x->cert.sha256, 32));
	else
		form_new(&f, "sha256");
	mail_say(out, mail, "follow-up", &f);
	form_fini(&f);
}
