/* token: see token.h. */
#include "monitor/token.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/value.h"
#include "ctlog/base/limits.h"
#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/store/files.h"
#include "monitor/store/keyfile.h"

#define HASH 32
#define SHORTEST 16u
#define LONGEST 256u
#define NAME_MAX_LEN 32u
#define WORDS 4
static const char scheme[] = "sha256:";

struct token {
	uint8_t hash[HASH];
	unsigned scopes;
	char *tenant; /* NULL: all */
	char name[NAME_MAX_LEN + 1];
};

struct tokens {
	size_t num;
	struct token *list;
};

struct reading {
	struct tokens *to;
	char *own; /* the first that is no hash */
	const char *file;
	size_t line;
};

/* --- a line ------------------------------------------------------------------ */

static void
sha256(uint8_t out[HASH], struct span s)
{
	ASSERT(EVP_Digest(s.p, s.len, out, NULL, EVP_sha256(), NULL));
}

static enum status
fail(const struct reading *r, const char *what, struct err *e)
{
	return err_set(
	    e, ST_BAD, "%s:%zu: %s", QUOTE(span_str(r->file)), r->line, what);
}

/* RFC 6750 section 2.1, and names. */
static bool
is_made_of(struct span s, const char *others)
{
	for (size_t i = 0; i < s.len; i++) {
		uint8_t c = s.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') ||
			memchr(others, c, strlen(others)) != NULL))
			return false;
	}
	return true;
}

static enum status
read_token(struct token *t, struct reading *r, struct span word, struct err *e)
{
	if (span_starts(word, span_str(scheme))) {
		if (!text_unhex(
			t->hash, HASH, span_from(word, sizeof(scheme) - 1)))
			return fail(
			    r, "behind sha256: belong 64 hex digits", e);
		return ST_OK;
	}
	if (word.len < SHORTEST || word.len > LONGEST ||
	    !is_made_of(word, "._~+/=-"))
		return fail(r,
		    "a token has 16 to 256 letters, digits or . _ ~ + / = -",
		    e);
	sha256(t->hash, word);
	if (r->own == NULL)
		r->own = mem_strn(word.p, word.len);
	return ST_OK;
}

static enum status
read_rights(
    struct token *t, struct reading *r, const struct span *word, struct err *e)
{
	char *tenant;

	t->scopes = SCOPE_READ | SCOPE_WRITE;
	if (word[1].len == 0)
		return r->to->num == 0
			   ? ST_OK
			   : fail(r,
				 "only the first token may stand alone; say "
				 "`read` or `write` behind it",
				 e);
	if (span_eq_str(word[1], "read"))
		t->scopes = SCOPE_READ;
	else if (!span_eq_str(word[1], "write"))
		return fail(r, "behind the token belongs `read` or `write`", e);
	if (word[2].len == 0 || span_eq_str(word[2], "*"))
		return ST_OK;
	tenant = mem_strn(word[2].p, word[2].len);
	if (memchr(tenant, '\0', word[2].len) == NULL &&
	    value_tenant(tenant, false, NULL)) {
		t->tenant = tenant;
		return ST_OK;
	}
	free(tenant);
	return fail(r, "that cannot be a tenant's name, nor is it `*`", e);
}

static enum status
read_name(struct token *t, struct reading *r, struct span word, struct err *e)
{
	if (word.len > NAME_MAX_LEN || !is_made_of(word, "._-"))
		return fail(r,
		    "a token's name has up to 32 letters, digits or . _ -", e);
	if (word.len == 0)
		snprintf(t->name, sizeof(t->name), "line %zu", r->line);
	else
		memcpy(t->name, word.p, word.len);
	return ST_OK;
}

/* The words of a line; 0: there are too many. */
static bool
split(struct span word[WORDS], struct span line)
{
	size_t num = 0, i = 0;

	memset(word, 0, WORDS * sizeof(*word));
	line = span_cut(line, 0, span_chr(line, '#'));
	while (i < line.len) {
		size_t begin = i;

		while (i < line.len && !strchr(" \t\r", line.p[i]))
			i++;
		if (i > begin && num == WORDS)
			return false;
		if (i > begin)
			word[num++] = span_cut(line, begin, i - begin);
		else
			i++;
	}
	return true;
}

static enum status
read_line(struct reading *r, struct span line, struct err *e)
{
	struct span word[WORDS];
	struct token t = {0};
	enum status st;

	r->line++;
	if (!split(word, line))
		return fail(r, "too many words", e);
	if (word[0].len == 0)
		return ST_OK;
	st = read_token(&t, r, word[0], e);
	if (st == ST_OK)
		st = read_name(&t, r, word[3], e);
	if (st == ST_OK)
		st = read_rights(&t, r, word, e);
	if (st != ST_OK)
		return st;
	r->to->list =
	    mem_grow(r->to->list, r->to->num + 1, sizeof(*r->to->list));
	r->to->list[r->to->num++] = t;
	return ST_OK;
}

/* --- the file ------------------------------------------------------------------ */

static enum status
read_all(struct reading *r, struct span text, struct err *e)
{
	enum status st = ST_OK;

	while (text.len > 0 && st == ST_OK) {
		struct span line = span_cut(text, 0, span_chr(text, '\n'));

		text = span_from(text, line.len + 1);
		st = read_line(r, line, e);
	}
	if (st == ST_OK && r->to->num == 0)
		st = fail(r, "there is no token in it", e);
	return st;
}

static void
own_free(char *own)
{
	if (own != NULL)
		mem_wipe(own, strlen(own));
	free(own);
}

enum status
tokens_parse(
    struct tokens **out, struct span text, const char *file, struct err *e)
{
	struct reading r = {.to = NEW(struct tokens), .file = file};
	enum status st = read_all(&r, text, e);

	own_free(r.own);
	if (st == ST_OK)
		*out = r.to;
	else
		tokens_free(r.to);
	return st;
}

/* The text, to be wiped. */
static enum status
file_text(struct buf *out, const char *file, struct err *e)
{
	/* Not to hang on a FIFO that somebody put there. */
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	enum status st;
	ssize_t n;

	if (fd < 0)
		return files_fail("cannot open token file", file, e);
	st = keyfile_private(fd, "token file", file, e);
	if (st == ST_OK) {
		n = read(fd, buf_room(out, LIMIT_TOKENS + 1), LIMIT_TOKENS + 1);
		if (n < 0)
			st = files_fail("cannot read token file", file, e);
		else
			out->len = (size_t)n;
	}
	if (st == ST_OK && out->len > LIMIT_TOKENS)
		st =
		    err_set(e, ST_LIMIT, "token file %s has more than %u bytes",
			QUOTE(span_str(file)), LIMIT_TOKENS);
	close(fd);
	return st;
}

static void
text_wipe(struct buf *text)
{
	if (text->p != NULL)
		mem_wipe(text->p, text->cap);
	buf_fini(text);
}

enum status
tokens_read(struct tokens **out, const char *file, struct err *e)
{
	struct buf text = {0};
	enum status st = file_text(&text, file, e);

	if (st == ST_OK)
		st = tokens_parse(out, buf_span(&text), file, e);
	text_wipe(&text);
	return st;
}

enum status
tokens_own(char **out, const char *file, struct err *e)
{
	struct reading r = {.to = NEW(struct tokens), .file = file};
	struct buf text = {0};
	enum status st = file_text(&text, file, e);

	if (st == ST_OK)
		st = read_all(&r, buf_span(&text), e);
	if (st == ST_OK && r.own == NULL)
		st = err_set(e, ST_BAD,
		    "token file %s has only hashes; commands need a token "
		    "itself",
		    QUOTE(span_str(file)));
	text_wipe(&text);
	tokens_free(r.to);
	if (st == ST_OK)
		*out = r.own;
	else
		own_free(r.own);
	return st;
}

void
tokens_free(struct tokens *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->num; i++)
		free(t->list[i].tenant);
	free(t->list);
	free(t);
}

enum status
tokens_create(const char *file, struct err *e)
{
	uint8_t raw[HASH];
	struct buf text = {0};
	enum status st;

	ASSERT(RAND_priv_bytes(raw, sizeof(raw)) == 1);
	buf_str(&text, "# The admin door's tokens: see indelible.yaml(5).\n");
	text_hex(&text, span_of(raw, sizeof(raw)));
	buf_char(&text, '\n');
	mem_wipe(raw, sizeof(raw));
	st = files_create("token file", file, buf_span(&text), e);
	text_wipe(&text);
	return st;
}

/* --- using them -------------------------------------------------------------- */

bool
tokens_find(
    struct api_caller *out, const struct tokens *t, const char *authorization)
{
	const struct token *found = NULL;
	uint8_t hash[HASH];

	if (authorization == NULL ||
	    strncasecmp(authorization, "Bearer ", 7) != 0)
		return false;
	sha256(hash, span_str(authorization + 7));
	for (size_t i = 0; i < t->num; i++)
		if (CRYPTO_memcmp(hash, t->list[i].hash, HASH) == 0)
			found = &t->list[i];
	if (found == NULL)
		return false;
	*out = (struct api_caller){
	    .scopes = found->scopes, .tenant = found->tenant};
	snprintf(out->who, sizeof(out->who), "token %s", found->name);
	return true;
}
