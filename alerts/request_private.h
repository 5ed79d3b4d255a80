/*
 * request_private: what the files of a letter share: its texts and the fields that
 * are filled in. For request*.c, and mail*.c, whose mails bring letters along.
 */
#ifndef ALERTS_REQUEST_PRIVATE_H
#define ALERTS_REQUEST_PRIVATE_H

#include "alerts/form.h"
#include "alerts/request.h"

/* --- texts ----------------------------------------------------------------- */

/* The text of this name in this language; NULL: there is none. */
const char *request_text(const char *lang, const char *name);
/* What words.txt has behind "PREFIX.NAME: " (no prefix: NULL); the name itself
 * when it has nothing. */
struct span request_word(
    const char *lang, const char *prefix, const char *name);

/* --- fields and form -------------------------------------------------------- */

/* Every field that a text may name is added, with or without a value. */
void request_fill(
    struct form_fields *out, const struct request *r, const json_t *alert);

void request_as_page(struct buf *out, const char *text,
    const struct form_fields *f, const char *lang);

#endif
