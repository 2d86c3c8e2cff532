/* spatial.c - indices of local environments, in one sweep over the units. */
#include "core/spatial.h"

#include <math.h>
#include <string.h>

#include "core/sum.h"
#include "core/thread.h"

/* Units in a run; runs that are summed before the sums are added. */
enum { RUN = 128, ROUND = 32 };

/* Sums of one comparison at one bandwidth: t E~, t I~, t |p~ - P|, then n p~. */
enum { SUM_E, SUM_I, SUM_D, SUM_P };

size_t ioi_spatial_groups(const ioi_spatial *s, const ioi_comparison *c)
{
  return c->kind == IOI_COMPARE_MULTIGROUP ? s->places->groups : 2;
}

size_t ioi_spatial_values(const ioi_spatial *s, const ioi_comparison *c)
{
  const size_t groups = ioi_spatial_groups(s, c);
  return IOI_SPATIAL_P + groups * groups;
}

size_t ioi_spatial_size(const ioi_spatial *s)
{
  size_t size = 0;
  for (size_t c = 0; c < s->comparisons; c++)
    size += ioi_spatial_values(s, s->comparison + c) * s->smoothing->bands;
  return size;
}

/* The groups of a comparison out of a row of all groups. */
static void pick(const ioi_spatial *s, const ioi_comparison *c,
                 const double *row, double *out)
{
  const size_t groups = s->places->groups;
  if (c->kind == IOI_COMPARE_MULTIGROUP) {
    memcpy(out, row, groups * sizeof *out);
    return;
  }
  out[0] = row[c->a];
  out[1] = c->kind == IOI_COMPARE_PAIR ? row[c->b] : 0;
  for (size_t g = 0; c->kind == IOI_COMPARE_REST && g < groups; g++)
    if (g != c->a) out[1] += row[g];
}

static double sum_of(const double *x, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += x[i];
  return sum;
}

static double entropy(const double *p, size_t n)
{
  double sum = 0;
  for (size_t g = 0; g < n; g++)
    if (p[g] > 0) sum -= p[g] * log(p[g]);
  return sum;
}

/* sum p (1 - p) of shares x / all, without loss where one is nearly all. */
static double mixing(const double *x, double all, size_t n)
{
  double sum = 0;
  for (size_t g = 0; g < n; g++) sum += x[g] / all * ((all - x[g]) / all);
  return sum;
}

/* Adds one unit to the sums of a comparison. n: its members; e: those of its
 * environment, made shares; share: P_g. */
static void add_unit(const double *n, double *e, const double *share,
                     size_t groups, double *sum)
{
  const double t = sum_of(n, groups), all = sum_of(e, groups);
  if (!(t > 0) || !(all > 0)) return;
  sum[SUM_I] += t * mixing(e, all, groups);
  double apart = 0;
  for (size_t g = 0; g < groups; g++) {
    e[g] /= all;
    apart += fabs(e[g] - share[g]);
  }
  sum[SUM_E] += t * entropy(e, groups);
  sum[SUM_D] += t * apart;
  for (size_t m = 0; m < groups; m++)
    for (size_t k = 0; k < groups; k++)
      sum[SUM_P + m * groups + k] += n[m] * e[k];
}

/* Where the work space of a thread, and that which all share, lies. */
typedef struct {
  double *env, *members, *around;
} slice;

static size_t slice_size(const ioi_spatial *s)
{
  return (s->smoothing->bands + 2) * (s->places->groups + 1);
}

static slice thread_slice(const ioi_spatial *s, double *work)
{
  const size_t groups = s->places->groups;
  double *env = work;
  double *members = env + s->smoothing->bands * groups;
  return (slice){env, members, members + groups + 1};
}

size_t ioi_spatial_work(const ioi_spatial *s, int threads)
{
  const size_t groups = s->places->groups + 1;
  return (size_t) threads * slice_size(s) + ROUND * ioi_spatial_size(s)
         + 2 * ioi_spatial_size(s) + 2 * s->comparisons * groups;
}

/* P_g of every comparison, groups + 1 numbers each. */
static void shares(const ioi_spatial *s, double *share)
{
  const size_t width = s->places->groups + 1;
  for (size_t c = 0; c < s->comparisons; c++) {
    double *mine = share + c * width;
    const size_t groups = ioi_spatial_groups(s, s->comparison + c);
    pick(s, s->comparison + c, s->total, mine);
    const double all = sum_of(mine, groups);
    for (size_t g = 0; g < groups; g++) mine[g] /= all;
  }
}

static void sweep_run(const ioi_spatial *s, size_t from, size_t to,
                      const double *share, ioi_near_work *near, slice work,
                      double *sum)
{
  const ioi_places *places = s->places;
  for (size_t p = from; p < to; p++) {
    if (!(places->total[p] > 0)) continue;
    ioi_environment(places, s->smoothing, p, work.env, near);
    double *mine = sum;
    for (size_t c = 0; c < s->comparisons; c++) {
      const ioi_comparison *of = s->comparison + c;
      const size_t groups = ioi_spatial_groups(s, of);
      pick(s, of, places->count + p * places->groups, work.members);
      for (size_t b = 0; b < s->smoothing->bands; b++) {
        pick(s, of, work.env + b * places->groups, work.around);
        add_unit(work.members, work.around, share + c * (places->groups + 1),
                 groups, mine);
        mine += ioi_spatial_values(s, of);
      }
    }
  }
}

/* Sums over all units: sum[k] + rest[k]. */
static ioi_status sweep(const ioi_spatial *s, int threads, const double *share,
                        ioi_near_work *near, double *slices, double *partial,
                        double *sum, double *rest, ioi_tick tick, void *context)
{
  const size_t units = s->places->units, size = ioi_spatial_size(s);
  for (size_t from = 0; from < units; from += RUN * ROUND) {
    const size_t left = (units - from + RUN - 1) / RUN;
    const ptrdiff_t runs = (ptrdiff_t) (left < ROUND ? left : ROUND);
    memset(partial, 0, (size_t) runs * size * sizeof *partial);
#ifdef _OPENMP
#pragma omp parallel for num_threads(threads) schedule(dynamic)
#endif
    for (ptrdiff_t r = 0; r < runs; r++) {
      const size_t first = from + (size_t) r * RUN;
      const size_t last = units - first < RUN ? units : first + RUN;
      const size_t me = ioi_this_thread();
      sweep_run(s, first, last, share, near + me,
                thread_slice(s, slices + me * slice_size(s)),
                partial + (size_t) r * size);
    }
    for (ptrdiff_t r = 0; r < runs; r++)
      for (size_t k = 0; k < size; k++) {
        ioi_exact exact = {sum[k], rest[k]};
        ioi_exact_add(&exact, partial[(size_t) r * size + k]);
        sum[k] = exact.sum;
        rest[k] = exact.rest;
      }
    const size_t done = from + (size_t) runs * RUN;
    if (tick && tick(context, done < units ? done : units)) return IOI_ESTOPPED;
  }
  (void) threads;
  return IOI_OK;
}

/* Units with members of a comparison. */
static size_t count_occupied(const ioi_spatial *s, const ioi_comparison *c,
                             double *members)
{
  const ioi_places *places = s->places;
  const size_t groups = ioi_spatial_groups(s, c);
  size_t count = 0;
  for (size_t p = 0; p < places->units; p++) {
    pick(s, c, places->count + p * places->groups, members);
    count += sum_of(members, groups) > 0;
  }
  return count;
}

static ioi_status state(const double *members, size_t groups, size_t occupied)
{
  size_t present = 0;
  for (size_t g = 0; g < groups; g++) present += members[g] > 0;
  if (present < 2) return IOI_EEMPTY;
  return occupied < 2 ? IOI_ESINGLE : IOI_OK;
}

/* From the sums of a comparison at one bandwidth to its values. */
static void finish(const double *sum, const double *members, size_t groups,
                   ioi_status status, double *value)
{
  const double all = sum_of(members, groups),
               mixed = mixing(members, all, groups);
  double diversity = 0;
  for (size_t g = 0; g < groups; g++)
    if (members[g] > 0) diversity -= members[g] / all * log(members[g] / all);
  const int ok = status == IOI_OK && diversity > 0 && mixed > 0;
  value[IOI_SPATIAL_H] = ok ? 1 - sum[SUM_E] / (all * diversity) : NAN;
  value[IOI_SPATIAL_R] = ok ? 1 - sum[SUM_I] / (all * mixed) : NAN;
  value[IOI_SPATIAL_D] = ok ? sum[SUM_D] / (2 * all * mixed) : NAN;
  for (size_t m = 0; m < groups; m++)
    for (size_t k = 0; k < groups; k++) {
      const size_t at = m * groups + k;
      const int known = members[m] > 0 && members[k] > 0;
      value[IOI_SPATIAL_P + at] = known ? sum[SUM_P + at] / members[m] : NAN;
    }
}

ioi_status ioi_spatial_indices(const ioi_spatial *s, int threads,
                               ioi_near_work *near, double *work, double *value,
                               ioi_status *status, size_t *occupied,
                               ioi_tick tick, void *context)
{
  const size_t size = ioi_spatial_size(s), width = s->places->groups + 1;
  double *share = work, *members = share + s->comparisons * width;
  double *sum = members + s->comparisons * width, *rest = sum + size;
  double *partial = rest + size, *slices = partial + ROUND * size;
  memset(sum, 0, 2 * size * sizeof *sum);
  shares(s, share);
  if (sweep(s, threads, share, near, slices, partial, sum, rest, tick, context))
    return IOI_ESTOPPED;
  for (size_t k = 0; k < size; k++) sum[k] += rest[k];
  for (size_t c = 0; c < s->comparisons; c++) {
    const ioi_comparison *of = s->comparison + c;
    const size_t groups = ioi_spatial_groups(s, of);
    occupied[c] = count_occupied(s, of, members);
    pick(s, of, s->total, members);
    status[c] = state(members, groups, occupied[c]);
    for (size_t b = 0; b < s->smoothing->bands; b++) {
      finish(sum, members, groups, status[c], value);
      sum += ioi_spatial_values(s, of);
      value += ioi_spatial_values(s, of);
    }
  }
  return IOI_OK;
}

void ioi_environment_shares(double *env, size_t units, size_t groups,
                            size_t bands, double *around, double *diversity)
{
  for (size_t b = 0; b < bands; b++)
    for (size_t i = 0; i < units; i++) {
      double *n = env + b * groups * units + i, all = 0, sum = 0;
      for (size_t g = 0; g < groups; g++) all += n[g * units];
      for (size_t g = 0; g < groups; g++) {
        const double p = all > 0 ? n[g * units] / all : NAN;
        n[g * units] = p;
        if (!(p <= 0)) sum -= p * log(p);
      }
      around[b * units + i] = all;
      diversity[b * units + i] = sum;
    }
}

/* Values that should be equal differ by no more. */
static const double same = 1e-12;

/* 1 where a larger value means more segregation, -1 where a smaller one. */
static double direction(size_t k, size_t groups)
{
  if (k < IOI_SPATIAL_P) return 1;
  k -= IOI_SPATIAL_P;
  return k / groups == k % groups ? 1 : -1;
}

void ioi_spatial_count_replicate(const ioi_spatial *s, const double *observed,
                                 const double *value, double *extreme,
                                 double *sum)
{
  size_t at = 0;
  for (size_t c = 0; c < s->comparisons; c++) {
    const size_t values = ioi_spatial_values(s, s->comparison + c);
    const size_t groups = ioi_spatial_groups(s, s->comparison + c);
    for (size_t k = 0; k < values * s->smoothing->bands; k++, at++) {
      const double more = direction(k % values, groups);
      extreme[at] += more * (value[at] - observed[at]) >= -same;
      sum[at] += value[at];
    }
  }
}

size_t ioi_environments_work(const ioi_places *places,
                             const ioi_smoothing *smoothing, int threads)
{
  return (size_t) threads * smoothing->bands * places->groups;
}

/* Environments of a run of positions, put where their units belong. */
static void store_run(const ioi_places *places, const ioi_smoothing *smoothing,
                      size_t from, size_t to, ioi_near_work *near, double *mine,
                      double *env)
{
  const size_t values = smoothing->bands * places->groups;
  for (size_t p = from; p < to; p++) {
    const size_t unit = places->tree ? places->tree->unit[p] : p;
    ioi_environment(places, smoothing, p, mine, near);
    for (size_t v = 0; v < values; v++) env[v * places->units + unit] = mine[v];
  }
}

ioi_status ioi_spatial_environments(const ioi_places *places,
                                    const ioi_smoothing *smoothing, int threads,
                                    ioi_near_work *near, double *work,
                                    double *env, ioi_tick tick, void *context)
{
  const size_t units = places->units, step = RUN * ROUND;
  const size_t mine = ioi_environments_work(places, smoothing, 1);
  for (size_t from = 0; from < units; from += step) {
    const size_t left = (units - from + RUN - 1) / RUN;
    const ptrdiff_t runs = (ptrdiff_t) (left < ROUND ? left : ROUND);
#ifdef _OPENMP
#pragma omp parallel for num_threads(threads) schedule(dynamic)
#endif
    for (ptrdiff_t r = 0; r < runs; r++) {
      const size_t first = from + (size_t) r * RUN, me = ioi_this_thread();
      const size_t last = units - first < RUN ? units : first + RUN;
      store_run(places, smoothing, first, last, near + me, work + me * mine,
                env);
    }
    const size_t done = from + step < units ? from + step : units;
    if (tick && tick(context, done)) return IOI_ESTOPPED;
  }
  (void) threads;
  return IOI_OK;
}

void ioi_shuffle(uint32_t *order, size_t n, double (*uniform)(void))
{
  for (size_t i = 0; i < n; i++) order[i] = (uint32_t) i;
  for (size_t i = n; i > 1; i--) {
    size_t at = (size_t) (uniform() * (double) i);
    if (at >= i) at = i - 1;
    const uint32_t keep = order[i - 1];
    order[i - 1] = order[at];
    order[at] = keep;
  }
}

void ioi_spatial_rearrange(const double *from, const uint32_t *order,
                           size_t units, size_t groups, double *to)
{
  for (size_t p = 0; p < units; p++)
    memcpy(to + p * groups, from + order[p] * groups, groups * sizeof *to);
}
