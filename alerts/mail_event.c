/* mail_event: what a mail says of an operator event; see mail_private.h. */
#include <jansson.h>
#include <string.h>

#include "alerts/mail_private.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/text.h"

/* Bytes of its data that are shown, and of one line of them. */
#define DATA_MAX 8192u
#define LINE_MAX 400u

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

/* Line by line. */
static void
put_lines(struct buf *out, struct span text)
{
	while (text.len > 0 && out->len < DATA_MAX) {
		size_t n = span_chr(text, '\n');

		if (out->len > 0)
			buf_char(out, '\n');
		buf_span_add(
		    out, span_cut(text, 0, n < LINE_MAX ? n : LINE_MAX));
		if (n > LINE_MAX)
			buf_str(out, "\xe2\x80\xa6");
		text = span_from(text, n + 1);
	}
	if (text.len > 0)
		buf_str(out, "\n\xe2\x80\xa6");
}

static void
put_data(struct form_fields *f, struct span data)
{
	json_t *tree = json_loadb((const char *)data.p, data.len, 0, NULL);
	char *text = NULL;

	if (json_object_size(tree) > 0)
		text = json_dumps(tree, JSON_INDENT(2));
	mail_put_own(f, "data", span_str(""));
	if (text != NULL)
		put_lines(&f->list[f->num - 1].value, span_str(text));
	free(text);
	json_decref(tree);
}

void
mail_event(struct mail_body *out, const struct mail *mail)
{
	const struct event *ev = mail->m->ev;
	struct form_fields f = {0};
	char time[TEXT_TIME];

	mail_fill_ends(&f, mail);
	put_word(&f, mail, "title");
	put_word(&f, mail, "what");
	put_word(&f, mail, "todo");
	mail_put(&f, "type", span_str(ev->type));
	mail_put(&f, "subject", span_str(ev->subject));
	mail_put(&f, "time", span_str(text_time(time, ev->time_ms)));
	put_data(&f, ev->data);
	mail_say(out, mail, "event", &f);
	form_fini(&f);
}
