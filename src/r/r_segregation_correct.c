/* r_segregation_correct.c - the R boundary of corrections for chance. Tables and
 * plans are those of r_segregation.c. */
#include "r/r_segregation.h"

#include <string.h>

#include "core/segregation_correct.h"
#include "core/segregation_null.h"

typedef enum {
  BY_DRAWING,
  CARRINGTON_TROSKE,
  BY_DENSITY,
  BY_MOMENTS,
  ABOVE_CHANCE
} correction;

typedef struct {
  double value, slope, chance;
} corrected;

static ioi_status by_null(const ioi_r_job *job, const ioi_table *t, size_t r,
                          correction how, double estimate, corrected *out)
{
  const ioi_comparison *c = job->comparison + r;
  const int index = ioi_r_cell_sum(job->index[r].id, c, t->groups);
  double *size = (double *) R_alloc(t->units + 1, sizeof *size);
  double *many = (double *) R_alloc(t->units + 1, sizeof *many);
  double *total = (double *) R_alloc(t->groups + 2, sizeof *total);
  ioi_margins margins;
  ioi_status status =
    ioi_segregation_margins(t, c, size, many, total, &margins);
  if (status != IOI_OK) return status;
  const size_t work =
    ioi_segregation_null_work(&margins, IOI_NULL_FIXED, 0) + 1;
  status = ioi_segregation_null(&margins, (ioi_null_index) index,
                                IOI_NULL_FIXED, &out->chance, NULL,
                                (double *) R_alloc(work, sizeof(double)));
  if (status == IOI_OK)
    out->value = how == ABOVE_CHANCE
                   ? ioi_above_chance(estimate, out->chance, &out->slope)
                   : ioi_carrington_troske(estimate, out->chance, &out->slope);
  return status;
}

/* M and H: the columns compared as a table of their own. */
static ioi_status information(const ioi_r_job *job, const ioi_table *t,
                              size_t r, corrected *out)
{
  const ioi_comparison *c = job->comparison + r;
  const size_t n = t->units;
  ioi_table two = *t;
  if (c->kind != IOI_COMPARE_MULTIGROUP) {
    double *count = (double *) R_alloc(2 * n + 1, sizeof *count);
    memcpy(count, t->count + c->a * t->stride, n * sizeof *count);
    if (c->kind == IOI_COMPARE_REST)
      ioi_segregation_rest(t, c->a, count + n);
    else
      memcpy(count + n, t->count + c->b * t->stride, n * sizeof *count);
    two = (ioi_table){count, n, n, 2};
  }
  const ioi_segregation_space space = ioi_r_space(n, two.groups);
  ioi_prepared margins = {&two, &space, NULL, NULL, 0, 0, 0};
  ioi_status status = ioi_segregation_prepare(&two, &space, &margins);
  if (status != IOI_OK) return status;
  double mutual, entropy;
  const size_t work = ioi_information_drawn_work(&margins);
  status = ioi_information_drawn(&margins, &mutual, &entropy,
                                 (double *) R_alloc(work, sizeof(double)));
  if (status == IOI_OK)
    out->value = job->index[r].id == IOI_THEIL
                   ? mutual / entropy
                   : mutual / job->index[r].log_base;
  return status;
}

static ioi_status of_two_groups(const ioi_r_job *job, const ioi_table *t,
                                size_t r, correction how, corrected *out)
{
  const ioi_comparison *c = job->comparison + r;
  const double *x = t->count + c->a * t->stride;
  const double *y = t->count + c->b * t->stride;
  if (c->kind == IOI_COMPARE_REST) {
    double *rest = (double *) R_alloc(t->units + 1, sizeof *rest);
    ioi_segregation_rest(t, c->a, rest);
    y = rest;
  }
  if (how == BY_DENSITY)
    return ioi_dissimilarity_density(x, y, t->units, &out->value);
  if (how == BY_MOMENTS)
    return ioi_correlation_unbiased(x, y, t->units, &out->value);
  double *work = (double *) R_alloc(
    ioi_dissimilarity_drawn_work(x, y, t->units), sizeof *work);
  return job->index[r].id == IOI_HUTCHENS
           ? ioi_hutchens_drawn(x, y, t->units, &out->value, work)
           : ioi_dissimilarity_drawn(x, y, t->units, &out->value, work);
}

static ioi_status correct(const ioi_r_job *job, const ioi_table *t, size_t r,
                          correction how, double estimate, corrected *out)
{
  const ioi_segregation_id id = job->index[r].id;
  if (how == CARRINGTON_TROSKE || how == ABOVE_CHANCE)
    return by_null(job, t, r, how, estimate, out);
  if (id == IOI_THEIL || id == IOI_MUTUAL_INFORMATION)
    return information(job, t, r, out);
  return of_two_groups(job, t, r, how, out);
}

/* estimate: plain, NA where there is none; how: 0 bootstrap mean, 1 Carrington
 * and Troske, 2 density, 3 unbiased moments, 4 above chance. Gives value, slope
 * (by the plain estimate) and chance, NA where there is none. */
SEXP ioi_r_segregation_correct(SEXP table, SEXP first, SEXP plan, SEXP estimate,
                               SEXP how)
{
  const ioi_r_job job = ioi_r_read_job(table, first, plan);
  const correction method = (correction) Rf_asInteger(how);
  const char *names[] = {"value", "slope", "chance", ""};
  const R_xlen_t rows = (R_xlen_t) (job.areas * job.results);
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  for (int i = 0; i < 3; i++)
    SET_VECTOR_ELT(out, i, Rf_allocVector(REALSXP, rows));
  for (R_xlen_t row = 0; row < rows; row++) {
    const void *top = vmaxget();
    const double plain = REAL_ELT(estimate, row);
    const size_t r = (size_t) row % job.results;
    const ioi_table t = ioi_r_area(&job, (size_t) row / job.results);
    corrected c = {NA_REAL, 1, NA_REAL};
    if (!ISNAN(plain)) {
      const ioi_status status = correct(&job, &t, r, method, plain, &c);
      if (status != IOI_OK) c.value = NA_REAL;
    }
    REAL(VECTOR_ELT(out, 0))[row] = c.value;
    REAL(VECTOR_ELT(out, 1))[row] = c.slope;
    REAL(VECTOR_ELT(out, 2))[row] = c.chance;
    vmaxset(top);
    R_CheckUserInterrupt();
  }
  UNPROTECT(1);
  return out;
}
