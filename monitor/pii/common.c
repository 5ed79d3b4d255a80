/* common: see common.h; the words stand in words/common.txt. */
#include "monitor/pii/common.h"

#define WORD_MAX 32

bool
common_word(struct span token)
{
	static const char words[] = "\n"
#include "words/common.txt.h"
	    ;
	char line[WORD_MAX + 2] = "\n";

	if (token.len == 0 || token.len > WORD_MAX)
		return false;
	memcpy(line + 1, token.p, token.len);
	line[1 + token.len] = '\n';
	return memmem(words, sizeof(words) - 1, line, token.len + 2) != NULL;
}
