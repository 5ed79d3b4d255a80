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
pipe_new(int fd[2])
{
	pool_need(pipe2(fd, O_CLOEXEC) == 0, "a pipe");
	ASSERT(fcntl(fd[1], F_SETFL, O_NONBLOCK) == 0);
}

void
map_make(struct pool_map *m)
{
	m->orders = map_new(sizeof(*m->orders));
	m->answers = map_new(sizeof(*m->answers));
	for (unsigned i = 0; i < 2; i++)
		m->region[i] = map_new(POOL_REGION);
	for (unsigned i = 0; i < POOL_DELTAS; i++)
		m->delta[i] = map_new(POOL_DELTA);
	for (unsigned i = 0; i < m->slots; i++) {
		m->body[i] = map_new(m->body_limit);
		m->result[i] = map_new(POOL_RESULT);
	}
	for (unsigned i = 0; i < m->workers; i++)
		pipe_new(m->wake[i]);
	pipe_new(m->done);
	ASSERT(fcntl(m->done[0], F_SETFL, O_NONBLOCK) == 0);
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
}

void
map_free(struct pool_map *m)
{
	for (unsigned i = 0; i < m->slots; i++) {
		munmap(m->body[i], m->body_limit);
		munmap(m->result[i], POOL_RESULT);
	}
	for (unsigned i = 0; i < 2; i++)
		munmap(m->region[i], POOL_REGION);
	for (unsigned i = 0; i < POOL_DELTAS; i++)
		munmap(m->delta[i], POOL_DELTA);
	for (unsigned i = 0; i < m->workers; i++) {
		close(m->wake[i][0]);
		close(m->wake[i][1]);
	}
	close(m->done[0]);
	close(m->done[1]);
	mem_wipe(m->orders->index_key, sizeof(m->orders->index_key));
	munmap(m->orders, sizeof(*m->orders));
	munmap(m->answers, sizeof(*m->answers));
}
