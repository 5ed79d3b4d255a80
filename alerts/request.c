/* request: see request.h. Here: what is filled in, out of the alert and the
 * directory of CAs. The form of the letter is in request_form.c. */
#include "alerts/request.h"

#include <string.h>

#include "alerts/ca.h"
#include "alerts/request_private.h"
#include "ctlog/base/err.h"

/* Places that a letter names. */
#define PLACES 5
/* "2026-11-20" of an RFC 3339 time, and its year. */
#define DAY_LEN 10
#define YEAR_LEN 4
/* Bytes that are shown of a foreign name. */
#define NAME_SHOWN 200u
/* Columns of a letter. */
#define WIDTH 76u

/* --- the alert -------------------------------------------------------------- */

static const json_t *
part_of(const json_t *alert, const char *name)
{
	return json_object_get(json_object_get(alert, "data"), name);
}

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

static bool
class_begins(const json_t *cert, const char *start)
{
	const json_t *class;
	size_t i;

	json_array_foreach(json_object_get(cert, "classes"), i, class)
	{
		const char *name = json_string_value(class);

		if (name != NULL && strncmp(name, start, strlen(start)) == 0)
			return true;
	}
	return false;
}

/* --- fields ----------------------------------------------------------------- */

/* At most `len` bytes of a text of the alert. */
static void
put(struct form_fields *f, const char *name, const char *text, size_t len)
{
	buf_add(form_new(f, name), text, strnlen(text, len));
}

static void
put_flag(struct form_fields *f, const char *name, bool yes)
{
	put(f, name, yes ? "yes" : "", SIZE_MAX);
}

/* The words for a list of short names; those for classes have commas. */
static void
add_words(
    struct buf *out, const char *lang, const char *prefix, const json_t *names)
{
	const char *between = strcmp(prefix, "class") == 0 ? "; " : ", ";
	const json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		if (!json_is_string(name))
			continue;
		if (out->len > 0)
			buf_str(out, between);
		buf_span_add(
		    out, request_word(lang, prefix, json_string_value(name)));
	}
}

static void
fill_kinds(struct form_fields *f, const char *lang, const json_t *alert)
{
	struct buf *out = form_new(f, "kinds");
	const char *kind = text_of(part_of(alert, "match"), "kind");

	if (kind[0] != '\0')
		buf_span_add(out, request_word(lang, "kind", kind));
	add_words(out, lang, "kind", part_of(alert, "also_exposed"));
}

/* "LOG, entry 5, 2026-11-20; ...". */
static void
fill_published(struct form_fields *f, const char *lang, const json_t *alert)
{
	struct buf *out = form_new(f, "published");
	const json_t *s;
	size_t i;

	json_array_foreach(part_of(alert, "sightings"), i, s)
	{
		buf_str(out, i > 0 ? "; " : "");
		if (i == PLACES) {
			buf_span_add(out, request_word(lang, NULL, "more"));
			return;
		}
		form_foreign(out, span_str(text_of(s, "log_name")), NAME_SHOWN);
		buf_str(out, ", ");
		buf_span_add(out, request_word(lang, NULL, "entry"));
		buf_fmt(out, " %lld, %.*s",
		    (long long)json_integer_value(json_object_get(s, "index")),
		    DAY_LEN, text_of(s, "timestamp"));
	}
}

static void
fill_cert(struct form_fields *f, const char *lang, const json_t *cert)
{
	form_foreign(form_new(f, "issuer"), span_str(text_of(cert, "issuer")),
	    NAME_SHOWN);
	form_foreign(form_new(f, "issuer_organization"),
	    span_str(text_of(cert, "issuer_organization")), NAME_SHOWN);
	put(f, "serial", text_of(cert, "serial"), SIZE_MAX);
	put(f, "sha256", text_of(cert, "sha256"), SIZE_MAX);
	put(f, "not_before", text_of(cert, "not_before"), DAY_LEN);
	put(f, "not_after", text_of(cert, "not_after"), DAY_LEN);
	put(f, "year", text_of(cert, "not_before"), YEAR_LEN);
	add_words(form_new(f, "classes"), lang, "class",
	    json_object_get(cert, "classes"));
}

/* Which rules are broken, as far as that can be seen from here. */
static void
fill_rules(struct form_fields *f, const json_t *alert)
{
	const char *carrier = text_of(part_of(alert, "match"), "carrier");
	bool tls = class_begins(part_of(alert, "certificate"), "tls") &&
		   strcmp(carrier, "san.rfc822Name") == 0;
	bool dn = strcmp(carrier, "subject.emailAddress") == 0;

	put(f, "carrier", carrier, SIZE_MAX);
	put_flag(f, "tls_mailbox", tls);
	put_flag(f, "dn_mailbox", dn);
	put_flag(f, "rule", tls || dn);
}

static void
fill_search(struct form_fields *f, const json_t *alert)
{
	const json_t *at =
	    json_object_get(part_of(alert, "permanence"), "searchable_at");
	const char *url = json_string_value(json_array_get(at, 0));

	put(f, "search", url != NULL ? url : "https://crt.sh/", SIZE_MAX);
	f->list[f->num - 1].ours = true;
}

/* Fields, and what the directory calls them. */
static const char *const facts[][2] = {
    {"ca", "name"},
    {"web", "privacy_web"},
    {"email", "privacy_email"},
    {"post", "privacy_post"},
    {"support", "support_web"},
    {"report", "report"},
    {"policy", "policy"},
    {"policy_day", "policy_day"},
};

static void
fill_ca(struct form_fields *f, const struct ca *ca)
{
	put_flag(f, "known", ca != NULL);
	put(f, "checked", ca != NULL ? ca_checked(ca) : "", SIZE_MAX);
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		struct buf *out = form_new(f, facts[i][0]);

		f->list[f->num - 1].ours = true;
		if (ca != NULL)
			ca_fact(out, ca, facts[i][1]);
	}
}

static struct ca *
issuer_of(const json_t *alert)
{
	return ca_find(
	    text_of(part_of(alert, "certificate"), "issuer_organization"));
}

/* What is always said has a word where the alert has none. */
static void
fill_gaps(struct form_fields *f, const char *lang)
{
	static const char *const always[] = {
	    "issuer", "classes", "published", "kinds", "carrier"};
	struct span none = request_word(lang, NULL, "not-known");

	for (size_t i = 0; i < f->num; i++)
		for (size_t k = 0; k < sizeof(always) / sizeof(*always); k++)
			if (f->list[i].value.len == 0 &&
			    strcmp(f->list[i].name, always[k]) == 0)
				buf_span_add(&f->list[i].value, none);
}

void
request_fill(
    struct form_fields *out, const struct request *r, const json_t *alert)
{
	struct ca *ca = issuer_of(alert);

	fill_kinds(out, r->lang, alert);
	fill_published(out, r->lang, alert);
	fill_cert(out, r->lang, part_of(alert, "certificate"));
	fill_rules(out, alert);
	fill_search(out, alert);
	fill_ca(out, ca);
	fill_gaps(out, r->lang);
	ca_free(ca);
}

/* --- the letter -------------------------------------------------------------- */

/* Which text it is. */
static const char *
letter_of(const struct request *r, const json_t *alert)
{
	const char *name = NULL, *text;
	struct ca *ca;

	if (r->to == REQUEST_PROBLEM_REPORT)
		return request_text(r->lang, "problem-report");
	ca = issuer_of(alert);
	if (ca != NULL)
		name = ca_letter(ca);
	text = request_text(r->lang, name != NULL ? name : "ca");
	ca_free(ca);
	return text;
}

void
request_write(struct buf *out, const struct request *r, const json_t *alert)
{
	const char *text = letter_of(r, alert);
	struct form_fields f = {0};

	ASSERT(text != NULL);
	request_fill(&f, r, alert);
	if (r->html)
		request_as_page(out, text, &f, r->lang);
	else
		form_as_text(out, text, &f, WIDTH);
	form_fini(&f);
}
