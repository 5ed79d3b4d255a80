/*
 * ca: whom to write to about a certificate: the directory of CAs in
 * alerts/ca-directory.json, where each fact has its source and date. What is
 * not there is not known, and nothing is guessed.
 */
#ifndef ALERTS_CA_H
#define ALERTS_CA_H

#include "ctlog/base/buf.h"

/* What stands before the * of a name in the directory, at least. */
#define CA_STEM 6

struct ca;

/* The row of the direct issuer with this organization (NULL: it has none);
 * NULL when there is no such row. */
struct ca *ca_find(const char *issuer_org);
/* NULL is allowed. */
void ca_free(struct ca *ca);

const char *ca_id(const struct ca *ca);
/* The folder's text that is for this CA; NULL: the one for all. */
const char *ca_letter(const struct ca *ca);
/* A fact of it; lines of a list are separated by '\n'. False: not known. */
bool ca_fact(struct buf *out, const struct ca *ca, const char *name);
/* When its facts were looked up: the oldest day. */
const char *ca_checked(const struct ca *ca);

/* In one paragraph, how it is written to. NULL: of an unknown CA. */
void ca_how_to_write(struct buf *out, const struct ca *ca);

#endif
