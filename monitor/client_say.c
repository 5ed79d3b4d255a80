/*
 * client_say: what an answer of the admin interface means for a command: exit
 * status and message, out of its problem document.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"
#include "monitor/client_private.h"
#include "monitor/cmd.h"

/* What a command can do about a token that was refused. */
#define NOT_KNOWN                                                              \
	"the service does not take the first plain token of "                  \
	"admin.token_file; when that file has changed, have the service read " \
	"it again: SIGHUP, or systemctl restart indelible"

static int
exit_of(int code, const struct client_call *q)
{
	static const struct {
		int code, exit;
	} exits[] = {{401, EX_NOPERM}, {403, EX_NOPERM}, {404, EX_NOINPUT},
	    {409, EX_USAGE}, {413, EX_DATAERR}, {422, EX_DATAERR},
	    {429, EX_TEMPFAIL}, {500, EX_IOERR}, {501, EX_CONFIG},
	    {502, EX_UNAVAILABLE}, {503, EX_UNAVAILABLE}, {507, EX_IOERR}};

	if (code == 400)
		return q->body.len > 0 ? EX_DATAERR : EX_USAGE;
	for (size_t i = 0; i < sizeof(exits) / sizeof(exits[0]); i++)
		if (exits[i].code == code)
			return exits[i].exit;
	return EX_SOFTWARE;
}

/* A text of the document; "" when it has none. */
static const char *
text_of(json_t *j, const char *key)
{
	const char *text = json_string_value(json_object_get(j, key));

	return text != NULL ? text : "";
}

/* "records.jsonl:3: what", so that an editor finds it. */
static void
say_lines(json_t *problem, const char *file)
{
	json_t *list = json_object_get(problem, "errors"), *x;
	json_int_t total =
	    json_integer_value(json_object_get(problem, "errors_total"));
	size_t i;

	json_array_foreach(list, i, x)
	    fprintf(stderr, "%s:%lld: %s\n", QUOTE(span_str(file)),
		(long long)json_integer_value(json_object_get(x, "line")),
		text_of(x, "what"));
	if (total > (json_int_t)json_array_size(list))
		fprintf(stderr, "%s: %lld more mistakes\n",
		    QUOTE(span_str(file)),
		    (long long)total - (long long)json_array_size(list));
}

int
client_judge(const struct api_answer *a, const struct client_call *q)
{
	const char *file = q->file != NULL ? q->file : "standard input";
	const char *detail;
	json_t *problem;

	if (a->code >= 200 && a->code < 300)
		return EX_OK;
	problem =
	    a->body.len > LIMIT_LOGLIST
		? NULL
		: json_loadb((const char *)a->body.p, a->body.len, 0, NULL);
	say_lines(problem, file);
	detail = a->code == 401 ? NOT_KNOWN : text_of(problem, "detail");
	fprintf(stderr, "indelible: %s%s%s\n",
	    q->file != NULL && a->code == 422 ? QUOTE(span_str(file)) : "",
	    q->file != NULL && a->code == 422 ? ": " : "",
	    detail[0] != '\0' ? detail
			      : "the service gave no answer that is "
				"understood");
	json_decref(problem);
	return exit_of(a->code, q);
}
