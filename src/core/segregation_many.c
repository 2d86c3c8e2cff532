/* segregation_many.c - the indices of many groups that are sums over cells.
 *
 * Each is S / F, S a sum over cells of a term of n_ig, t_i, N_g and T. The
 * derivative of S with respect to n_ig is that of the cell's own term, those of
 * all terms of the unit by t_i, of all terms of the group by N_g, and of all by
 * T. */
#include <string.h>

#include "core/segregation_parts.h"

typedef struct {
  double n, t;      /* the cell and its unit */
  double N, T;      /* its group and all */
  double P, others; /* N/T, T - N */
  double excess;    /* n - t P */
  double groups;    /* with members */
} cell;

typedef struct {
  double value, n, t, N, T;
} term;

typedef term cell_term(const cell *c);

/* |n - t P| / T */
static term distance(const cell *c)
{
  const double s = c->excess > 0 ? 1 : c->excess < 0 ? -1 : 0, T = c->T;
  const double v = fabs(c->excess) / T;
  return (term){v, s / T, -s * c->P / T, -s * (c->t / T) / T,
                s * c->t * (c->P / T) / T - v / T};
}

/* n/T ln(n/(t P)), as a divergence */
static term information(const cell *c)
{
  const double m = c->t * c->P, T = c->T;
  const double v = ioi_divergence(c->n, m, c->excess) / T;
  const double slope = -c->excess / m / T; /* by m */
  return (term){v, ioi_log_ratio(c->n, m, c->excess) / T, slope * c->P,
                slope * (c->t / T), -slope * (m / T) - v / T};
}

/* (n - t P)^2 / (t T), over `by` */
static term square(const cell *c)
{
  const double e = c->excess, t = c->t, T = c->T, v = e * e / t / T;
  return (term){v, 2 * e / t / T, (-2 * c->P - e / t) * (e / t) / T,
                -2 * e / T / T, 2 * e * c->P / T / T - v / T};
}

static term divided(term v, double by)
{
  return (term){v.value / by, v.n / by, v.t / by, v.N / by, v.T / by};
}

/* t (p - P)^2 / (T (1 - P)) */
static term exposed(const cell *c)
{
  term v = divided(square(c), c->others / c->T);
  v.N += v.value / c->others;
  v.T -= v.value * (c->N / c->others) / c->T;
  return v;
}

/* t (p - P)^2 / (T (G - 1) P) */
static term varied(const cell *c)
{
  term v = divided(square(c), c->P * (c->groups - 1));
  v.N -= v.value / c->N;
  v.T += v.value / c->T;
  return v;
}

typedef enum { BY_NOTHING, BY_INTERACTION, BY_TWICE, BY_ENTROPY } divisor;

typedef struct {
  cell_term *term;
  divisor by;
  double most;
} recipe;

static const recipe recipes[IOI_SEGREGATION_INDICES] = {
  [IOI_DISSIMILARITY] = {distance, BY_TWICE, 1},
  [IOI_THEIL] = {information, BY_ENTROPY, 1},
  [IOI_MUTUAL_INFORMATION] = {information, BY_NOTHING, INFINITY},
  [IOI_NORMALISED_EXPOSURE] = {exposed, BY_NOTHING, 1},
  [IOI_RELATIVE_DIVERSITY] = {square, BY_INTERACTION, 1},
  [IOI_SQUARED_CV] = {varied, BY_NOTHING, 1},
  [IOI_KARMEL_MACLACHLAN] = {distance, BY_NOTHING, 2}};

/* Sums over one group; adds what its terms feel of each unit to by_unit. */
static term sum_group(const ioi_prepared *m, const recipe *how, size_t g,
                      double *u, double *by_unit)
{
  const double *n = m->table->count + g * m->table->stride;
  ioi_exact value = {0, 0}, N = {0, 0}, T = {0, 0};
  cell c = {.N = m->group[g],
            .T = m->all,
            .P = m->group[g] / m->all,
            .others = m->all - m->group[g],
            .groups = (double) m->present};
  for (size_t i = 0; i < m->table->units; i++) {
    c.n = n[i];
    c.t = m->unit[i];
    if (u) u[i] = 0;
    if (!(c.t > 0)) continue;
    c.excess = ioi_excess(c.n, c.t, c.N, c.T);
    const term v = how->term(&c);
    ioi_exact_add(&value, v.value);
    if (!u) continue;
    ioi_exact_add(&N, v.N);
    ioi_exact_add(&T, v.T);
    u[i] = v.n;
    by_unit[i] += v.t;
  }
  return (term){ioi_exact_value(&value), 0, 0, ioi_exact_value(&N),
                ioi_exact_value(&T)};
}

/* What S is divided by, and its derivative by the members of each group. */
static double divide_by(const ioi_prepared *m, divisor by, double *slope)
{
  const size_t groups = m->table->groups;
  const double T = m->all, I = ioi_interaction(m->group, groups, T);
  const double E = ioi_entropy(m->group, groups, T);
  for (size_t g = 0; g < groups; g++) {
    const double P = m->group[g] / T;
    slope[g] = 0;
    if (by == BY_INTERACTION || by == BY_TWICE)
      slope[g] = (1 - 2 * P + (1 - I) - I) / T * (by == BY_TWICE ? 2 : 1);
    else if (by == BY_ENTROPY && P > 0)
      slope[g] = (-ioi_log_share(m->group[g], T) - E) / T;
  }
  if (by == BY_ENTROPY) return E;
  return by == BY_TWICE ? 2 * I : by == BY_INTERACTION ? I : 1;
}

ioi_status ioi_segregation_sum_many(const ioi_prepared *m,
                                    const ioi_segregation_index *index,
                                    double *value, double *u)
{
  const recipe *how = recipes + index->id;
  const size_t units = m->table->units, groups = m->table->groups;
  double *by_unit = m->space->real + units + groups;
  double *by_group = by_unit + units, *slope = by_group + groups;
  ioi_exact S = {0, 0}, T = {0, 0};
  if (u) memset(by_unit, 0, units * sizeof *by_unit);
  for (size_t g = 0; g < groups; g++) {
    by_group[g] = 0;
    if (!(m->group[g] > 0)) continue;
    const term v = sum_group(m, how, g, u ? u + g * units : NULL, by_unit);
    ioi_exact_add(&S, v.value);
    ioi_exact_add(&T, v.T);
    by_group[g] = v.N;
  }
  const double F = divide_by(m, how->by, slope);
  const double theta = ioi_exact_value(&S) / F;
  if (!(theta < INFINITY) || !(F > 0)) return IOI_EDOMAIN;
  *value = theta > how->most ? how->most : theta;
  for (size_t g = 0; u && g < groups; g++)
    for (size_t i = 0; i < units; i++) {
      const double dS =
        u[g * units + i] + by_unit[i] + by_group[g] + ioi_exact_value(&T);
      u[g * units + i] =
        m->group[g] > 0 && m->unit[i] > 0 ? (dS - theta * slope[g]) / F : 0;
    }
  return IOI_OK;
}

/* log of prod_g q_ig^(1/G) over the groups with members; -INFINITY where one of
 * them is not in the unit. */
static double log_mean(const ioi_prepared *m, size_t i)
{
  double sum = 0;
  for (size_t g = 0; g < m->table->groups; g++)
    if (m->group[g] > 0)
      sum += log(m->table->count[g * m->table->stride + i] / m->group[g]);
  return sum / (double) m->present;
}

ioi_status ioi_segregation_symmetric_many(const ioi_prepared *m, double *value,
                                          double *u)
{
  const size_t units = m->table->units, G = m->present;
  ioi_exact sum = {0, 0};
  for (size_t i = 0; i < units; i++)
    if (m->unit[i] > 0) ioi_exact_add(&sum, exp(log_mean(m, i)));
  const double S = ioi_exact_value(&sum);
  *value = S < 1 - IOI_TIE ? 1 - S : 0;
  for (size_t g = 0; u && g < m->table->groups; g++)
    for (size_t i = 0; i < units; i++) {
      const double n = m->table->count[g * m->table->stride + i];
      u[g * units + i] =
        n > 0 ? (S / m->group[g] - exp(log_mean(m, i)) / n) / (double) G : 0;
    }
  return IOI_OK;
}
