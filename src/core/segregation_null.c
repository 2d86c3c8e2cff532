/* segregation_null.c - exact mean and variance of segregation under chance. */
#include "core/segregation_null.h"

#include <math.h>
#include <string.h>

#include "core/hypergeometric.h"
#include "core/sum.h"

/* ---- the indices as sums over cells ---------------------------------------- */

/* The term of one cell but for its scale; x = n T - t N. */
typedef enum {
  TERM_DISTANCE, /* |x| */
  TERM_SQUARE,   /* x^2 / t */
  TERM_LOG,      /* n ln(n T / (t N)) */
  TERM_LOG_BOTH, /* the same for the group and the rest */
  TERM_ROOT,     /* sqrt(n (t - n)) */
  TERM_OTHERS,   /* n (n - 1) / (t - 1), 0 where t is 1 */
  TERM_PROFILE   /* n (max(x, 0)/(t T) - min(n/t, N/T)) */
} term;

typedef struct {
  term kind;
  double constant;
} form;

/* One group in it: all persons T, members N, and what a term is multiplied by. */
typedef struct {
  term kind;
  double all, members, scale;
} score;

static form form_of(ioi_null_index index, int two, double share)
{
  switch (index) {
  case IOI_NULL_MUTUAL_INFORMATION:
  case IOI_NULL_THEIL:
    return (form){two ? TERM_LOG_BOTH : TERM_LOG, 0};
  case IOI_NULL_DISSIMILARITY:
  case IOI_NULL_KARMEL_MACLACHLAN:
  case IOI_NULL_GORARD:
    return (form){TERM_DISTANCE, 0};
  case IOI_NULL_HUTCHENS:
    return (form){TERM_ROOT, 1};
  case IOI_NULL_CONCENTRATION_PROFILE:
    return (form){TERM_PROFILE, share / (1 - share)};
  case IOI_NULL_ISOLATION_EXACT:
    return (form){TERM_OTHERS, 0};
  case IOI_NULL_ISOLATION:
    return (form){TERM_SQUARE, share};
  case IOI_NULL_EXPOSURE:
    return (form){TERM_SQUARE, 1 - share};
  default:
    return (form){TERM_SQUARE, 0};
  }
}

static double entropy(const ioi_margins *m, double all)
{
  double sum = 0;
  for (size_t g = 0; g < m->groups; g++)
    sum -= m->total[g] / all * log(m->total[g] / all);
  return sum;
}

/* sum_g P_g (1 - P_g) */
static double interaction(const ioi_margins *m, double all)
{
  double sum = 0;
  for (size_t g = 0; g < m->groups; g++)
    sum += m->total[g] / all * ((all - m->total[g]) / all);
  return sum;
}

/* The scale of a group's terms where there are many groups. */
static double scale_many(const ioi_margins *m, ioi_null_index index, double all,
                         size_t g)
{
  const double share = m->total[g] / all;
  switch (index) {
  case IOI_NULL_MUTUAL_INFORMATION:
    return 1 / all;
  case IOI_NULL_THEIL:
    return 1 / (all * entropy(m, all));
  case IOI_NULL_DISSIMILARITY:
    return 0.5 / interaction(m, all) / all / all;
  case IOI_NULL_KARMEL_MACLACHLAN:
    return 1 / all / all;
  case IOI_NULL_RELATIVE_DIVERSITY:
    return 1 / interaction(m, all) / all / all / all;
  case IOI_NULL_NORMALISED_EXPOSURE:
    return 1 / (1 - share) / all / all / all;
  default:
    return 1 / (share * (double) (m->groups - 1)) / all / all / all;
  }
}

/* The scale of the first group's terms where there are two. */
static double scale_two(const ioi_margins *m, ioi_null_index index, double all)
{
  const double x = m->total[0], y = m->total[1];
  switch (index) {
  case IOI_NULL_MUTUAL_INFORMATION:
    return 1 / all;
  case IOI_NULL_THEIL:
    return 1 / (all * entropy(m, all));
  case IOI_NULL_DISSIMILARITY:
    return 0.5 / x / y;
  case IOI_NULL_KARMEL_MACLACHLAN:
    return 2 / all / all;
  case IOI_NULL_GORARD:
    return 0.5 / x / all;
  case IOI_NULL_HUTCHENS:
    return -1 / sqrt(x) / sqrt(y);
  case IOI_NULL_CONCENTRATION_PROFILE:
    return all / x / y;
  case IOI_NULL_ISOLATION:
    return 1 / x / all / all;
  case IOI_NULL_ISOLATION_EXACT:
    return 1 / x;
  case IOI_NULL_CUTLER_GLAESER_VIGDOR:
    return 1 / x / all / all / (fmin(1, x / m->size[0]) - x / all);
  case IOI_NULL_EXPOSURE:
    return -1 / x / all / all;
  default:
    return 1 / x / y / all;
  }
}

static score score_of(const ioi_margins *m, ioi_null_index index, double all,
                      size_t g)
{
  const int two = m->groups == 2;
  return (score){form_of(index, two, 0).kind, all, m->total[g],
                 two ? scale_two(m, index, all) : scale_many(m, index, all, g)};
}

/* n ln(n T / (t N)), 0 where n is 0. */
static double log_term(double n, double t, double members, double all)
{
  return n > 0 ? n * log(n / t / (members / all)) : 0;
}

static double term_at(const score *s, double n, double t)
{
  const double all = s->all, members = s->members, rest = all - members;
  const double x = n * rest - (t - n) * members;
  switch (s->kind) {
  case TERM_DISTANCE:
    return s->scale * fabs(x);
  case TERM_SQUARE:
    return s->scale * x * x / t;
  case TERM_LOG:
    return s->scale * log_term(n, t, members, all);
  case TERM_LOG_BOTH:
    return s->scale
           * (log_term(n, t, members, all) + log_term(t - n, t, rest, all));
  case TERM_OTHERS:
    return t > 1 ? s->scale * n * ((n - 1) / (t - 1)) : 0;
  case TERM_ROOT:
    return s->scale * sqrt(n) * sqrt(t - n);
  default:
    return s->scale * n * (fmax(x, 0) / t / all - fmin(n / t, members / all));
  }
}

/* ---- one law after another ------------------------------------------------- */

/* Values less probable than this beside the mode change no mean ... */
static const double least_mean = 1e-20;
/* ... and no coefficient of a polynomial of few degrees, of many. */
static const double least_few = 1e-60, least_many = 1e-280;

enum { FEW_DEGREES = 30, WIDE_DEGREES = 64, MOST_DEGREES = 512, WIDE = 8192 };

/* Groups whose cells have terms: with two groups the first speaks for both. */
static size_t scored(const ioi_margins *m)
{
  return m->groups == 2 ? 1 : m->groups;
}

static double everybody(const ioi_margins *m)
{
  double all = 0;
  for (size_t g = 0; g < m->groups; g++) all += m->total[g];
  return all;
}

static ioi_urn urn_of(const ioi_margins *m, ioi_null_model model, double all,
                      size_t size, size_t g)
{
  return (ioi_urn){all, m->total[g], m->size[size],
                   model == IOI_NULL_BINOMIAL ? IOI_URN_REPLACE : IOI_URN_KEEP};
}

/* The most values that any law has. */
static size_t widest(const ioi_margins *m, ioi_null_model model, double least)
{
  size_t most = 0;
  for (size_t g = 0; g < scored(m); g++)
    for (size_t s = 0; s < m->sizes; s++) {
      const ioi_urn urn = urn_of(m, model, everybody(m), s, g);
      const size_t values = ioi_urn_values(&urn, least);
      most = values > most ? values : most;
    }
  return most;
}

/* Work space. For each scored group in the units of one size: its law (lowest,
 * values and f), its terms less their mean, their coefficients. Between units,
 * for each degree: sums over pairs of inner units, over pairs with the last
 * unit (groups * groups), over units so far (groups). */
typedef struct {
  const ioi_margins *m;
  ioi_null_index index;
  ioi_null_model model;
  double all, least;
  size_t groups, wide, degrees, keep;
  double *lowest, *values, *mean, *f, *h, *c, *lanczos, *part, *lone, *sums,
    *joint;
} null_work;

static size_t values_of(const null_work *w, size_t g)
{
  return (size_t) w->values[g];
}

static void fill_cell(const null_work *w, size_t size, size_t g)
{
  const ioi_urn urn = urn_of(w->m, w->model, w->all, size, g);
  const score s = score_of(w->m, w->index, w->all, g);
  double *f = w->f + g * w->wide, *h = w->h + g * w->wide;
  ioi_exact sum = {0, 0};
  const size_t n = ioi_urn_law(&urn, w->least, w->lowest + g, f);
  w->values[g] = (double) n;
  for (size_t i = 0; i < n; i++) {
    h[i] = term_at(&s, w->lowest[g] + (double) i, urn.size);
    ioi_exact_add(&sum, f[i] * h[i]);
  }
  w->mean[g] = ioi_exact_value(&sum);
}

/* Adds the term of the second of two units, which has what the first has not. */
static void add_second(const null_work *w, size_t g)
{
  const double t = w->m->size[w->m->sizes - 1], total = w->m->total[g];
  const score s = score_of(w->m, w->index, w->all, g);
  double *f = w->f + g * w->wide, *h = w->h + g * w->wide, mean = 0;
  for (size_t i = 0; i < values_of(w, g); i++) {
    h[i] += term_at(&s, total - w->lowest[g] - (double) i, t);
    mean += f[i] * h[i];
  }
  w->mean[g] = mean;
}

static void centre_cell(const null_work *w, size_t g)
{
  for (size_t i = 0; i < values_of(w, g); i++)
    w->h[g * w->wide + i] -= w->mean[g];
}

/* ---- covariance within a unit ---------------------------------------------- */

static double cell_variance(const null_work *w, size_t g)
{
  const double *f = w->f + g * w->wide, *h = w->h + g * w->wide;
  double sum = 0;
  for (size_t i = 0; i < values_of(w, g); i++) sum += f[i] * h[i] * h[i];
  return sum;
}

/* From degree d - 1 to d of the correlation of groups of a and b members:
 * (-1)^d sqrt((a)_d (b)_d / ((T - a)_d (T - b)_d)), with powers in place of
 * falling factorials where persons are drawn with replacement. */
static double next_correlation(const null_work *w, double a, double b,
                               double before, size_t d)
{
  const double j = w->model == IOI_NULL_FIXED ? (double) d - 1 : 0;
  const double up = (a - j) * (b - j);
  const double down = (w->all - a - j) * (w->all - b - j);
  return up > 0 && down > 0 ? -before * sqrt(up / down) : 0;
}

/* In units too large for the joint law, the degrees at hand are summed. */
static double cell_covariance(const null_work *w, size_t size, size_t a,
                              size_t b)
{
  const ioi_urn urn = urn_of(w->m, w->model, w->all, size, a);
  const double *h = w->h, *total = w->m->total;
  double sum = 0, r = 1;
  if (urn.size <= IOI_URN_PRODUCT_SIZE)
    return ioi_urn_product(&urn, total[b], w->lowest[a], w->f + a * w->wide,
                           h + a * w->wide, values_of(w, a), w->lowest[b],
                           h + b * w->wide, values_of(w, b), w->joint);
  for (size_t d = 1; d <= w->degrees; d++) {
    r = next_correlation(w, total[a], total[b], r, d);
    sum += r * w->c[a * w->degrees + d - 1] * w->c[b * w->degrees + d - 1];
  }
  return sum;
}

static double unit_variance(const null_work *w, size_t size)
{
  double sum = 0;
  for (size_t a = 0; a < w->groups; a++) {
    sum += cell_variance(w, a);
    for (size_t b = 0; b < a; b++) sum += 2 * cell_covariance(w, size, a, b);
  }
  return sum;
}

/* ---- covariance between units ---------------------------------------------- */

/* Sizes ascend. With t the size of the last unit but one (`inner`), r_d(i, j) is
 * u_i u_j v for units up to it, and u_i u_last for the last, where
 * u_i = sqrt((t_i)_d (T - t)_d / ((T - t_i)_d (t)_d)),
 * v = (t)_d / (T - t)_d and u_last = sqrt((t_last)_d (t)_d /
 * ((T - t_last)_d (T - t)_d)): all are at most 1, and nothing cancels. */
static double inner_size(const ioi_margins *m)
{
  const size_t last = m->sizes - 1;
  return m->many[last] > 1 ? m->size[last] : m->size[last - 1];
}

/* sqrt of (a / b) (c / d), 0 beyond the ends of a falling factorial. */
static double root_ratio(double a, double b, double c, double d)
{
  return a > 0 && b > 0 && c > 0 && d > 0 ? sqrt(a / b) * sqrt(c / d) : 0;
}

/* The factor by which u_i grows from degree j to j + 1. */
static double grow_inner(double all, double inner, double t, double j)
{
  return root_ratio(t - j, inner - j, all - inner - j, all - t - j);
}

static double grow_last(double all, double inner, double t, double j)
{
  return root_ratio(t - j, all - t - j, inner - j, all - inner - j);
}

static int is_last(const ioi_margins *m, size_t size)
{
  return size == m->sizes - 1 && m->many[size] == 1;
}

static double grow(const ioi_margins *m, double all, size_t size, double j)
{
  const double inner = inner_size(m), t = m->size[size];
  return is_last(m, size) ? grow_last(all, inner, t, j)
                          : grow_inner(all, inner, t, j);
}

/* u of one size at degree d. */
static double grown(const ioi_margins *m, double all, size_t size, size_t d)
{
  double u = 1;
  for (size_t j = 0; j < d && u > 0; j++) u *= grow(m, all, size, (double) j);
  return u;
}

static double grown_v(double inner, double all, size_t d)
{
  double v = 1;
  for (double j = 0; j < (double) d; j++) v *= (inner - j) / (all - inner - j);
  return v;
}

/* The root of the sum of squared correlations of degree d between units. */
static double correlation_norm(const ioi_margins *m, double all, size_t d)
{
  const double v = grown_v(inner_size(m), all, d);
  double inner = 0, last = 0;
  for (size_t s = 0; s < m->sizes; s++) {
    const double u = grown(m, all, s, d);
    if (is_last(m, s))
      last = u * u;
    else
      inner += m->many[s] * u * u;
  }
  return sqrt(v * inner * v * inner + 2 * last * inner);
}

/* How many degrees matter between units: the sum of what is left is at most the
 * norm times the sum of the variances of units. */
static size_t degrees_of(const ioi_margins *m, double all)
{
  const double inner = inner_size(m);
  size_t d = 1;
  while (d < MOST_DEGREES && (double) d < inner
         && !(correlation_norm(m, all, d + 1) < 1e-15))
    d++;
  return d;
}

/* Adds the units of one size at degree d to sums over ordered pairs of units in
 * groups a and b; u is theirs. */
static void add_pairs(const null_work *w, size_t size, size_t d, double u)
{
  const size_t g = w->groups, degrees = w->degrees;
  const double many = w->m->many[size], *c = w->c + d;
  double *pairs = (is_last(w->m, size) ? w->lone : w->part) + d * g * g;
  double *before = w->sums + d * g;
  for (size_t a = 0; a < g; a++)
    for (size_t b = 0; b < g; b++) {
      const double x = u * c[a * degrees], y = u * c[b * degrees];
      pairs[a * g + b] +=
        many * ((many - 1) * x * y + x * before[b] + y * before[a]);
    }
  for (size_t a = 0; a < g; a++) before[a] += many * u * c[a * degrees];
}

static void add_between(const null_work *w, size_t size)
{
  double u = 1;
  for (size_t d = 0; d < w->degrees; d++) {
    u *= grow(w->m, w->all, size, (double) d);
    if (u == 0) return;
    add_pairs(w, size, d, u);
  }
}

/* The sum over pairs of units, once all sizes have been seen. */
static double between_units(const null_work *w)
{
  const size_t g = w->groups;
  const double inner = inner_size(w->m);
  double sum = 0;
  for (size_t a = 0; a < g; a++)
    for (size_t b = 0; b < g; b++) {
      double r = 1, v = 1, sign = 1;
      for (size_t d = 0; d < w->degrees; d++) {
        const double j = (double) d;
        v *= (inner - j) / (w->all - inner - j);
        sign = -sign;
        if (a != b)
          r = next_correlation(w, w->m->total[a], w->m->total[b], r, d + 1);
        const size_t at = (d * g + a) * g + b;
        sum += sign * r * (v * w->part[at] + w->lone[at]);
      }
    }
  return sum;
}

/* ---- the whole ------------------------------------------------------------- */

/* Two units: what one has the other has not, so that the terms of both are a
 * function of one count. */
static int two_units(const ioi_margins *m, ioi_null_model model)
{
  return model == IOI_NULL_FIXED
         && m->many[0] + (m->sizes > 1 ? m->many[1] : 0) == 2 && m->sizes <= 2;
}

static size_t degrees_needed(const ioi_margins *m, ioi_null_model model)
{
  const double largest = m->size[m->sizes - 1];
  const int large = scored(m) > 1 && largest > IOI_URN_PRODUCT_SIZE;
  size_t degrees = large ? WIDE_DEGREES : 0;
  if (model == IOI_NULL_FIXED && !two_units(m, model)) {
    const size_t between = degrees_of(m, everybody(m));
    degrees = between > degrees ? between : degrees;
  }
  if (widest(m, model, least_few) > WIDE && degrees > WIDE_DEGREES)
    return WIDE_DEGREES;
  return degrees;
}

/* Cuts work space into the arrays of `w`; gives the doubles they take. */
static size_t lay_out(null_work *w, const ioi_margins *m, ioi_null_model model,
                      int variance, double *at)
{
  const size_t g = scored(m), d = variance ? degrees_needed(m, model) : 0;
  w->least = !variance ? least_mean : d > FEW_DEGREES ? least_many : least_few;
  const size_t wide = widest(m, model, w->least);
  const size_t joint =
    variance && g > 1 ? ioi_urn_product_work(m->size[m->sizes - 1]) : 0;
  const size_t keep = d == 0 ? 0 : wide > WIDE ? 2 : d + 1;
  const size_t size[] = {g,         g,     g,           g * wide,
                         g * wide,  g * d, keep * wide, g * g * d,
                         g * g * d, g * d, joint};
  double **array[] = {&w->lowest, &w->values, &w->mean,    &w->f,
                      &w->h,      &w->c,      &w->lanczos, &w->part,
                      &w->lone,   &w->sums,   &w->joint};
  size_t used = 0;
  for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
    if (at) *array[i] = at + used;
    used += size[i];
  }
  if (at) memset(w->part, 0, (2 * g + 1) * g * d * sizeof(double));
  w->m = m;
  w->model = model;
  w->all = everybody(m);
  w->groups = g;
  w->wide = wide;
  w->degrees = d;
  w->keep = keep;
  return used;
}

size_t ioi_segregation_null_work(const ioi_margins *margins,
                                 ioi_null_model model, int variance)
{
  null_work w;
  return lay_out(&w, margins, model, variance, NULL);
}

/* The units of one size: their part of the mean, and of the variance. */
static double add_size(const null_work *w, size_t size, int variance,
                       double *within)
{
  const int two = two_units(w->m, w->model);
  double mean = 0;
  for (size_t g = 0; g < w->groups; g++) {
    fill_cell(w, size, g);
    if (two) add_second(w, g);
    mean += w->mean[g];
    if (!variance) continue;
    centre_cell(w, g);
    if (w->degrees > 0)
      ioi_urn_coefficients(w->f + g * w->wide, w->h + g * w->wide,
                           values_of(w, g), w->degrees, w->keep,
                           w->c + g * w->degrees, w->lanczos);
  }
  const double many = two ? 1 : w->m->many[size];
  if (variance) *within += many * unit_variance(w, size);
  if (variance && !two && w->model == IOI_NULL_FIXED) add_between(w, size);
  return many * mean;
}

ioi_status ioi_segregation_null(const ioi_margins *margins,
                                ioi_null_index index, ioi_null_model model,
                                double *mean, double *variance, double *work)
{
  null_work w;
  ioi_exact sum = {0, 0};
  double within = 0;
  if (margins->groups > 2 && index >= IOI_NULL_CORRELATION_RATIO)
    return IOI_EDOMAIN;
  lay_out(&w, margins, model, variance != NULL, work);
  w.index = index;
  const size_t sizes = two_units(margins, model) ? 1 : margins->sizes;
  for (size_t s = 0; s < sizes; s++)
    ioi_exact_add(&sum, add_size(&w, s, variance != NULL, &within));
  const double share = margins->total[0] / w.all;
  *mean = form_of(index, margins->groups == 2, share).constant
          + ioi_exact_value(&sum);
  if (variance) *variance = fmax(0, within + between_units(&w));
  return IOI_OK;
}
