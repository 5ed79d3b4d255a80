/*
 * smtp_easy: one mail as a transfer of libcurl's: its options before, what the
 * server's replies mean after. For smtp.c only.
 */
#ifndef MONITOR_SMTP_EASY_H
#define MONITOR_SMTP_EASY_H

#include "monitor/smtp.h"

/* Sockets that one connection may try at a time. */
#define SMTP_SOCKETS 4

struct smtp_easy {
	void *curl; /* a CURL; NULL: not begun */
	struct curl_slist *to;
	struct span message; /* borrowed */
	size_t read;         /* of it, by libcurl */
	bool asked;          /* from now on replies are about the mail */
	bool over;           /* the last one that matters was there */
	int code;            /* of the newest reply */
	char enhanced[12];   /* its code by RFC 3463, "5.1.1"; or "" */
	int sockets[SMTP_SOCKETS];
	char why[256]; /* CURL_ERROR_SIZE */
};

/* Ready for the multi object. The message, with CR LF and well-formed, and *e
 * stay where they are until smtp_easy_fini. ST_AGAIN: the password cannot be
 * read. */
enum status smtp_easy_init(struct smtp_easy *e, const struct smtp_mail *mail,
    const char *ca_file, struct span message, struct err *err);
/* How it ended, as struct smtp_mail says; `code` is its CURLcode. */
enum status smtp_easy_end(const struct smtp_easy *e,
    const struct conf_sink *server, int code, struct err *err);
/* When it is out of the multi object. */
void smtp_easy_fini(struct smtp_easy *e);

#endif
