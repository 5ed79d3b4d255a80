/*
 * mail: alerts as mails for people: a text, the same as a page, and with one
 * exposure letters to be sent on. Here: the sink, headers and parts; the words
 * are in the other mail_*.c and alerts/mail. No header says anything of a
 * person or out of a certificate.
 */
#include <openssl/evp.h>
#include <string.h>

#include "alerts/mail_private.h"
#include "alerts/mime.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"

/* Columns of its text. */
#define WIDTH 72u

struct sink {
	char *lang, *from, *to; /* to: "" when records know */
	bool reveal;
};

static enum status
mail_open(struct sink **out, const struct conf_sink *conf, struct span secret,
    struct err *e)
{
	const char *lang = conf->lang != NULL ? conf->lang : "en";
	bool fixed = conf->to != NULL && strcmp(conf->to, "record") != 0;
	struct sink *s;

	(void)secret; /* the carrier's */
	if (!mail_speaks(lang))
		return err_set(
		    e, ST_BAD, "sink %s: no mails in '%s'", conf->name, lang);
	s = NEW(struct sink);
	s->lang = mem_str(lang);
	s->from = mem_str(conf->from);
	s->to = mem_str(fixed ? conf->to : "");
	s->reveal = conf->reveal;
	*out = s;
	return ST_OK;
}

static void
mail_close(struct sink *s)
{
	if (s == NULL)
		return;
	free(s->lang);
	free(s->from);
	free(s->to);
	free(s);
}

/* --- headers ----------------------------------------------------------------- */

/* The same on every retry, and for each recipient another. */
static void
put_id(struct buf *out, const struct mail *mail, const uint8_t id[16])
{
	const char *at = strrchr(mail->from, '@');
	uint8_t digest[EVP_MAX_MD_SIZE];
	struct buf whole = {0};

	buf_add(&whole, id, 16);
	buf_str(&whole, mail->to);
	ASSERT(
	    EVP_Digest(whole.p, whole.len, digest, NULL, EVP_sha256(), NULL));
	buf_char(out, '<');
	text_hex(out, span_of(id, 16));
	buf_char(out, '.');
	text_hex(out, span_of(digest, 6));
	buf_fmt(out, "@%s>", at != NULL ? at + 1 : "localhost.invalid");
	buf_fini(&whole);
}

static struct span
subject_of(const struct mail *mail)
{
	static const char *const names[] = {[MESSAGE_EXPOSURE] = "exposure",
	    [MESSAGE_DIGEST] = "digest",
	    [MESSAGE_FOLLOW_UP] = "follow-up",
	    [MESSAGE_EVENT] = "event"};
	const struct message *m = mail->m;
	const char *name = names[m->kind];

	if (m->kind == MESSAGE_EVENT && strcmp(m->ev->type, "canary") == 0)
		name = "canary";
	return mail_own_word(mail->lang, "subject", name);
}

void
mail_unsubscribe(struct buf *out, const struct message *m)
{
	size_t len = strlen(m->public_url);
	bool slash = len > 0 && m->public_url[len - 1] == '/';

	buf_fmt(out, "%s%sunsubscribe?t=%s", m->public_url, slash ? "" : "/",
	    m->unsubscribe);
}

static void
put_unsubscribe(struct buf *out, const struct message *m)
{
	if (m->unsubscribe == NULL || m->public_url == NULL)
		return;
	buf_str(out, "List-Unsubscribe:\n <");
	mail_unsubscribe(out, m);
	buf_str(out, ">\n"
		     "List-Unsubscribe-Post: List-Unsubscribe=One-Click\n");
}

static void
put_headers(struct buf *out, const struct mail *mail)
{
	const struct message *m = mail->m;
	struct buf subject = {0};

	buf_span_add(&subject, subject_of(mail));
	mime_address(out, "From", mail->from);
	mime_address(out, "To",
	    mail->to[0] != '\0' ? mail->to : "undisclosed-recipients:;");
	mime_text(out, "Subject", buf_cstr(&subject));
	mime_date(out, m->now_ms);
	buf_str(out, "Message-ID:\n ");
	put_id(out, mail, m->id);
	if (m->kind == MESSAGE_FOLLOW_UP) {
		buf_str(out, "\nIn-Reply-To:\n ");
		put_id(out, mail, m->x->id);
		buf_str(out, "\nReferences:\n ");
		put_id(out, mail, m->x->id);
	}
	buf_fmt(out,
	    "\nAuto-Submitted: auto-generated\n"
	    "Content-Language: %s\n",
	    mail->lang);
	put_unsubscribe(out, m);
	buf_str(out, "MIME-Version: 1.0\n");
	buf_fini(&subject);
}

/* --- parts --------------------------------------------------------------------- */

static void
put_part(struct buf *out, const char *boundary, const char *type,
    struct span content)
{
	buf_fmt(out,
	    "--=_%s\nContent-Type: %s; charset=utf-8\n"
	    "Content-Transfer-Encoding: quoted-printable\n\n",
	    boundary, type);
	mime_quoted(out, content);
}

static void
put_forms(
    struct buf *out, const struct mail *mail, const struct mail_body *body)
{
	struct buf page = {0};

	mail_page_frame(
	    &page, mail->lang, subject_of(mail), buf_span(&body->page));
	buf_str(out, "Content-Type: multipart/alternative;\n"
		     " boundary=\"=_words\"\n\n");
	put_part(out, "words", "text/plain", buf_span(&body->text));
	put_part(out, "words", "text/html", buf_span(&page));
	buf_str(out, "--=_words--\n");
	buf_fini(&page);
}

static void
put_file(struct buf *out, const struct mail_file *file)
{
	buf_fmt(out,
	    "--=_all\nContent-Type: %s; charset=utf-8\n"
	    "Content-Transfer-Encoding: quoted-printable\n"
	    "Content-Disposition: attachment; filename=\"%.*s\"\n\n",
	    file->type, (int)file->name.len, (const char *)file->name.p);
	mime_quoted(out, buf_span(&file->content));
	if (out->p[out->len - 1] != '\n')
		buf_char(out, '\n');
}

static void
put_parts(
    struct buf *out, const struct mail *mail, const struct mail_body *body)
{
	if (body->num_files == 0) {
		put_forms(out, mail, body);
		return;
	}
	buf_str(out, "Content-Type: multipart/mixed;\n"
		     " boundary=\"=_all\"\n\n--=_all\n");
	put_forms(out, mail, body);
	for (size_t i = 0; i < body->num_files; i++)
		put_file(out, &body->files[i]);
	buf_str(out, "--=_all--\n");
}

/* --- the sink -------------------------------------------------------------------- */

struct buf *
mail_attach(struct mail_body *out, struct span name, const char *type)
{
	struct mail_file *file = &out->files[out->num_files++];

	ASSERT(out->num_files <= MAIL_FILES);
	file->name = name;
	file->type = type;
	return &file->content;
}

static void
body_fini(struct mail_body *body)
{
	buf_fini(&body->text);
	buf_fini(&body->page);
	for (size_t i = 0; i < body->num_files; i++)
		buf_fini(&body->files[i].content);
}

void
mail_say(struct mail_body *out, const struct mail *mail, const char *name,
    const struct form_fields *f)
{
	const char *text = mail_text(mail->lang, name);

	form_as_text(&out->text, text, f, WIDTH);
	mail_page_add(&out->page, text, f);
}

static void
write_body(struct mail_body *out, const struct mail *mail)
{
	switch (mail->m->kind) {
	case MESSAGE_EXPOSURE:
		mail_exposure(out, mail);
		return;
	case MESSAGE_DIGEST:
		mail_digest(out, mail);
		return;
	case MESSAGE_FOLLOW_UP:
		mail_follow_up(out, mail);
		return;
	case MESSAGE_EVENT:
		mail_event(out, mail);
		return;
	}
}

static void
mail_render(struct sink *s, struct parcel *out, const struct message *m)
{
	bool person = m->to != NULL && m->to[0] != '\0';
	struct mail mail = {.m = m,
	    .lang = s->lang,
	    .from = s->from,
	    .to = person ? m->to : s->to,
	    .person = person,
	    .reveal = s->reveal};
	struct mail_body body = {0};

	/* A canary writes to nobody: without a mail the server is asked
	 * whether it would take one. */
	if (m->kind == MESSAGE_EVENT && mail.to[0] == '\0')
		return;
	buf_str(&out->to, mail.to);
	write_body(&body, &mail);
	put_headers(&out->body, &mail);
	put_parts(&out->body, &mail, &body);
	body_fini(&body);
}

/* That the server does not take our own word: somebody can put that right. */
static bool
is_login(int code)
{
	return code == 530 || code == 534 || code == 535 || code == 538;
}

static enum verdict
mail_judge(struct sink *s, int64_t *retry_ms, const struct outcome *o,
    unsigned attempt)
{
	bool refused = o->code >= 500 && o->code <= 599 && !is_login(o->code);

	(void)s;
	if (o->status == ST_OK && (o->code == 0 || o->code / 100 == 2))
		return SINK_DELIVERED;
	if (o->status == ST_BAD || (o->status == ST_OK && refused))
		return SINK_DEAD;
	return sink_again(retry_ms, o, attempt);
}

const struct sink_api sink_mail = {
    .name = "mail",
    .kind = PARCEL_MAIL,
    .open = mail_open,
    .close = mail_close,
    .render = mail_render,
    .judge = mail_judge,
};
