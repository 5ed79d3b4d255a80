/*
 * target: what a fuzz target has, as libFuzzer calls it: each the first, some
 * the others. For those that run targets: replay.c and storm.c.
 */
#ifndef TESTS_FUZZ_TARGET_H
#define TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
__attribute__((weak)) size_t LLVMFuzzerCustomMutator(
    uint8_t *data, size_t size, size_t max, unsigned seed);
__attribute__((weak)) size_t LLVMFuzzerCustomCrossOver(const uint8_t *one,
    size_t one_len, const uint8_t *two, size_t two_len, uint8_t *out,
    size_t max, unsigned seed);

#endif
