/* r_segregation_null.c - the R boundary of segregation under chance. Tables and
 * plans are those of r_segregation.c. */
#include "r/r_segregation.h"

#include <cli/progress.h>
#include <math.h>

#include "core/segregation_chance.h"
#include "core/segregation_null.h"

int ioi_r_cell_sum(ioi_segregation_id id, const ioi_comparison *c,
                   size_t groups)
{
  const int two = c->kind != IOI_COMPARE_MULTIGROUP || groups == 2;
  switch (id) {
  case IOI_DISSIMILARITY:
    return IOI_NULL_DISSIMILARITY;
  case IOI_THEIL:
    return IOI_NULL_THEIL;
  case IOI_MUTUAL_INFORMATION:
    return IOI_NULL_MUTUAL_INFORMATION;
  case IOI_RELATIVE_DIVERSITY:
    return IOI_NULL_RELATIVE_DIVERSITY;
  case IOI_NORMALISED_EXPOSURE:
    return IOI_NULL_NORMALISED_EXPOSURE;
  case IOI_SQUARED_CV:
    return IOI_NULL_SQUARED_CV;
  case IOI_KARMEL_MACLACHLAN:
    return IOI_NULL_KARMEL_MACLACHLAN;
  case IOI_CORRELATION_RATIO:
    return IOI_NULL_CORRELATION_RATIO;
  case IOI_GORARD:
    return IOI_NULL_GORARD;
  case IOI_HUTCHENS:
    return IOI_NULL_HUTCHENS;
  case IOI_ATKINSON_SYMMETRIC:
    return two ? IOI_NULL_HUTCHENS : -1;
  case IOI_CONCENTRATION_PROFILE:
    return IOI_NULL_CONCENTRATION_PROFILE;
  case IOI_ISOLATION:
    return IOI_NULL_ISOLATION;
  case IOI_ISOLATION_EXACT:
    return IOI_NULL_ISOLATION_EXACT;
  case IOI_CUTLER_GLAESER_VIGDOR:
    return IOI_NULL_CUTLER_GLAESER_VIGDOR;
  case IOI_EXPOSURE: /* of a pair among others it is no sum of one group */
    return c->kind == IOI_COMPARE_REST || (groups == 2 && c->a != c->b)
             ? IOI_NULL_EXPOSURE
             : -1;
  default:
    return -1;
  }
}

static int is_log(ioi_segregation_id id)
{
  return id == IOI_MUTUAL_INFORMATION;
}

/* Mean and standard deviation, NA where there is no exact form. */
static ioi_status exactly(const ioi_r_job *job, const ioi_table *t, size_t r,
                          ioi_null_model model, double *mean, double *sd)
{
  const ioi_segregation_id id = job->index[r].id;
  const int sum = ioi_r_cell_sum(id, job->comparison + r, t->groups);
  double *size = (double *) R_alloc(t->units + 1, sizeof *size);
  double *many = (double *) R_alloc(t->units + 1, sizeof *many);
  double *total = (double *) R_alloc(t->groups + 2, sizeof *total);
  ioi_margins margins;
  ioi_status status = ioi_segregation_margins(t, job->comparison + r, size,
                                              many, total, &margins);
  if (status != IOI_OK || sum < 0) return status;
  const size_t work = ioi_segregation_null_work(&margins, model, 1) + 1;
  const double base = is_log(id) ? job->index[r].log_base : 1;
  status = ioi_segregation_null(&margins, (ioi_null_index) sum, model, mean, sd,
                                (double *) R_alloc(work, sizeof(double)));
  *mean /= base;
  *sd = sqrt(*sd) / base;
  return status;
}

/* model: 0 fixed, 1 binomial. Gives mean and sd, NA where there is no exact form,
 * and status. */
SEXP ioi_r_segregation_null(SEXP table, SEXP first, SEXP plan, SEXP model)
{
  const ioi_r_job job = ioi_r_read_job(table, first, plan);
  const char *names[] = {"mean", "sd", "status", ""};
  const R_xlen_t rows = (R_xlen_t) (job.areas * job.results);
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  for (int i = 0; i < 3; i++)
    SET_VECTOR_ELT(out, i, Rf_allocVector(i == 2 ? STRSXP : REALSXP, rows));
  for (R_xlen_t row = 0; row < rows; row++) {
    const void *top = vmaxget();
    const ioi_table t = ioi_r_area(&job, (size_t) row / job.results);
    double mean = NA_REAL, sd = NA_REAL;
    const ioi_status status =
      exactly(&job, &t, (size_t) row % job.results,
              (ioi_null_model) Rf_asInteger(model), &mean, &sd);
    REAL(VECTOR_ELT(out, 0))[row] = mean;
    REAL(VECTOR_ELT(out, 1))[row] = sd;
    SET_STRING_ELT(VECTOR_ELT(out, 2), row, Rf_mkChar(ioi_strstatus(status)));
    vmaxset(top);
    R_CheckUserInterrupt();
  }
  UNPROTECT(1);
  return out;
}

/* The groups that are dealt out anew for one result: the two of a pair, else
 * all. count: room for two groups. */
static ioi_table dealt(const ioi_r_job *job, const ioi_table *t, size_t r,
                       double *count, ioi_comparison *c)
{
  *c = job->comparison[r];
  if (c->kind != IOI_COMPARE_PAIR || job->index[r].id == IOI_EXPOSURE)
    return *t;
  for (size_t i = 0; i < t->units; i++) {
    count[i] = t->count[c->a * t->stride + i];
    count[t->units + i] = t->count[c->b * t->stride + i];
  }
  *c = (ioi_comparison){IOI_COMPARE_PAIR, 0, 1};
  return (ioi_table){count, t->units, t->units, 2};
}

/* Running mean and sum of squared deviations (Welford 1962, Technometrics
 * 4:419-420), and how often a draw is as extreme as what was seen. */
typedef struct {
  double n, mean, squares, extreme;
} summary;

static void add_draw(summary *s, double value, double seen, int downward)
{
  const double away = value - s->mean;
  const double slack = 1e-12 * fabs(seen); /* equal but for rounding */
  s->n++;
  s->mean += away / s->n;
  s->squares += away * (value - s->mean);
  s->extreme += downward ? value <= seen + slack : value >= seen - slack;
}

typedef struct {
  double *count, *drawn, *left;
  ioi_segregation_space margins, space;
} room;

static room make_room(const ioi_r_job *job)
{
  const size_t groups = job->groups > 2 ? job->groups : 2;
  const size_t cells = groups * job->largest + 1;
  return (room){(double *) R_alloc(cells, sizeof(double)),
                (double *) R_alloc(cells, sizeof(double)),
                (double *) R_alloc(groups, sizeof(double)),
                ioi_r_space(job->largest, groups),
                ioi_r_space(job->largest, groups)};
}

/* Draws of result r in area a. */
static summary draws_of(const ioi_r_job *job, size_t a, size_t r,
                        ioi_null_model model, size_t reps, uint64_t seed,
                        double seen, const room *space, SEXP bar)
{
  const size_t row = a * job->results + r;
  const ioi_table t = ioi_r_area(job, a);
  const int downward = job->index[r].id == IOI_EXPOSURE;
  ioi_comparison c;
  const ioi_table base = dealt(job, &t, r, space->count, &c);
  ioi_table draw = {space->drawn, t.units, t.units, base.groups};
  ioi_prepared m = {0}, again = {0};
  summary s = {0, 0, 0, 0};
  if (ioi_segregation_prepare(&base, &space->margins, &m) != IOI_OK) return s;
  for (size_t k = 0; k < reps; k++) {
    double value;
    size_t occupied;
    ioi_stream stream;
    ioi_stream_open(&stream, seed, (uint64_t) (row * reps + k));
    ioi_chance_table(m.unit, t.units, m.group, base.groups, model, &stream,
                     space->left, space->drawn);
    ioi_segregation_prepare(&draw, &space->space, &again);
    if (ioi_segregation(&again, job->index + r, &c, &value, NULL, &occupied)
        == IOI_OK)
      add_draw(&s, value, seen, downward);
    if (CLI_SHOULD_TICK) cli_progress_set(bar, (double) (row * reps + k));
    R_CheckUserInterrupt();
  }
  return s;
}

/* seen: the values of the table, NA where there is none; which: results to draw
 * for; seed: two numbers below 2^32 from R. Gives mean, sd, n (draws that have a
 * value) and extreme (of these, as large as the value seen; for exposure as
 * small), NA for others. */
SEXP ioi_r_segregation_permute(SEXP table, SEXP first, SEXP plan, SEXP model,
                               SEXP seen, SEXP which, SEXP reps, SEXP seed)
{
  const ioi_r_job job = ioi_r_read_job(table, first, plan);
  const size_t n = (size_t) Rf_asInteger(reps);
  const uint64_t start =
    (uint64_t) REAL(seed)[0] << 32 | (uint64_t) REAL(seed)[1];
  const char *names[] = {"mean", "sd", "n", "extreme", ""};
  const R_xlen_t rows = (R_xlen_t) (job.areas * job.results);
  const room space = make_room(&job);
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  for (int i = 0; i < 4; i++)
    SET_VECTOR_ELT(out, i, Rf_allocVector(REALSXP, rows));
  SEXP bar = PROTECT(cli_progress_bar((double) rows * (double) n, NULL));
  for (R_xlen_t row = 0; row < rows; row++) {
    const size_t r = (size_t) row % job.results;
    summary s = {0, 0, 0, 0};
    if (!ISNAN(REAL_ELT(seen, row)) && LOGICAL_ELT(which, (R_xlen_t) r))
      s = draws_of(&job, (size_t) row / job.results, r,
                   (ioi_null_model) Rf_asInteger(model), n, start,
                   REAL_ELT(seen, row), &space, bar);
    const double value[] = {s.mean, sqrt(s.squares / (s.n - 1)), s.n,
                            s.extreme};
    for (int i = 0; i < 4; i++)
      REAL(VECTOR_ELT(out, i))[row] = s.n > 1 ? value[i] : NA_REAL;
  }
  cli_progress_done(bar);
  UNPROTECT(2);
  return out;
}
