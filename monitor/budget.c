/* budget: see budget.h. Not here: whose budget it is, Retry-After (host.c). */
#include "monitor/budget.h"

#include <math.h>

/* No pace is slower; a log that serves less asks for patience each time. */
#define RATE_MIN 0.1
/* A request that left late, for the timer's sake, is made up for by the next:
 * closer by this part of the pace, or two steps of the clock, at most. */
#define SLACK 0.125
#define CLOCK_MS 2.0
/* Requests further apart are not asked for at a rate. */
#define APART_MS 2500.0

static double
pace_ms(const struct budget *b)
{
	return 1000.0 / b->rate;
}

bool
budget_is_free(const struct budget *b, int64_t now)
{
	return b->rate <= 0.0 || now - b->complaint > BUDGET_KEEP_MS;
}

int64_t
budget_wait_ms(const struct budget *b, int64_t now)
{
	double wait = b->next - (double)now;

	if (budget_is_free(b, now))
		return 0;
	if (b->running >= b->width)
		return -1;
	return wait > 0.0 ? (int64_t)ceil(wait) : 0;
}

int64_t
budget_queue_ms(const struct budget *b, int ahead, int64_t now)
{
	double wait = b->next - (double)now;

	if (budget_is_free(b, now))
		return 0;
	return (int64_t)((wait > 0.0 ? wait : 0.0) + ahead * pace_ms(b));
}

void
budget_start(struct budget *b, int64_t now)
{
	double least;

	b->running++;
	b->starts[b->num_starts++ % BUDGET_RECENT] = now;
	if (b->rate <= 0.0)
		return;
	least = (double)now - fmax(SLACK * pace_ms(b), CLOCK_MS);
	b->next = fmax(b->next, least) + pace_ms(b);
}

void
budget_end(struct budget *b)
{
	b->running--;
}

/* --- creeping up ---------------------------------------------------------- */

static bool
is_held(const struct budget *b, int64_t now)
{
	return now - b->complaint < BUDGET_HOLD_MS ||
	       b->good < BUDGET_HOLD_GOOD;
}

static void
budget_creep(struct budget *b, int64_t now)
{
	b->proven = true;
	b->step = now;
	b->step_good = 0;
	b->width++;
	b->known = fmax(b->known, b->rate);
	if (b->rate < b->known)
		b->rate = fmin(b->known, b->rate + b->refused / 8.0);
	else
		b->rate += b->refused / 32.0;
	if (is_held(b, now))
		b->rate = fmin(b->rate, b->refused * 0.95);
}

void
budget_good(struct budget *b, int64_t started, int64_t now)
{
	if (b->rate <= 0.0 || started <= b->complaint)
		return;
	b->good++;
	b->step_good++;
	if (b->step_good >= BUDGET_STEP_GOOD && now - b->step >= BUDGET_STEP_MS)
		budget_creep(b, now);
}

/* --- a complaint ---------------------------------------------------------- */

/* The rate of the requests since the last complaint, without those long ago;
 * 0: there was no more than one. */
static double
rate_asked(const struct budget *b, int64_t now)
{
	double apart = b->rate > 0.0 ? 2.0 * pace_ms(b) : 0.0;
	int64_t later = now, at = now;
	unsigned n = 0;

	while (n < b->num_starts && n < BUDGET_RECENT) {
		at = b->starts[(b->num_starts - 1 - n) % BUDGET_RECENT];
		if ((double)(later - at) > fmax(apart, APART_MS))
			break;
		later = at;
		n++;
	}
	if (n < 2)
		return 0.0;
	return 1000.0 * n / (double)(now > later ? now - later : 1);
}

/* From what was refused: the pace, or what was asked for without one. */
static void
budget_lower(struct budget *b, double refused, int64_t now)
{
	b->refused = refused;
	b->known = b->proven ? fmin(b->known, refused * 0.9) : refused * 0.75;
	b->rate = fmax(refused / 2.0, RATE_MIN);
	b->width = b->running > 1 ? b->running / 2 : 1;
	b->next = (double)now + pace_ms(b);
}

void
budget_halve(struct budget *b, int64_t started, int64_t now)
{
	double asked = rate_asked(b, now);

	if (b->complaint > 0 && started <= b->complaint)
		return; /* under way at the last complaint, and part of it */
	if (budget_is_free(b, now)) {
		b->rate = 0.0;
		b->proven = false;
	}
	if (asked > 0.0)
		budget_lower(b, b->rate > 0.0 ? b->rate : asked, now);
	b->complaint = b->step = now;
	b->good = b->step_good = b->num_starts = 0;
	b->proven = false;
}

void
budget_join(struct budget *b, const struct budget *other)
{
	int running = b->running + other->running;

	if (other->rate > 0.0 && (b->rate <= 0.0 || other->rate < b->rate))
		*b = *other;
	b->running = running;
}
