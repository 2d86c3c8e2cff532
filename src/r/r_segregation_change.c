/* r_segregation_change.c - the R boundary of decompositions of change. */
#include "r/r_ioi.h"

#include "core/segregation_change.h"

/* The core owns nothing, so that the jump of an interrupt loses nothing. */
static int on_tick(void *context, size_t done)
{
  (void) context;
  (void) done;
  R_CheckUserInterrupt();
  return 0;
}

static ioi_change_job read_job(SEXP a, SEXP b, SEXP method, SEXP theil,
                               SEXP tolerance, SEXP most)
{
  ioi_change_job job = {REAL_RO(a),
                        REAL_RO(b),
                        (size_t) Rf_nrows(a),
                        (size_t) Rf_ncols(a),
                        (ioi_change_method) Rf_asInteger(method),
                        Rf_asLogical(theil),
                        Rf_asReal(tolerance),
                        (size_t) Rf_asReal(most)};
  return job;
}

/* a, b: units x groups before and after, the same units and groups in both;
 * method: number of ioi_change_method; theil: TRUE for H; tolerance, most: of
 * the fitting. A list: status; component, the sums, and part, units x
 * components, in the order of the core; index, before and after; common, units
 * and groups; of the last fitting rounds, error, in_column and at, from 1. */
SEXP ioi_r_segregation_change(SEXP a, SEXP b, SEXP method, SEXP theil,
                              SEXP tolerance, SEXP most)
{
  const ioi_change_job job = read_job(a, b, method, theil, tolerance, most);
  const char *names[] = {"status", "component", "part",      "index", "common",
                         "rounds", "error",     "in_column", "at",    ""};
  double *work = (double *) R_alloc(ioi_change_doubles(&job), sizeof *work);
  size_t *sizes = (size_t *) R_alloc(ioi_change_sizes(&job), sizeof *sizes);
  size_t common[2] = {0, 0};
  ioi_ipf_report report;
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 1, Rf_allocVector(REALSXP, IOI_CHANGE_COMPONENTS));
  SET_VECTOR_ELT(
    out, 2, Rf_allocMatrix(REALSXP, (int) job.units, IOI_CHANGE_COMPONENTS));
  SET_VECTOR_ELT(out, 3, Rf_allocVector(REALSXP, 2));
  SET_VECTOR_ELT(out, 4, Rf_allocVector(REALSXP, 2));
  const ioi_status status = ioi_segregation_change(
    &job, REAL(VECTOR_ELT(out, 2)), REAL(VECTOR_ELT(out, 1)),
    REAL(VECTOR_ELT(out, 3)), common, &report, work, sizes, on_tick, NULL);
  SET_VECTOR_ELT(out, 0, ioi_r_status(status));
  REAL(VECTOR_ELT(out, 4))[0] = (double) common[0];
  REAL(VECTOR_ELT(out, 4))[1] = (double) common[1];
  SET_VECTOR_ELT(out, 5, Rf_ScalarReal((double) report.rounds));
  SET_VECTOR_ELT(out, 6, Rf_ScalarReal(report.error));
  SET_VECTOR_ELT(out, 7, Rf_ScalarLogical(report.in_column));
  SET_VECTOR_ELT(out, 8, Rf_ScalarReal((double) report.at + 1));
  UNPROTECT(1);
  return out;
}
