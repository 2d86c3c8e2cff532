/* test_zones.c - indices of zones: four zones worked by hand, the definitions
 * over all pairs, identities and edges. */
#include "core/environment.h"
#include "core/zones.h"
#include "road.h"

enum { UNITS = 40, GROUPS = 3 };

static const ioi_comparison rest = {IOI_COMPARE_REST, 0, 0};
static const ioi_comparison pair = {IOI_COMPARE_PAIR, 0, 1};
static const ioi_comparison swapped = {IOI_COMPARE_PAIR, 1, 0};
static const ioi_comparison all = {IOI_COMPARE_MULTIGROUP, 0, 0};

typedef struct {
  double count[UNITS * GROUPS], everybody[UNITS], area[UNITS];
  double x[UNITS], y[UNITS], distance[UNITS], perimeter[UNITS];
  double around[UNITS * (GROUPS + 2)], c[UNITS * UNITS], b[UNITS * UNITS];
  double border[UNITS * UNITS];
  size_t start[UNITS + 1];
  uint32_t to[UNITS * UNITS];
  ioi_table table;
  ioi_zones zones;
} world;

static ioi_status value_of(const world *w, ioi_zone_index index,
                           ioi_comparison c, double *value)
{
  double *work = zeroed(4 * w->table.units, sizeof *work);
  ioi_ordered *ordered = zeroed(w->table.units, sizeof *ordered);
  size_t occupied;
  const ioi_status status = ioi_zone_value(&w->table, &w->zones, index, &c,
                                           value, &occupied, work, ordered);
  free(work);
  free(ordered);
  return status;
}

static double get(const world *w, ioi_zone_index index, ioi_comparison c)
{
  double value = NAN;
  assert_int_equal(value_of(w, index, c, &value), IOI_OK);
  return value;
}

static double people(const world *w, size_t g, size_t i)
{
  return w->count[g * UNITS + i];
}

static void finish(world *w, size_t units, size_t groups)
{
  size_t links = 0;
  w->table = (ioi_table){w->count, UNITS, units, groups};
  for (size_t i = 0; i < units; i++) {
    w->everybody[i] = 0;
    for (size_t g = 0; g < groups; g++) w->everybody[i] += people(w, g, i);
    w->start[i] = links;
    for (size_t j = 0; j < units; j++)
      if (w->b[i * UNITS + j] > 0) {
        w->to[links] = (uint32_t) j;
        w->border[links++] = w->b[i * UNITS + j];
      }
  }
  w->start[units] = links;
  for (size_t k = 0; k < groups + 2; k++)
    for (size_t i = 0; i < units; i++) {
      double sum = 0;
      for (size_t j = 0; j < units; j++)
        sum += w->c[i * UNITS + j]
               * (k < groups    ? people(w, k, j)
                  : k == groups ? w->everybody[j]
                                : 1);
      w->around[k * units + i] = sum;
    }
  w->zones = (ioi_zones){
    w->everybody, w->area,   w->distance,  w->around, w->start,
    w->to,        w->border, w->perimeter, 0,         IOI_STANDARD_TOTAL};
}

/* Drawn places: proximity exp(-d), borders between some. */
static void make(world *w, uint64_t seed)
{
  memset(w, 0, sizeof *w);
  for (size_t i = 0; i < UNITS; i++) {
    for (size_t g = 0; g < GROUPS; g++)
      w->count[g * UNITS + i] = i == 7 ? 0 : (double) draw_below(&seed, 90);
    w->area[i] = 1 + (double) draw_below(&seed, 9);
    w->x[i] = 3 * draw_unit(&seed);
    w->y[i] = 3 * draw_unit(&seed);
    w->distance[i] = (double) draw_below(&seed, 8);
    w->perimeter[i] = 5 + draw_unit(&seed);
  }
  for (size_t i = 0; i < UNITS; i++)
    for (size_t j = 0; j < UNITS; j++) {
      w->c[i * UNITS + j] = exp(-hypot(w->x[i] - w->x[j], w->y[i] - w->y[j]));
      if (i < j && draw_below(&seed, 8) == 0)
        w->b[i * UNITS + j] = w->b[j * UNITS + i] = 0.2 + draw_unit(&seed);
    }
  finish(w, UNITS, GROUPS);
}

/* Zones of area 1, 2, 3, 4 in a row; 10, 6, 4, 0 of one group and 0, 4, 6, 10 of
 * the other; the centre in the first. Shares are 1/2, 3/10, 1/5, 0, and turned
 * round; A is 1/10, 2/10, 3/10, 4/10. */
static void test_by_hand(void **state)
{
  (void) state;
  world *w = zeroed(1, sizeof *w);
  const double x[] = {10, 6, 4, 0}, y[] = {0, 4, 6, 10};
  for (size_t i = 0; i < 4; i++) {
    w->count[i] = x[i];
    w->count[UNITS + i] = y[i];
    w->area[i] = (double) i + 1;
    w->distance[i] = (double) i;
    w->perimeter[i] = 4;
    for (size_t j = 0; j < 4; j++) {
      w->c[i * UNITS + j] = i == j;
      w->b[i * UNITS + j] = i + 1 == j || j + 1 == i;
    }
  }
  finish(w, 4, 2);
  near(get(w, IOI_DELTA, rest), 0.5, 1e-15);
  /* mean area 1.7; the two smallest hold 20: 1.5; the two largest: 3.5 */
  near(get(w, IOI_CONCENTRATION_ABSOLUTE, rest), 1 - 0.2 / 2, 1e-15);
  near(get(w, IOI_CONCENTRATION_RELATIVE, pair),
       (1.7 / 3.3 - 1) / (1.5 / 3.5 - 1), 1e-15);
  /* C 5, 8, 10, 10; B 0, 2, 5, 10 tenths: (10 + 40 + 100 - 0 - 20 - 50) / 100 */
  near(get(w, IOI_CENTRALISATION_RELATIVE, pair), 0.8, 1e-15);
  near(get(w, IOI_CENTRALISATION_RELATIVE, swapped), -0.8, 1e-15);
  /* B 1, 3, 6, 10: (15 + 48 + 100 - 8 - 30 - 60) / 100 */
  near(get(w, IOI_CENTRALISATION_ABSOLUTE, rest), 0.65, 1e-15);
  /* D = 1/2 (0.5 + 0.1 + 0.1 + 0.5); z 1, 0.6, 0.4, 0 */
  near(get(w, IOI_DISSIMILARITY_ADJUSTED, pair), 0.6 - 1.0 / 3, 1e-15);
  near(get(w, IOI_DISSIMILARITY_BOUNDARY, pair), 0.6 - 1.0 / 3, 1e-15);
  w->zones.standard = IOI_STANDARD_ROW_MEAN; /* rows .4, .3, .3, .4 */
  near(get(w, IOI_DISSIMILARITY_BOUNDARY, pair), 0.6 - 1.4 / 4, 1e-15);
  w->zones.standard = IOI_STANDARD_ROW_HALF;
  near(get(w, IOI_DISSIMILARITY_BOUNDARY, pair), 0.6 - 0.7, 1e-15);
  w->zones.standard = IOI_STANDARD_TOTAL; /* r 4, 2, 4/3, 1, most 4 */
  near(get(w, IOI_DISSIMILARITY_SHAPE, pair),
       0.6 - (0.4 * 6 + 0.2 * 10 / 3 + 0.4 * 7 / 3) / (3 * 8), 1e-15);
  /* proximity 1 for oneself alone: isolation and exposure of the zones */
  near(get(w, IOI_DISTANCE_DECAY_ISOLATION, rest), (10 + 3.6 + 1.6) / 20,
       1e-15);
  near(get(w, IOI_DISTANCE_DECAY_EXPOSURE, pair), (2.4 + 2.4) / 20, 1e-15);
  near(get(w, IOI_PROXIMITY, rest), 152.0 / 400, 1e-15);
  near(get(w, IOI_PROXIMITY, pair), 48.0 / 400, 1e-15);
  near(get(w, IOI_CLUSTERING_RELATIVE, pair), 0, 1e-15);
  free(w);
}

/* D of x and y */
static double d_of(const world *w, const double *x, const double *y)
{
  double X = 0, Y = 0, d = 0;
  for (size_t i = 0; i < w->table.units; i++) {
    X += x[i];
    Y += y[i];
  }
  for (size_t i = 0; i < w->table.units; i++)
    d += fabs(x[i] / X - y[i] / Y) / 2;
  return d;
}

/* sum_ij x_i y_j c_ij */
static double close_to(const world *w, const double *x, const double *y)
{
  double sum = 0;
  for (size_t i = 0; i < UNITS; i++)
    for (size_t j = 0; j < UNITS; j++) sum += x[i] * y[j] * w->c[i * UNITS + j];
  return sum;
}

static double sum_of(const double *x)
{
  double sum = 0;
  for (size_t i = 0; i < UNITS; i++) sum += x[i];
  return sum;
}

static void test_clustering(void **state)
{
  (void) state;
  world *w = zeroed(1, sizeof *w);
  make(w, 3);
  const double *x = w->count, *y = w->count + UNITS, *z = y + UNITS;
  const double *t = w->everybody;
  const double X = sum_of(x), Y = sum_of(y), Z = sum_of(z), T = sum_of(t);
  near(get(w, IOI_PROXIMITY, pair), close_to(w, x, y) / (X * Y), 1e-12);
  near(get(w, IOI_PROXIMITY, rest), close_to(w, x, x) / (X * X), 1e-12);
  near(get(w, IOI_CLUSTERING_RELATIVE, pair),
       close_to(w, x, x) / (X * X) / (close_to(w, y, y) / (Y * Y)) - 1, 1e-12);
  near(get(w, IOI_SPATIAL_PROXIMITY, all),
       (close_to(w, x, x) / X + close_to(w, y, y) / Y + close_to(w, z, z) / Z)
         / (close_to(w, t, t) / T),
       1e-12);
  double xy[UNITS], one[UNITS], other[UNITS];
  for (size_t i = 0; i < UNITS; i++) {
    xy[i] = x[i] + y[i];
    other[i] = y[i] + z[i];
    one[i] = 1;
  }
  near(get(w, IOI_SPATIAL_PROXIMITY, pair),
       (close_to(w, x, x) / X + close_to(w, y, y) / Y)
         / (close_to(w, xy, xy) / (X + Y)),
       1e-12);
  near(get(w, IOI_SPATIAL_PROXIMITY, rest),
       (close_to(w, x, x) / X + close_to(w, other, other) / (Y + Z))
         / (close_to(w, t, t) / T),
       1e-12);
  const double base = X / UNITS / UNITS * close_to(w, one, one);
  near(get(w, IOI_CLUSTERING_ABSOLUTE, rest),
       (close_to(w, x, x) / X - base) / (close_to(w, x, t) / X - base), 1e-12);
  /* who x meets adds up to everybody */
  const ioi_comparison third = {IOI_COMPARE_PAIR, 0, 2};
  near(get(w, IOI_DISTANCE_DECAY_ISOLATION, rest)
         + get(w, IOI_DISTANCE_DECAY_EXPOSURE, pair)
         + get(w, IOI_DISTANCE_DECAY_EXPOSURE, third),
       1, 1e-12);
  double met = 0;
  for (size_t i = 0; i < UNITS; i++) {
    double mine = 0, every = 0;
    for (size_t j = 0; j < UNITS; j++) {
      mine += w->c[i * UNITS + j] * x[j];
      every += w->c[i * UNITS + j] * t[j];
    }
    met += x[i] / X * mine / every;
  }
  near(get(w, IOI_DISTANCE_DECAY_ISOLATION, rest), met, 1e-12);
  free(w);
}

static void test_neighbours(void **state)
{
  (void) state;
  world *w = zeroed(1, sizeof *w);
  make(w, 4);
  double x[UNITS], y[UNITS], z[UNITS], most = 0;
  for (size_t i = 0; i < UNITS; i++) {
    x[i] = people(w, 0, i);
    y[i] = people(w, 1, i) + people(w, 2, i);
    z[i] = x[i] + y[i] > 0 ? x[i] / (x[i] + y[i]) : 0;
    most = fmax(most, w->perimeter[i] / w->area[i]);
  }
  double count = 0, length = 0, by_count = 0, by_length = 0, by_shape = 0;
  for (size_t i = 0; i < UNITS; i++)
    for (size_t j = 0; j < UNITS; j++) {
      const double b = w->b[i * UNITS + j], apart = fabs(z[i] - z[j]);
      count += b > 0;
      length += b;
      by_count += (b > 0) * apart;
      by_length += b * apart;
      by_shape +=
        b * apart
        * (w->perimeter[i] / w->area[i] + w->perimeter[j] / w->area[j])
        / (2 * most);
    }
  const double d = d_of(w, x, y);
  near(get(w, IOI_DISSIMILARITY_ADJUSTED, rest), d - by_count / count, 1e-12);
  near(get(w, IOI_DISSIMILARITY_BOUNDARY, rest), d - by_length / length, 1e-12);
  near(get(w, IOI_DISSIMILARITY_SHAPE, rest), d - by_shape / length, 1e-12);
  /* perimeters absent: borders shared */
  for (size_t i = 0; i < UNITS; i++) {
    w->perimeter[i] = 0;
    for (size_t j = 0; j < UNITS; j++) w->perimeter[i] += w->b[i * UNITS + j];
  }
  const double given = get(w, IOI_DISSIMILARITY_SHAPE, rest);
  w->zones.perimeter = NULL;
  near(get(w, IOI_DISSIMILARITY_SHAPE, rest), given, 1e-14);
  /* nobody's neighbour */
  memset(w->start, 0, sizeof w->start);
  near(get(w, IOI_DISSIMILARITY_ADJUSTED, rest), d, 1e-14);
  near(get(w, IOI_DISSIMILARITY_BOUNDARY, rest), d, 1e-14);
  free(w);
}

/* Units in another order, and cut in two in one place: nothing changes where
 * distances tie. */
static void test_order(void **state)
{
  (void) state;
  world *w = zeroed(1, sizeof *w), *v = zeroed(1, sizeof *v);
  make(w, 5);
  make(v, 5);
  for (size_t i = 0; i < UNITS; i++) {
    const size_t j = UNITS - 1 - i;
    for (size_t g = 0; g < GROUPS; g++)
      v->count[g * UNITS + i] = w->count[g * UNITS + j];
    v->area[i] = w->area[j];
    v->distance[i] = w->distance[j] * (1 + 1e-15);
  }
  finish(v, UNITS, GROUPS);
  const ioi_zone_index of[] = {
    IOI_DELTA, IOI_CONCENTRATION_ABSOLUTE, IOI_CONCENTRATION_RELATIVE,
    IOI_CENTRALISATION_ABSOLUTE, IOI_CENTRALISATION_RELATIVE};
  for (size_t k = 0; k < 5; k++)
    near(get(v, of[k], rest), get(w, of[k], rest), 1e-13);
  near(get(w, IOI_CENTRALISATION_RELATIVE, pair)
         + get(w, IOI_CENTRALISATION_RELATIVE, swapped),
       0, 1e-14);
  free(w);
  free(v);
}

static void test_edges(void **state)
{
  (void) state;
  world *w = zeroed(1, sizeof *w);
  double value = 9;
  make(w, 6);
  for (size_t i = 0; i < UNITS; i++) w->area[i] = 2.5;
  assert_int_equal(value_of(w, IOI_CONCENTRATION_ABSOLUTE, rest, &value),
                   IOI_EDOMAIN);
  assert_int_equal(value_of(w, IOI_CONCENTRATION_RELATIVE, pair, &value),
                   IOI_EDOMAIN);
  for (size_t i = 0; i < UNITS; i++) w->count[UNITS + i] = 0;
  finish(w, UNITS, GROUPS);
  assert_int_equal(value_of(w, IOI_PROXIMITY, pair, &value), IOI_EEMPTY);
  assert_int_equal(value_of(w, IOI_DISSIMILARITY_ADJUSTED, pair, &value),
                   IOI_EEMPTY);
  for (size_t i = 0; i < UNITS; i++)
    w->count[i] = w->count[2 * UNITS + i] = i == 3 ? 8 : 0;
  finish(w, UNITS, GROUPS);
  assert_int_equal(value_of(w, IOI_DISSIMILARITY_ADJUSTED, rest, &value),
                   IOI_ESINGLE);
  near(value, 9, 0);
  near(get(w, IOI_DELTA, rest), 1 - 1.0 / UNITS, 1e-14);
  free(w);
}

static void test_places(void **state)
{
  (void) state;
  const double x[] = {0, 3, 0}, y[] = {0, 4, 10}, w[] = {1, 1, 2};
  double cx, cy, d[3];
  ioi_mean_centre(x, y, w, 3, 0, &cx, &cy);
  near(cx, 0.75, 1e-15);
  near(cy, 6, 1e-15);
  const double to_x[] = {0, 0}, to_y[] = {0, 9};
  ioi_centre_distance(x, y, 3, 0, to_x, to_y, 2, d);
  near(d[0], 0, 1e-15);
  near(d[1], 5, 1e-15);
  near(d[2], 1, 1e-15);
  /* a quarter of a great circle; the mean across the date line */
  const double lon[] = {179, -179}, lat[] = {0, 0}, one[] = {1, 1};
  ioi_mean_centre(lon, lat, one, 2, 1, &cx, &cy);
  near(fabs(cx), 180, 1e-9);
  const double pole_x = 0, pole_y = 90;
  ioi_centre_distance(lon, lat, 2, 2, &pole_x, &pole_y, 1, d);
  near(d[0], 3.14159265358979, 1e-12);
  const double area[] = {4, 9};
  double own[2];
  ioi_self_weights(1, area, 2, 2, own);
  near(own[0], exp(-0.6), 1e-15);
  ioi_self_weights(2, area, 2, 1, own);
  near(own[1], exp(-sqrt(5.4)), 1e-15);
  ioi_self_weights(0, area, 2, 1, own);
  near(own[1], 1, 0);
  ioi_self_weights(3, area, 2, 1, own);
  near(own[1], 0, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_by_hand),    cmocka_unit_test(test_clustering),
    cmocka_unit_test(test_neighbours), cmocka_unit_test(test_order),
    cmocka_unit_test(test_edges),      cmocka_unit_test(test_places),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
