/*
 * normal: canonical forms, the same for opt-in records and certificates
 * (reference pii.md 3.3, 5.1-5.4). Output goes into the caller's arena; an
 * empty span means "no such thing" (or the arena is full).
 */
#ifndef MONITOR_PII_NORMAL_H
#define MONITOR_PII_NORMAL_H

#include "ctlog/base/arena.h"

/* NFKC_Casefold of UTF-8; ASCII takes a fast path. Capped at LIMIT_VALUE. */
struct span normal_fold(struct arena *a, struct span utf8);

/* fold(local) "@" A-label domain, without a trailing dot; empty when there is
 * no "@" with something on both sides. */
struct span normal_email(struct arena *a, struct span utf8);

/* A-label, lower case, no trailing dot (IDNA2008 non-transitional; when IDNA
 * refuses, ASCII lower case). Empty for the empty name. */
struct span normal_domain(struct arena *a, struct span utf8);

/* The domain part of a canonical address. */
struct span normal_email_domain(struct span canonical);

/* Relaxed forms of a canonical address under the policies of a record. */
enum email_policy {
	EMAIL_PLUS = 1,       /* drop "+tag", at Yahoo "-tag" too */
	EMAIL_GMAIL_DOTS = 2, /* drop dots at gmail.com, googlemail.com */
};
struct span normal_email_relaxed(
    struct arena *a, struct span canonical, unsigned policy);

/* Text as it is written, but in one notation: NFKC, ASCII apostrophes and
 * hyphens, one blank between words. */
struct span normal_text(struct arena *a, struct span utf8);

/* A name in display order: folded tokens joined by one blank. */
struct span normal_name(struct arena *a, struct span utf8);

/*
 * Tokens of a canonical name, for keys: hyphens split, apostrophes dropped
 * (o'brien -> obrien), accents folded by script, particles dropped. Form 0
 * folds to the base letter (ä -> a), form 1 to the digraph (ä -> ae). With
 * NAME_ELISION added, the elided particle goes too (o'brien -> brien): a
 * variant for the side of the record; with NAME_INITIALS a particle of one
 * letter stays ("E. Roe Doe"), a variant for the other side. Sorted, unique.
 * Returns their number, at most cap.
 *
 * Particles ("de", "van") are dropped when two other words remain. With only
 * one other word they are dropped in front of it ("de Vries", a surname on
 * its own) and kept behind it ("Hoa Le"); initials and names that are nothing
 * but particles are kept then.
 *
 * A name in Han, kana or Hangul without a blank is one token, so a record
 * needs a second canonical: surname and given name without the blank.
 */
#define NAME_TOKENS 16
#define NAME_ELISION 2
#define NAME_INITIALS 4
unsigned normal_name_tokens(struct arena *a, struct span *out, unsigned cap,
    struct span canonical, int form);

/* "de", "van": a word of names that no name is made of. */
bool normal_is_particle(struct span folded);

/* Spans into byte order, each once; returns how many stay. For few of them. */
unsigned normal_sort(struct span *list, unsigned num);

#endif
