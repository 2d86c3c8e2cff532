/* r_segregation_model.c - the R boundary of models of unit shares. Tables and
 * plans are those of r_segregation.c. */
#include "r/r_segregation.h"

#include "core/segregation_model.h"

/* x and k of one comparison; the arrays come from R. */
static void members_of(const ioi_table *t, const ioi_comparison *c, double *x,
                       double *k)
{
  ioi_segregation_rest(t, c->a, k);
  for (size_t i = 0; i < t->units; i++) {
    x[i] = t->count[c->a * t->stride + i];
    if (c->kind == IOI_COMPARE_PAIR) k[i] = t->count[c->b * t->stride + i];
    k[i] += x[i];
  }
}

/* Gives alpha, beta, their covariance (aa, ab, bb; NA where there is none),
 * status, units, n and share of the group, result by result of the plan. */
SEXP ioi_r_beta_binomial(SEXP table, SEXP first, SEXP plan)
{
  const ioi_r_job job = ioi_r_read_job(table, first, plan);
  const R_xlen_t rows = (R_xlen_t) (job.areas * job.results);
  const char *names[] = {"alpha",  "beta",  "aa", "ab",    "bb",
                         "status", "units", "n",  "share", ""};
  double *x = (double *) R_alloc(job.largest + 1, sizeof *x);
  double *k = (double *) R_alloc(job.largest + 1, sizeof *k);
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  for (int i = 0; i < 9; i++)
    SET_VECTOR_ELT(out, i, Rf_allocVector(i == 5 ? STRSXP : REALSXP, rows));
  for (R_xlen_t row = 0; row < rows; row++) {
    const ioi_table t = ioi_r_area(&job, (size_t) row / job.results);
    double p[2] = {NA_REAL, NA_REAL},
           v[4] = {NA_REAL, NA_REAL, NA_REAL, NA_REAL};
    size_t units = 0;
    members_of(&t, job.comparison + (size_t) row % job.results, x, k);
    const ioi_status status = ioi_beta_binomial(x, k, t.units, p, v, &units);
    const ioi_table both[] = {{x, t.units, t.units, 1},
                              {k, t.units, t.units, 1}};
    double marked, all;
    ioi_segregation_totals(both, &marked);
    ioi_segregation_totals(both + 1, &all);
    const double value[] = {p[0], p[1],           v[0], v[1],        v[3],
                            0,    (double) units, all,  marked / all};
    for (int i = 0; i < 9; i++)
      if (i != 5) REAL(VECTOR_ELT(out, i))[row] = value[i];
    SET_STRING_ELT(VECTOR_ELT(out, 5), row, Rf_mkChar(ioi_strstatus(status)));
    R_CheckUserInterrupt();
  }
  UNPROTECT(1);
  return out;
}

/* Indices of laws: beta with parameters one and two, or logit-normal with that
 * mean and variance; a matrix of 7 rows, a column a law, NA where there is none.
 */
SEXP ioi_r_law_indices(SEXP logit, SEXP one, SEXP two, SEXP shape)
{
  const R_xlen_t n = XLENGTH(one);
  const double b = Rf_asReal(shape);
  SEXP out = PROTECT(Rf_allocMatrix(REALSXP, IOI_LAW_INDICES, (int) n));
  for (R_xlen_t i = 0; i < n; i++) {
    ioi_law_indices x = {0, 0, 0, 0, 0, 0, 0};
    const ioi_status status =
      Rf_asLogical(logit)
        ? ioi_logit_normal_indices(REAL_ELT(one, i), REAL_ELT(two, i), b, &x)
        : ioi_beta_indices(REAL_ELT(one, i), REAL_ELT(two, i), b, &x);
    const double value[IOI_LAW_INDICES] = {
      x.dissimilarity,     x.gini,     x.theil,    x.atkinson,
      x.correlation_ratio, x.hutchens, x.isolation};
    for (int k = 0; k < IOI_LAW_INDICES; k++) REAL(out)
    [IOI_LAW_INDICES * i + k] = status == IOI_OK ? value[k] : NA_REAL;
    if (i % 64 == 0) R_CheckUserInterrupt();
  }
  UNPROTECT(1);
  return out;
}
