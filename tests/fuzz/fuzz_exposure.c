/* fuzz_exposure: what the store gives back as an exposure. What is taken must
 * come out of another round unchanged, and can be shown. */
#include <stdlib.h>

#include "alerts/severity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
show(const struct exposure *x)
{
	struct buf out = {0};

	alert_json(x, "fuzz", false, &out);
	alert_json(x, "fuzz", true, &out);
	alert_text(x, true, &out);
	alert_severity(x, 70);
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf first = {0}, second = {0};
	struct exposure x, y;

	if (exposure_unpack(&x, span_of(data, size), NULL) != ST_OK)
		return 0;
	show(&x);
	exposure_pack(&x, &first);
	if (exposure_unpack(&y, buf_span(&first), NULL) != ST_OK)
		abort();
	exposure_pack(&y, &second);
	if (!span_eq(buf_span(&first), buf_span(&second)))
		abort();
	exposure_fini(&x);
	exposure_fini(&y);
	buf_fini(&first);
	buf_fini(&second);
	return 0;
}
