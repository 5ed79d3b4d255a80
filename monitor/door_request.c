/*
 * door_request: what a request must look like, and who sends it; see
 * door_private.h. What two readers could understand differently (RFC 9112
 * sections 3.2, 6.3 and 11.2) is refused here, because libmicrohttpd 0.9.75
 * takes the first of two lengths, and a length where there is an encoding.
 */
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "ctlog/base/text.h"
#include "monitor/door_private.h"

/* Headers of which there may be one. */
enum { HOST, LENGTH, ENCODING, AUTHORIZATION, TYPE, NUM_HEADS };
static const char *const names[NUM_HEADS] = {[HOST] = "Host",
    [LENGTH] = "Content-Length",
    [ENCODING] = "Transfer-Encoding",
    [AUTHORIZATION] = "Authorization",
    [TYPE] = "Content-Type"};

struct heads {
	const char *value[NUM_HEADS];
	const char *fault;
};

/* RFC 9110 section 5.6.2. */
static bool
is_token(struct span s)
{
	static const char others[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') ||
			memchr(others, c, sizeof(others) - 1) != NULL))
			return false;
	}
	return s.len > 0;
}

static bool
has_controls(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.p[i] < 0x20 && s.p[i] != '\t') || s.p[i] == 0x7f)
			return true;
	return false;
}

static enum MHD_Result
on_head(void *arg, enum MHD_ValueKind kind, const char *name, size_t name_len,
    const char *value, size_t value_len)
{
	struct heads *h = arg;

	(void)kind;
	if (!is_token(span_of(name, name_len)) ||
	    has_controls(span_of(value, value_len))) {
		h->fault = "A header is malformed.";
		return MHD_NO;
	}
	for (int i = 0; i < NUM_HEADS; i++) {
		if (strcasecmp(name, names[i]) != 0)
			continue;
		if (h->value[i] != NULL)
			h->fault = "A header is there twice.";
		h->value[i] = value != NULL ? value : "";
	}
	return MHD_YES;
}

static bool
has_body(const struct heads *h)
{
	return h->value[ENCODING] != NULL ||
	       (h->value[LENGTH] != NULL &&
		   strspn(h->value[LENGTH], "0") != strlen(h->value[LENGTH]));
}

static const char *
length_fault(const struct heads *h, const char *method)
{
	const char *length = h->value[LENGTH];

	if (length != NULL && h->value[ENCODING] != NULL)
		return "A length stands beside a transfer encoding.";
	if (length != NULL &&
	    (length[0] == '\0' ||
		strspn(length, "0123456789") != strlen(length)))
		return "The length is no number.";
	if (h->value[ENCODING] != NULL &&
	    strcasecmp(h->value[ENCODING], "chunked") != 0)
		return "The transfer encoding is not known.";
	if ((strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) &&
	    has_body(h))
		return "A GET request has no body.";
	return NULL;
}

bool
request_head(struct door_call *c, const char *method, const char *version)
{
	struct heads h = {0};

	MHD_get_connection_values_n(c->conn, MHD_HEADER_KIND, on_head, &h);
	if (c->fault == NULL)
		c->fault = h.fault;
	if (c->fault == NULL)
		c->fault = length_fault(&h, method);
	if (c->fault == NULL && h.value[HOST] == NULL &&
	    strcmp(version, "HTTP/1.0") != 0)
		c->fault = "The request names no host.";
	c->r.method = method;
	c->r.path = c->query.path;
	c->r.num_params = c->query.num;
	c->r.params = c->query.params;
	c->r.host = h.value[HOST];
	c->r.authorization = h.value[AUTHORIZATION];
	c->r.content_type = h.value[TYPE];
	return c->fault == NULL;
}

static void
peer_of(struct door_call *c, const struct sockaddr *a)
{
	const struct sockaddr_in *in = (const void *)a;
	const struct sockaddr_in6 *in6 = (const void *)a;

	if (a->sa_family == AF_INET) {
		memcpy(c->peer, &in->sin_addr, 4);
		c->r.peer = span_of(c->peer, 4);
	} else if (a->sa_family == AF_INET6) {
		memcpy(c->peer, &in6->sin6_addr, 16);
		c->r.peer = span_of(c->peer, 16);
	}
}

void
request_peer(struct door_call *c, bool is_unix)
{
	struct ucred who;
	socklen_t len = sizeof(who);

	c->r.uid = -1;
	if (!is_unix)
		peer_of(c, MHD_get_connection_info(
			       c->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS)
			       ->client_addr);
	else if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0)
		c->r.uid = (long)who.uid;
}
