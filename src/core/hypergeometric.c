/* hypergeometric.c - laws of one count, outward from the mode. */
#include "core/hypergeometric.h"

#include <math.h>
#include <string.h>

#include "core/sum.h"

static double lower_end(const ioi_urn *urn)
{
  double must = urn->size + urn->marked - urn->all;
  return urn->kind == IOI_URN_KEEP && must > 0 ? must : 0;
}

static double upper_end(const ioi_urn *urn)
{
  return urn->kind == IOI_URN_KEEP && urn->marked < urn->size ? urn->marked
                                                              : urn->size;
}

size_t ioi_urn_values(const ioi_urn *urn, double least)
{
  const double all = upper_end(urn) - lower_end(urn) + 1;
  const double draws = upper_end(urn);
  const double wide = 2 * ceil(sqrt(draws * log(2 / least) / 2)) + 3;
  return (size_t) (all < wide ? all : wide);
}

double ioi_urn_ratio(const ioi_urn *urn, double k)
{
  const double rest = urn->all - urn->marked;
  if (urn->kind == IOI_URN_POISSON)
    return urn->size * (urn->marked / urn->all) / (k + 1);
  if (urn->kind == IOI_URN_REPLACE)
    return (urn->size - k) * urn->marked / ((k + 1) * rest);
  return (urn->marked - k) / (k + 1)
         * ((urn->size - k) / (rest - urn->size + k + 1));
}

double ioi_urn_mode(const ioi_urn *urn)
{
  const double share = urn->marked / urn->all;
  double mode = floor((urn->size + 1) / (urn->all + 2) * (urn->marked + 1));
  if (urn->kind == IOI_URN_REPLACE) mode = floor((urn->size + 1) * share);
  if (urn->kind == IOI_URN_POISSON) mode = floor(urn->size * share);
  return fmin(fmax(mode, lower_end(urn)), upper_end(urn));
}

static void reverse(double *f, size_t n)
{
  for (size_t i = 0; i < n / 2; i++) {
    double swap = f[i];
    f[i] = f[n - 1 - i];
    f[n - 1 - i] = swap;
  }
}

/* Values relative to that of the mode, at most `most`; gives their number. */
static size_t outward(const ioi_urn *urn, double least, size_t most,
                      double *lowest, double *f)
{
  const double low = lower_end(urn), high = upper_end(urn);
  const double mode = ioi_urn_mode(urn);
  const size_t down = high - low + 1 <= (double) most ? most : most / 2;
  size_t n = 1;
  f[0] = 1;
  *lowest = mode;
  for (double k = mode, x = 1; k > low && n <= down; k--) {
    x /= ioi_urn_ratio(urn, k - 1);
    if (!(x > least)) break;
    f[n++] = x;
    *lowest = k - 1;
  }
  reverse(f, n);
  for (double k = mode, x = 1; k < high && n < most; k++) {
    x *= ioi_urn_ratio(urn, k);
    if (!(x > least)) break;
    f[n++] = x;
  }
  return n;
}

size_t ioi_urn_law(const ioi_urn *urn, double least, double *lowest, double *f)
{
  const size_t most = ioi_urn_values(urn, least);
  const size_t n = outward(urn, least, most, lowest, f);
  ioi_exact sum = {0, 0};
  for (size_t i = 0; i < n; i++) ioi_exact_add(&sum, f[i]);
  for (size_t i = 0; i < n; i++) f[i] /= ioi_exact_value(&sum);
  return n;
}

static double dot(const double *a, const double *b, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

/* sum_k k v(k)^2, k counted from the middle of the window. */
static double centre_of(const double *v, size_t n)
{
  double sum = 0, half = (double) (n - 1) / 2;
  for (size_t i = 0; i < n; i++) sum += ((double) i - half) * (v[i] * v[i]);
  return sum;
}

/* next = (k - alpha) now - beta last */
static void step(const double *now, const double *last, double alpha,
                 double beta, size_t n, double *next)
{
  const double half = (double) (n - 1) / 2;
  for (size_t i = 0; i < n; i++)
    next[i] =
      ((double) i - half - alpha) * now[i] - (beta != 0 ? beta * last[i] : 0);
}

static void orthogonalise(const double *before, size_t vectors, size_t n,
                          double *v)
{
  for (size_t d = 0; d < vectors; d++) {
    const double along = dot(before + d * n, v, n);
    for (size_t i = 0; i < n; i++) v[i] -= along * before[d * n + i];
  }
}

void ioi_urn_coefficients(const double *f, const double *h, size_t values,
                          size_t degrees, size_t keep, double *c, double *work)
{
  const size_t n = values, top = degrees < n - 1 ? degrees : n - 1;
  double beta = 0, size = 0;
  memset(c, 0, degrees * sizeof *c);
  for (size_t i = 0; i < n; i++) work[i] = sqrt(f[i]);
  for (size_t d = 1; d <= top; d++) {
    const double *now = work + (d - 1) % keep * n;
    double *next = work + d % keep * n; /* last is there when two are kept */
    const double *last = d > 1 ? work + (d - 2) % keep * n : now;
    step(now, last, centre_of(now, n), beta, n, next);
    if (keep > degrees) orthogonalise(work, d, n, next);
    beta = sqrt(dot(next, next, n));
    size = d == 1 ? beta : size;
    if (!(beta > 1e-10 * size)) return;
    for (size_t i = 0; i < n; i++) next[i] /= beta;
    for (size_t i = 0; i < n; i++) c[d - 1] += sqrt(f[i]) * h[i] * next[i];
  }
}

/* From the mode down to none, or more than ten standard deviations, which are at
 * most sqrt(size); and as much upward. */
static size_t product_width(double size)
{
  const double wide = 11 * ceil(sqrt(fmin(size, IOI_URN_PRODUCT_SIZE)));
  return 2 * (size_t) (fmin(size, wide) + 1);
}

size_t ioi_urn_product_work(double size)
{
  return 4 * product_width(size);
}

/* sum a b, four sums at a time. */
static double four_dots(const double *a, const double *b, size_t n)
{
  double x[4] = {0, 0, 0, 0};
  size_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (size_t j = 0; j < 4; j++) x[j] += a[i + j] * b[i + j];
  for (; i < n; i++) x[0] += a[i] * b[i];
  return (x[0] + x[1]) + (x[2] + x[3]);
}

/* How many of `marked` are in the unit, in a model where groups are apart. */
static ioi_urn apart(const ioi_urn *urn, double marked)
{
  if (urn->kind == IOI_URN_REPLACE)
    return (ioi_urn){urn->all, marked, urn->size, IOI_URN_POISSON};
  return (ioi_urn){urn->all, urn->size, marked, IOI_URN_REPLACE};
}

/* Values less probable than this change no conditional mean. */
static const double least_apart = 1e-22, least_given = 1e-17;

/* A law apart, relative to its mode, on low .. low + n - 1. */
typedef struct {
  double *f, low, n;
} window;

static window law_apart(const ioi_urn *urn, double marked, double *f)
{
  const ioi_urn one = apart(urn, marked);
  window out = {f, 0, 0};
  out.n =
    (double) outward(&one, least_apart, product_width(urn->size), &out.low, f);
  return out;
}

/* sum_l h(l) w(left - l), h on the window of v and w in reverse. */
static double meet(const window *v, const double *h, const window *w,
                   double left)
{
  /* v(low + j) meets reversed w at j + shift */
  const double shift = w->low + w->n - 1 - (left - v->low);
  const double from = fmax(0, -shift), to = fmin(v->n, w->n - shift);
  if (!(to > from)) return 0;
  return four_dots(h + (size_t) from, w->f + (size_t) (from + shift),
                   (size_t) (to - from));
}

/* The sum of v w over B is the law of B and the rest together, but for a factor
 * that is found at its mode. */
double ioi_urn_product(const ioi_urn *urn, double other, double lowest,
                       const double *f, const double *h, size_t values,
                       double lowest_b, const double *h_b, size_t values_b,
                       double *work)
{
  const size_t width = product_width(urn->size);
  const double others = urn->all - urn->marked;
  const window v = law_apart(urn, other, work);
  const window w = law_apart(urn, others - other, work + width);
  const window both = law_apart(urn, others, work + 2 * width);
  double *vh = work + 3 * width, top = 0, sum = 0, mode = 0;
  reverse(w.f, (size_t) w.n);
  while (both.f[(size_t) mode] < 1) mode++;
  const double factor = meet(&v, v.f, &w, both.low + mode);
  for (double i = 0; i < v.n; i++) {
    const double at = v.low + i - lowest_b;
    const int known = at >= 0 && at < (double) values_b;
    vh[(size_t) i] = known ? v.f[(size_t) i] * h_b[(size_t) at] : 0;
  }
  for (size_t i = 0; i < values; i++) top = f[i] > top ? f[i] : top;
  for (size_t i = 0; i < values; i++) {
    if (!(f[i] > least_given * top)) continue;
    const double left = urn->size - (lowest + (double) i);
    const double at = left - both.low;
    if (!(at >= 0 && at < both.n)) continue;
    sum +=
      f[i] * h[i] * (meet(&v, vh, &w, left) / (factor * both.f[(size_t) at]));
  }
  return sum;
}
