/* records_view: see records_view.h. */
#include "monitor/records_view.h"

#include <string.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"

#define TEXT_MAX 400

const char *
view_text(const json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));

	return text != NULL ? text : "";
}

bool
view_bytes(struct buf *out, const json_t *j, const char *key)
{
	struct span text = span_str(view_text(j, key));
	ssize_t n = text_unbase64(buf_room(out, text.len + 4), text);

	if (n <= 0)
		return false;
	out->len += (size_t)n;
	return true;
}

long long
view_number(const json_t *j, const char *key)
{
	return json_integer_value(json_object_get(j, key));
}

void
view_line(FILE *out, const char *text)
{
	struct buf b = {0};

	text_line(&b, span_str(text), TEXT_MAX);
	fwrite(b.p, 1, b.len, out);
	buf_fini(&b);
}

/* --- imports --------------------------------------------------------------- */

void
view_warnings(const json_t *answer, const char *file)
{
	json_t *list = json_object_get(answer, "warnings"), *w;
	long long more = view_number(answer, "warnings_total") -
			 (long long)json_array_size(list);
	size_t i;

	json_array_foreach(list, i, w)
	{
		fprintf(stderr, "%s:%lld: warning: ", QUOTE(span_str(file)),
		    view_number(w, "line"));
		view_line(stderr, view_text(w, "what"));
		fputc('\n', stderr);
	}
	if (more > 0)
		fprintf(stderr, "%s: warning: %lld more warnings\n",
		    QUOTE(span_str(file)), more);
}

void
view_import(const json_t *answer)
{
	long long added = view_number(answer, "added"),
		  updated = view_number(answer, "updated"),
		  active = view_number(answer, "active");
	const char *from = view_text(answer, "watched_from");

	if (added + updated == 0) {
		printf("imported nothing: there is no record in it; what the "
		       "store has is as before\n");
		return;
	}
	printf("imported %lld record%s: %lld new, %lld updated; %lld active, "
	       "%lld pending\n",
	    added + updated, added + updated == 1 ? "" : "s", added, updated,
	    active, view_number(answer, "pending"));
	if (active == 0)
		printf("no record of these is active: nothing will be matched "
		       "for them\n");
	else
		printf("active ones are watched from %s on, while `indelible "
		       "monitor`\nruns; %s\n",
		    from, view_text(answer, "backfill"));
}

/* --- lists ----------------------------------------------------------------- */

void
view_list_head(bool reveal)
{
	printf("%-10s %-7s TENANT ID%s\n", "STATE", "KIND",
	    reveal ? " VALUE" : "");
}

/* An address, a domain, or a name with its parts. */
static void
view_value(const json_t *value)
{
	static const char *const parts[] = {"given", "surname", "aliases"};
	bool any = false;

	if (json_is_string(value)) {
		view_line(stdout, json_string_value(value));
		return;
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		const json_t *list = json_object_get(value, parts[i]), *word;
		size_t k;

		json_array_foreach(list, k, word)
		{
			printf("%s", any ? i == 2 ? ", " : " " : "");
			view_line(stdout, json_string_value(word));
			any = true;
		}
	}
}

void
view_list_row(const json_t *record, bool reveal)
{
	printf("%-10s %-7s ", view_text(record, "state"),
	    view_text(record, "kind"));
	view_line(stdout, view_text(record, "tenant"));
	putchar(' ');
	view_line(stdout, view_text(record, "id"));
	if (reveal) {
		putchar(' ');
		view_value(json_object_get(
		    json_object_get(record, "record"), "value"));
	}
	putchar('\n');
}

/* --- one record ------------------------------------------------------------ */

static void
view_field(const json_t *record, const char *key, const char *name)
{
	const char *text = view_text(record, key);

	if (text[0] == '\0')
		return;
	printf("  %-14s ", name);
	view_line(stdout, text);
	putchar('\n');
}

static void
view_consent(const json_t *consent, bool of_identity)
{
	if (!json_is_true(json_object_get(consent, "complete"))) {
		printf("  %-14s %s\n", "consent",
		    of_identity ? "that of its identity" : "not complete");
		return;
	}
	printf("  %-14s ", "consent");
	view_line(stdout, view_text(consent, "purpose"));
	printf(", by ");
	view_line(stdout, view_text(consent, "method"));
	printf(", at %s\n", view_text(consent, "at"));
}

static void
view_coverage(const json_t *list)
{
	const json_t *c;
	size_t i;

	json_array_foreach(list, i, c)
	{
		long long from = view_number(c, "from"),
			  to = view_number(c, "to"),
			  proven = view_number(c, "proven");

		printf("  %-14s [%lld, %lld) of ", i == 0 ? "checked" : "",
		    from, to);
		view_line(stdout, view_text(c, "log_name"));
		if (proven < to && proven > from)
			printf(", proven [%lld, %lld)", from, proven);
		else if (proven < to)
			printf(", not proven");
		putchar('\n');
	}
}

static void
view_next(const json_t *next)
{
	if (!json_is_object(next))
		return;
	printf("  %-14s ", "next");
	view_line(stdout, view_text(next, "say"));
	putchar('\n');
	if (view_text(next, "name")[0] == '\0')
		return;
	printf("  %-14s ", "");
	view_line(stdout, view_text(next, "name"));
	printf(" TXT \"");
	view_line(stdout, view_text(next, "value"));
	printf("\"\n");
}

static void
view_shown_value(const json_t *record)
{
	const json_t *open = json_object_get(record, "record");
	const json_t *value =
	    json_object_get(open != NULL ? open : record, "value");

	if (value == NULL || json_is_null(value))
		return;
	printf("  %-14s ", "value");
	view_value(value);
	putchar('\n');
}

/* What is still held of one that has ended, and how that ends, too. */
static void
view_held(const json_t *record)
{
	const char *state = view_text(record, "state");

	if (strcmp(state, "withdrawn") == 0 || strcmp(state, "expired") == 0)
		printf("  %-14s the record, and what was found (for "
		       "retention.hits),\n  %-14s until `indelible records "
		       "erase`\n",
		    "still held", "");
}

void
view_record(const json_t *record)
{
	view_line(stdout, view_text(record, "id"));
	putchar('\n');
	view_field(record, "tenant", "tenant");
	view_field(record, "kind", "kind");
	view_field(record, "state", "state");
	view_shown_value(record);
	view_field(record, "identity", "identity");
	view_field(record, "created", "created");
	view_field(record, "changed", "changed");
	view_field(record, "watched_since", "watched since");
	view_field(record, "expires", "expires");
	if (json_is_object(json_object_get(record, "consent")))
		view_consent(json_object_get(record, "consent"),
		    view_text(record, "identity")[0] != '\0');
	view_coverage(json_object_get(record, "coverage"));
	view_field(record, "backfill", "before that");
	view_held(record);
	view_next(json_object_get(record, "next"));
}

void
view_change(const json_t *record)
{
	view_line(stdout, view_text(record, "id"));
	printf(" is %s\n", view_text(record, "state"));
	view_field(record, "watched_since", "watched since");
	view_field(record, "backfill", "before that");
	view_held(record);
	view_next(json_object_get(record, "next"));
}
