/* root.c - bracketed roots; see root.h. */
#include "core/root.h"

#include <float.h>
#include <math.h>

enum { STEPS = 200 };

/* Two points around the root, and the one before them. */
typedef struct {
  double a, fa, b, fb, c, fc;
} bracket;

/* Whether inverse quadratic interpolation can be trusted: Chandrupatla's test.
 * Gives the share of the way from a to b at which to look next. */
static double share_of_way(const bracket *s)
{
  double xi = (s->a - s->b) / (s->c - s->b);
  double phi = (s->fa - s->fb) / (s->fc - s->fb);
  if (!(phi * phi < xi && (1 - phi) * (1 - phi) < 1 - xi)) return 0.5;
  double t = s->fa / (s->fb - s->fa) * s->fc / (s->fb - s->fc)
             + (s->c - s->a) / (s->b - s->a) * s->fa / (s->fc - s->fa) * s->fb
                 / (s->fc - s->fb);
  return isfinite(t) ? t : 0.5;
}

/* Takes in a new point x between a and b. */
static void take(bracket *s, double x, double fx)
{
  s->c = s->a;
  s->fc = s->fa;
  if ((fx > 0) != (s->fa > 0)) {
    s->c = s->b;
    s->fc = s->fb;
    s->b = s->a;
    s->fb = s->fa;
  }
  s->a = x;
  s->fa = fx;
}

/* The secant's share of the way from a to b; the middle where an end is
 * infinite. */
static double first_share(const bracket *s)
{
  double t = s->fa / (s->fa - s->fb);
  return isfinite(t) ? fmin(0.98, fmax(0.02, t)) : 0.5;
}

static double solve(ioi_root_function f, const void *context, bracket s)
{
  double t = first_share(&s);
  for (int i = 0; i < STEPS; i++) {
    double x = s.a + t * (s.b - s.a), fx = f(x, context);
    if (isnan(fx)) return NAN;
    take(&s, x, fx);
    double best = fabs(s.fa) < fabs(s.fb) ? s.a : s.b;
    double least = (2 * DBL_EPSILON * fabs(best) + DBL_MIN) / fabs(s.b - s.a);
    if (!(least < 0.5) || !(fabs(s.fa) > 0) || !(fabs(s.fb) > 0)) return best;
    t = fmin(1 - least, fmax(least, share_of_way(&s)));
  }
  return fabs(s.fa) < fabs(s.fb) ? s.a : s.b;
}

double ioi_root(ioi_root_function f, const void *context, double low,
                double high)
{
  double at_low = f(low, context), at_high = f(high, context);
  if (isnan(at_low) || isnan(at_high)) return NAN;
  if (!(fabs(at_low) > 0)) return low;
  if (!(fabs(at_high) > 0)) return high;
  if ((at_low > 0) == (at_high > 0)) return NAN;
  return solve(f, context, (bracket){high, at_high, low, at_low, low, at_low});
}

double ioi_root_near(ioi_root_function f, const void *context, double low,
                     double high, double guess)
{
  if (!(guess > low && guess < high)) return ioi_root(f, context, low, high);
  double at_low = f(low, context), at_guess = f(guess, context);
  if (isnan(at_low) || isnan(at_guess)) return NAN;
  if ((at_low > 0) != (at_guess > 0) && fabs(at_low) > 0 && fabs(at_guess) > 0)
    return solve(f, context,
                 (bracket){guess, at_guess, low, at_low, low, at_low});
  return fabs(at_low) > 0 ? ioi_root(f, context, guess, high) : low;
}

double ioi_root_beyond(ioi_root_function f, const void *context, double inner,
                       double step)
{
  double near = inner, at_near = f(inner, context);
  if (isnan(at_near)) return NAN;
  if (!(fabs(at_near) > 0)) return inner;
  for (int i = 0; i < STEPS; i++, step *= 2) {
    double far = near + step, at_far = f(far, context);
    if (isnan(at_far) || isinf(far)) return NAN;
    if (!(fabs(at_far) > 0)) return far;
    if ((at_far > 0) != (at_near > 0))
      return solve(f, context,
                   (bracket){far, at_far, near, at_near, near, at_near});
    near = far;
    at_near = at_far;
  }
  return NAN;
}
