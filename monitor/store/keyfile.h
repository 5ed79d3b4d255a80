/*
 * keyfile: between the file of the master key (keyfile.c) and the keys made
 * of it (seal.c). Private to this room; the rest is in seal.h.
 */
#ifndef MONITOR_STORE_KEYFILE_H
#define MONITOR_STORE_KEYFILE_H

#include "monitor/store/seal.h"

/* HKDF-SHA256 without salt; info is "indelible/1 " and the name of the key. */
void keys_derive(struct keys *out, const uint8_t master[KEY_LEN]);

#endif
