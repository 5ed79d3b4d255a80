/*
 * versions: of the libraries at run time. Each library is asked in the file
 * that owns it.
 */
#ifndef MONITOR_VERSIONS_H
#define MONITOR_VERSIONS_H

#include <stddef.h>

#define VERSIONS 16

struct version {
	const char *name;
	char text[64];
};

/* Fills list, returns how many. */
size_t versions_get(struct version list[VERSIONS]);

#endif
