/* spawn_private: what spawn.c and its helper say to each other. */
#ifndef MONITOR_SPAWN_PRIVATE_H
#define MONITOR_SPAWN_PRIVATE_H

#include "monitor/spawn.h"

enum spawn_end {
	SPAWN_EXITED,  /* code: its exit status */
	SPAWN_KILLED,  /* code: the signal */
	SPAWN_LATE,    /* its time was over */
	SPAWN_REFUSED, /* code: errno of what hindered its start */
};

/* To the helper, with a descriptor for its input; 0 as a serial: kill all. */
struct spawn_order {
	uint32_t serial, command;
};

/* From the helper. */
struct spawn_report {
	uint32_t serial;
	int32_t end, code;
};

struct spawn_command {
	const char *sink;
	char **argv; /* NULL-ended */
};

/* In the helper: never returns. */
_Noreturn void spawn_helper(
    int sock, const struct spawn_command *commands, int64_t limit_ms);

#endif
