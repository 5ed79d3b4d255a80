/* cmd_version: this program and the libraries it runs with. */
#include <stdio.h>

#include "monitor/cmd.h"
#include "monitor/opts.h"
#include "monitor/versions.h"

static const struct opt table[] = {
    {"json", 0, NULL, "one JSON object"},
    {0},
};

static void
print_json(const struct version *v, size_t n)
{
	printf("{\"version\":\"%s\",\"libraries\":{", INDELIBLE_VERSION);
	for (size_t i = 0; i < n; i++)
		printf("%s\"%s\":\"%s\"", i ? "," : "", v[i].name, v[i].text);
	printf("}}\n");
}

static void
print_text(const struct version *v, size_t n)
{
	printf("indelible %s\n", INDELIBLE_VERSION);
	for (size_t i = 0; i < n; i++)
		printf("  %-12s %s\n", v[i].name, v[i].text);
}

int
cmd_version(int argc, char **argv)
{
	struct opts o = {.usage = "indelible version [--json]",
	    .about = "Prints the version of this program and of the "
		     "libraries it runs with.",
	    .table = table,
	    .argc = argc,
	    .argv = argv};
	struct version list[VERSIONS];
	size_t n;
	int c, json = 0;

	while ((c = opts_next(&o)) >= 0)
		json = 1;
	if (c != OPTS_END)
		return c == OPTS_HELP ? EX_OK : EX_USAGE;
	if (!opts_at_most(&o, 0))
		return EX_USAGE;
	n = versions_get(list);
	(json ? print_json : print_text)(list, n);
	return EX_OK;
}
