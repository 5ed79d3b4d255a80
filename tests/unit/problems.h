/*
 * problems: those that were found in a certificate, and how a test asks for
 * one. One test program includes it once.
 */
#ifndef TESTS_UNIT_PROBLEMS_H
#define TESTS_UNIT_PROBLEMS_H

#include "ctlog/x509/cert.h"

static struct problem kept[LIMIT_PROBLEMS];
static struct problems problems = {.list = kept};

static inline bool
has_problem(const char *path, const char *what)
{
	for (uint32_t i = 0; i < problems.num && i < LIMIT_PROBLEMS; i++)
		if (strcmp(kept[i].path, path) == 0 &&
		    strstr(kept[i].what, what) != NULL)
			return true;
	return false;
}

#endif
