/*
 * record_draft: a record while it is read, the same for both formats: one
 * table of fields (path, type, who has it, where it goes), values by path,
 * and at the end what no single value can tell. The formats themselves are
 * record_json.c and record_csv.c.
 */
#ifndef MONITOR_PII_RECORD_DRAFT_H
#define MONITOR_PII_RECORD_DRAFT_H

#include "monitor/pii/record.h"
#include "monitor/pii/record_seen.h"

enum field_type {
	FIELD_TEXT,
	FIELD_KIND,
	FIELD_TIME, /* ms since 1970 */
	FIELD_BOOL,
	FIELD_BIT,   /* a bit of email_policy */
	FIELD_LIST,  /* struct strings */
	FIELD_KINDS, /* a list: bits of pii_kind */
};

/* What is wrong with a text and what to write instead; NULL: nothing. */
typedef const char *field_check(struct span text);

struct field {
	const char *path; /* "match.plus" */
	enum field_type type;
	unsigned kinds; /* bits of enum record_kind: who may have it */
	size_t offset;  /* in struct record */
	unsigned bit;   /* FIELD_BIT */
	field_check *check;
};

/* The field of that path; NULL when there is none. */
const struct field *field_find(struct span path);

struct reading {            /* one file */
	const char *tenant; /* of records that name none */
	size_t line_max;    /* bytes of a JSON line */
	record_fn *fn;
	record_bad_fn *bad;
	void *arg;
	struct seen *seen;
	size_t lines_bad;
};

struct draft { /* one record */
	struct reading *in;
	size_t at; /* line */
	struct record r;
	uint64_t given; /* bits by place in the table */
	bool bad;
};

struct draft draft_of(struct reading *in, size_t at);
/* One mistake; the record will not be taken. */
void draft_bad(struct draft *d, const char *fmt, ...) PRINTF(2, 3);

void draft_text(struct draft *d, const struct field *f, struct span text);
void draft_bool(struct draft *d, const struct field *f, bool value);
/* One item of a list; the list itself is given by draft_list. */
void draft_list(struct draft *d, const struct field *f);
void draft_item(struct draft *d, const struct field *f, struct span text);

/* What a value of this field must look like, for messages. */
const char *field_wanted(const struct field *f);

/* Check it as a whole, hand it over or name it bad, and release it. */
void draft_end(struct draft *d);

/* The formats. */
void record_json_read(struct reading *in, struct span file);
void record_csv_read(struct reading *in, struct span file);

#endif
