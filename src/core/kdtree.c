/* kdtree.c - a balanced tree kept as a permutation of the points. */
#include "core/kdtree.h"

/* Runs this short are looked through one by one. */
static const size_t leaf = 12;

static const double *point_at(const ioi_kdtree *tree, size_t p)
{
  return tree->point + p * tree->dims;
}

/* Is point p before point q along the axis? Points in one place go by number,
 * so that no two are equal. */
static int before(const ioi_kdtree *tree, size_t axis, size_t p, size_t q)
{
  const double x = point_at(tree, p)[axis], y = point_at(tree, q)[axis];
  return x < y || (x == y && tree->unit[p] < tree->unit[q]);
}

static void swap(ioi_kdtree *tree, size_t p, size_t q)
{
  double *x = tree->point + p * tree->dims, *y = tree->point + q * tree->dims;
  const uint32_t unit = tree->unit[p];
  for (size_t k = 0; k < tree->dims; k++) {
    const double keep = x[k];
    x[k] = y[k];
    y[k] = keep;
  }
  tree->unit[p] = tree->unit[q];
  tree->unit[q] = unit;
}

/* The axis along which the points from .. to - 1 are spread most. */
static size_t widest(const ioi_kdtree *tree, size_t from, size_t to)
{
  size_t best = 0;
  double most = -1;
  for (size_t k = 0; k < tree->dims; k++) {
    double low = point_at(tree, from)[k], high = low;
    for (size_t p = from + 1; p < to; p++) {
      const double x = point_at(tree, p)[k];
      low = x < low ? x : low;
      high = x > high ? x : high;
    }
    if (high - low > most) {
      most = high - low;
      best = k;
    }
  }
  return best;
}

/* Puts the median of the first, middle and last of a run at its start. */
static void choose_pivot(ioi_kdtree *tree, size_t axis, size_t from, size_t to)
{
  const size_t a = from, b = from + (to - from) / 2, c = to - 1;
  size_t middle = a;
  if (before(tree, axis, a, b))
    middle = before(tree, axis, b, c) ? b : before(tree, axis, a, c) ? c : a;
  else
    middle = before(tree, axis, a, c) ? a : before(tree, axis, b, c) ? c : b;
  if (middle != from) swap(tree, middle, from);
}

/* Where the pivot, first of the run, goes: smaller ones end up before it. */
static size_t part(ioi_kdtree *tree, size_t axis, size_t from, size_t to)
{
  size_t end = from;
  choose_pivot(tree, axis, from, to);
  for (size_t p = from + 1; p < to; p++)
    if (before(tree, axis, p, from)) swap(tree, p, ++end);
  if (end != from) swap(tree, from, end);
  return end;
}

/* Puts the point of rank `middle` in its place among from .. to - 1. */
static void place(ioi_kdtree *tree, size_t axis, size_t from, size_t to,
                  size_t middle)
{
  while (to - from > 1) {
    const size_t at = part(tree, axis, from, to);
    if (at == middle) return;
    if (at < middle)
      from = at + 1;
    else
      to = at;
  }
}

static void split(ioi_kdtree *tree, size_t from, size_t to)
{
  while (to - from > leaf) {
    const size_t middle = from + (to - from) / 2;
    const size_t axis = widest(tree, from, to);
    place(tree, axis, from, to, middle);
    tree->axis[middle] = (unsigned char) axis;
    split(tree, from, middle);
    from = middle + 1;
  }
}

void ioi_kdtree_build(ioi_kdtree *tree)
{
  for (size_t p = 0; p < tree->n; p++) {
    tree->unit[p] = (uint32_t) p;
    tree->axis[p] = 0;
  }
  split(tree, 0, tree->n);
}

/* One search. */
typedef struct {
  const ioi_kdtree *tree;
  const double *centre;
  double radius;
  uint32_t *found;
  size_t count;
} search;

static void look_at(search *s, size_t p)
{
  const double *x = point_at(s->tree, p);
  double square = 0;
  for (size_t k = 0; k < s->tree->dims; k++)
    square += (x[k] - s->centre[k]) * (x[k] - s->centre[k]);
  if (square <= s->radius * s->radius) s->found[s->count++] = (uint32_t) p;
}

static void look_within(search *s, size_t from, size_t to)
{
  while (to - from > leaf) {
    const size_t middle = from + (to - from) / 2;
    const size_t axis = s->tree->axis[middle];
    const double apart = s->centre[axis] - point_at(s->tree, middle)[axis];
    if (apart <= s->radius) look_within(s, from, middle);
    if (apart < -s->radius) return;
    look_at(s, middle);
    from = middle + 1;
  }
  for (size_t p = from; p < to; p++) look_at(s, p);
}

size_t ioi_kdtree_within(const ioi_kdtree *tree, const double *centre,
                         double radius, uint32_t *found)
{
  search s = {tree, centre, radius, found, 0};
  look_within(&s, 0, tree->n);
  return s.count;
}
