/*
 * cmd_inspect: the personal data that certificates carry, given as files.
 * Offline: neither store nor network. Certificates are taken out of the files
 * in inspect_read.c, the two forms of output are in inspect_json.c and
 * inspect_text.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctlog/base/mem.h"
#include "ctlog/base/text.h"
#include "monitor/cmd.h"
#include "monitor/inspect.h"
#include "monitor/opts.h"

#define FINDINGS_MAX 8192
#define ARENA_LEN (16u << 20)
#define WIDTH_MIN 40u
#define WIDTH_MAX 120u
#define WIDTH_PLAIN 80u /* into files and pipes */

enum { OPT_JSON, OPT_REVEAL, OPT_FAIL_ON, OPT_QUIET };
static const struct opt table[] = {
    [OPT_JSON] = {"json", 0, NULL, "one JSON object a line"},
    [OPT_REVEAL] = {"reveal", 0, NULL,
	"show numbers, birth dates, addresses and phones"},
    [OPT_FAIL_ON] = {"fail-on", 0, "KIND[,KIND]",
	"exit 1 when one of these is found (any: all)"},
    [OPT_QUIET] = {"quiet", 'q', NULL, "no summary of several files"},
    {0},
};

struct run {
	bool json, quiet;
	struct inspect_style style;
	uint32_t fail_on; /* bit set over enum pii_kind */
	int status;       /* the worst so far, without --fail-on */
	struct inspect_tally tally;
	struct extractor *extractor;
	struct hasher *hasher;
	struct inspection now;
	void *memory;
	struct buf out;
};

/* Worse first. */
static int
worse(int a, int b)
{
	static const int order[] = {EX_SOFTWARE, EX_IOERR, EX_NOPERM,
	    EX_NOINPUT, EX_DATAERR, EX_TRUE, EX_OK};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return EX_SOFTWARE;
}

/* "email,name" or "any"; false after a message. */
static bool
read_kinds(uint32_t *out, const char *list)
{
	struct span left = span_str(list), word;
	enum pii_kind kind;

	while (true) {
		word = span_cut(left, 0, span_chr(left, ','));

		if (span_eq_str(word, "any"))
			*out |= (1u << PII_KINDS) - 1;
		else if (kind_of(&kind, word))
			*out |= 1u << kind;
		else
			break;
		if (word.len == left.len)
			return true;
		left = span_from(left, word.len + 1);
	}
	fprintf(stderr,
	    "indelible: --fail-on: there is no kind %s; kinds are any",
	    word.len > 0 ? QUOTE(word) : "without a name");
	for (unsigned i = 0; i < PII_KINDS; i++)
		fprintf(stderr, ", %s", kind_name((enum pii_kind)i));
	fprintf(stderr, "\n");
	return false;
}

/* All of a descriptor; false with errno set. */
static bool
read_all(struct buf *out, int fd)
{
	struct stat st;
	uint8_t *to;
	size_t most;
	ssize_t n;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		if (st.st_size > (off_t)LIMIT_INPUT) {
			errno = EFBIG;
			return false;
		}
		buf_room(out, (size_t)st.st_size + 1);
	}
	do {
		to = buf_room(out, 1 << 16);
		/* No more than is of use: endless input fills all room. */
		most = out->cap < LIMIT_INPUT ? out->cap : LIMIT_INPUT + 1;
		n = read(fd, to, most - out->len);
		if (n > 0)
			out->len += (size_t)n;
		if (out->len > LIMIT_INPUT) {
			errno = EFBIG;
			return false;
		}
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n == 0;
}

static int
exit_of(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case EISDIR:
	case ELOOP:
	case ENXIO: /* a socket */
	case ENAMETOOLONG:
		return EX_NOINPUT;
	case EACCES:
	case EPERM:
		return EX_NOPERM;
	case EFBIG:
		return EX_DATAERR;
	}
	return EX_IOERR;
}

static void
complain(struct run *r, const char *file, int error)
{
	r->status = worse(r->status, exit_of(error));
	r->tally.unread++;
	fprintf(stderr, "indelible: %s: %s\n", QUOTE(span_str(file)),
	    error == EISDIR  ? "is a directory; name the files in it, as with "
			       "`find DIR -type f -exec indelible inspect {} +`"
	    : error == EFBIG ? "is larger than any input may be (1 GiB)"
			     : strerror(error));
}

static bool
load(struct run *r, struct buf *out, const char *file)
{
	bool standard = strcmp(file, "-") == 0;
	int fd = standard ? 0 : open(file, O_RDONLY | O_CLOEXEC);
	bool good = fd >= 0 && read_all(out, fd);

	if (!good)
		complain(r, standard ? "standard input" : file, errno);
	if (fd > 0)
		close(fd);
	return good;
}

/* Write out what has been gathered, at once: who reads it is waiting. False
 * when nobody takes it. */
static bool
flush(struct run *r)
{
	bool good = fwrite(r->out.p, 1, r->out.len, stdout) == r->out.len &&
		    fflush(stdout) == 0;

	if (!good) {
		fprintf(stderr, "indelible: standard output: %s\n",
		    strerror(errno));
		r->status = worse(r->status, EX_IOERR);
	}
	buf_clear(&r->out);
	return good;
}

/* The kinds of --fail-on that the certificate has. */
static uint32_t
matched(const struct run *r, const struct findings *all)
{
	uint32_t kinds = 0;

	for (uint32_t i = 0; i < all->num; i++)
		if (inspect_counts(&all->list[i]))
			kinds |= 1u << all->list[i].kind;
	return kinds & r->fail_on;
}

static void
inspect_one(struct run *r, const struct inspect_item *item)
{
	struct inspection *i = &r->now;
	struct arena arena = arena_of(r->memory, ARENA_LEN);
	struct span none = span_of(NULL, 0);

	i->problems.num = 0;
	if (item->problem != NULL)
		problem_add(&i->problems, item->problem, "file");
	cert_parse(
	    &i->cert, item->bytes, item->problem == NULL ? &i->problems : NULL);
	if (item->problem != NULL && i->cert.format != CERT_NONE)
		cert_parse(&i->cert, item->bytes, &i->problems);
	hasher_sha256(r->hasher, &i->sha256, i->cert.der, none);
	cert_family(&i->family, &i->cert, r->hasher);
	extract_run(r->extractor, &i->findings, &i->cert, &arena, &i->problems);
	i->facts = i->findings.facts;
	if (i->cert.status != CERT_UNPARSED && i->findings.num == 0)
		extract_facts(r->extractor, &i->facts, &i->cert, &arena);
	i->matched = matched(r, &i->findings);
	inspect_count(&r->tally, i);
	if (r->json)
		inspect_json(&r->out, i, r->style.reveal);
	else
		inspect_text(&r->out, i, &r->style);
}

/* Keys do not belong where certificates are sent and kept. */
static void
warn_of_key(const char *file)
{
	bool standard = strcmp(file, "-") == 0;

	fprintf(stderr,
	    "indelible: %s: a private key is in it too; it was passed over\n",
	    standard ? "standard input" : QUOTE(span_str(file)));
}

/* False when there is no point in going on. */
static bool
inspect_file(struct run *r, const char *file)
{
	struct buf input = {0};
	struct inspect_items it = {0};
	struct inspect_item item;
	bool any = false, good = true;

	r->tally.files++;
	if (load(r, &input, file)) {
		it.left = buf_span(&input);
		r->now.file = file;
		r->now.index = 0;
		while (good && inspect_next(&it, &item)) {
			inspect_one(r, &item);
			any |= r->now.cert.format != CERT_NONE;
			r->now.index++;
			good = flush(r);
		}
		if (!any)
			r->status = worse(r->status, EX_DATAERR);
		r->tally.empty += !any;
		if (any && it.key)
			warn_of_key(file);
	}
	buf_fini(&it.scratch);
	buf_fini(&input);
	return good;
}

/* What is worth saying at the end of many, to people. */
static void
summarize(struct run *r)
{
	struct buf line = {0};

	if (r->json || r->quiet ||
	    (r->tally.files < 2 && r->tally.certificates < 2))
		return;
	inspect_summary(&line, &r->tally, r->fail_on != 0);
	fprintf(stderr, "indelible: %s", buf_cstr(&line));
	buf_fini(&line);
}

static bool
is_coloured(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (no != NULL && *no != '\0')
		return false;
	return term != NULL && strcmp(term, "dumb") != 0;
}

static void
style_init(struct inspect_style *s)
{
	struct winsize size = {0};

	s->width = WIDTH_PLAIN;
	s->terminal = isatty(STDOUT_FILENO) == 1;
	if (!s->terminal)
		return;
	s->colour = is_coloured();
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return;
	s->width = size.ws_col < WIDTH_MIN   ? WIDTH_MIN
		   : size.ws_col > WIDTH_MAX ? WIDTH_MAX
					     : size.ws_col;
}

static void
run_init(struct run *r)
{
	style_init(&r->style);
	r->extractor = extractor_new();
	r->hasher = hasher_new();
	r->memory = mem_new(1, ARENA_LEN);
	r->now.findings.list = mem_new(FINDINGS_MAX, sizeof(struct finding));
	r->now.findings.cap = FINDINGS_MAX;
	r->now.problems.list = mem_new(LIMIT_PROBLEMS, sizeof(struct problem));
}

static void
run_fini(struct run *r)
{
	extractor_free(r->extractor);
	hasher_free(r->hasher);
	free(r->memory);
	free(r->now.findings.list);
	free(r->now.problems.list);
	buf_fini(&r->out);
}

int
cmd_inspect(int argc, char **argv)
{
	struct opts o = {.usage = "indelible inspect [--json] [--reveal] "
				  "[--fail-on KIND[,KIND]] [-q]\n              "
				  "           FILE...|-",
	    .about =
		"Shows the personal data that certificates, precertificates, "
		"bare\nTBSCertificates or signing requests carry or would "
		"publish, and what can\nstill be done. Files are PEM, DER or "
		"PKCS #7, with one or several in each;\n- is standard input. "
		"indelible-inspect(1) has more.",
	    .table = table,
	    .argc = argc,
	    .argv = argv};
	struct run r = {0};
	int c;

	while ((c = opts_next(&o)) >= 0) {
		r.json |= c == OPT_JSON;
		r.style.reveal |= c == OPT_REVEAL;
		r.quiet |= c == OPT_QUIET;
		if (c == OPT_FAIL_ON && !read_kinds(&r.fail_on, o.value))
			return EX_USAGE;
	}
	if (c != OPTS_END)
		return c == OPTS_HELP ? EX_OK : EX_USAGE;
	if (o.at >= argc) {
		opts_wrong(&o, "no file given");
		return EX_USAGE;
	}
	run_init(&r);
	for (int i = o.at; i < argc; i++)
		if (!inspect_file(&r, argv[i]))
			break;
	summarize(&r);
	c = worse(r.status, r.tally.matched > 0 ? EX_TRUE : EX_OK);
	run_fini(&r);
	return c;
}
