/*
 * smtp_easy: one mail as a transfer of libcurl's: its options before, what the
 * server's replies mean after. For the threads of smtp.c only.
 */
#ifndef MONITOR_SMTP_EASY_H
#define MONITOR_SMTP_EASY_H

#include "monitor/smtp.h"

/* Sockets that one connection may try at a time. */
#define SMTP_SOCKETS 4

/* For smtp_easy_run: zeroed, but for the first two. */
struct smtp_easy {
	bool (*stopped)(void *arg);
	void *arg;
	/* The rest is smtp_easy_run's. */
	void *curl; /* a CURL */
	struct curl_slist *to;
	const char *address;
	struct span message;
	size_t read;       /* of it, by libcurl */
	bool asked;        /* from now on replies are about the mail */
	bool over;         /* the last one that matters was there */
	bool utf8;         /* it takes addresses beyond ASCII (RFC 6531) */
	bool unfit;        /* the mail has one, and it does not */
	int code;          /* of the newest reply */
	unsigned replies;  /* since asked */
	char enhanced[12]; /* its code by RFC 3463, "5.1.1"; or "" */
	int sockets[SMTP_SOCKETS];
	char why[256]; /* CURL_ERROR_SIZE */
};

/* Before and after all others, on the loop's thread. */
void smtp_easy_open(void);
void smtp_easy_close(void);

/* Sends it; blocks until that has come to an end, as struct smtp_mail says, or
 * `stopped` returns true, which is asked at least every second:
 * ST_UNREACHABLE. The
 * mail's message has CR LF. */
enum status smtp_easy_run(struct smtp_easy *e, const struct smtp_mail *mail,
    const char *ca_file, struct err *err);

#endif
