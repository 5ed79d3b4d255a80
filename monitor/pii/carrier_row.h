/*
 * carrier_row: one line of carriers.tsv, taken apart and checked. What the
 * columns mean is told at the head of that file. The index over the lines is in
 * carrier.c.
 */
#ifndef MONITOR_PII_CARRIER_ROW_H
#define MONITOR_PII_CARRIER_ROW_H

#include "monitor/pii/carrier.h"

enum carrier_table {
	TABLE_ATTR,
	TABLE_OTHER,
	TABLE_EXT,
	TABLE_CLASS,
	TABLE_TEMPLATE,
	TABLES
};

#define CARRIER_KEY 20
#define CARRIER_TEXT 80

struct carrier_row {
	enum carrier_table table;
	/* Contents octets; of a pattern those before the star, and the last
	 * arc, of one octet. Of a template its name. */
	uint8_t key_len, key[CARRIER_KEY];
	bool pattern;
	unsigned how; /* enum how, enum ext_how, enum cert_class */
	bool has_kind;
	enum pii_kind kind;
	bool issuer;
	struct span label, note; /* of the line */
};

/* ST_BAD and `e` when there is a mistake in the line. */
enum status carrier_row_read(
    struct carrier_row *out, struct span line, struct err *e);

#endif
