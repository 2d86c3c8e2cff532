/* environment.c - sums over neighbours with weights that fall with distance. */
#include "core/environment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/sum.h"

static const double pi = 3.14159265358979323846;

/* Distances that differ by less than this part are the same distance. */
static const double tie = 1e-12;

static double biweight(double u)
{
  const double x = 1 - u * u;
  return u <= 1 ? x * x : 0;
}

double ioi_kernel_weight(const ioi_smoothing *s, double h, double d)
{
  if (!(d <= s->max_distance)) return 0;
  if (h == 0) return d == 0;
  switch (s->kernel) {
  case IOI_KERNEL_BIWEIGHT:
    return biweight(d / h);
  case IOI_KERNEL_GAUSSIAN:
    return exp(-0.5 * (d / h) * (d / h));
  case IOI_KERNEL_EXPONENTIAL:
    return exp(-d / h);
  case IOI_KERNEL_TRIANGULAR:
    return d <= h ? 1 - d / h : 0;
  case IOI_KERNEL_INVERSE:
    return pow(1 + d / h, -s->power);
  default:
    return d <= h;
  }
}

/* The distance beyond which the weight is below w; w may be 0. */
static double kernel_reach(const ioi_smoothing *s, double h, double w)
{
  double reach = h;
  if (s->kernel == IOI_KERNEL_GAUSSIAN)
    reach = h * sqrt(-2 * log(w));
  else if (s->kernel == IOI_KERNEL_EXPONENTIAL)
    reach = -h * log(w);
  else if (s->kernel == IOI_KERNEL_INVERSE)
    reach = h * (pow(w, -1 / s->power) - 1);
  return reach < s->max_distance ? reach : s->max_distance;
}

/* The smallest weight that matters at this unit: what lies beyond adds at most
 * weight times everybody. */
static double least_weight(const ioi_places *places, size_t p)
{
  if (!(places->least > 0) || !(places->all > 0)) return 0;
  const double w = places->least * places->total[p] / places->all;
  return w < 1 ? w : 1;
}

double ioi_place_distance(const ioi_places *places, const double *a,
                          const double *b)
{
  const double x = a[0] - b[0], y = a[1] - b[1];
  if (places->radius == 0) return sqrt(x * x + y * y);
  const double z = a[2] - b[2];
  const double half = sqrt(x * x + y * y + z * z) / 2;
  return 2 * places->radius * asin(half < 1 ? half : 1);
}

/* The straight line that spans an arc, and a little more, so that rounding
 * leaves nobody out. */
static double search_radius(const ioi_places *places, double reach)
{
  double line = reach;
  if (places->radius > 0) {
    const double angle = reach / places->radius;
    line = angle < pi ? 2 * sin(angle / 2) : 2;
  }
  return line * (1 + 1e-9) + (places->radius > 0 ? 1e-15 : 0);
}

static size_t tree_neighbours(const ioi_places *places, size_t p, double reach,
                              ioi_near_work *work)
{
  const ioi_kdtree *tree = places->tree;
  const double *centre = tree->point + p * tree->dims;
  const size_t n =
    ioi_kdtree_within(tree, centre, search_radius(places, reach), work->found);
  size_t count = 0;
  for (size_t i = 0; i < n; i++) {
    const size_t at = work->found[i];
    const double d =
      ioi_place_distance(places, centre, tree->point + at * tree->dims);
    if (at == p || !(d <= reach)) continue;
    work->near[count++] = (ioi_neighbour){d, (uint32_t) at};
  }
  return count;
}

static size_t listed_neighbours(const ioi_places *places, size_t p,
                                double reach, ioi_near_work *work)
{
  size_t count = 0;
  for (size_t i = places->start[p]; i < places->start[p + 1]; i++)
    if (places->distance[i] <= reach)
      work->near[count++] = (ioi_neighbour){places->distance[i], places->to[i]};
  return count;
}

static size_t neighbours(const ioi_places *places, size_t p, double reach,
                         ioi_near_work *work)
{
  return places->tree ? tree_neighbours(places, p, reach, work)
                      : listed_neighbours(places, p, reach, work);
}

static void add_people(const ioi_places *places, size_t at, double w,
                       double *env)
{
  const double *n = places->count + at * places->groups;
  for (size_t g = 0; g < places->groups; g++) env[g] += w * n[g];
}

static double own_weight(const ioi_places *places, size_t p)
{
  return places->own ? places->own[p] : 1;
}

static double largest(const double *x, size_t n)
{
  double most = 0;
  for (size_t i = 0; i < n; i++) most = x[i] > most ? x[i] : most;
  return most;
}

static void kernel_environment(const ioi_places *places, const ioi_smoothing *s,
                               size_t p, double *env, ioi_near_work *work)
{
  const double w = least_weight(places, p);
  const double h = largest(s->bandwidth, s->bands);
  const size_t n =
    h > 0 ? neighbours(places, p, kernel_reach(s, h, w), work) : 0;
  for (size_t b = 0; b < s->bands; b++) {
    double *mine = env + b * places->groups;
    const double width = s->bandwidth[b];
    const double reach = width > 0 ? kernel_reach(s, width, w) : -1;
    add_people(places, p, own_weight(places, p), mine);
    for (size_t i = 0; i < n; i++)
      if (work->near[i].distance <= reach)
        add_people(places, work->near[i].at,
                   ioi_kernel_weight(s, width, work->near[i].distance), mine);
  }
}

static int by_distance(const void *a, const void *b)
{
  const ioi_neighbour *x = a, *y = b;
  if (x->distance != y->distance) return x->distance < y->distance ? -1 : 1;
  return x->at < y->at ? -1 : x->at > y->at;
}

static double people_near(const ioi_places *places, const ioi_near_work *work,
                          size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += places->total[work->near[i].at];
  return sum;
}

/* A distance within which a share of all people could live, from the span of
 * the map. */
static double first_guess(const ioi_places *places, double share)
{
  const ioi_kdtree *tree = places->tree;
  const double *a = tree->point, *b = a + (places->units - 1) * tree->dims;
  const double span = ioi_place_distance(places, a, b);
  return span > 0 ? span * sqrt(share < 1 ? share : 1) : 1;
}

/* All units within the distance at which `people` others are reached, in order
 * of distance. */
static size_t enough_neighbours(const ioi_places *places, double limit,
                                size_t p, double people, ioi_near_work *work)
{
  double reach = limit;
  if (places->tree) reach = first_guess(places, people / places->all);
  for (;;) {
    const int last = !(reach < limit) || !places->tree;
    const size_t n = neighbours(places, p, last ? limit : reach, work);
    if (last || n + 1 == places->units
        || people_near(places, work, n) >= people) {
      qsort(work->near, n, sizeof *work->near, by_distance);
      return n;
    }
    reach *= 2;
  }
}

/* Adds people from the nearest on until there are `left` of them; those at one
 * distance, from near[i] to near[end] - 1, come together. */
static void fill_from_nearest(const ioi_places *places,
                              const ioi_neighbour *near, size_t n, double left,
                              double *env)
{
  size_t i = 0;
  while (i < n && left > 0) {
    const double edge = near[i].distance * (1 + tie);
    size_t end = i;
    double people = 0;
    for (; end < n && near[end].distance <= edge; end++)
      people += places->total[near[end].at];
    const double part = people > left ? left / people : 1;
    for (; i < end; i++) add_people(places, near[i].at, part, env);
    left -= people;
  }
}

/* Oneself, at distance 0, comes first together with others in the same place. */
static void nearest_environment(const ioi_places *places,
                                const ioi_smoothing *s, size_t p, double *env,
                                ioi_near_work *work)
{
  const double most = largest(s->bandwidth, s->bands);
  size_t n = 0;
  if (most > 0) {
    n = enough_neighbours(places, s->max_distance, p, most, work);
    memmove(work->near + 1, work->near, n * sizeof *work->near);
    work->near[0] = (ioi_neighbour){0, (uint32_t) p};
    n++;
  }
  for (size_t b = 0; b < s->bands; b++) {
    double *mine = env + b * places->groups;
    if (s->bandwidth[b] > 0)
      fill_from_nearest(places, work->near, n, s->bandwidth[b], mine);
    else
      add_people(places, p, 1, mine);
  }
}

void ioi_environment(const ioi_places *places, const ioi_smoothing *smoothing,
                     size_t position, double *env, ioi_near_work *work)
{
  memset(env, 0, smoothing->bands * places->groups * sizeof *env);
  if (smoothing->kernel == IOI_KERNEL_NEAREST)
    nearest_environment(places, smoothing, position, env, work);
  else
    kernel_environment(places, smoothing, position, env, work);
}

void ioi_sphere_directions(const double *lon, const double *lat, size_t n,
                           double *direction)
{
  for (size_t i = 0; i < n; i++) {
    const double x = lon[i] * (pi / 180), y = lat[i] * (pi / 180);
    direction[3 * i] = cos(y) * cos(x);
    direction[3 * i + 1] = cos(y) * sin(x);
    direction[3 * i + 2] = sin(y);
  }
}

void ioi_places_fill(ioi_places *places, const double *table, size_t stride,
                     const double *weight, double *count, double *total,
                     double *own)
{
  ioi_exact all = {0, 0};
  for (size_t p = 0; p < places->units; p++) {
    const size_t unit = places->tree ? places->tree->unit[p] : p;
    total[p] = 0;
    for (size_t g = 0; g < places->groups; g++) {
      count[p * places->groups + g] = table[g * stride + unit];
      total[p] += table[g * stride + unit];
    }
    if (weight) own[p] = weight[unit];
    ioi_exact_add(&all, total[p]);
  }
  places->count = count;
  places->own = weight ? own : NULL;
  places->total = total;
  places->all = ioi_exact_value(&all);
}

void ioi_places_totals(const ioi_places *places, double *total)
{
  for (size_t g = 0; g < places->groups; g++) {
    ioi_exact sum = {0, 0};
    for (size_t p = 0; p < places->units; p++)
      ioi_exact_add(&sum, places->count[p * places->groups + g]);
    total[g] = ioi_exact_value(&sum);
  }
}
