/* segregation_diversity.c - how mixed a population is, wherever it lives. */
#include "core/segregation_parts.h"

/* All digits where one group is nearly everybody. */
double ioi_log_share(double group, double all)
{
  return 2 * group > all ? log1p(-(all - group) / all) : log(group / all);
}

double ioi_entropy(const double *group, size_t groups, double all)
{
  ioi_exact sum = {0, 0};
  for (size_t g = 0; g < groups; g++)
    if (group[g] > 0)
      ioi_exact_add(&sum, -group[g] / all * ioi_log_share(group[g], all));
  return ioi_exact_value(&sum);
}

double ioi_interaction(const double *group, size_t groups, double all)
{
  double sum = 0;
  for (size_t g = 0; g < groups; g++)
    sum += group[g] / all * ((all - group[g]) / all);
  return sum;
}

/* slope: the derivative by a member of each group. */
ioi_status ioi_segregation_composition(const ioi_segregation_index *index,
                                       const double *group, size_t groups,
                                       double all, double *value, double *slope)
{
  size_t present = 0;
  for (size_t g = 0; g < groups; g++) present += group[g] > 0;
  if (present == 0) return IOI_EEMPTY;
  if (index->id == IOI_SIMPSON) {
    *value = ioi_interaction(group, groups, all);
    for (size_t g = 0; g < groups; g++)
      slope[g] = 2 * (1 - *value - group[g] / all) / all;
    return IOI_OK;
  }
  if (index->normalise && present < 2) return IOI_EEMPTY;
  const double E = ioi_entropy(group, groups, all);
  const double by = index->normalise ? log((double) present) : index->log_base;
  *value = E / by;
  if (index->normalise && *value > 1) *value = 1;
  for (size_t g = 0; g < groups; g++)
    slope[g] =
      group[g] > 0 ? (-ioi_log_share(group[g], all) - E) / all / by : 0;
  return IOI_OK;
}
