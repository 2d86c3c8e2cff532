/* zones.c - indices of zones with an area, a place and neighbours. */
#include "core/zones.h"

#include <math.h>
#include <stdlib.h>

#include "core/environment.h"
#include "core/sum.h"

static const double pi = 3.14159265358979323846;

/* Numbers that differ by no more than this part are equal. */
static const double tie = 1e-12;

/* The two groups compared, and what is asked of them. */
typedef struct {
  const ioi_table *table;
  const ioi_zones *zones;
  const ioi_comparison *of;
  size_t n;
  const double *x;
  double *y, *kept, *both; /* rest or second group; groups kept; x + y */
  double all_x, all_y;
  ioi_ordered *ordered;
} pair;

static double total(const double *x, size_t n)
{
  ioi_exact sum = {0, 0};
  for (size_t i = 0; i < n; i++) ioi_exact_add(&sum, x[i]);
  return ioi_exact_value(&sum);
}

static double product(const double *x, const double *y, size_t n)
{
  ioi_exact sum = {0, 0};
  for (size_t i = 0; i < n; i++) ioi_exact_add(&sum, x[i] * y[i]);
  return ioi_exact_value(&sum);
}

static const double *members(const ioi_table *table, size_t g)
{
  return table->count + g * table->stride;
}

static pair read_pair(const ioi_table *table, const ioi_zones *zones,
                      const ioi_comparison *of, double *work,
                      ioi_ordered *ordered)
{
  const size_t n = table->units;
  pair p = {table,  zones,    of,           n, members(table, of->a),
            work,   work + n, work + 2 * n, 0, 0,
            ordered};
  for (size_t i = 0; i < n; i++) {
    p.kept[i] = 0;
    for (size_t g = 0; g < table->groups; g++)
      p.kept[i] += members(table, g)[i];
    p.y[i] = 0;
    for (size_t g = 0; of->kind == IOI_COMPARE_REST && g < table->groups; g++)
      if (g != of->a) p.y[i] += members(table, g)[i];
    if (of->kind == IOI_COMPARE_PAIR) p.y[i] = members(table, of->b)[i];
    p.both[i] =
      of->kind == IOI_COMPARE_MULTIGROUP ? p.kept[i] : p.x[i] + p.y[i];
  }
  p.all_x = total(p.x, n);
  p.all_y = total(p.y, n);
  return p;
}

/* 1/2 sum |x/X - y/Y| */
static double apart(const double *x, double all_x, const double *y,
                    double all_y, size_t n)
{
  ioi_exact sum = {0, 0};
  for (size_t i = 0; i < n; i++)
    ioi_exact_add(&sum, fabs(x[i] / all_x - y[i] / all_y));
  const double d = ioi_exact_value(&sum) / 2;
  return d < 1 ? d : 1;
}

static int by_key(const void *a, const void *b)
{
  const ioi_ordered *p = a, *q = b;
  if (p->key != q->key) return p->key < q->key ? -1 : 1;
  if (p->second != q->second) return p->second > q->second ? -1 : 1;
  return p->unit < q->unit ? -1 : p->unit > q->unit;
}

/* Units by sign * key, ascending; of equal ones the largest second first. */
static void put_in_order(const double *key, double sign, const double *second,
                         size_t n, ioi_ordered *ordered)
{
  for (size_t i = 0; i < n; i++)
    ordered[i] = (ioi_ordered){sign * key[i], second[i], (uint32_t) i};
  qsort(ordered, n, sizeof *ordered, by_key);
}

/* ---- concentration ------------------------------------------------------- */

/* Mean area over the smallest (sign 1) or largest (-1) units that hold `people`
 * of t. */
static double mean_area(const pair *p, const double *t, double sign,
                        double people)
{
  ioi_exact held = {0, 0}, area = {0, 0};
  put_in_order(p->zones->area, sign, t, p->n, p->ordered);
  for (size_t k = 0; k < p->n && !(ioi_exact_value(&held) >= people); k++) {
    const size_t i = p->ordered[k].unit;
    ioi_exact_add(&held, t[i]);
    ioi_exact_add(&area, t[i] * p->zones->area[i]);
  }
  return ioi_exact_value(&area) / ioi_exact_value(&held);
}

static ioi_status concentration_absolute(const pair *p, double *value)
{
  const double low = mean_area(p, p->kept, 1, p->all_x);
  const double high = mean_area(p, p->kept, -1, p->all_x);
  if (!(high - low > tie * high)) return IOI_EDOMAIN;
  const double mean = product(p->x, p->zones->area, p->n) / p->all_x;
  *value = 1 - (mean - low) / (high - low);
  return IOI_OK;
}

static ioi_status concentration_relative(const pair *p, double *value)
{
  const ioi_zones *z = p->zones;
  const double low = mean_area(p, z->everybody, 1, p->all_x);
  const double high =
    mean_area(p, z->everybody, -1, z->n2_other ? p->all_y : p->all_x);
  const double mean_x = product(p->x, z->area, p->n) / p->all_x;
  const double mean_y = product(p->y, z->area, p->n) / p->all_y;
  if (!(fabs(high - low) > tie * high) || !(mean_y > 0)) return IOI_EDOMAIN;
  *value = (mean_x / mean_y - 1) / (low / high - 1);
  return IOI_OK;
}

/* ---- centralisation ------------------------------------------------------ */

/* sum_k C_(k-1) B_k - C_k B_(k-1) with a step for each distance. */
static double centralisation(const pair *p, const double *other, double all)
{
  double inner_x = 0, inner_y = 0;
  ioi_exact sum = {0, 0};
  put_in_order(p->zones->distance, 1, p->x, p->n, p->ordered);
  for (size_t k = 0; k < p->n;) {
    const double edge = p->ordered[k].key * (1 + tie);
    double x = inner_x, y = inner_y;
    for (; k < p->n && p->ordered[k].key <= edge; k++) {
      x += p->x[p->ordered[k].unit] / p->all_x;
      y += other[p->ordered[k].unit] / all;
    }
    ioi_exact_add(&sum, inner_x * y);
    ioi_exact_add(&sum, -x * inner_y);
    inner_x = x;
    inner_y = y;
  }
  return ioi_exact_value(&sum);
}

/* ---- clustering ---------------------------------------------------------- */

/* sum_j c_ij of the members of group g; of everybody; of units. */
static const double *around_group(const pair *p, size_t g)
{
  return p->zones->around + g * p->n;
}

static double around_rest(const pair *p, size_t i)
{
  double sum = 0;
  for (size_t g = 0; g < p->table->groups; g++)
    if (g != p->of->a) sum += around_group(p, g)[i];
  return sum;
}

/* sum_j c_ij of the second group. */
static double around_other(const pair *p, size_t i)
{
  return p->of->kind == IOI_COMPARE_PAIR ? around_group(p, p->of->b)[i]
                                         : around_rest(p, i);
}

/* sum_ij y_i y_j c_ij */
static double close_others(const pair *p)
{
  ioi_exact sum = {0, 0};
  for (size_t i = 0; i < p->n; i++)
    ioi_exact_add(&sum, p->y[i] * around_other(p, i));
  return ioi_exact_value(&sum);
}

static double close_own(const pair *p)
{
  return product(p->x, around_group(p, p->of->a), p->n);
}

static double proximity(const pair *p)
{
  if (p->of->kind != IOI_COMPARE_PAIR)
    return close_own(p) / p->all_x / p->all_x;
  return product(p->x, around_group(p, p->of->b), p->n) / p->all_x / p->all_y;
}

/* sum_ij t_i t_j c_ij over the groups compared. */
static double close_both(const pair *p)
{
  ioi_exact sum = {0, 0};
  for (size_t i = 0; i < p->n; i++) {
    const double own = around_group(p, p->of->a)[i];
    ioi_exact_add(&sum, p->both[i] * (own + around_other(p, i)));
  }
  return ioi_exact_value(&sum);
}

static ioi_status spatial_proximity(const pair *p, double *value)
{
  const double all = total(p->both, p->n), close = close_both(p);
  ioi_exact sum = {0, 0};
  if (p->of->kind == IOI_COMPARE_MULTIGROUP) {
    for (size_t g = 0; g < p->table->groups; g++) {
      const double *n = members(p->table, g), people = total(n, p->n);
      if (people > 0)
        ioi_exact_add(&sum, product(n, around_group(p, g), p->n) / people);
    }
  } else {
    ioi_exact_add(&sum, close_own(p) / p->all_x);
    ioi_exact_add(&sum, close_others(p) / p->all_y);
  }
  if (!(close > 0)) return IOI_EDOMAIN;
  *value = ioi_exact_value(&sum) * all / close;
  return IOI_OK;
}

static ioi_status clustering_absolute(const pair *p, double *value)
{
  const double *ones = around_group(p, p->table->groups + 1);
  const double base =
    p->all_x * (total(ones, p->n) / (double) p->n / (double) p->n);
  ioi_exact kept = {0, 0};
  for (size_t i = 0; i < p->n; i++)
    for (size_t g = 0; g < p->table->groups; g++)
      ioi_exact_add(&kept, p->x[i] / p->all_x * around_group(p, g)[i]);
  const double own = close_own(p) / p->all_x;
  const double every = ioi_exact_value(&kept);
  if (!(fabs(every - base) > tie * (every + base))) return IOI_EDOMAIN;
  *value = (own - base) / (every - base);
  return IOI_OK;
}

static ioi_status clustering_relative(const pair *p, double *value)
{
  const double other = close_others(p) / p->all_y / p->all_y;
  if (!(other > 0)) return IOI_EDOMAIN;
  *value = close_own(p) / p->all_x / p->all_x / other - 1;
  return IOI_OK;
}

/* sum_i x_i/X around_i/everybody around_i: those of K_ij add up to 1. */
static ioi_status distance_decay(const pair *p, int isolation, double *value)
{
  const double *every = around_group(p, p->table->groups);
  ioi_exact sum = {0, 0};
  for (size_t i = 0; i < p->n; i++) {
    if (!(p->x[i] > 0)) continue;
    if (!(every[i] > 0)) return IOI_EDOMAIN;
    const double met =
      isolation ? around_group(p, p->of->a)[i] : around_other(p, i);
    ioi_exact_add(&sum, p->x[i] / p->all_x * (met / every[i]));
  }
  *value = ioi_exact_value(&sum);
  return IOI_OK;
}

/* ---- neighbours ---------------------------------------------------------- */

static double share(const pair *p, size_t i)
{
  return p->both[i] > 0 ? p->x[i] / p->both[i] : 0;
}

static double border(const ioi_zones *z, size_t k)
{
  return z->border ? z->border[k] : 1;
}

static double row_border(const ioi_zones *z, size_t i)
{
  double sum = 0;
  for (size_t k = z->start[i]; k < z->start[i + 1]; k++) sum += border(z, k);
  return sum;
}

/* Perimeter over area. */
static double edge_ratio(const ioi_zones *z, size_t i)
{
  return (z->perimeter ? z->perimeter[i] : row_border(z, i)) / z->area[i];
}

static double largest_ratio(const pair *p)
{
  double most = 0;
  for (size_t i = 0; i < p->n; i++) {
    const double r = edge_ratio(p->zones, i);
    most = r > most ? r : most;
  }
  return most;
}

/* What the neighbours take off D. lengths: weigh by border; shape: and by
 * perimeter and area. */
static double contact(const pair *p, int lengths, int shape)
{
  const ioi_zones *z = p->zones;
  const double most = shape ? largest_ratio(p) : 1;
  const ioi_border_standard rule = lengths ? z->standard : IOI_STANDARD_TOTAL;
  ioi_exact sum = {0, 0}, all = {0, 0};
  for (size_t i = 0; i < p->n; i++) {
    const double row = row_border(z, i), ratio = shape ? edge_ratio(z, i) : 1;
    double part = 0;
    for (size_t k = z->start[i]; k < z->start[i + 1]; k++) {
      const size_t j = z->to[k];
      const double b = lengths ? border(z, k) : border(z, k) > 0;
      const double both = shape ? (ratio + edge_ratio(z, j)) / (2 * most) : 1;
      part += b * fabs(share(p, i) - share(p, j)) * both;
      ioi_exact_add(&all, b);
    }
    if (rule != IOI_STANDARD_TOTAL) part = row > 0 ? part / row : 0;
    ioi_exact_add(&sum, part);
  }
  if (!(ioi_exact_value(&all) > 0)) return 0;
  if (rule == IOI_STANDARD_ROW_HALF) return ioi_exact_value(&sum) / 2;
  return ioi_exact_value(&sum)
         / (rule == IOI_STANDARD_TOTAL ? ioi_exact_value(&all) : (double) p->n);
}

static ioi_status dissimilarity(const pair *p, ioi_zone_index index,
                                size_t occupied, double *value)
{
  if (occupied < 2) return IOI_ESINGLE;
  const int shape = index == IOI_DISSIMILARITY_SHAPE;
  *value = apart(p->x, p->all_x, p->y, p->all_y, p->n)
           - contact(p, shape || index == IOI_DISSIMILARITY_BOUNDARY, shape);
  return IOI_OK;
}

/* ---- one index ----------------------------------------------------------- */

/* Does the index look at the second group? */
static int has_other(ioi_zone_index index, const ioi_comparison *of)
{
  switch (index) {
  case IOI_DELTA:
  case IOI_CONCENTRATION_ABSOLUTE:
  case IOI_CENTRALISATION_ABSOLUTE:
  case IOI_CLUSTERING_ABSOLUTE:
  case IOI_DISTANCE_DECAY_ISOLATION:
    return 0;
  case IOI_PROXIMITY:
    return of->kind == IOI_COMPARE_PAIR;
  default:
    return 1;
  }
}

static ioi_status with_area(const pair *p, ioi_zone_index index, double *value)
{
  const double all = total(p->zones->area, p->n);
  if (!(all > 0)) return IOI_EDOMAIN;
  if (index == IOI_CONCENTRATION_ABSOLUTE)
    return concentration_absolute(p, value);
  if (index == IOI_CONCENTRATION_RELATIVE)
    return concentration_relative(p, value);
  *value = index == IOI_DELTA ? apart(p->x, p->all_x, p->zones->area, all, p->n)
                              : centralisation(p, p->zones->area, all);
  return IOI_OK;
}

static ioi_status evaluate(const pair *p, ioi_zone_index index, size_t occupied,
                           double *value)
{
  switch (index) {
  case IOI_DELTA:
  case IOI_CONCENTRATION_ABSOLUTE:
  case IOI_CONCENTRATION_RELATIVE:
  case IOI_CENTRALISATION_ABSOLUTE:
    return with_area(p, index, value);
  case IOI_CENTRALISATION_RELATIVE:
    *value = centralisation(p, p->y, p->all_y);
    return IOI_OK;
  case IOI_PROXIMITY:
    *value = proximity(p);
    return IOI_OK;
  case IOI_SPATIAL_PROXIMITY:
    return spatial_proximity(p, value);
  case IOI_CLUSTERING_ABSOLUTE:
    return clustering_absolute(p, value);
  case IOI_CLUSTERING_RELATIVE:
    return clustering_relative(p, value);
  case IOI_DISTANCE_DECAY_ISOLATION:
  case IOI_DISTANCE_DECAY_EXPOSURE:
    return distance_decay(p, index == IOI_DISTANCE_DECAY_ISOLATION, value);
  default:
    return dissimilarity(p, index, occupied, value);
  }
}

static int lacks_members(const pair *p, ioi_zone_index index)
{
  if (p->of->kind == IOI_COMPARE_MULTIGROUP) {
    size_t present = 0;
    for (size_t g = 0; g < p->table->groups; g++)
      present += total(members(p->table, g), p->n) > 0;
    return present < 2;
  }
  return !(p->all_x > 0) || (has_other(index, p->of) && !(p->all_y > 0));
}

ioi_status ioi_zone_value(const ioi_table *table, const ioi_zones *zones,
                          ioi_zone_index index,
                          const ioi_comparison *comparison, double *value,
                          size_t *occupied, double *work, ioi_ordered *ordered)
{
  const pair p = read_pair(table, zones, comparison, work, ordered);
  double found = 0;
  *occupied = 0;
  for (size_t i = 0; i < p.n; i++) *occupied += p.both[i] > 0;
  if (lacks_members(&p, index)) return IOI_EEMPTY;
  const ioi_status status = evaluate(&p, index, *occupied, &found);
  if (status == IOI_OK) *value = found;
  return status;
}

/* ---- places -------------------------------------------------------------- */

void ioi_centre_distance(const double *x, const double *y, size_t units,
                         double radius, const double *centre_x,
                         const double *centre_y, size_t centres,
                         double *distance)
{
  const ioi_places places = {.radius = radius};
  for (size_t i = 0; i < units; i++) {
    distance[i] = INFINITY;
    for (size_t c = 0; c < centres; c++) {
      double a[3] = {x[i], y[i], 0}, b[3] = {centre_x[c], centre_y[c], 0};
      if (radius > 0) {
        ioi_sphere_directions(x + i, y + i, 1, a);
        ioi_sphere_directions(centre_x + c, centre_y + c, 1, b);
      }
      const double d = ioi_place_distance(&places, a, b);
      distance[i] = d < distance[i] ? d : distance[i];
    }
  }
}

void ioi_mean_centre(const double *x, const double *y, const double *people,
                     size_t units, double radius, double *centre_x,
                     double *centre_y)
{
  const int nobody = !(total(people, units) > 0);
  double sum[3] = {0, 0, 0}, weights = 0;
  for (size_t i = 0; i < units; i++) {
    const double w = nobody ? 1 : people[i];
    double at[3] = {x[i], y[i], 0};
    if (radius > 0) ioi_sphere_directions(x + i, y + i, 1, at);
    for (size_t k = 0; k < 3; k++) sum[k] += w * at[k];
    weights += w;
  }
  *centre_x = sum[0] / weights;
  *centre_y = sum[1] / weights;
  if (radius > 0) {
    *centre_x = atan2(sum[1], sum[0]) * (180 / pi);
    *centre_y = atan2(sum[2], hypot(sum[0], sum[1])) * (180 / pi);
  }
}

void ioi_self_weights(int rule, const double *area, size_t units, double scale,
                      double *weight)
{
  for (size_t i = 0; i < units; i++) {
    double d = 0;
    if (rule == 1) d = 0.6 * sqrt(area[i]);
    if (rule == 2) d = sqrt(0.6 * area[i]);
    weight[i] = rule == 3 ? 0 : exp(-d / scale);
  }
}
