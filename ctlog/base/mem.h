/*
 * mem: heap memory that is there or the program ends. Sizes that come from
 * outside are checked against limits.h before these are called.
 */
#ifndef CTLOG_BASE_MEM_H
#define CTLOG_BASE_MEM_H

#include <stddef.h>

/* Zeroed memory for n things of `size` bytes; aborts when there is none. */
void *mem_new(size_t n, size_t size);
void *mem_grow(void *p, size_t n, size_t size);
void *mem_copy(const void *p, size_t len);
char *mem_str(const char *s);
char *mem_strn(const void *s, size_t len);

/* Overwrite with zeros in a way that the compiler keeps. */
void mem_wipe(void *p, size_t len);

#define NEW(T) ((T *)mem_new(1, sizeof(T)))

#endif
