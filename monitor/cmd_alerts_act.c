/* cmd_alerts_act: what is done about alerts: taken note of, muted, sent again.
 * Each id by itself; what is done already is done. */
#include <stdio.h>

#include "monitor/cmd.h"
#include "monitor/cmd_alerts.h"
#include "monitor/records_view.h"

/* POST, about one of them (NULL: about all). */
static int
act(json_t **out, const struct alerts_args *a, const char *id, const char *verb)
{
	struct asking k;

	asking_init(&k, a->c, "POST", ALERTS);
	if (id != NULL)
		asking_id(&k, id, verb);
	else
		buf_str(&k.path, verb);
	asking_param(&k, "tenant", a->tenant);
	asking_param(&k, "sink", a->sink);
	asking_param(&k, "not_me", a->not_me ? "1" : NULL);
	asking_body(&k, "application/json", span_str("{}"));
	return ask(out, &k);
}

/* All of them, also behind one that is not there; the worst exit status. */
static int
act_each(struct alerts_args *a, const char *verb,
    void (*say)(const struct alerts_args *, const char *, const json_t *))
{
	int all = EX_OK;

	for (size_t i = 0; i < a->num_ids; i++) {
		json_t *answer;
		int rc = act(&answer, a, a->ids[i], verb);

		if (rc == EX_OK)
			say(a, a->ids[i], answer);
		else if (all == EX_OK)
			all = rc;
		json_decref(answer);
	}
	return all;
}

static void
say_acked(const struct alerts_args *a, const char *id, const json_t *answer)
{
	(void)a;
	printf("%s acked: %s\n", id, view_text(answer, "acked"));
}

int
alerts_ack(struct alerts_args *a)
{
	return act_each(a, ":ack", say_acked);
}

static void
say_muted(const struct alerts_args *a, const char *id, const json_t *answer)
{
	printf("%s muted: %s\n", id,
	    a->not_me ? "it is somebody else's, and was erased with all that "
			"say the same; so will be those to come"
		      : "what says the same is kept, and not told");
	printf(
	    "to undo: indelible alerts unmute %s\n", view_text(answer, "id"));
}

int
alerts_mute(struct alerts_args *a)
{
	return act_each(a, ":mute", say_muted);
}

static void
say_unmuted(const struct alerts_args *a, const char *id, const json_t *answer)
{
	(void)a;
	(void)answer;
	printf("%s unmuted: what comes from now on is told\n", id);
}

int
alerts_unmute(struct alerts_args *a)
{
	return act_each(a, ":unmute", say_unmuted);
}

static void
say_resent(const struct alerts_args *a, const char *id, const json_t *answer)
{
	long long num = view_number(answer, "resent");

	(void)a;
	printf("%s%s%lld deliver%s to be made again\n", id != NULL ? id : "",
	    id != NULL ? ": " : "", num, num == 1 ? "y is" : "ies are");
}

int
alerts_resend(struct alerts_args *a)
{
	json_t *answer;
	int rc;

	if (!a->dead)
		return act_each(a, ":resend", say_resent);
	rc = act(&answer, a, NULL, ":resend");
	if (rc == EX_OK)
		say_resent(a, NULL, answer);
	json_decref(answer);
	return rc;
}
