/*
 * fuzz_local: what a log on disk brings with it: zip archives, log.v3.json,
 * and names of tiles. The first byte says what the rest is.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "ctlog/merkle/tile.h"
#include "ctlog/wire/logmeta.h"
#include "monitor/zip.h"

/* Members read of one archive, and room for each. */
#define MEMBERS 16u
#define ROOM 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_reason(enum status st, const struct err *e)
{
	if (st != ST_OK)
		ASSERT(e->text[0] != '\0' && text_is_utf8(span_str(e->text)));
}

static void
run_member(struct zip *z, struct span name, struct gunzip *g, bool framed)
{
	struct zip_into to = {mem_new(1, ROOM), ROOM, 0, framed};
	struct zip_member m;
	struct err e = {""};
	enum status st;

	ASSERT(zip_find(z, &m, name));
	st = zip_read(z, &m, g, &to, &e);
	check_reason(st, &e);
	ASSERT(st != ST_OK || to.len <= ROOM);
	free(to.into);
}

static void
run_zip(struct span in)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct gunzip *g = gunzip_new();
	struct err e = {""};
	struct span name, before = {NULL, 0};
	struct zip *z;
	enum status st;

	ASSERT(write(fd, in.p, in.len) == (ssize_t)in.len);
	st = zip_open(&z, fd, &e);
	if (st == ST_OK)
		st = zip_load(z, &e);
	check_reason(st, &e);
	for (size_t i = 0; st == ST_OK && zip_name(z, i, &name); i++) {
		size_t len = name.len < before.len ? name.len : before.len;

		ASSERT(len == 0 || memcmp(before.p, name.p, len) <= 0);
		before = name;
		if (i < MEMBERS)
			run_member(z, name, g, i % 2);
	}
	zip_close(z);
	gunzip_free(g);
}

static void
run_meta(struct span in)
{
	struct err e = {""};
	struct logkey *k;
	enum status st = logmeta_key(&k, in, &e);

	check_reason(st, &e);
	ASSERT((st == ST_OK) == (k != NULL));
	logkey_free(k);
}

/* What is read is what would be written. */
static void
run_path(struct span in)
{
	struct buf again = {0};
	struct tile t;

	if (!tile_of_path(&t, in))
		return;
	tile_path(&t, &again);
	ASSERT(span_eq(buf_span(&again), in));
	buf_fini(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_from(span_of(data, size), 1);

	if (size == 0)
		return 0;
	if (data[0] % 4 == 1)
		run_meta(in);
	else if (data[0] % 4 == 2)
		run_path(in);
	else
		run_zip(in);
	return 0;
}
