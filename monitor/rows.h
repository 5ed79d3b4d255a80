/*
 * rows: which row of the store each record of a match index is. Rows mostly
 * follow one another, so runs of them are kept and not each.
 */
#ifndef MONITOR_ROWS_H
#define MONITOR_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct row_run {
	int64_t row;
	uint32_t no; /* of the first record of the run */
};
struct rows { /* all zero: empty */
	uint32_t num;
	size_t num_runs, cap_runs;
	struct row_run *runs;
};

/* The next record's row. */
void rows_add(struct rows *r, int64_t row);
/* -1: there is no such record. */
int64_t rows_get(const struct rows *r, uint32_t no);
/* The record in this row; false: none. For rows that were added in ascending
 * order. */
bool rows_find(const struct rows *r, int64_t row, uint32_t *no);
void rows_fini(struct rows *r);

#endif
