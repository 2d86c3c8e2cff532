/* segregation_many.c - the indices of many groups that are sums over cells.
 *
 * Each is S / F, S a sum over cells of a term of n_ig, t_i, N_g and T. The
 * derivative of S with respect to n_ig is that of the cell's own term, those of
 * all terms of the unit by t_i, of all terms of the group by N_g, and of all by
 * T. */
#include <string.h>

#include "core/segregation_parts.h"
#include "core/vector.h"

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

/* |n - t P| / T */
static inline term distance(const cell *c)
{
  const double s = c->excess > 0 ? 1 : c->excess < 0 ? -1 : 0, T = c->T;
  const double v = fabs(c->excess) / T;
  return (term){v, s / T, -s * c->P / T, -s * (c->t / T) / T,
                s * c->t * (c->P / T) / T - v / T};
}

/* n/T ln(n/(t P)), as a divergence */
static inline term information(const cell *c)
{
  const double m = c->t * c->P, T = c->T;
  const double v = ioi_divergence(c->n, m, c->excess) / T;
  const double slope = -c->excess / m / T; /* by m */
  return (term){v, ioi_log_ratio(c->n, m, c->excess) / T, slope * c->P,
                slope * (c->t / T), -slope * (m / T) - v / T};
}

/* (n - t P)^2 / (t T), over `by` */
static inline term square(const cell *c)
{
  const double e = c->excess, t = c->t, T = c->T, v = e * e / t / T;
  return (term){v, 2 * e / t / T, (-2 * c->P - e / t) * (e / t) / T,
                -2 * e / T / T, 2 * e * c->P / T / T - v / T};
}

static inline term divided(term v, double by)
{
  return (term){v.value / by, v.n / by, v.t / by, v.N / by, v.T / by};
}

/* t (p - P)^2 / (T (1 - P)) */
static inline term exposed(const cell *c)
{
  term v = divided(square(c), c->others / c->T);
  v.N += v.value / c->others;
  v.T -= v.value * (c->N / c->others) / c->T;
  return v;
}

/* t (p - P)^2 / (T (G - 1) P) */
static inline term varied(const cell *c)
{
  term v = divided(square(c), c->P * (c->groups - 1));
  v.N -= v.value / c->N;
  v.T += v.value / c->T;
  return v;
}

typedef enum { BY_NOTHING, BY_INTERACTION, BY_TWICE, BY_ENTROPY } divisor;

typedef struct {
  ioi_cells cells;
  divisor by;
  double most;
} recipe;

static const recipe recipes[IOI_SEGREGATION_INDICES] = {
  [IOI_DISSIMILARITY] = {IOI_CELLS_DISTANCE, BY_TWICE, 1},
  [IOI_THEIL] = {IOI_CELLS_INFORMATION, BY_ENTROPY, 1},
  [IOI_MUTUAL_INFORMATION] = {IOI_CELLS_INFORMATION, BY_NOTHING, INFINITY},
  [IOI_NORMALISED_EXPOSURE] = {IOI_CELLS_EXPOSED, BY_NOTHING, 1},
  [IOI_RELATIVE_DIVERSITY] = {IOI_CELLS_SQUARE, BY_INTERACTION, 1},
  [IOI_SQUARED_CV] = {IOI_CELLS_VARIED, BY_NOTHING, 1},
  [IOI_KARMEL_MACLACHLAN] = {IOI_CELLS_DISTANCE, BY_NOTHING, 2}};

/* The term of a kind; where the kind is known, only that is compiled. */
IOI_INLINE term term_of(ioi_cells kind, const cell *c)
{
  switch (kind) {
  case IOI_CELLS_DISTANCE:
    return distance(c);
  case IOI_CELLS_INFORMATION:
    return information(c);
  case IOI_CELLS_EXPOSED:
    return exposed(c);
  case IOI_CELLS_VARIED:
    return varied(c);
  default:
    return square(c);
  }
}

static inline cell first_cell(const ioi_prepared *m, size_t g)
{
  return (cell){.N = m->group[g],
                .T = m->all,
                .P = m->group[g] / m->all,
                .others = m->all - m->group[g],
                .groups = (double) m->present};
}

/* The sum of a term over one group. */
IOI_INLINE double add_group(const ioi_prepared *m, ioi_cells kind, size_t g)
{
  const double *n = m->table->count + g * m->table->stride;
  ioi_exact value = {0, 0};
  cell c = first_cell(m, g);
  for (size_t i = 0; i < m->table->units; i++) {
    c.n = n[i];
    c.t = m->unit[i];
    if (!(c.t > 0)) continue;
    c.excess = ioi_excess(c.n, c.t, c.N, c.T);
    ioi_exact_add(&value, term_of(kind, &c).value);
  }
  return ioi_exact_value(&value);
}

static double group_sum(const ioi_prepared *m, ioi_cells kind, size_t g)
{
  switch (kind) {
  case IOI_CELLS_DISTANCE:
    return add_group(m, IOI_CELLS_DISTANCE, g);
  case IOI_CELLS_INFORMATION:
    return add_group(m, IOI_CELLS_INFORMATION, g);
  default:
    return add_group(m, kind, g);
  }
}

/* The sum over all groups, which indices of one kind share. */
static double sum_of(const ioi_prepared *m, ioi_cells kind)
{
  double *known = ioi_segregation_shared(m) + kind;
  ioi_exact sum = {0, 0};
  if (!isnan(*known)) return *known;
  for (size_t g = 0; g < m->table->groups; g++)
    if (m->group[g] > 0) ioi_exact_add(&sum, group_sum(m, kind, g));
  return *known = ioi_exact_value(&sum);
}

/* The same for one group with the derivatives; adds what its terms feel of each
 * unit to by_unit. */
static term slopes_of(const ioi_prepared *m, ioi_cells kind, size_t g,
                      double *u, double *by_unit)
{
  const double *n = m->table->count + g * m->table->stride;
  ioi_exact value = {0, 0}, N = {0, 0}, T = {0, 0};
  cell c = first_cell(m, g);
  for (size_t i = 0; i < m->table->units; i++) {
    c.n = n[i];
    c.t = m->unit[i];
    u[i] = 0;
    if (!(c.t > 0)) continue;
    c.excess = ioi_excess(c.n, c.t, c.N, c.T);
    const term v = term_of(kind, &c);
    ioi_exact_add(&value, v.value);
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

/* Derivatives of S by every cell; S. */
static double sum_slopes(const ioi_prepared *m, ioi_cells kind, double *u)
{
  const size_t units = m->table->units, groups = m->table->groups;
  double *by_unit = m->space->real + units + groups;
  double *by_group = by_unit + units;
  ioi_exact S = {0, 0}, T = {0, 0};
  memset(by_unit, 0, units * sizeof *by_unit);
  for (size_t g = 0; g < groups; g++) {
    by_group[g] = 0;
    if (!(m->group[g] > 0)) continue;
    const term v = slopes_of(m, kind, g, u + g * units, by_unit);
    ioi_exact_add(&S, v.value);
    ioi_exact_add(&T, v.T);
    by_group[g] = v.N;
  }
  for (size_t g = 0; g < groups; g++)
    for (size_t i = 0; i < units; i++)
      u[g * units + i] += by_unit[i] + by_group[g] + ioi_exact_value(&T);
  return ioi_exact_value(&S);
}

ioi_status ioi_segregation_sum_many(const ioi_prepared *m,
                                    const ioi_segregation_index *index,
                                    double *value, double *u)
{
  const recipe *how = recipes + index->id;
  const size_t units = m->table->units, groups = m->table->groups;
  double *slope = m->space->real + 2 * (units + groups);
  const double S = u ? sum_slopes(m, how->cells, u) : sum_of(m, how->cells);
  const double F = divide_by(m, how->by, slope), theta = S / F;
  if (!(theta < INFINITY) || !(F > 0)) return IOI_EDOMAIN;
  *value = theta > how->most ? how->most : theta;
  for (size_t g = 0; u && g < groups; g++)
    for (size_t i = 0; i < units; i++)
      u[g * units + i] = m->group[g] > 0 && m->unit[i] > 0
                           ? (u[g * units + i] - theta * slope[g]) / F
                           : 0;
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
