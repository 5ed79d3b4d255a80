/* cmd_alerts_show: alerts as they are listed and shown, what was muted, and
 * what did not arrive; in words, or as JSON Lines. */
#include <stdio.h>
#include <string.h>

#include "ctlog/base/mem.h"
#include "monitor/cmd.h"
#include "monitor/cmd_alerts.h"
#include "monitor/records_view.h"

/* Items that are asked for at a time. */
#define PAGE "1000"

/* --- lists ------------------------------------------------------------------ */

/* "(acked)": what is said of one beside it. */
static const char *
mark_of(const json_t *marks, const char *id)
{
	const json_t *m;
	size_t i;

	json_array_foreach(marks, i, m)
	{
		if (strcmp(view_text(m, "id"), id) != 0)
			continue;
		return view_text(m, "muted")[0] != '\0' ? " (muted)"
							: " (acked)";
	}
	return "";
}

static void
put_record(const json_t *j, const char *id)
{
	view_line(stdout, view_text(j, "tenant"));
	putchar(' ');
	view_line(stdout, view_text(j, id));
}

static void
alert_row(const struct alerts_args *a, const json_t *alert, const json_t *all)
{
	const json_t *data = json_object_get(alert, "data");
	const char *id = view_text(alert, "id");

	if (a->num == 0)
		printf("%-24s %-8s %-32s TENANT RECORD\n", "TIME", "SEVERITY",
		    "ID");
	printf("%-24s %-8s %-32s ", view_text(alert, "time"),
	    view_text(data, "severity"), id);
	put_record(json_object_get(data, "record"), "id");
	printf("%s\n", mark_of(json_object_get(all, "marks"), id));
}

static void
mute_row(const struct alerts_args *a, const json_t *mute, const json_t *all)
{
	(void)all;
	if (a->num == 0)
		printf(
		    "%-24s %-6s %-32s TENANT RECORD\n", "SINCE", "HOW", "ID");
	printf("%-24s %-6s %-32s ", view_text(mute, "since"),
	    json_is_true(json_object_get(mute, "not_me")) ? "not-me" : "quiet",
	    view_text(mute, "id"));
	put_record(mute, "record");
	putchar('\n');
}

static void
dead_row(const struct alerts_args *a, const json_t *dead, const json_t *all)
{
	const char *error = view_text(dead, "error");

	(void)all;
	if (a->num == 0)
		printf("%-24s %5s %-32s SINK: TENANT RECORD\n", "GIVEN UP",
		    "TRIES", "ID");
	printf("%-24s %5lld %-32s ", view_text(dead, "at"),
	    view_number(dead, "attempts"), view_text(dead, "id"));
	view_line(stdout, view_text(dead, "sink"));
	printf(": ");
	if (view_text(dead, "record")[0] != '\0')
		put_record(dead, "record");
	else
		view_line(stdout, view_text(dead, "what"));
	putchar('\n');
	if (error[0] == '\0')
		return;
	printf("%25s", "");
	view_line(stdout, error);
	putchar('\n');
}

/* What there is to list. */
struct list {
	const char *path, *member, *none;
	void (*row)(const struct alerts_args *, const json_t *, const json_t *);
};

static const struct list *
list_of(const struct alerts_args *a)
{
	static const struct list alerts = {"", "alerts", "alerts", alert_row},
				 dead = {":dead", "dead",
				     "deliveries that were given up", dead_row},
				 mutes = {":mutes", "mutes", "mutes", mute_row};

	if (a->dead)
		return &dead;
	return a->muted ? &mutes : &alerts;
}

static void
rows_say(struct alerts_args *a, const struct list *k, const json_t *answer)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(answer, k->member), i, item)
	{
		if (a->json)
			answer_say(item);
		else
			k->row(a, item, answer);
		a->num++;
	}
}

/* One page; *after is where the next one begins, NULL behind the last. */
static int
page(struct alerts_args *a, const struct list *k, char **after)
{
	struct asking q;
	json_t *answer;
	int rc;

	asking_init(&q, a->c, "GET", ALERTS);
	buf_str(&q.path, k->path);
	asking_param(&q, "tenant", a->tenant);
	asking_param(&q, "record", a->record);
	asking_param(&q, "sink", a->sink);
	asking_param(&q, "open", a->open ? "1" : NULL);
	asking_param(&q, "limit", PAGE);
	asking_param(&q, "after", *after);
	rc = ask(&answer, &q);
	free(*after);
	*after = NULL;
	rows_say(a, k, answer);
	if (view_text(answer, "next")[0] != '\0')
		*after = mem_str(view_text(answer, "next"));
	json_decref(answer);
	return rc;
}

int
alerts_list(struct alerts_args *a)
{
	const struct list *k = list_of(a);
	char *after = NULL;
	int rc;

	do
		rc = page(a, k, &after);
	while (rc == EX_OK && after != NULL);
	if (rc == EX_OK && a->num == 0 && !a->json)
		printf("no %s\n", k->none);
	return rc;
}

/* --- one -------------------------------------------------------------------- */

static void
show_field(const char *name, const char *text)
{
	if (text[0] == '\0')
		return;
	printf("  %-12s ", name);
	view_line(stdout, text);
	putchar('\n');
}

/* A list of words, as "name, phone". */
static void
show_names(const char *name, const json_t *list)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (i == 0)
			printf("  %-12s ", name);
		else
			fputs(", ", stdout);
		view_line(stdout, json_string_value(one));
	}
	if (json_array_size(list) > 0)
		putchar('\n');
}

static void
show_sightings(const json_t *list)
{
	const json_t *s;
	size_t i;

	json_array_foreach(list, i, s)
	{
		printf("  %-12s entry %lld of ", i == 0 ? "seen" : "",
		    view_number(s, "index"));
		view_line(stdout, view_text(s, "log_name"));
		printf(", %s%s\n", view_text(s, "timestamp"),
		    json_is_true(json_object_get(s, "verified"))
			? ", verified"
			: ", not verified");
	}
}

static void
show_deliveries(const json_t *list)
{
	const json_t *d;
	size_t i;

	json_array_foreach(list, i, d)
	{
		const char *at = view_text(d, "at");

		printf("  %-12s ", i == 0 ? "sent" : "");
		view_line(stdout, view_text(d, "sink"));
		printf(": %s%s%s\n", view_text(d, "state"),
		    at[0] != '\0' ? ", " : "", at);
	}
}

static void
show(const json_t *alert, const json_t *state)
{
	const json_t *data = json_object_get(alert, "data");
	const json_t *record = json_object_get(data, "record");
	const json_t *match = json_object_get(data, "match");
	const json_t *cert = json_object_get(data, "certificate");

	printf("%s\n", view_text(alert, "id"));
	show_field("found", view_text(alert, "time"));
	show_field("acked", view_text(state, "acked"));
	show_field("muted", view_text(state, "muted"));
	show_field("tenant", view_text(record, "tenant"));
	show_field("record", view_text(record, "id"));
	show_field("severity", view_text(data, "severity"));
	show_field("value", view_text(match, "value"));
	show_field("in", view_text(match, "carrier"));
	show_names("beside it", json_object_get(data, "also_exposed"));
	show_names("because", json_object_get(match, "reasons"));
	show_field("certificate", view_text(cert, "sha256"));
	show_field("issuer", view_text(cert, "issuer"));
	show_field("valid from", view_text(cert, "not_before"));
	show_field("valid until", view_text(cert, "not_after"));
	show_sightings(json_object_get(data, "sightings"));
	show_deliveries(json_object_get(state, "deliveries"));
}

static int
ask_about(json_t **out, const struct alerts_args *a, const char *more)
{
	struct asking k;

	asking_init(&k, a->c, "GET", ALERTS);
	asking_id(&k, a->ids[0], more);
	asking_param(&k, "tenant", a->tenant);
	return ask(out, &k);
}

int
alerts_ask_one(json_t **out, const struct alerts_args *a)
{
	return ask_about(out, a, "");
}

int
alerts_show(struct alerts_args *a)
{
	json_t *alert, *state = NULL;
	int rc = alerts_ask_one(&alert, a);

	if (rc == EX_OK && a->json)
		answer_say(alert);
	else if (rc == EX_OK)
		rc = ask_about(&state, a, ":state");
	if (state != NULL)
		show(alert, state);
	json_decref(alert);
	json_decref(state);
	return rc;
}
