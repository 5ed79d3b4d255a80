/* test_ring: order, full and empty; and two processes at once. */
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
	uint32_t got;

	(void)state;
	assert_false(ring_get(&r, &got));
	for (uint32_t round = 0; round < 5; round++) {
		for (uint32_t i = 0; i < RING_LEN; i++)
			assert_true(ring_put(&r, i + round));
		assert_false(ring_put(&r, 7));
		for (uint32_t i = 0; i < RING_LEN; i++) {
			assert_true(ring_get(&r, &got));
			assert_int_equal(got, i + round);
		}
		assert_false(ring_get(&r, &got));
	}
	assert_true(ring_put(&r, 1));
	ring_clear(&r);
	assert_false(ring_get(&r, &got));
}

static void
test_processes(void **state)
{
	struct ring *r = mmap(NULL, sizeof(*r), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint32_t got, want = 0;
	pid_t pid;

	(void)state;
	assert_ptr_not_equal(r, MAP_FAILED);
	pid = fork();
	if (pid == 0) {
		for (uint32_t i = 0; i < 100000;)
			if (ring_put(r, i))
				i++;
			else
				sched_yield();
		_exit(0);
	}
	while (want < 100000)
		if (ring_get(r, &got))
			assert_int_equal(got, want++);
		else
			sched_yield();
	waitpid(pid, NULL, 0);
	munmap(r, sizeof(*r));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_edges),
	    cmocka_unit_test(test_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
