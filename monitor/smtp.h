/*
 * smtp: mails by libcurl, in order and four at a time, for letters and alerts.
 * STARTTLS is required with smtp://, unless the server is at a loopback address
 * and offers none; certificates are verified. Addresses with bytes below 0x21, 0x7f, or any of
 * <>()[],;:\" outside a quoted local part are refused before anything is sent
 * (libcurl would pass CR LF on); line ends are made CR LF.
 */
#ifndef MONITOR_SMTP_H
#define MONITOR_SMTP_H

#include <ev.h>

#include "config/config.h"
#include "ctlog/base/buf.h"
#include "ctlog/base/err.h"

struct smtp;

struct smtp_mail {
	const struct conf_sink *server; /* its mail keys; borrowed for long */
	/* One address; NULL: nobody is written to, the server is only asked
	 * whether it takes us. */
	const char *to;
	struct span message; /* headers, empty line, body */
	/* status: ST_OK: accepted; ST_AGAIN: this one not now (4yz to recipient
	 * or mail); ST_BAD: this one never (5yz to those, no address, or one
	 * beyond ASCII and the server has no SMTPUTF8); ST_UNREACHABLE: none
	 * now (no connection, certificate, no STARTTLS, we are refused);
	 * ST_STALE: smtp_cut. code: the reply's, or the one that would
	 * have come (553). */
	void (*done)(
	    void *arg, enum status status, int code, const struct err *why);
	void *arg;
};

/* An address as mail servers know it: its domain in ASCII. */
void smtp_address(struct buf *out, const char *address);

struct smtp *smtp_new(struct ev_loop *loop, const char *ca_file);
/* The message is copied; done is called once, later, from the loop. */
void smtp_send(struct smtp *m, const struct smtp_mail *mail);
/* Mails that are not done yet. */
size_t smtp_pending(const struct smtp *m);
/* For the end: nothing more begins, and what is under way is broken off within
 * a second or so; done is called for each. */
void smtp_cut(struct smtp *m);
/* Ends all without calling back, within a second. Not from a callback. */
void smtp_free(struct smtp *m);

#endif
