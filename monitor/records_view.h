/*
 * records_view: answers of the admin interface about records, in words for
 * people. Text of others goes through text_line().
 */
#ifndef MONITOR_RECORDS_VIEW_H
#define MONITOR_RECORDS_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "ctlog/base/buf.h"

/* A member's text; "" when it is not there, or no text. */
const char *view_text(const json_t *j, const char *key);
/* A member that is base64, appended; false: it is none, or empty. */
bool view_bytes(struct buf *out, const json_t *j, const char *key);
long long view_number(const json_t *j, const char *key);
/* One safe line, cut to the columns that a list has for it. */
void view_line(FILE *out, const char *text);

/* What an import has done; warnings, with the name of the file, to stderr. */
void view_import(const json_t *answer);
void view_warnings(const json_t *answer, const char *file);

void view_list_head(bool reveal);
void view_list_row(const json_t *record, bool reveal);

/* All of a record, in lines; what is to be done next. */
void view_record(const json_t *record);
/* What it has become, in one line, and what is to be done next. */
void view_change(const json_t *record);

#endif
