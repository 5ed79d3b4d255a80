/* test_ring: order, a writer that lies; and two processes at once. */
#include "monitor/ring.h"

#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support.h"

static void
test_edges(void **state)
{
	struct ring r = {0};
	uint32_t tail = 0, head = 0;

	(void)state;
	assert_int_equal(ring_ready(&r, head), 0);
	for (uint32_t round = 0; round < 5; round++) {
		for (uint32_t i = 0; i < RING_LEN; i++)
			ring_put(&r, &tail, i + round);
		assert_int_equal(ring_ready(&r, head), RING_LEN);
		for (uint32_t i = 0; i < RING_LEN; i++)
			assert_int_equal(ring_get(&r, &head), i + round);
		assert_int_equal(ring_ready(&r, head), 0);
	}
	ring_put(&r, &tail, 1);
	ring_clear(&r);
	assert_int_equal(ring_ready(&r, 0), 0);
}

/* Numbers wrap around, and the reader sees what the writer pretends. */
static void
test_wrap(void **state)
{
	struct ring r = {0};
	uint32_t tail = UINT32_MAX, head = UINT32_MAX;

	(void)state;
	r.tail = tail;
	ring_put(&r, &tail, 7);
	ring_put(&r, &tail, 8);
	assert_int_equal(ring_ready(&r, head), 2);
	assert_int_equal(ring_get(&r, &head), 7);
	assert_int_equal(ring_get(&r, &head), 8);
	assert_int_equal(head, 1);
	r.tail = head - 1;
	assert_int_equal(ring_ready(&r, head), UINT32_MAX);
}

/* The other process sends everything back. */
static void
echo(const struct ring *to, struct ring *from, uint32_t num)
{
	uint32_t head = 0, tail = 0;

	while (tail < num)
		if (ring_ready(to, head) > 0)
			ring_put(from, &tail, ring_get(to, &head));
		else
			sched_yield();
	_exit(0);
}

static void
test_processes(void **state)
{
	struct ring *r = mmap(NULL, 2 * sizeof(*r), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint32_t tail = 0, head = 0, num = 100000;
	pid_t pid;

	(void)state;
	assert_ptr_not_equal(r, MAP_FAILED);
	pid = fork();
	if (pid == 0)
		echo(&r[0], &r[1], num);
	while (head < num) {
		while (tail < num && tail - head < RING_LEN)
			ring_put(&r[0], &tail, tail);
		if (ring_ready(&r[1], head) == 0)
			sched_yield();
		while (ring_ready(&r[1], head) > 0) {
			uint32_t want = head;

			assert_int_equal(ring_get(&r[1], &head), want);
		}
	}
	waitpid(pid, NULL, 0);
	munmap(r, 2 * sizeof(*r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_edges),
	    cmocka_unit_test(test_wrap),
	    cmocka_unit_test(test_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
