/* r_segregation.h - what the files of the segregation boundary share. */
#ifndef IOI_R_SEGREGATION_H
#define IOI_R_SEGREGATION_H

#include "r/r_ioi.h"

#include "core/segregation.h"

/* What one call computes: a table cut into areas, and a plan of results for
 * each area (r_segregation.c says how R gives them). */
typedef struct {
  const double *count;
  const int *first;
  size_t units, groups, areas, results;
  size_t largest;   /* units of the largest area */
  int totals_known; /* groups were sampled each by itself */
  ioi_segregation_index *index;
  ioi_comparison *comparison;
} ioi_r_job;

ioi_r_job ioi_r_read_job(SEXP table, SEXP first, SEXP plan);

/* The table of one area. */
ioi_table ioi_r_area(const ioi_r_job *job, size_t area);

/* Work space from R for tables of this size. */
ioi_segregation_space ioi_r_space(size_t units, size_t groups);

/* Result r of the plan; as ioi_segregation(). */
ioi_status ioi_r_index(const ioi_r_job *job, const ioi_prepared *margins,
                       size_t r, double *value, double *u, size_t *occupied);

/* The sum over cells that an index is under chance, an ioi_null_index, or -1
 * where it is none. */
int ioi_r_cell_sum(ioi_segregation_id id, const ioi_comparison *comparison,
                   size_t groups);

#endif
