/*
 * faults: a target that is no parser, with one fault, which the environment's
 * FAULT names and inputs that begin with '!' have: storm must find each
 * (test_storm.py).
 */
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
work_ms(long ms)
{
	clock_t end = clock() + ms * (CLOCKS_PER_SEC / 1000);

	while (clock() < end)
		;
}

/* Memory that is given back or not. */
static void
take(size_t size, bool hold)
{
	static void *volatile held;
	void *p = malloc(size);

	held = p;
	if (!hold)
		free(held);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static volatile int sum;
	const char *fault = getenv("FAULT");

	if (size == 0 || data[0] != '!' || fault == NULL)
		return 0;
	if (strcmp(fault, "overrun") == 0)
		sum += data[size];
	else if (strcmp(fault, "overflow") == 0)
		sum = INT_MAX + data[0] + sum;
	else if (strcmp(fault, "slow") == 0)
		work_ms(150);
	else if (strcmp(fault, "greed") == 0)
		take(2u << 20, false);
	else if (strcmp(fault, "leak") == 0)
		take(600000, true);
	else if (strcmp(fault, "nap") == 0)
		nanosleep(&(struct timespec){.tv_nsec = 150000000}, NULL);
	return 0;
}
