/*
 * pool_map: makes and unmakes the memory and the pipes that main and the
 * workers share. Who may write what stands in pool_shared.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ctlog/base/mem.h"
#include "monitor/cmd.h"
#include "monitor/pool_shared.h"

void
pool_need(bool had, const char *what)
{
	if (had)
		return;
	fprintf(stderr,
	    "indelible: cannot start: %s: %s; raise the limits of this "
	    "process\n",
	    what, strerror(errno));
	_exit(EX_IOERR);
}

static void *
map_new(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	pool_need(p != MAP_FAILED, "address space");
	madvise(p, len, MADV_DONTDUMP);
	return p;
}

/* Writing never blocks: a full pipe wakes the reader as well. */
static void
pipe_new(int fd[2], bool read_blocks)
{
	pool_need(pipe2(fd, O_CLOEXEC) == 0, "a pipe");
	ASSERT(fcntl(fd[1], F_SETFL, O_NONBLOCK) == 0);
	if (!read_blocks)
		ASSERT(fcntl(fd[0], F_SETFL, O_NONBLOCK) == 0);
}

static void
pipe_free(const int fd[2])
{
	close(fd[0]);
	close(fd[1]);
}

void
map_make(struct pool_map *m)
{
	m->orders = map_new(sizeof(*m->orders));
	for (unsigned i = 0; i < 2; i++)
		m->region[i] = map_new(POOL_REGION);
	for (unsigned i = 0; i < POOL_DELTAS; i++)
		m->delta[i] = map_new(POOL_DELTA);
	for (unsigned i = 0; i < m->slots; i++)
		m->body[i] = map_new(m->body_limit);
	for (unsigned i = 0; i < m->workers; i++) {
		m->answers[i] = map_new(sizeof(*m->answers[i]));
		pipe_new(m->wake[i], true);
		pipe_new(m->done[i], false);
		pipe_new(m->words[i], false);
	}
}

void
map_protect(const struct pool_map *m)
{
	ASSERT(mprotect(m->orders, sizeof(*m->orders), PROT_READ) == 0);
	for (unsigned i = 0; i < 2; i++)
		ASSERT(mprotect(m->region[i], POOL_REGION, PROT_READ) == 0);
	for (unsigned i = 0; i < POOL_DELTAS; i++)
		ASSERT(mprotect(m->delta[i], POOL_DELTA, PROT_READ) == 0);
	for (unsigned i = 0; i < m->slots; i++)
		ASSERT(mprotect(m->body[i], m->body_limit, PROT_READ) == 0);
	for (unsigned i = 0; i < m->workers; i++)
		ASSERT(mprotect(m->answers[i], sizeof(*m->answers[i]),
			   PROT_NONE) == 0);
}

void
map_own(const struct pool_map *m, unsigned lane)
{
	ASSERT(mprotect(m->answers[lane], sizeof(*m->answers[lane]),
		   PROT_READ | PROT_WRITE) == 0);
}

size_t
map_size(const struct pool_map *m)
{
	return sizeof(*m->orders) + 2 * POOL_REGION + POOL_DELTAS * POOL_DELTA +
	       m->slots * m->body_limit + m->workers * sizeof(struct answers);
}

void
map_free(struct pool_map *m)
{
	for (unsigned i = 0; i < m->slots; i++)
		munmap(m->body[i], m->body_limit);
	for (unsigned i = 0; i < 2; i++)
		munmap(m->region[i], POOL_REGION);
	for (unsigned i = 0; i < POOL_DELTAS; i++)
		munmap(m->delta[i], POOL_DELTA);
	for (unsigned i = 0; i < m->workers; i++) {
		munmap(m->answers[i], sizeof(*m->answers[i]));
		pipe_free(m->wake[i]);
		pipe_free(m->done[i]);
		pipe_free(m->words[i]);
	}
	mem_wipe(m->orders->index_key, sizeof(m->orders->index_key));
	munmap(m->orders, sizeof(*m->orders));
}
