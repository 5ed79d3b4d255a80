/* fuzz_config: a configuration that is taken prints as one that reads back
 * equal; one that is refused has mistakes at places that exist, in safe
 * words. */
#include <stdlib.h>

#include "config/config.h"
#include "config/mistake.h"
#include "ctlog/base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef void print_fn(const struct config *c, FILE *out);

static struct span
printed(print_fn *print, const struct config *c)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	ASSERT(f != NULL);
	print(c, f);
	ASSERT(fclose(f) == 0);
	return span_of(text, len);
}

static void
check_good(const struct config *c)
{
	struct span yaml = printed(config_print, c), again;
	struct span json = printed(config_print_json, c);
	struct mistakes m;
	struct config b;

	ASSERT(config_parse(&b, "/etc/again.yaml", yaml, &m, NULL) == ST_OK);
	again = printed(config_print, &b);
	ASSERT(span_eq(yaml, again));
	free((void *)(uintptr_t)again.p);
	mistakes_fini(&m);
	config_fini(&b);
	ASSERT(config_parse(&b, "/etc/again.yaml", json, &m, NULL) == ST_OK);
	again = printed(config_print_json, &b);
	ASSERT(span_eq(json, again));
	free((void *)(uintptr_t)again.p);
	free((void *)(uintptr_t)yaml.p);
	free((void *)(uintptr_t)json.p);
	mistakes_fini(&m);
	config_fini(&b);
}

static void
check_bad(const struct mistakes *m)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	ASSERT(f != NULL);
	for (size_t i = 0; i < mistakes_kept(m); i++) {
		const struct mistake *x = &m->list[i];

		ASSERT(x->line > 0 && x->column > 0);
		ASSERT(x->place.at <= m->source.len);
		ASSERT(text_is_utf8(span_str(x->text)));
		ASSERT(strpbrk(x->text, "\n\r\t\x1b") == NULL);
	}
	mistakes_print(m, f);
	mistakes_print_json(m, f);
	ASSERT(fclose(f) == 0);
	ASSERT(text_is_utf8(span_of(text, len)));
	ASSERT(memchr(text, '\x1b', len) == NULL);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mistakes m;
	struct config c;
	struct err e = {""};
	enum status st =
	    config_parse(&c, "/etc/fuzz.yaml", span_of(data, size), &m, &e);

	if (st == ST_OK)
		check_good(&c);
	else
		check_bad(&m);
	ASSERT((st == ST_OK) == (m.num == 0 && e.text[0] == '\0'));
	config_fini(&c);
	mistakes_fini(&m);
	return 0;
}
