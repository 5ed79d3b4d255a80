/*
 * keyfile: between the file of the master key (keyfile.c) and the keys made
 * of it (seal.c), and what is asked of every file with a secret; the rest is
 * in seal.h.
 */
#ifndef MONITOR_STORE_KEYFILE_H
#define MONITOR_STORE_KEYFILE_H

#include "monitor/store/seal.h"

/* HKDF-SHA256 without salt; info is "indelible/1 " and the name of the key. */
void keys_derive(struct keys *out, const uint8_t master[KEY_LEN]);

/* An open file that nobody but its owner may read, or that systemd lets this
 * user read; `what` it is, for the message: "key file". */
enum status keyfile_private(
    int fd, const char *what, const char *file, struct err *e);

#endif
