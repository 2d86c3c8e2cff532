/* r_segregation_resample.c - the R boundary of the bootstrap and the jackknife
 * of segregation indices. Tables and plans are those of r_segregation.c. Areas
 * are drawn one by one, so that replicates of one area alone are kept. */
#include "r/r_segregation.h"

#include <cli/progress.h>
#include <string.h>

#include "core/resample.h"
#include "core/segregation_resample.h"

/* What both ways of resampling fill, row by row and area by area. */
typedef struct {
  double *mean, *low, *high, *lost;
  SEXP v;
} answer;

static SEXP make_answer(const ioi_r_job *job, answer *out)
{
  const char *names[] = {"mean", "low", "high", "lost", "v", ""};
  const R_xlen_t rows = (R_xlen_t) (job->areas * job->results);
  SEXP list = PROTECT(Rf_mkNamed(VECSXP, names));
  for (int i = 0; i < 4; i++)
    SET_VECTOR_ELT(list, i, Rf_allocVector(REALSXP, rows));
  SET_VECTOR_ELT(list, 4, Rf_allocVector(VECSXP, (R_xlen_t) job->areas));
  *out = (answer){REAL(VECTOR_ELT(list, 0)), REAL(VECTOR_ELT(list, 1)),
                  REAL(VECTOR_ELT(list, 2)), REAL(VECTOR_ELT(list, 3)),
                  VECTOR_ELT(list, 4)};
  UNPROTECT(1);
  return list;
}

/* The results of a plan in one drawn table; NaN where there is none. */
static void results_of(const ioi_r_job *job, const ioi_table *drawn,
                       const ioi_segregation_space *space, double *theta)
{
  ioi_prepared margins = {drawn, space, NULL, NULL, 0, 0, 0};
  ioi_segregation_prepare(drawn, space, &margins);
  for (size_t r = 0; r < job->results; r++) {
    size_t occupied;
    if (ioi_r_index(job, &margins, r, theta + r, NULL, &occupied) != IOI_OK)
      theta[r] = R_NaN;
  }
}

/* Variance of the rows of an area from their replicates, a matrix where `full`;
 * divided by the number of replicates less one (bootstrap) or times (n - 1)/n
 * (jackknife). */
static SEXP replicate_variance(const ioi_r_job *job, const double *theta,
                               size_t reps, double scale, int full,
                               double *lost)
{
  const size_t k = job->results;
  SEXP v = PROTECT(Rf_allocMatrix(REALSXP, (int) k, full ? (int) k : 1));
  double *one = (double *) R_alloc(reps + 1, sizeof *one);
  double *work = (double *) R_alloc(2 * k + 1, sizeof *work);
  for (size_t r = 0; r < reps; r++) one[r] = 1;
  ioi_resample_variance(NULL, theta, reps, k, scale, one, full, REAL(v), lost,
                        work);
  UNPROTECT(1);
  return v;
}

/* Summaries of the replicates of area `a`. */
static void summarise(const ioi_r_job *job, size_t a, const double *theta,
                      size_t reps, const double *estimate, double level,
                      answer *out, double *sorted)
{
  for (size_t r = 0; r < job->results; r++) {
    const size_t row = a * job->results + r;
    const ioi_bootstrap b = ioi_bootstrap_limits(theta + r, job->results, reps,
                                                 estimate[row], level, sorted);
    out->mean[row] = b.mean;
    out->low[row] = b.low;
    out->high[row] = b.high;
  }
}

static uint64_t read_seed(SEXP seed)
{
  return (uint64_t) REAL(seed)[0] << 32 | (uint64_t) REAL(seed)[1];
}

enum { DRAW_PERSONS, DRAW_UNITS, DRAW_GROUPS };

/* A table drawn from that of an area; without members where `usable` is not. */
static void draw_table(const ioi_prepared *m, int what, int usable,
                       const ioi_small_laws *laws, ioi_stream *stream,
                       double *times, ioi_table *draw, double *drawn)
{
  if (what == DRAW_UNITS) draw->units = draw->stride = m->occupied;
  if (!usable)
    memset(drawn, 0, draw->units * draw->groups * sizeof *drawn);
  else if (what == DRAW_UNITS)
    ioi_resample_units(m, stream, times, drawn);
  else if (what == DRAW_GROUPS)
    ioi_resample_by_group(m, stream, drawn);
  else
    ioi_resample_persons(m->table, m->all, laws, stream, drawn);
}

/* estimate: of each row; what: 0 persons, 1 units, 2 persons of each group; seed: two numbers
 * below 2^32 from R. Gives mean, low and high of the replicates, how many are
 * lost, and v as ioi_r_segregation_covariance(). */
SEXP ioi_r_segregation_bootstrap(SEXP table, SEXP first, SEXP plan,
                                 SEXP estimate, SEXP what, SEXP reps, SEXP seed,
                                 SEXP level, SEXP full)
{
  const ioi_r_job job = ioi_r_read_job(table, first, plan);
  const size_t n = (size_t) Rf_asInteger(reps);
  const ioi_segregation_space space = ioi_r_space(job.largest, job.groups);
  const ioi_segregation_space again = ioi_r_space(job.largest, job.groups);
  const size_t cells = job.largest * job.groups;
  double *drawn = (double *) R_alloc(cells + 1, sizeof *drawn);
  double *times = (double *) R_alloc(job.largest + 1, sizeof *times);
  double *theta = (double *) R_alloc(n * job.results + 1, sizeof *theta);
  double *sorted = (double *) R_alloc(n, sizeof *sorted);
  ioi_alias *columns =
    (ioi_alias *) R_alloc(ioi_persons_columns(), sizeof *columns);
  answer out;
  SEXP list = PROTECT(make_answer(&job, &out));
  SEXP bar = PROTECT(cli_progress_bar((double) (job.areas * n), NULL));
  for (size_t a = 0; a < job.areas; a++) {
    const void *top = vmaxget();
    const ioi_table t = ioi_r_area(&job, a);
    ioi_prepared margins = {&t, &space, NULL, NULL, 0, 0, 0};
    const int usable = ioi_segregation_prepare(&t, &space, &margins) == IOI_OK
                       && margins.all >= 1 && margins.all < 0x1p53;
    ioi_small_laws laws;
    ioi_persons_laws(usable ? margins.all : 1, columns, &laws);
    for (size_t k = 0; k < n; k++) {
      ioi_table draw = {drawn, t.units, t.units, t.groups};
      ioi_stream stream;
      ioi_stream_open(&stream, read_seed(seed), (uint64_t) (a * n + k));
      draw_table(&margins, Rf_asInteger(what), usable, &laws, &stream, times,
                 &draw, drawn);
      results_of(&job, &draw, &again, theta + k * job.results);
      if (CLI_SHOULD_TICK) cli_progress_set(bar, (double) (a * n + k));
      R_CheckUserInterrupt();
    }
    summarise(&job, a, theta, n, REAL_RO(estimate), Rf_asReal(level), &out,
              sorted);
    SET_VECTOR_ELT(out.v, (R_xlen_t) a,
                   replicate_variance(&job, theta, n, 1.0 / ((double) n - 1),
                                      Rf_asLogical(full),
                                      out.lost + a * job.results));
    vmaxset(top);
  }
  cli_progress_done(bar);
  UNPROTECT(2);
  return list;
}

/* The table with the persons of each area drawn again; an area with less than one
 * stays as it is. seed: as above. */
SEXP ioi_r_segregation_draw(SEXP table, SEXP first, SEXP seed)
{
  const size_t units = (size_t) Rf_nrows(table);
  const size_t groups = (size_t) Rf_ncols(table);
  const ioi_comparison every = {IOI_COMPARE_MULTIGROUP, 0, 0};
  double *drawn = (double *) R_alloc(units * groups + 1, sizeof *drawn);
  double *total = (double *) R_alloc(groups + 1, sizeof *total);
  SEXP out = PROTECT(Rf_duplicate(table));
  for (R_xlen_t a = 0; a + 1 < XLENGTH(first); a++) {
    const size_t from = (size_t) INTEGER_ELT(first, a);
    const size_t n = (size_t) INTEGER_ELT(first, a + 1) - from;
    const ioi_table t = {REAL_RO(table) + from, units, n, groups};
    ioi_segregation_totals(&t, total);
    const double all = ioi_segregation_members(total, groups, &every);
    if (!(all >= 1 && all < 0x1p53)) continue;
    ioi_stream stream;
    ioi_stream_open(&stream, read_seed(seed), (uint64_t) a);
    ioi_resample_persons(&t, all, NULL, &stream, drawn);
    for (size_t g = 0; g < groups; g++)
      memcpy(REAL(out) + g * units + from, drawn + g * n, n * sizeof *drawn);
  }
  UNPROTECT(1);
  return out;
}

/* The bootstrap's answer with every unit left out in turn; low and high are not limits here.
 * The work grows with the square of the units of an area. */
SEXP ioi_r_segregation_jackknife(SEXP table, SEXP first, SEXP plan, SEXP full)
{
  const ioi_r_job job = ioi_r_read_job(table, first, plan);
  const ioi_segregation_space space = ioi_r_space(job.largest, job.groups);
  const ioi_segregation_space again = ioi_r_space(job.largest, job.groups);
  double *drawn =
    (double *) R_alloc(job.largest * job.groups + 1, sizeof *drawn);
  double *sorted = (double *) R_alloc(job.largest + 1, sizeof *sorted);
  double *none = (double *) R_alloc(job.areas * job.results + 1, sizeof *none);
  memset(none, 0, job.areas * job.results * sizeof *none);
  answer out;
  SEXP list = PROTECT(make_answer(&job, &out));
  SEXP bar = PROTECT(cli_progress_bar((double) job.units, NULL));
  for (size_t a = 0; a < job.areas; a++) {
    const void *top = vmaxget();
    const ioi_table t = ioi_r_area(&job, a);
    const ioi_table draw = {drawn, t.units, t.units, t.groups};
    ioi_prepared margins = {&t, &space, NULL, NULL, 0, 0, 0};
    ioi_segregation_prepare(&t, &space, &margins);
    double *theta =
      (double *) R_alloc(margins.occupied * job.results + 1, sizeof *theta);
    for (size_t g = 0; g < t.groups; g++)
      memcpy(drawn + g * t.units, t.count + g * t.stride,
             t.units * sizeof *drawn);
    size_t k = 0;
    for (size_t i = 0; margins.unit && i < t.units; i++) {
      if (!(margins.unit[i] > 0)) continue;
      for (size_t g = 0; g < t.groups; g++) drawn[g * t.units + i] = 0;
      results_of(&job, &draw, &again, theta + k++ * job.results);
      for (size_t g = 0; g < t.groups; g++)
        drawn[g * t.units + i] = t.count[g * t.stride + i];
      if (CLI_SHOULD_TICK)
        cli_progress_set(bar, (double) ((size_t) job.first[a] + i));
      R_CheckUserInterrupt();
    }
    summarise(&job, a, theta, k, none, 0.5, &out, sorted);
    const double left = k > 0 ? ((double) k - 1) / (double) k : 0;
    SET_VECTOR_ELT(out.v, (R_xlen_t) a,
                   replicate_variance(&job, theta, k, left, Rf_asLogical(full),
                                      out.lost + a * job.results));
    vmaxset(top);
  }
  cli_progress_done(bar);
  UNPROTECT(2);
  return list;
}
