/*
 * common: words that very many people have in their names (reference pii.md
 * 5.5, commonness). A list that is shipped, and not counts of what was seen:
 * the same certificate is judged alike on every day and in every store, and
 * nothing is kept of names that were read.
 */
#ifndef MONITOR_PII_COMMON_H
#define MONITOR_PII_COMMON_H

#include "ctlog/base/span.h"

/* A token as normal_name_tokens() gives it, in its base form. */
bool common_word(struct span token);

#endif
