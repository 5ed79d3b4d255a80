/*
 * storm: runs a fuzz target some 10^8 times in an hour, on one core and under
 * ASan and UBSan, where libFuzzer takes a day. Seeds and those mutants that
 * reach something new are mutated, by the target's own mutator when it has
 * one. Every execution is timed. A child does the work and the parent watches
 * it: the input in hand lies in memory of both, so that what crashes, hangs,
 * is slow or fills the memory is written to a file. The same seed and the same
 * corpus give the same inputs.
 *
 * storm [-n RUNS] [-t SECONDS] [-s SEED] [-o FOLDER] CORPUS...
 */
#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/fuzz/pool.h"
#include "tests/fuzz/target.h"

#define SECOND 1000000000ull
#define SHOW_S 10
#define SLOW_NS 100000000ull /* CPU time of one execution, at most */
#define HANG_S 20            /* without an execution that ends */
#define RSS_KIB (512u << 10)
#define HELD (1u << 20)       /* allocated by one execution at a time */
#define GROWTH (1u << 20)     /* bytes allocated more after than before */
#define ROOM (1u << 19)       /* an input */
#define USUAL (8u << 10)      /* the room of most mutants */
#define BIG_ONE_IN 8192       /* is let to grow up to ROOM */
#define LOOK_EVERY (1u << 14) /* runs, at memory and time */

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
/* What the sanitizers offer and ask for. */
__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes(void);
__attribute__((weak)) size_t __sanitizer_get_allocated_size(
    const volatile void *p);
__attribute__((weak)) int __sanitizer_install_malloc_and_free_hooks(
    void (*on_malloc)(const volatile void *, size_t),
    void (*on_free)(const volatile void *));
void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop);
const char *__asan_default_options(void);

/* Memory of parent and child. */
struct watch {
	volatile uint64_t runs, slowest_ns;
	volatile int64_t held_most; /* allocated by one execution at a time */
	volatile uint64_t allocated_before, allocated_after;
	volatile uint64_t rss_before, rss_after; /* KiB, the peak so far */
	volatile uint64_t largest, kept, reached, counters;
	volatile size_t len;
	const char *volatile failure;
	uint8_t input[ROOM];
};

struct order {
	uint64_t runs, seed;
	unsigned seconds;
	const char *folder; /* for inputs that fail */
	char **corpus;
};

static struct watch *watch;
static struct pool pool;
static uint64_t state;          /* of the dice */
static int64_t held, held_most; /* memory, by the execution in hand */

/* Freed memory is checked for a while; the default, 256 MiB, would be all
 * that we measure. */
const char *
__asan_default_options(void)
{
	return "quarantine_size_mb=4:thread_local_quarantine_size_kb=64:"
	       "malloc_context_size=4:allocator_release_to_os_interval_ms=-1:"
	       "abort_on_error=0";
}

void
__sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop)
{
	if (stop - start > COUNTERS)
		abort();
	pool.counter = start;
	pool.counters_end = stop;
}

static void
on_malloc(const volatile void *p, size_t size)
{
	(void)p;
	held += (int64_t)size;
	if (held > held_most)
		held_most = held;
}

static void
on_free(const volatile void *p)
{
	if (p != NULL)
		held -= (int64_t)__sanitizer_get_allocated_size(p);
}

static uint64_t
now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The child: ends itself, the parent says why. */
static void
fail(const char *why)
{
	watch->failure = why;
	_exit(1);
}

/* --- mutations -------------------------------------------------------------
 */

size_t
LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max)
{
	const struct input *other = pool_pick(&pool, &state);
	struct bytes b = {data, size, max};

	bytes_mutate(&b, &state, other->p, other->len);
	return b.len;
}

static size_t
mutate(uint8_t *data, size_t len, size_t max)
{
	static uint8_t crossed[ROOM];
	const struct input *other;
	size_t n;

	if (LLVMFuzzerCustomMutator == NULL)
		return LLVMFuzzerMutate(data, len, max);
	if (LLVMFuzzerCustomCrossOver == NULL || dice(&state, 8) > 0)
		return LLVMFuzzerCustomMutator(
		    data, len, max, dice(&state, UINT32_MAX));
	other = pool_pick(&pool, &state);
	n = LLVMFuzzerCustomCrossOver(data, len, other->p, other->len, crossed,
	    max, dice(&state, UINT32_MAX));
	if (n == 0)
		return len;
	memcpy(data, crossed, n);
	return n;
}

/* The next input, where the parent sees it. */
static void
next_input(void)
{
	const struct input *from = pool_pick(&pool, &state);
	bool big = dice(&state, BIG_ONE_IN) == 0;
	size_t max = big ? ROOM : from->len > USUAL ? from->len : USUAL;
	size_t len = from->len;
	uint32_t times = big ? 32 : 1;

	while (!big && times < 4 && dice(&state, 3) == 0)
		times++;
	memcpy(watch->input, from->p, len);
	while (times-- > 0)
		len = mutate(watch->input, len, max);
	watch->len = len;
}

/* --- executions ------------------------------------------------------------
 */

/* Of the very size, so that ASan sees every overrun. */
static uint64_t
run_once(clockid_t clock)
{
	size_t len = watch->len;
	uint8_t *copy = malloc(len > 0 ? len : 1);
	uint64_t start;

	if (copy == NULL)
		fail("out of memory");
	memcpy(copy, watch->input, len);
	held = held_most = 0;
	start = now_ns(clock);
	LLVMFuzzerTestOneInput(copy, len);
	start = now_ns(clock) - start;
	if (held_most > watch->held_most)
		watch->held_most = held_most;
	free(copy);
	return start;
}

/* The clock on the wall is cheap, but others use the machine as well: what
 * seems slower than all before is run again, for its CPU time. */
static void
judge(uint64_t ns)
{
	for (int i = 0; i < 3 && ns > watch->slowest_ns; i++) {
		uint64_t again = run_once(CLOCK_THREAD_CPUTIME_ID);

		ns = again < ns ? again : ns;
	}
	if (ns > watch->slowest_ns)
		watch->slowest_ns = ns;
	if (watch->held_most > HELD)
		fail("greed");
	if (ns > SLOW_NS)
		fail("slow");
	if (watch->len > watch->largest)
		watch->largest = watch->len;
	watch->runs++;
}

/* Whether it reached something new. */
static bool
run(void)
{
	uint64_t ns;
	bool is_new;

	pool_forget(&pool);
	ns = run_once(CLOCK_MONOTONIC);
	is_new = pool_is_new(&pool, &state);
	judge(ns);
	return is_new;
}

static uint64_t
peak_kib(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (uint64_t)r.ru_maxrss;
}

static void
look(void)
{
	watch->rss_after = peak_kib();
	if (__sanitizer_get_current_allocated_bytes != NULL)
		watch->allocated_after =
		    __sanitizer_get_current_allocated_bytes();
	watch->kept = pool.kept;
	watch->reached = pool.reached;
	watch->counters = (uint64_t)(pool.counters_end - pool.counter);
	if (watch->rss_after > RSS_KIB)
		fail("memory");
}

static void
storm(const struct order *o)
{
	uint64_t end = now_ns(CLOCK_MONOTONIC) + o->seconds * SECOND;

	while (watch->runs < o->runs) {
		next_input();
		if (run() && watch->len <= POOL_LEN)
			pool_keep(&pool, watch->input, watch->len);
		if (watch->runs % LOOK_EVERY != 0)
			continue;
		look();
		if (o->seconds > 0 && now_ns(CLOCK_MONOTONIC) > end)
			break;
	}
}

/* --- seeds -----------------------------------------------------------------
 */

static void
seed_file(const char *path)
{
	FILE *f = fopen(path, "rb");

	if (f == NULL) {
		perror(path);
		fail("no corpus");
	}
	watch->len = fread(watch->input, 1, POOL_SEED, f);
	fclose(f);
	pool_seed(&pool, watch->input, watch->len);
}

static void
seed_path(const char *path)
{
	struct dirent **list;
	struct stat st;
	char sub[4096];
	int num;

	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode)) {
		seed_file(path);
		return;
	}
	num = scandir(path, &list, NULL, alphasort);
	for (int i = 0; i < num; i++) {
		snprintf(sub, sizeof(sub), "%s/%s", path, list[i]->d_name);
		if (list[i]->d_name[0] != '.')
			seed_path(sub);
		free(list[i]);
	}
	if (num >= 0)
		free(list);
}

static void
seed_all(const struct order *o)
{
	for (char **path = o->corpus; *path != NULL; path++)
		seed_path(*path);
	if (pool.seeds == 0)
		fail("no corpus");
	for (uint32_t i = 0; i < pool.seeds; i++) {
		watch->len = pool.list[i].len;
		memcpy(watch->input, pool.list[i].p, watch->len);
		run();
	}
}

/* --- child and parent ------------------------------------------------------
 */

static int
child(const struct order *o)
{
	state = (o->seed + 1) * 0x9e3779b97f4a7c15u | 1;
	seed_all(o);
	/* What is made once has been made. */
	if (__sanitizer_install_malloc_and_free_hooks != NULL)
		__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
	look();
	watch->allocated_before = watch->allocated_after;
	watch->rss_before = watch->rss_after;
	storm(o);
	look();
	if (watch->allocated_after > watch->allocated_before + GROWTH)
		fail("leak");
	return 0;
}

static void
print_progress(const char *name, uint64_t ns)
{
	printf("%s: %" PRIu64 " runs, %.0f/s, slowest %.2f ms, %" PRIu64
	       " MiB, kept %" PRIu64 ", reached %" PRIu64 " of %" PRIu64 "\n",
	    name, watch->runs, (double)watch->runs * 1e9 / (double)(ns + 1),
	    (double)watch->slowest_ns / 1e6, watch->rss_after >> 10,
	    watch->kept, watch->reached, watch->counters);
	fflush(stdout);
}

static void
print_end(const char *name, const struct order *o, uint64_t ns)
{
	printf("%s: %" PRIu64 " executions in %.0f s, %.0f/s, seed %" PRIu64
	       "; slowest %.2f ms; largest input %" PRIu64
	       " bytes; peak memory %" PRIu64 " MiB (%" PRIu64
	       " after the seeds); allocated by one input %" PRId64
	       " bytes at most, by all and not freed %" PRId64
	       "; reached %" PRIu64 " of %" PRIu64 "; failures %d%s%s\n",
	    name, watch->runs, (double)ns / 1e9,
	    (double)watch->runs * 1e9 / (double)(ns + 1), o->seed,
	    (double)watch->slowest_ns / 1e6, watch->largest,
	    watch->rss_after >> 10, watch->rss_before >> 10, watch->held_most,
	    (int64_t)(watch->allocated_after - watch->allocated_before),
	    watch->reached, watch->counters, watch->failure != NULL,
	    watch->failure ? ": " : "", watch->failure ? watch->failure : "");
}

/* The input in hand, as a file that replay takes. */
static void
save(const char *name, const struct order *o)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s-%" PRIu64 "-%" PRIu64, o->folder,
	    name, o->seed, watch->runs);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(watch->input, 1, watch->len, f) != watch->len ||
	    fclose(f) != 0) {
		perror(path);
		return;
	}
	printf("%s: %s: %s\n", name, watch->failure, path);
}

/* Until the child ends, or seems never to. */
static void
wait_for(pid_t pid, const char *name, uint64_t start)
{
	const struct timespec nap = {.tv_nsec = 50000000};
	uint64_t shown = start, moved = start, runs = 0, now = start;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		nanosleep(&nap, NULL);
		now = now_ns(CLOCK_MONOTONIC);
		if (watch->runs != runs)
			moved = now;
		runs = watch->runs;
		if (now - shown > SHOW_S * SECOND) {
			print_progress(name, now - start);
			shown = now;
		}
		if (now - moved < HANG_S * SECOND || watch->failure != NULL)
			continue;
		watch->failure = "hang";
		kill(pid, SIGKILL);
	}
	if (watch->failure == NULL && status != 0)
		watch->failure = "crash";
}

static struct order
order_of(int argc, char **argv)
{
	struct order o = {.runs = UINT64_MAX, .seed = 1, .folder = "."};
	int c;

	while ((c = getopt(argc, argv, "n:t:s:o:")) != -1) {
		if (c == 'n')
			o.runs = strtoull(optarg, NULL, 10);
		else if (c == 't')
			o.seconds = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 's')
			o.seed = strtoull(optarg, NULL, 10);
		else if (c == 'o')
			o.folder = optarg;
		else
			exit(64);
	}
	o.corpus = argv + optind;
	return o;
}

int
main(int argc, char **argv)
{
	struct order o = order_of(argc, argv);
	const char *name = strrchr(argv[0], '/');
	uint64_t start = now_ns(CLOCK_MONOTONIC);
	pid_t pid;

	name = name != NULL ? name + 1 : argv[0];
	watch = mmap(NULL, sizeof(*watch), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (watch == MAP_FAILED)
		abort();
	pid = fork();
	if (pid == 0)
		return child(&o);
	wait_for(pid, name, start);
	if (watch->failure != NULL)
		save(name, &o);
	print_end(name, &o, now_ns(CLOCK_MONOTONIC) - start);
	return watch->failure != NULL;
}
