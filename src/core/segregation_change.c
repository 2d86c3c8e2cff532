/* segregation_change.c - decompositions of a change in segregation. */
#include "core/segregation_change.h"

#include <math.h>
#include <string.h>

#include "core/sum.h"

/* One of the two tables, cut to what they have in common and as proportions:
 * its cells, its margins by unit and by group of the job, 0 outside. */
typedef struct {
  ioi_sparse cells;
  double *value, *unit, *group;
} cut;

/* All that a decomposition works with. */
typedef struct {
  const ioi_change_job *job;
  cut table[2];
  double *fitted, *term, *columns, *part;
  size_t *keep_unit, *keep_group;
  ioi_ipf_report *report;
  ioi_tick tick;
  void *context;
} state;

static size_t filled(const double *x, size_t cells)
{
  size_t count = 0;
  for (size_t k = 0; k < cells; k++) count += x[k] > 0;
  return count;
}

size_t ioi_change_doubles(const ioi_change_job *job)
{
  const size_t cells = job->units * job->groups;
  const size_t a = filled(job->a, cells), b = filled(job->b, cells);
  const size_t most = a > b ? a : b;
  return a + b + most + 3 * job->units + 3 * job->groups;
}

/* Columns are ints, for which room is taken in sizes. */
size_t ioi_change_sizes(const ioi_change_job *job)
{
  const size_t cells = job->units * job->groups;
  return filled(job->a, cells) + filled(job->b, cells) + 3 * job->units
         + job->groups + 2;
}

static int usable(const double *x, size_t cells)
{
  double sum = 0;
  for (size_t k = 0; k < cells; k++) {
    if (!(x[k] >= 0 && x[k] < INFINITY)) return 0;
    sum += x[k];
  }
  return sum < INFINITY;
}

/* ---- what the two tables have in common ------------------------------------ */

/* Has unit i members of kept groups in both tables? */
static int unit_is_common(const state *s, size_t i)
{
  int in_a = 0, in_b = 0;
  for (size_t g = 0; g < s->job->groups; g++) {
    if (!s->keep_group[g]) continue;
    in_a |= s->job->a[g * s->job->units + i] > 0;
    in_b |= s->job->b[g * s->job->units + i] > 0;
  }
  return in_a && in_b;
}

static int group_is_common(const state *s, size_t g)
{
  int in_a = 0, in_b = 0;
  for (size_t i = 0; i < s->job->units; i++) {
    if (!s->keep_unit[i]) continue;
    in_a |= s->job->a[g * s->job->units + i] > 0;
    in_b |= s->job->b[g * s->job->units + i] > 0;
  }
  return in_a && in_b;
}

/* Drops units and groups without members in one of the tables; others may lose
 * all theirs by that, so until nothing changes. */
static void intersect(state *s, size_t *common)
{
  for (size_t i = 0; i < s->job->units; i++) s->keep_unit[i] = 1;
  for (size_t g = 0; g < s->job->groups; g++) s->keep_group[g] = 1;
  for (int changed = 1; changed;) {
    changed = 0;
    for (size_t i = 0; i < s->job->units; i++)
      if (s->keep_unit[i] && !unit_is_common(s, i))
        s->keep_unit[i] = 0, changed = 1;
    for (size_t g = 0; g < s->job->groups; g++)
      if (s->keep_group[g] && !group_is_common(s, g))
        s->keep_group[g] = 0, changed = 1;
  }
  common[0] = common[1] = 0;
  for (size_t i = 0; i < s->job->units; i++) common[0] += s->keep_unit[i];
  for (size_t g = 0; g < s->job->groups; g++) common[1] += s->keep_group[g];
}

/* The common cells of x as proportions; rows and columns keep their numbers. */
static void make_cut(const state *s, const double *x, cut *out, size_t *start,
                     int *column)
{
  const ioi_change_job *job = s->job;
  size_t cell = 0;
  double all = 0;
  memset(out->unit, 0, job->units * sizeof(double));
  memset(out->group, 0, job->groups * sizeof(double));
  for (size_t i = 0; i < job->units; i++) {
    start[i] = cell;
    for (size_t g = 0; s->keep_unit[i] && g < job->groups; g++) {
      const double n = x[g * job->units + i];
      if (!s->keep_group[g] || !(n > 0)) continue;
      column[cell] = (int) g;
      out->value[cell++] = n;
      out->unit[i] += n;
      out->group[g] += n;
      all += n;
    }
  }
  start[job->units] = cell;
  for (size_t k = 0; k < cell; k++) out->value[k] /= all;
  for (size_t i = 0; i < job->units; i++) out->unit[i] /= all;
  for (size_t g = 0; g < job->groups; g++) out->group[g] /= all;
  out->cells = (ioi_sparse){start, column, job->units, job->groups};
}

/* ---- the terms of an index --------------------------------------------------- */

static double entropy(const double *p, size_t n)
{
  double sum = 0;
  for (size_t g = 0; g < n; g++)
    if (p[g] > 0) sum -= p[g] * log(p[g]);
  return sum;
}

/* term[i] = sum_g p_ig ln(p_ig / (r_i c_g)) of a table with proportions
 * value[], over the entropy of c for H. Margins are the table's own. */
static void sparse_terms(const state *s, const ioi_sparse *t,
                         const double *value, double *term)
{
  double *c = s->columns;
  memset(c, 0, t->columns * sizeof *c);
  for (size_t k = 0; k < t->start[t->rows]; k++) c[t->column[k]] += value[k];
  const double by = s->job->theil ? entropy(c, t->columns) : 1;
  for (size_t i = 0; i < t->rows; i++) {
    double r = 0, sum = 0;
    for (size_t k = t->start[i]; k < t->start[i + 1]; k++) r += value[k];
    for (size_t k = t->start[i]; k < t->start[i + 1]; k++)
      if (value[k] > 0) sum += value[k] * log(value[k] / r / c[t->column[k]]);
    term[i] = sum / by;
  }
}

/* The same of a whole table of counts; gives the index, NaN where H has none. */
static double whole_terms(const state *s, const double *x, double *term)
{
  const size_t units = s->job->units, groups = s->job->groups;
  double all = 0, *c = s->columns;
  ioi_exact total = {0, 0};
  for (size_t g = 0; g < groups; g++) {
    c[g] = 0;
    for (size_t i = 0; i < units; i++) c[g] += x[g * units + i];
    all += c[g];
  }
  for (size_t g = 0; g < groups; g++) c[g] /= all;
  const double by = s->job->theil ? entropy(c, groups) : 1;
  for (size_t i = 0; i < units; i++) {
    double t = 0, sum = 0;
    for (size_t g = 0; g < groups; g++) t += x[g * units + i];
    for (size_t g = 0; g < groups; g++) {
      const double n = x[g * units + i];
      if (n > 0) sum += n / all * log(n / t / c[g]);
    }
    term[i] = by > 0 ? sum / by : NAN;
    ioi_exact_add(&total, term[i]);
  }
  return ioi_exact_value(&total);
}

/* part of a component += by * term */
static void add(const state *s, int component, double by)
{
  double *part = s->part + (size_t) component * s->job->units;
  for (size_t i = 0; i < s->job->units; i++) part[i] += by * s->term[i];
}

/* The terms of M(S; r, c), S, r and c being 0 for A and 1 for B. */
static ioi_status fitted_terms(state *s, int of, int r, int c)
{
  const cut *t = s->table + of;
  const size_t cells = t->cells.start[t->cells.rows];
  memcpy(s->fitted, t->value, cells * sizeof *s->fitted);
  if (of != r || of != c) {
    ioi_status status = ioi_ipf(&t->cells, s->table[r].unit, s->table[c].group,
                                s->job->tolerance, s->job->most, s->fitted,
                                s->report, s->columns, s->tick, s->context);
    if (status != IOI_OK) return status;
  }
  sparse_terms(s, &t->cells, s->fitted, s->term);
  return IOI_OK;
}

/* ---- the three methods -------------------------------------------------------- */

static ioi_status shapley(state *s)
{
  for (int of = 0; of < 2; of++)
    for (int r = 0; r < 2; r++)
      for (int c = 0; c < 2; c++) {
        ioi_status status = fitted_terms(s, of, r, c);
        if (status != IOI_OK) return status;
        if (r == c) add(s, IOI_CHANGE_STRUCTURAL, of ? 0.5 : -0.5);
        add(s, IOI_CHANGE_GROUP, c ? 0.25 : -0.25);
        add(s, IOI_CHANGE_UNIT, r ? 0.25 : -0.25);
      }
  return IOI_OK;
}

/* The terms of A with columns, or rows, scaled once to the share in B. */
static void scaled_terms(state *s, int by_group)
{
  const cut *a = s->table, *b = s->table + 1;
  const ioi_sparse *t = &a->cells;
  for (size_t i = 0; i < t->rows; i++)
    for (size_t k = t->start[i]; k < t->start[i + 1]; k++) {
      const int g = t->column[k];
      s->fitted[k] =
        a->value[k]
        * (by_group ? b->group[g] / a->group[g] : b->unit[i] / a->unit[i]);
    }
  sparse_terms(s, t, s->fitted, s->term);
}

static ioi_status karmel_maclachlan(state *s)
{
  ioi_status status = fitted_terms(s, 1, 1, 1);
  add(s, IOI_CHANGE_STRUCTURAL, 1);
  add(s, IOI_CHANGE_INTERACTION, 1);
  if (status == IOI_OK) status = fitted_terms(s, 0, 1, 1);
  if (status != IOI_OK) return status;
  add(s, IOI_CHANGE_STRUCTURAL, -1);
  scaled_terms(s, 1);
  add(s, IOI_CHANGE_GROUP, 1);
  scaled_terms(s, 0);
  add(s, IOI_CHANGE_UNIT, 1);
  fitted_terms(s, 0, 0, 0);
  add(s, IOI_CHANGE_GROUP, -1);
  add(s, IOI_CHANGE_UNIT, -1);
  add(s, IOI_CHANGE_INTERACTION, -1);
  double *part = s->part;
  const size_t n = s->job->units;
  for (size_t i = 0; i < n; i++)
    part[IOI_CHANGE_INTERACTION * n + i] -= part[IOI_CHANGE_STRUCTURAL * n + i]
                                            + part[IOI_CHANGE_GROUP * n + i]
                                            + part[IOI_CHANGE_UNIT * n + i];
  return IOI_OK;
}

/* The entropy of unit i. */
static double unit_entropy(const cut *t, size_t i)
{
  double sum = 0;
  for (size_t k = t->cells.start[i]; k < t->cells.start[i + 1]; k++) {
    const double p = t->value[k] / t->unit[i];
    if (p < 1) sum -= p * log(p);
  }
  return sum;
}

/* -r_i sum_g p_ig ln P_g; over units they sum to the entropy of the groups. */
static double unit_surprise(const cut *t, size_t i)
{
  double sum = 0;
  for (size_t k = t->cells.start[i]; k < t->cells.start[i + 1]; k++)
    sum -= t->value[k] * log(t->group[t->cells.column[k]]);
  return sum;
}

/* With r_i L_i = surprise_i - r_i E_i. A constant times the change of r_i adds
 * to 0 over units: (E_A + E_B) / 2 of it goes from the part of the group
 * margin to that of the unit margin, which so does not depend on E alone. */
static ioi_status mora_ruiz_castillo(state *s)
{
  const cut *a = s->table, *b = s->table + 1;
  const double e =
    (entropy(a->group, s->job->groups) + entropy(b->group, s->job->groups)) / 2;
  double *part = s->part;
  const size_t n = s->job->units;
  for (size_t i = 0; i < n; i++) {
    if (!s->keep_unit[i]) continue;
    const double u_a = unit_entropy(a, i), u_b = unit_entropy(b, i);
    const double r = (a->unit[i] + b->unit[i]) / 2;
    const double dr = b->unit[i] - a->unit[i];
    part[IOI_CHANGE_GROUP * n + i] =
      unit_surprise(b, i) - unit_surprise(a, i) - dr * e;
    part[IOI_CHANGE_STRUCTURAL * n + i] = -r * (u_b - u_a);
    part[IOI_CHANGE_UNIT * n + i] = dr * (e - (u_a + u_b) / 2);
  }
  return IOI_OK;
}

/* Has a table members in units or groups that are not common? */
static int is_cut(const state *s, const double *x)
{
  const size_t units = s->job->units;
  for (size_t g = 0; g < s->job->groups; g++)
    for (size_t i = 0; i < units; i++)
      if (x[g * units + i] > 0 && !(s->keep_unit[i] && s->keep_group[g]))
        return 1;
  return 0;
}

/* Additions, removals and the whole difference; exactly 0 where nothing came or
 * went. */
static void coming_and_going(state *s, double *index)
{
  const int came = is_cut(s, s->job->b), went = is_cut(s, s->job->a);
  index[1] = whole_terms(s, s->job->b, s->term);
  add(s, IOI_CHANGE_ADDITIONS, came);
  add(s, IOI_CHANGE_DIFFERENCE, 1);
  index[0] = whole_terms(s, s->job->a, s->term);
  add(s, IOI_CHANGE_REMOVALS, -went);
  add(s, IOI_CHANGE_DIFFERENCE, -1);
  fitted_terms(s, 1, 1, 1);
  add(s, IOI_CHANGE_ADDITIONS, -came);
  fitted_terms(s, 0, 0, 0);
  add(s, IOI_CHANGE_REMOVALS, went);
}

static void share_out(state *s, double *work, size_t *sizes)
{
  const ioi_change_job *job = s->job;
  const size_t cells = job->units * job->groups;
  const size_t a = filled(job->a, cells), b = filled(job->b, cells);
  s->table[0].value = work;
  s->table[1].value = work + a;
  s->fitted = work + a + b;
  work += a + b + (a > b ? a : b);
  s->table[0].unit = work;
  s->table[1].unit = work + job->units;
  s->term = work + 2 * job->units;
  work += 3 * job->units;
  s->table[0].group = work;
  s->table[1].group = work + job->groups;
  s->columns = work + 2 * job->groups;
  s->keep_unit = sizes;
  s->keep_group = sizes + job->units;
}

static void make_cuts(state *s, size_t *sizes)
{
  const ioi_change_job *job = s->job;
  const size_t a = filled(job->a, job->units * job->groups);
  size_t *start = sizes + job->units + job->groups;
  int *column = (int *) (start + 2 * (job->units + 1));
  make_cut(s, job->a, s->table, start, column);
  make_cut(s, job->b, s->table + 1, start + job->units + 1, column + a);
}

static void sum_parts(const state *s, double *component)
{
  for (size_t c = 0; c < IOI_CHANGE_COMPONENTS; c++) {
    ioi_exact sum = {0, 0};
    for (size_t i = 0; i < s->job->units; i++)
      ioi_exact_add(&sum, s->part[c * s->job->units + i]);
    component[c] = ioi_exact_value(&sum);
  }
}

ioi_status ioi_segregation_change(const ioi_change_job *job, double *part,
                                  double *component, double *index,
                                  size_t *common, ioi_ipf_report *report,
                                  double *work, size_t *sizes, ioi_tick tick,
                                  void *context)
{
  static ioi_status (*const methods[])(state *) = {shapley, karmel_maclachlan,
                                                   mora_ruiz_castillo};
  const size_t cells = job->units * job->groups;
  state s;
  memset(&s, 0, sizeof s);
  s.job = job;
  s.part = part;
  s.report = report;
  s.tick = tick;
  s.context = context;
  memset(report, 0, sizeof *report);
  if (!usable(job->a, cells) || !usable(job->b, cells)
      || (job->theil && job->method == IOI_CHANGE_MORA_RUIZ_CASTILLO))
    return IOI_EDOMAIN;
  share_out(&s, work, sizes);
  intersect(&s, common);
  if (common[0] == 0 || (job->theil && common[1] < 2)) return IOI_EEMPTY;
  make_cuts(&s, sizes);
  memset(part, 0, IOI_CHANGE_COMPONENTS * job->units * sizeof *part);
  coming_and_going(&s, index);
  ioi_status status = methods[job->method](&s);
  if (status == IOI_OK) sum_parts(&s, component);
  return status;
}
