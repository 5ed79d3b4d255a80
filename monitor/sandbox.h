/*
 * sandbox: the rights that the processes which read hostile bytes give up, by
 * what the kernel offers: filters of system calls (seccomp) and Landlock. Not
 * here: descriptors and limits (worker.c), who may write which memory
 * (pool_map.c).
 */
#ifndef MONITOR_SANDBOX_H
#define MONITOR_SANDBOX_H

#include <stdbool.h>

#include "config/config.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1 /* their reports need files and processes */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* The descriptors of a worker. Its last words go to main, not to a terminal:
 * they may be an attacker's. */
enum { FD_WAKE = 0, FD_DONE = 1, FD_WORDS = 2, FD_END = 3 };

/* Why there is no filter when the configuration says `mode`: it does not want
 * one, or this build or this system has none; NULL: there is one. */
const char *sandbox_missing(enum conf_sandbox mode);
/* The version of the library that makes the filters; NULL: built without. */
const char *sandbox_library(void);

/* What sandbox_zygote could do. */
struct sandbox {
	bool filter;
	int landlock; /* the ABI in use; 0: none */
};

/* In the process that forks workers, when it has all that it will ever have:
 * it and its children can no longer open, connect, execute, or signal others.
 * What it may not do fails. */
void sandbox_zygote(struct sandbox *out);
/* In a worker: from now on it may read its wake pipe, write to its other two,
 * take and give back memory, set its alarm, and end. Anything else ends it.
 * false: refused by the kernel. */
bool sandbox_worker(void);

#endif
