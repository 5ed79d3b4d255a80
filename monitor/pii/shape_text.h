/*
 * shape_text: text in pieces, as shape.c and person*.c take it apart. Text is
 * that of normal_text(): ASCII signs, one blank between words.
 */
#ifndef MONITOR_PII_SHAPE_TEXT_H
#define MONITOR_PII_SHAPE_TEXT_H

#include "ctlog/base/arena.h"

#define SHAPE_PARTS 8

bool shape_is_digit(uint8_t c);
bool shape_is_upper(uint8_t c);

/* Of ASCII, or any character beyond it. */
bool shape_is_letter(uint8_t c);

/* Letters, blanks and what stands in names (' - .), in at least `words`
 * words. */
bool shape_is_words(struct span s, unsigned words);

/* The digits in front. */
size_t shape_digits(struct span s);

/* Digits and nothing else, min to max of them. */
bool shape_is_number(struct span s, size_t min, size_t max);

/* Whatever the case. */
bool shape_starts(struct span s, const char *prefix);

/* Without blanks at the ends. */
struct span shape_trim(struct span s);

/* At most SHAPE_PARTS, trimmed; 0 when there are more. */
unsigned shape_split(struct span out[SHAPE_PARTS], struct span s, uint8_t at);

/* Those that are not empty, with a blank between. */
struct span shape_join(struct arena *a, const struct span *list, unsigned n);

/* "Surname, Given" as "Given Surname"; *found says whether it was that. */
struct span shape_reorder(struct arena *a, struct span text, bool *found);

#endif
