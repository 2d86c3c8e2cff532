/* segregation.c - margins of a table, and which function computes an index. */
#include "core/segregation.h"

#include <string.h>

#include "core/segregation_parts.h"

size_t ioi_segregation_work(size_t units, size_t groups)
{
  return 3 * units + 3 * groups + IOI_CELLS;
}

double *ioi_segregation_shared(const ioi_prepared *m)
{
  return m->space->real + 3 * m->table->units + 3 * m->table->groups;
}

static const double *column(const ioi_table *table, size_t g)
{
  return table->count + g * table->stride;
}

/* Adds one group to the members of each unit. */
static ioi_status add_group(const ioi_table *table, size_t g, double *unit,
                            double *total)
{
  const double *n = column(table, g);
  ioi_exact sum = {0, 0};
  for (size_t i = 0; i < table->units; i++) {
    if (!ioi_usable(n[i])) return IOI_EDOMAIN;
    ioi_exact_add(&sum, n[i]);
    unit[i] += n[i];
  }
  *total = ioi_exact_value(&sum);
  return ioi_usable(*total) ? IOI_OK : IOI_EDOMAIN;
}

ioi_status ioi_segregation_prepare(const ioi_table *table,
                                   const ioi_segregation_space *space,
                                   ioi_prepared *margins)
{
  double *unit = space->real, *group = unit + table->units;
  ioi_prepared m = {table, space, unit, group, 0, 0, 0};
  ioi_exact all = {0, 0};
  if (table->units > UINT32_MAX) return IOI_EDOMAIN;
  memset(unit, 0, table->units * sizeof *unit);
  for (size_t g = 0; g < table->groups; g++) {
    if (add_group(table, g, unit, group + g) != IOI_OK) return IOI_EDOMAIN;
    ioi_exact_add(&all, group[g]);
    m.present += group[g] > 0;
  }
  m.all = ioi_exact_value(&all);
  if (!ioi_usable(m.all)) return IOI_EDOMAIN;
  for (size_t i = 0; i < table->units; i++) m.occupied += unit[i] > 0;
  for (size_t c = 0; c < IOI_CELLS; c++) ioi_segregation_shared(&m)[c] = NAN;
  *margins = m;
  return IOI_OK;
}

/* How an index of all groups is computed, if it has that form. */
typedef enum { NO_FORM, CELLS, SORTED, SYMMETRIC, COMPOSITION } form;

static const form many[IOI_SEGREGATION_INDICES] = {
  [IOI_DISSIMILARITY] = CELLS,
  [IOI_GINI] = SORTED,
  [IOI_THEIL] = CELLS,
  [IOI_MUTUAL_INFORMATION] = CELLS,
  [IOI_NORMALISED_EXPOSURE] = CELLS,
  [IOI_RELATIVE_DIVERSITY] = CELLS,
  [IOI_SQUARED_CV] = CELLS,
  [IOI_ATKINSON_SYMMETRIC] = SYMMETRIC,
  [IOI_KARMEL_MACLACHLAN] = CELLS,
  [IOI_DIVERSITY] = COMPOSITION,
  [IOI_SIMPSON] = COMPOSITION};

/* M and the plain sum are 0, not undefined, where nothing can be uneven. */
static int is_never_undefined(ioi_segregation_id id)
{
  return id == IOI_MUTUAL_INFORMATION || id == IOI_KARMEL_MACLACHLAN;
}

static ioi_status composition_many(const ioi_prepared *m,
                                   const ioi_segregation_index *index,
                                   double *value, double *u)
{
  const size_t units = m->table->units, groups = m->table->groups;
  double *slope = m->space->real + units + groups;
  const ioi_status status =
    ioi_segregation_composition(index, m->group, groups, m->all, value, slope);
  for (size_t g = 0; u && status == IOI_OK && g < groups; g++)
    for (size_t i = 0; i < units; i++) u[g * units + i] = slope[g];
  return status;
}

static ioi_status compare_many(const ioi_prepared *m,
                               const ioi_segregation_index *index,
                               double *value, double *u, size_t *occupied)
{
  const form how = many[index->id];
  *occupied = m->occupied;
  if (how == NO_FORM || m->present == 0) return IOI_EEMPTY;
  if (how == COMPOSITION) return composition_many(m, index, value, u);
  const int undefined = m->present < 2 || m->occupied < 2;
  if (undefined && is_never_undefined(index->id)) {
    *value = 0;
    return IOI_OK;
  }
  if (undefined) return m->present < 2 ? IOI_EEMPTY : IOI_ESINGLE;
  if (!(ioi_interaction(m->group, m->table->groups, m->all) * m->all > 0))
    return IOI_EDOMAIN;
  if (how == SORTED) return ioi_segregation_gini_many(m, value, u);
  if (how == SYMMETRIC) return ioi_segregation_symmetric_many(m, value, u);
  return ioi_segregation_sum_many(m, index, value, u);
}

/* Group a with all others, whose derivatives they share. */
static ioi_status compare_rest(const ioi_prepared *m,
                               const ioi_segregation_index *index, size_t a,
                               double *value, double *u, size_t *occupied)
{
  const ioi_table *table = m->table;
  const size_t units = table->units;
  double *rest = m->space->real + units + table->groups, *u_rest = rest + units;
  ioi_segregation_rest(table, a, rest);
  const ioi_status status = ioi_segregation_two(
    index, column(table, a), rest, units, 1, m->space, value,
    u ? u + a * units : NULL, u ? u_rest : NULL, occupied);
  for (size_t g = 0; u && status == IOI_OK && g < table->groups; g++)
    if (g != a) memcpy(u + g * units, u_rest, units * sizeof *u);
  return status;
}

static ioi_status compare_pair(const ioi_prepared *m,
                               const ioi_segregation_index *index, size_t a,
                               size_t b, double *value, double *u,
                               size_t *occupied)
{
  const size_t units = m->table->units;
  *occupied = m->occupied;
  if (index->id == IOI_EXPOSURE)
    return ioi_segregation_exposure(m, a, b, value, u);
  return ioi_segregation_two(
    index, column(m->table, a), column(m->table, b), units, 0, m->space, value,
    u ? u + a * units : NULL, u ? u + b * units : NULL, occupied);
}

/* M is in units of its base; all else is a pure number. */
static void in_base(const ioi_segregation_index *index, size_t cells,
                    double *value, double *u)
{
  if (index->id != IOI_MUTUAL_INFORMATION) return;
  *value /= index->log_base;
  for (size_t c = 0; u && c < cells; c++) u[c] /= index->log_base;
}

ioi_status ioi_segregation(const ioi_prepared *margins,
                           const ioi_segregation_index *index,
                           const ioi_comparison *comparison, double *value,
                           double *u, size_t *occupied)
{
  const size_t cells = margins->table->groups * margins->table->units;
  const size_t a = comparison->a, b = comparison->b;
  ioi_status status;
  if (u) memset(u, 0, cells * sizeof *u);
  if (!margins->unit) return IOI_EDOMAIN;
  if (comparison->kind == IOI_COMPARE_MULTIGROUP)
    status = compare_many(margins, index, value, u, occupied);
  else if (comparison->kind == IOI_COMPARE_REST)
    status = compare_rest(margins, index, a, value, u, occupied);
  else
    status = compare_pair(margins, index, a, b, value, u, occupied);
  if (status == IOI_OK)
    in_base(index, cells, value, u);
  else if (u)
    memset(u, 0, cells * sizeof *u);
  return status;
}

void ioi_segregation_rest(const ioi_table *table, size_t g, double *rest)
{
  for (size_t i = 0; i < table->units; i++) {
    ioi_exact sum = {0, 0};
    for (size_t h = 0; h < table->groups; h++)
      ioi_exact_add(&sum, h == g ? 0 : column(table, h)[i]);
    rest[i] = ioi_exact_value(&sum);
  }
}

void ioi_segregation_totals(const ioi_table *table, double *total)
{
  for (size_t g = 0; g < table->groups; g++) {
    ioi_exact sum = {0, 0};
    for (size_t i = 0; i < table->units; i++)
      ioi_exact_add(&sum, column(table, g)[i]);
    total[g] = ioi_exact_value(&sum);
  }
}

double ioi_segregation_members(const double *total, size_t groups,
                               const ioi_comparison *comparison)
{
  ioi_exact sum = {0, 0};
  for (size_t g = 0; g < groups; g++)
    if (comparison->kind != IOI_COMPARE_PAIR || g == comparison->a
        || g == comparison->b)
      ioi_exact_add(&sum, total[g]);
  return ioi_exact_value(&sum);
}

double ioi_segregation_covariance(const double *n, const double *u_r,
                                  const double *u_s, size_t cells)
{
  ioi_exact sum = {0, 0};
  for (size_t c = 0; c < cells; c++)
    ioi_exact_add(&sum, n[c] * u_r[c] * u_s[c]);
  return ioi_exact_value(&sum);
}

void ioi_segregation_totals_known(const ioi_prepared *m, double *u)
{
  for (size_t g = 0; g < m->table->groups; g++) {
    const double *n = column(m->table, g);
    double *u_g = u + g * m->table->units;
    ioi_exact sum = {0, 0};
    for (size_t i = 0; i < m->table->units; i++)
      ioi_exact_add(&sum, n[i] * u_g[i]);
    const double mean =
      m->group[g] > 0 ? ioi_exact_value(&sum) / m->group[g] : 0;
    for (size_t i = 0; i < m->table->units; i++) u_g[i] -= mean;
  }
}
