/*
 * replay: runs a fuzz target over files and folders of inputs, for builds
 * without libFuzzer. `make check` replays every corpus this way. Each input is
 * also run truncated at every length up to 300 bytes, which finds most missing
 * bounds checks under ASan. A target with a mutator of its own is run on some
 * mutations of each, the same ones every time, and on crosses with the input
 * before.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/target.h"

#define MUTATIONS 200
#define ROOM (1u << 20)

static unsigned long runs;

/* A fresh allocation of the exact size, so that ASan sees every overrun. */
static void
run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	runs++;
}

static void
run_mutations(const uint8_t *data, size_t size)
{
	static uint8_t before[ROOM], now[ROOM];
	static size_t before_len;

	if (LLVMFuzzerCustomMutator == NULL || size > ROOM / 4)
		return;
	for (unsigned seed = 0; seed < MUTATIONS; seed++) {
		size_t len = size;

		memcpy(now, data, size);
		for (unsigned again = 0; again <= seed % 3; again++)
			len = LLVMFuzzerCustomMutator(
			    now, len, ROOM / 2, seed + again);
		run(now, len);
		if (LLVMFuzzerCustomCrossOver == NULL || before_len == 0)
			continue;
		len = LLVMFuzzerCustomCrossOver(
		    data, size, before, before_len, now, ROOM / 2, seed);
		run(now, len);
	}
	memcpy(before, data, size);
	before_len = size;
}

static void
run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(1 << 24);
	size_t n;

	if (f == NULL || data == NULL) {
		perror(path);
		exit(1);
	}
	n = fread(data, 1, 1 << 24, f);
	fclose(f);
	run(data, n);
	for (size_t i = 0; i < n && i < 300; i++)
		run(data, i);
	run_mutations(data, n);
	free(data);
}

static void
run_path(const char *path)
{
	struct stat st;
	struct dirent *e;
	char sub[4096];
	DIR *d;

	if (stat(path, &st) != 0) {
		perror(path);
		exit(1);
	}
	if (!S_ISDIR(st.st_mode)) {
		run_file(path);
		return;
	}
	d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(sub, sizeof(sub), "%s/%s", path, e->d_name);
		run_path(sub);
	}
	closedir(d);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		run_path(argv[i]);
	printf("%lu inputs\n", runs);
	return runs == 0;
}
