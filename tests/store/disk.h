/* disk: what stands in the files of a store, below the store. */
#ifndef TESTS_STORE_DISK_H
#define TESTS_STORE_DISK_H

#include "tests/store/fixture.h"

static inline bool
file_has(const char *path, struct span what)
{
	FILE *f = fopen(path, "rb");
	struct buf b = {0};
	size_t n;
	bool found;

	if (f == NULL)
		return false;
	while ((n = fread(buf_room(&b, 65536), 1, 65536, f)) > 0)
		b.len += n;
	fclose(f);
	found = memmem(b.p, b.len, what.p, what.len) != NULL;
	buf_fini(&b);
	return found;
}

/* Any file of the store, whatever its name. */
static inline bool
disk_has(struct fixture *fx, struct span what)
{
	DIR *d = opendir(fx->dir);
	struct dirent *x;
	bool found = false;
	char path[512];

	assert_non_null(d);
	while ((x = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", fx->dir, x->d_name);
		found = found || file_has(path, what);
	}
	closedir(d);
	return found;
}

/* A value out of the database, as it stands there. */
static inline struct buf
value_of(struct fixture *fx, const char *sql)
{
	struct buf b = {0};
	sqlite3 *db;
	sqlite3_stmt *q;

	assert_int_equal(
	    sqlite3_open_v2(fx->path, &db, SQLITE_OPEN_READONLY, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	buf_add(
	    &b, sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0));
	assert_true(b.len > 0);
	sqlite3_finalize(q);
	sqlite3_close(db);
	return b;
}

#endif
