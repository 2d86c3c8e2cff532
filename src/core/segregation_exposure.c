/* segregation_exposure.c - which groups the members of a group meet. */
#include "core/segregation_parts.h"

/* sum_i a_i/A b_i/t_i, t everybody. Derivatives: by a_i b_i/(t_i A) - value/A,
 * by b_i a_i/(t_i A), by anybody in the unit -a_i b_i/(t_i^2 A). */
ioi_status ioi_segregation_exposure(const ioi_prepared *m, size_t a, size_t b,
                                    double *value, double *u)
{
  const ioi_table *table = m->table;
  const size_t units = table->units, groups = table->groups;
  const double *of = table->count + a * table->stride;
  const double *to = table->count + b * table->stride, A = m->group[a];
  ioi_exact sum = {0, 0};
  if (!(A > 0) || !(m->group[b] > 0)) return IOI_EEMPTY;
  for (size_t i = 0; i < units; i++)
    if (of[i] > 0) ioi_exact_add(&sum, of[i] / A * (to[i] / m->unit[i]));
  const double met = ioi_exact_value(&sum);
  *value = met > 1 ? 1 : met;
  for (size_t i = 0; u && i < units; i++) {
    const double t = m->unit[i] > 0 ? m->unit[i] : 1;
    for (size_t g = 0; g < groups; g++)
      u[g * units + i] = -of[i] / t * (to[i] / t) / A;
    u[a * units + i] += (to[i] / t - met) / A;
    u[b * units + i] += of[i] / t / A;
  }
  return IOI_OK;
}
