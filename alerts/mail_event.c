/* mail_event: what a mail says of an operator event; see mail_private.h. */
#include <jansson.h>
#include <string.h>

#include "alerts/mail_private.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"

/* Of its data this much is shown: bytes in all, and of one line; levels. */
#define DATA_MAX 6000u
#define LINE_MAX 300u
#define DEPTH_MAX 6u

/* "event.TYPE.title", or that of an event without words. */
static void
put_word(struct form_fields *f, const struct mail *mail, const char *name)
{
	struct buf key = {0};
	struct span word;

	buf_fmt(&key, "%s.%s", mail->m->ev->type, name);
	if (!mail_word(&word, mail->lang, "event", buf_cstr(&key))) {
		buf_clear(&key);
		buf_fmt(&key, "other.%s", name);
		word = mail_own_word(mail->lang, "event", buf_cstr(&key));
	}
	mail_put(f, name, word);
	buf_fini(&key);
}

/* --- data as lines -------------------------------------------------------------- */

/* Escaped it is with the rest of the mail; here it gets to be one line. */
static void
put_line(struct buf *out, const char *text)
{
	size_t len = strnlen(text, LINE_MAX);

	for (size_t i = 0; i < len; i++)
		if (text[i] == '\n')
			buf_str(out, "\xe2\x86\xb5"); /* the key for it */
		else
			buf_char(out, text[i]);
	if (text[len] != '\0')
		buf_str(out, "\xe2\x80\xa6");
}

static void
put_scalar(struct buf *out, const json_t *value)
{
	char *text = NULL;

	buf_char(out, ' ');
	if (json_is_string(value)) {
		put_line(out, json_string_value(value));
		return;
	}
	text = json_dumps(value, JSON_ENCODE_ANY);
	put_line(out, text != NULL ? text : "");
	free(text);
}

static void
put_name(struct buf *out, const char *name, const char *end, size_t depth)
{
	if (out->len > 0)
		buf_char(out, '\n');
	for (size_t i = 0; i < depth; i++)
		buf_str(out, "  ");
	put_line(out, name);
	buf_str(out, end);
}

/* "NAME: VALUE"; what is in an object or list stands below, further right. */
static void
put_value(struct buf *out, json_t *value, size_t depth)
{
	const char *name;
	json_t *one;
	size_t i;

	if (depth > DEPTH_MAX || out->len > DATA_MAX)
		return;
	if (!json_is_object(value) && !json_is_array(value))
		put_scalar(out, value);
	json_array_foreach(value, i, one)
	{
		if (out->len > DATA_MAX)
			return;
		put_name(out, "-", "", depth);
		put_value(out, one, depth + 1);
	}
	json_object_foreach(value, name, one)
	{
		if (out->len > DATA_MAX)
			return;
		put_name(out, name, ":", depth);
		put_value(out, one, depth + 1);
	}
}

/* In short; all of it is attached. */
static void
put_data(struct form_fields *f, struct mail_body *out, const struct message *m)
{
	struct span data = m->ev->data;
	json_t *tree = json_loadb((const char *)data.p, data.len, 0, NULL);
	struct buf lines = {0};

	if (json_object_size(tree) > 0) {
		put_value(&lines, tree, 0);
		buf_span_add(mail_attach(out, span_str("event.json"),
				 "application/json"),
		    m->event);
	}
	if (lines.len > DATA_MAX)
		buf_str(&lines, "\n\xe2\x80\xa6");
	mail_put_own(f, "data", buf_span(&lines));
	buf_fini(&lines);
	json_decref(tree);
}

/* --- the mail --------------------------------------------------------------------- */

static void
put_time(struct form_fields *f, const struct mail *mail)
{
	int64_t ms = mail->m->ev->time_ms;
	struct buf *out = form_new(f, "time");
	char time[TEXT_TIME];

	mail_date(out, mail->lang, ms);
	text_time(time, ms);
	buf_fmt(out, ", %.5s UTC", time + strlen("YYYY-MM-DDT"));
}

void
mail_event(struct mail_body *out, const struct mail *mail)
{
	const struct event *ev = mail->m->ev;
	struct form_fields f = {0};

	mail_fill_ends(&f, mail);
	put_word(&f, mail, "title");
	put_word(&f, mail, "what");
	put_word(&f, mail, "todo");
	mail_put(&f, "type", span_str(ev->type));
	mail_put(&f, "subject", span_str(ev->subject));
	put_time(&f, mail);
	put_data(&f, out, mail->m);
	mail_say(out, mail, "event", &f);
	form_fini(&f);
}
