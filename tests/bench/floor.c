/*
 * floor: the least that has to be done with a log of full tiles, or pages of
 * 1,000 entries: receive its bytes by the same transport, decode what carries
 * the leaves (base64 of leaf_input, gzip), hash every leaf and node with
 * OpenSSL, compare the root. It shares no code with the program that is
 * measured beside it, and neither looks at what the leaves say nor keeps
 * anything. Prints one line of JSON: entries, and the processor time in ns.
 *
 *	floor static|gzip|rfc6962 URL ENTRIES ROOT [CA]
 *	floor local FOLDER ENTRIES ROOT
 */
#include <curl/curl.h>
#include <libdeflate.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define TILE 256ul
#define PAGE 1000ul
#define CALLS 4u
#define ROOM (16u << 20)
#define HASH 32u

struct call {
	CURL *curl;
	uint8_t *body;
	size_t len;
	unsigned long no;
};

static const char *kind, *base, *ca;
static unsigned long entries, width, calls, next_call, taken;
static uint8_t (*leaves)[HASH];
static EVP_MD *sha256;
static EVP_MD_CTX *ctx;
static struct libdeflate_decompressor *inflater;

static void
need(int had, const char *what)
{
	if (had)
		return;
	fprintf(stderr, "floor: %s\n", what);
	exit(1);
}

/* --- hashing ----------------------------------------------------------------- */

static void
digest(uint8_t *out, const uint8_t *prefix, size_t prefix_len, const uint8_t *p,
    size_t len)
{
	EVP_DigestInit_ex2(ctx, sha256, NULL);
	EVP_DigestUpdate(ctx, prefix, prefix_len);
	EVP_DigestUpdate(ctx, p, len);
	EVP_DigestFinal_ex(ctx, out, NULL);
}

/* Fold a row of hashes into their root, RFC 6962 2.1; the row is used up. */
static void
fold(uint8_t (*row)[HASH], unsigned long num)
{
	while (num > 1) {
		for (unsigned long i = 0; i < num / 2; i++)
			digest(row[i], (const uint8_t *)"\1", 1, row[2 * i],
			    2ul * HASH);
		if (num % 2)
			memcpy(row[num / 2], row[num - 1], HASH);
		num = (num + 1) / 2;
	}
}

/* --- data tiles: static-ct-api ------------------------------------------------- */

static size_t
number(const uint8_t *p, unsigned bytes)
{
	size_t n = 0;

	while (bytes-- > 0)
		n = n << 8 | *p++;
	return n;
}

/* The length of a TimestampedEntry; *after is that of what follows it. */
static size_t
entry_len(const uint8_t *p, size_t *after)
{
	size_t at = 10;
	int is_precert = p[9] == 1;

	if (is_precert)
		at += HASH;
	at += 3 + number(p + at, 3);
	at += 2 + number(p + at, 2);
	*after = is_precert ? 3 + number(p + at, 3) : 0;
	*after += 2 + number(p + at + *after, 2);
	return at;
}

static void
hash_tile(uint8_t (*out)[HASH], size_t num, const uint8_t *p, size_t len)
{
	size_t at = 0, n, after;

	for (size_t i = 0; i < num; i++) {
		need(at < len, "a tile is too short");
		n = entry_len(p + at, &after);
		digest(out[i], (const uint8_t *)"\0\0\0", 3, p + at, n);
		at += n + after;
	}
	need(at == len, "a tile is too long");
}

static void
hash_gzip(uint8_t (*to)[HASH], size_t num, const uint8_t *p, size_t len)
{
	static uint8_t out[ROOM];
	size_t n;

	need(libdeflate_gzip_decompress(inflater, p, len, out, ROOM, &n) ==
		 LIBDEFLATE_SUCCESS,
	    "a tile is no gzip");
	hash_tile(to, num, out, n);
}

/* --- pages: RFC 6962 4.6 ---------------------------------------------------------- */

static const char member[] = "\"leaf_input\":";

static void
hash_page(uint8_t (*out)[HASH], size_t num, const uint8_t *p, size_t len)
{
	static uint8_t leaf[1u << 20];
	const uint8_t *end = p + len, *q;
	int n;

	for (size_t i = 0; i < num; i++) {
		p = memmem(p, (size_t)(end - p), member, sizeof(member) - 1);
		need(p != NULL, "a page is too short");
		p = memchr(p + sizeof(member) - 1, '"',
		    (size_t)(end - p) - sizeof(member));
		need(p != NULL, "a page is not as expected");
		p++;
		q = memchr(p, '"', (size_t)(end - p));
		need(q != NULL && (size_t)(q - p) < sizeof(leaf), "a page");
		n = EVP_DecodeBlock(leaf, p, (int)(q - p));
		need(n > 0, "a leaf is no base64");
		n -= (q[-1] == '=') + (q[-2] == '=');
		digest(out[i], (const uint8_t *)"\0", 1, leaf, (size_t)n);
		p = q + 1;
	}
}

static void
take(unsigned long no, const uint8_t *p, size_t len)
{
	unsigned long at = no * width;
	size_t num = entries - at < width ? entries - at : width;

	taken++;
	if (strcmp(kind, "rfc6962") == 0)
		hash_page(leaves + at, num, p, len);
	else if (strcmp(kind, "gzip") == 0)
		hash_gzip(leaves + at, num, p, len);
	else
		hash_tile(leaves + at, num, p, len);
}

/* --- receiving ---------------------------------------------------------------------- */

static void
tile_name(char *out, size_t cap, unsigned long no)
{
	int n = 0;

	if (no >= 1000000)
		n = snprintf(out, cap, "x%03lu/", no / 1000000);
	if (no >= 1000)
		n += snprintf(
		    out + n, cap - (size_t)n, "x%03lu/", no / 1000 % 1000);
	snprintf(out + n, cap - (size_t)n, "%03lu", no % 1000);
}

static size_t
on_body(char *p, size_t one, size_t len, void *arg)
{
	struct call *c = arg;

	(void)one;
	if (c->len + len > ROOM)
		return 0;
	memcpy(c->body + c->len, p, len);
	c->len += len;
	return len;
}

static void
ask(CURLM *multi, struct call *c)
{
	char url[2048], name[64];

	c->no = next_call++;
	c->len = 0;
	tile_name(name, sizeof(name), c->no);
	if (strcmp(kind, "rfc6962") == 0)
		snprintf(url, sizeof(url),
		    "%sct/v1/get-entries?start=%lu&end=%lu", base,
		    c->no * width, c->no * width + width - 1);
	else
		snprintf(url, sizeof(url), "%stile/data/%s", base, name);
	curl_easy_setopt(c->curl, CURLOPT_URL, url);
	curl_multi_add_handle(multi, c->curl);
}

static struct call *
call_new(void)
{
	struct call *c = calloc(1, sizeof(*c));
	struct curl_slist *h = NULL;

	need(c != NULL, "memory");
	c->body = malloc(ROOM);
	c->curl = curl_easy_init();
	need(c->body != NULL && c->curl != NULL, "memory");
	curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, c);
	curl_easy_setopt(c->curl, CURLOPT_PRIVATE, c);
	curl_easy_setopt(c->curl, CURLOPT_BUFFERSIZE, 512l << 10);
	curl_easy_setopt(c->curl, CURLOPT_FAILONERROR, 1l);
	curl_easy_setopt(c->curl, CURLOPT_CAPATH, NULL);
	curl_easy_setopt(c->curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	if (ca != NULL)
		curl_easy_setopt(c->curl, CURLOPT_CAINFO, ca);
	if (strcmp(kind, "gzip") == 0)
		h = curl_slist_append(NULL, "Accept-Encoding: gzip");
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER, h);
	return c;
}

static void
collect(CURLM *multi)
{
	struct call *c;
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(multi, &left)) != NULL) {
		need(m->data.result == CURLE_OK,
		    curl_easy_strerror(m->data.result));
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &c);
		curl_multi_remove_handle(multi, c->curl);
		take(c->no, c->body, c->len);
		if (next_call < calls)
			ask(multi, c);
	}
}

static void
read_url(void)
{
	CURLM *multi = curl_multi_init();
	int running;

	for (unsigned i = 0; i < CALLS && next_call < calls; i++)
		ask(multi, call_new());
	while (taken < calls) {
		curl_multi_perform(multi, &running);
		collect(multi);
		if (running > 0)
			curl_multi_poll(multi, NULL, 0, 1000, NULL);
	}
}

static void
read_folder(void)
{
	static uint8_t body[ROOM];
	char path[2048], name[64];

	for (; next_call < calls; next_call++) {
		FILE *f;
		size_t n;

		tile_name(name, sizeof(name), next_call);
		snprintf(path, sizeof(path), "%s/tile/data/%s", base, name);
		f = fopen(path, "rb");
		need(f != NULL, path);
		setvbuf(f, NULL, _IONBF, 0);
		n = fread(body, 1, ROOM, f);
		fclose(f);
		take(next_call, body, n);
	}
}

static double
cpu_ns(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return 1e9 * (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       1e3 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void
compare(const char *root)
{
	char hex[2 * HASH + 1];

	fold(leaves, entries);
	for (unsigned i = 0; i < HASH; i++)
		snprintf(hex + 2 * i, 3, "%02x", leaves[0][i]);
	need(strcmp(hex, root) == 0, "the root is another");
}

int
main(int argc, char **argv)
{
	double begin;

	need(argc >= 5, "floor KIND WHERE ENTRIES ROOT [CA]");
	kind = argv[1];
	base = argv[2];
	entries = strtoul(argv[3], NULL, 10);
	width = strcmp(kind, "rfc6962") ? TILE : PAGE;
	calls = (entries + width - 1) / width;
	need(entries > 0 && (width == PAGE || entries % TILE == 0),
	    "there must be entries, in full tiles");
	ca = argc > 5 ? argv[5] : NULL;
	leaves = calloc(entries, sizeof(*leaves));
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	ctx = EVP_MD_CTX_new();
	inflater = libdeflate_alloc_decompressor();
	need(leaves && sha256 && ctx && inflater, "memory");
	curl_global_init(CURL_GLOBAL_DEFAULT);
	begin = cpu_ns();
	if (strcmp(kind, "local") == 0)
		read_folder();
	else
		read_url();
	compare(argv[4]);
	printf(
	    "{\"entries\":%lu,\"cpu_ns\":%.0f}\n", entries, cpu_ns() - begin);
	return 0;
}
