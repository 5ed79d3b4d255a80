/*
 * mail_private: what the files of the mail sink share. For mail*.c.
 *
 * mail.c is the sink and the mail's bytes; mail_texts.c its templates and words
 * by language; mail_exposure.c, mail_digest.c and mail_event.c fill them in,
 * with what others wrote as mail_foreign.c has it; mail_page.c makes HTML of
 * them. Templates: alerts/mail/LANGUAGE/, see form.h.
 */
#ifndef ALERTS_MAIL_PRIVATE_H
#define ALERTS_MAIL_PRIVATE_H

#include "alerts/form.h"
#include "alerts/sink.h"

struct mail {
	const struct message *m;
	const char *lang, *from, *to;
	bool person; /* to: of the record, else the operator's */
	bool reveal;
};

/* --- texts ----------------------------------------------------------------- */

bool mail_speaks(const char *lang);
/* The template of this name in a language that it speaks. */
const char *mail_text(const char *lang, const char *name);
/* What words.txt says; false when it says nothing. */
bool mail_word(
    struct span *out, const char *lang, const char *prefix, const char *name);
/* The same for what every language has. */
struct span mail_own_word(
    const char *lang, const char *prefix, const char *name);

/* As the language writes them. */
void mail_date(struct buf *out, const char *lang, int64_t ms);
void mail_number(struct buf *out, const char *lang, uint64_t n);
/* The word with {NAME} replaced by the value. */
void mail_replace(
    struct buf *out, struct span word, const char *name, struct span value);
/* "one finding", "7 findings". */
void mail_count(
    struct buf *out, const char *lang, const char *prefix, uint64_t n);

/* The page behind which the recipient ends it; the message has its parts. */
void mail_unsubscribe(struct buf *out, const struct message *m);

/* It is rather a message than a name: long, or with an address, or a number to
 * be called. */
bool mail_is_message(struct span name);

/* --- what is filled in ------------------------------------------------------ */

void mail_put(struct form_fields *f, const char *name, struct span value);
/* A value that is not foreign. */
void mail_put_own(struct form_fields *f, const char *name, struct span value);
void mail_put_flag(struct form_fields *f, const char *name, bool yes);

/* What each mail says of itself. */
void mail_fill_ends(struct form_fields *f, const struct mail *mail);
/* What was found, where, and why it is thought to be about them. */
void mail_fill_finding(
    struct form_fields *f, const struct mail *mail, const struct exposure *x);
/* do1 to do8. */
void mail_fill_advice(
    struct form_fields *f, const char *lang, const struct exposure *x);
/* When the first of its logs took it in; INT64_MIN: not known. */
int64_t mail_since(const struct exposure *x);
/* Some log has proven it. */
bool mail_is_proven(const struct exposure *x);
/* It was found by a name, which others may have, too. */
bool mail_is_name(const struct exposure *x);
/* Its issuer's name, which anybody may have written, is rather a message. */
bool mail_is_odd(const struct exposure *x);

/* --- the mail ---------------------------------------------------------------- */

#define MAIL_FILES 2

/* Its two forms, the page without a frame, and what is attached. */
struct mail_body {
	struct buf text, page;
	size_t num_files;
	struct mail_file {
		struct span name;
		const char *type;
		struct buf content;
	} files[MAIL_FILES];
};
/* One file more, to be filled. */
struct buf *mail_attach(
    struct mail_body *out, struct span name, const char *type);
/* The template, filled in, is added to both. */
void mail_say(struct mail_body *out, const struct mail *mail, const char *name,
    const struct form_fields *f);

void mail_exposure(struct mail_body *out, const struct mail *mail);
void mail_follow_up(struct mail_body *out, const struct mail *mail);
void mail_digest(struct mail_body *out, const struct mail *mail);
void mail_event(struct mail_body *out, const struct mail *mail);

void mail_page_add(
    struct buf *out, const char *text, const struct form_fields *f);
void mail_page_frame(
    struct buf *out, const char *lang, struct span title, struct span content);

#endif
