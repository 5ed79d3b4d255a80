/* rows: see rows.h. */
#include "monitor/rows.h"

#include <stdlib.h>

#include "ctlog/base/err.h"
#include "ctlog/base/mem.h"

/* The row behind the last one of run i. */
static int64_t
run_end(const struct rows *r, size_t i)
{
	uint32_t next = i + 1 < r->num_runs ? r->runs[i + 1].no : r->num;

	return r->runs[i].row + (next - r->runs[i].no);
}

void
rows_add(struct rows *r, int64_t row)
{
	ASSERT(r->num < UINT32_MAX);
	if (r->num_runs == 0 || row != run_end(r, r->num_runs - 1)) {
		if (r->num_runs == r->cap_runs) {
			r->cap_runs = r->cap_runs ? 2 * r->cap_runs : 16;
			r->runs =
			    mem_grow(r->runs, r->cap_runs, sizeof(*r->runs));
		}
		r->runs[r->num_runs++] = (struct row_run){row, r->num};
	}
	r->num++;
}

int64_t
rows_get(const struct rows *r, uint32_t no)
{
	size_t low = 0, high = r->num_runs;

	if (no >= r->num)
		return -1;
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (r->runs[mid].no <= no)
			low = mid;
		else
			high = mid;
	}
	return r->runs[low].row + (no - r->runs[low].no);
}

bool
rows_find(const struct rows *r, int64_t row, uint32_t *no)
{
	size_t low = 0, high = r->num_runs;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (run_end(r, mid) <= row)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == r->num_runs || row < r->runs[low].row)
		return false;
	*no = r->runs[low].no + (uint32_t)(row - r->runs[low].row);
	return true;
}

void
rows_fini(struct rows *r)
{
	free(r->runs);
	*r = (struct rows){0};
}
