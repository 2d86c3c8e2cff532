/* segregation_two.c - the indices of two groups, x and y.
 *
 * Each is F(S, X, Y), S a sum over units of a term of x, y, X and Y. With the
 * derivatives of the term and of F, that of the index with respect to x_i is
 * F_S (S_x(i) + sum_j S_X(j)) + F_X, and likewise for y. */
#include "core/segregation_parts.h"

/* What a term sees of the whole. */
typedef struct {
  double X, Y, T;
  double shape;
  double floor;    /* units with no more members than this take no part */
  double smallest; /* members of the smallest unit that takes part */
} whole;

/* A term, or F, with its derivatives. */
typedef struct {
  double value, x, y, X, Y;
} term;

typedef struct {
  double value, S, X, Y;
  double smallest; /* derivative by the members of the smallest unit */
} outcome;

typedef term unit_term(double x, double y, const whole *w);
typedef outcome final_form(double S, const whole *w);

/* 1/2 |q - r| */
static term distance(double x, double y, const whole *w)
{
  const double s = ioi_side(x, w->X, y, w->Y) / 2, q = x / w->X, r = y / w->Y;
  return (term){s * (q - r), s / w->X, -s / w->Y, -s * q / w->X, s * r / w->Y};
}

/* (q - r)^2 X Y / (t T) = t (p - P)^2 / (T P (1 - P)) */
static term squared(double x, double y, const whole *w)
{
  const double t = x + y, X = w->X, Y = w->Y, T = w->T;
  const double q = x / X, r = y / Y;
  const double d = ioi_side(x, X, y, Y) == 0 ? 0 : q - r;
  const double v = d * d * X * (Y / T) / t;
  return (term){v, 2 * d * (Y / T) / t - v / t, -2 * d * (X / T) / t - v / t,
                -2 * d * q * (Y / T) / t + v * (1 / X - 1 / T),
                2 * d * r * (X / T) / t + v * (1 / Y - 1 / T)};
}

/* q p; in its derivative by y, p goes down */
static term met_by_own(double x, double y, const whole *w)
{
  const double p = x / (x + y), v = x / w->X * p;
  return (term){v, (2 * p - p * p) / w->X, -p * p / w->X, -v / w->X, 0};
}

/* q (1 - p) */
static term met_by_other(double x, double y, const whole *w)
{
  const double t = x + y, v = x / w->X * (y / t);
  return (term){v, y / t * (y / t) / w->X, x / t * (x / t) / w->X, -v / w->X,
                0};
}

/* q (x - 1)/(t - 1) */
static term met_by_own_exactly(double x, double y, const whole *w)
{
  const double others = x + y - 1, v = x / w->X * ((x - 1) / others);
  const double down = x * (x - 1) / (others * others);
  return (term){v, ((2 * x - 1) / others - down) / w->X, -down / w->X,
                -v / w->X, 0};
}

/* (sqrt q - sqrt r)^2 / 2: they sum to 1 - sum sqrt(q r) */
static term roots(double x, double y, const whole *w)
{
  const double q = x / w->X, r = y / w->Y, d = sqrt(q) - sqrt(r);
  const double both = sqrt(q * r);
  return (term){d * d / 2, x > 0 ? (1 - sqrt(r / q)) / 2 / w->X : 0,
                y > 0 ? (1 - sqrt(q / r)) / 2 / w->Y : 0, (both - q) / 2 / w->X,
                (both - r) / 2 / w->Y};
}

/* b q + (1 - b) r - q^b r^(1 - b): they sum to 1 - sum q^b r^(1 - b) */
static term powers(double x, double y, const whole *w)
{
  const double b = w->shape, q = x / w->X, r = y / w->Y;
  const double both = pow(q, b) * pow(r, 1 - b);
  return (term){b * q + (1 - b) * r - both,
                x > 0 ? b * (1 - both / q) / w->X : 0,
                y > 0 ? (1 - b) * (1 - both / r) / w->Y : 0,
                b * (both - q) / w->X, (1 - b) * (both - r) / w->Y};
}

/* x/T ln(p/P) + y/T ln((1 - p)/(1 - P)) */
static term information(double x, double y, const whole *w)
{
  const double t = x + y, X = w->X, Y = w->Y, T = w->T;
  const double m_x = t * (X / T), m_y = t * (Y / T);
  const double e = ioi_excess(x, t, X, T);
  const double v = (ioi_divergence(x, m_x, e) + ioi_divergence(y, m_y, -e)) / T;
  const double down = (t / T - v) / T;
  return (term){v, ioi_log_ratio(x, m_x, e) / T, ioi_log_ratio(y, m_y, -e) / T,
                down - x / X / T, down - y / Y / T};
}

/* x |q - r| / t = q |p - P| / (1 - P) */
static term profile(double x, double y, const whole *w)
{
  const double t = x + y, s = ioi_side(x, w->X, y, w->Y);
  const double q = x / w->X, r = y / w->Y, d = s * (q - r);
  return (term){x * d / t, d * y / t / t + s * q / t,
                -d * x / t / t - s * (x / t) / w->Y, -s * q * (x / t) / w->X,
                s * r * (x / t) / w->Y};
}

static outcome as_it_is(double S, const whole *w)
{
  (void) w;
  return (outcome){S, 1, 0, 0, 0};
}

/* 4 P (1 - P) D */
static outcome plain_sum(double S, const whole *w)
{
  const double P = w->X / w->T, Q = w->Y / w->T;
  const double slope = 4 * S * (Q - P) / w->T;
  return (outcome){4 * P * Q * S, 4 * P * Q, slope * Q, -slope * P, 0};
}

/* D (1 - P) */
static outcome gorard(double S, const whole *w)
{
  const double P = w->X / w->T, Q = w->Y / w->T;
  return (outcome){S * Q, Q, -S * Q / w->T, S * P / w->T, 0};
}

static outcome min_max(double S, const whole *w)
{
  (void) w;
  return (outcome){2 * S / (1 + S), 2 / ((1 + S) * (1 + S)), 0, 0, 0};
}

/* 1 - (1 - S)^(1/(1 - b)) */
static outcome atkinson(double S, const whole *w)
{
  const double c = 1 / (1 - w->shape), kept = S < 1 ? 1 - S : 0;
  return (outcome){S < 1 ? -expm1(c * log1p(-S)) : 1, c * pow(kept, c - 1), 0,
                   0, 0};
}

/* M/E */
static outcome theil(double S, const whole *w)
{
  const double group[] = {w->X, w->Y}, E = ioi_entropy(group, 2, w->T);
  const double H = S / E;
  const double by_x = (-ioi_log_share(w->X, w->T) - E) / w->T;
  const double by_y = (-ioi_log_share(w->Y, w->T) - E) / w->T;
  return (outcome){H, 1 / E, -H * by_x / E, -H * by_y / E, 0};
}

/* eta^2 (1 - P) / (min(1, X/m) - P), m the smallest unit */
static outcome cutler(double S, const whole *w)
{
  const double m = w->smallest, rest = w->T - m;
  if (w->X >= m) return as_it_is(S, w);
  const double slope = w->Y / w->X * (m / rest), F = S * slope;
  return (outcome){F, slope, -F / w->X - F / rest, F / w->Y - F / rest,
                   F / m + F / rest};
}

typedef struct {
  unit_term *term;
  final_form *final;
  int units;   /* units without which there is no value */
  int others;  /* must the rest have members? */
  double most; /* largest value but for rounding */
} recipe;

static const recipe recipes[IOI_SEGREGATION_INDICES] = {
  [IOI_DISSIMILARITY] = {distance, as_it_is, 2, 1, 1},
  [IOI_THEIL] = {information, theil, 2, 1, 1},
  [IOI_MUTUAL_INFORMATION] = {information, as_it_is, 1, 1, INFINITY},
  [IOI_ATKINSON] = {powers, atkinson, 2, 1, 1},
  [IOI_ISOLATION] = {met_by_own, as_it_is, 1, 0, 1},
  [IOI_ISOLATION_EXACT] = {met_by_own_exactly, as_it_is, 1, 0, INFINITY},
  [IOI_EXPOSURE] = {met_by_other, as_it_is, 1, 0, 1},
  [IOI_NORMALISED_EXPOSURE] = {squared, as_it_is, 2, 1, 1},
  [IOI_CORRELATION_RATIO] = {squared, as_it_is, 2, 1, 1},
  [IOI_HUTCHENS] = {roots, as_it_is, 2, 1, 1},
  [IOI_GORARD] = {distance, gorard, 2, 1, 1},
  [IOI_RELATIVE_DIVERSITY] = {squared, as_it_is, 2, 1, 1},
  [IOI_SQUARED_CV] = {squared, as_it_is, 2, 1, 1},
  [IOI_ATKINSON_SYMMETRIC] = {roots, as_it_is, 2, 1, 1},
  [IOI_MIN_MAX] = {distance, min_max, 2, 1, 1},
  [IOI_KARMEL_MACLACHLAN] = {distance, plain_sum, 1, 1, 1},
  [IOI_CUTLER_GLAESER_VIGDOR] = {squared, cutler, 2, 1, 1},
  [IOI_CONCENTRATION_PROFILE] = {profile, as_it_is, 2, 1, 1}};

/* Totals of the units that take part; w->floor is set. */
static ioi_status survey_units(const double *x, const double *y, size_t n,
                               whole *w, size_t *occupied)
{
  ioi_exact X = {0, 0}, Y = {0, 0};
  size_t count = 0;
  w->smallest = INFINITY;
  for (size_t i = 0; i < n; i++) {
    const double t = x[i] + y[i];
    if (!ioi_usable(x[i]) || !ioi_usable(y[i])) return IOI_EDOMAIN;
    if (!(t > w->floor)) continue;
    ioi_exact_add(&X, x[i]);
    ioi_exact_add(&Y, y[i]);
    w->smallest = t < w->smallest ? t : w->smallest;
    count++;
  }
  w->X = ioi_exact_value(&X);
  w->Y = ioi_exact_value(&Y);
  w->T = w->X + w->Y;
  *occupied = count;
  return ioi_usable(w->T) ? IOI_OK : IOI_EDOMAIN;
}

/* Sum of the terms of all units; with u_x and u_y their derivatives too. */
static term sum_terms(const recipe *how, const double *x, const double *y,
                      size_t n, const whole *w, double *u_x, double *u_y)
{
  ioi_exact value = {0, 0}, X = {0, 0}, Y = {0, 0};
  for (size_t i = 0; i < n; i++) {
    const int in = x[i] + y[i] > w->floor;
    const term v = in ? how->term(x[i], y[i], w) : (term){0, 0, 0, 0, 0};
    ioi_exact_add(&value, v.value);
    if (!u_x) continue;
    ioi_exact_add(&X, v.X);
    ioi_exact_add(&Y, v.Y);
    u_x[i] = v.x;
    u_y[i] = v.y;
  }
  return (term){ioi_exact_value(&value), 0, 0, ioi_exact_value(&X),
                ioi_exact_value(&Y)};
}

/* From the derivatives of the terms to those of the index. */
static void finish_influence(const double *x, const double *y, size_t n,
                             const whole *w, const term *S, const outcome *F,
                             double *u_x, double *u_y)
{
  const double X = F->S * S->X + F->X, Y = F->S * S->Y + F->Y;
  int sought = F->smallest != 0;
  for (size_t i = 0; i < n; i++) {
    const double t = x[i] + y[i];
    const double more = sought && t == w->smallest ? F->smallest : 0;
    if (more != 0) sought = 0;
    u_x[i] = t > w->floor ? F->S * u_x[i] + X + more : 0;
    u_y[i] = t > w->floor ? F->S * u_y[i] + Y + more : 0;
  }
}

/* Takes the mean over persons off the derivatives: an index that feels how many
 * persons there are is judged with their number as it is. */
static void centre(const double *x, const double *y, size_t n, double *u_x,
                   double *u_y)
{
  ioi_exact sum = {0, 0}, all = {0, 0};
  for (size_t i = 0; i < n; i++) {
    ioi_exact_add(&sum, x[i] * u_x[i] + y[i] * u_y[i]);
    ioi_exact_add(&all, x[i] + y[i]);
  }
  const double mean = ioi_exact_value(&sum) / ioi_exact_value(&all);
  for (size_t i = 0; i < n; i++) {
    u_x[i] -= mean;
    u_y[i] -= mean;
  }
}

/* Rounding may not carry an index beyond its range. */
static double within(double value, double most)
{
  if (most < INFINITY && value < 0) return 0;
  return value > most ? most : value;
}

static ioi_status sum_index(const ioi_segregation_index *index,
                            const recipe *how, const double *x, const double *y,
                            size_t n, const whole *w, double *value,
                            double *u_x, double *u_y)
{
  const term S = sum_terms(how, x, y, n, w, u_x, u_y);
  const outcome F = how->final(S.value, w);
  if (!(fabs(F.value) < INFINITY)) return IOI_EDOMAIN;
  *value = within(F.value, how->most);
  if (!u_x) return IOI_OK;
  finish_influence(x, y, n, w, &S, &F, u_x, u_y);
  if (index->id == IOI_ISOLATION_EXACT) centre(x, y, n, u_x, u_y);
  return IOI_OK;
}

/* G = S / (X Y) */
static ioi_status gini(const double *x, const double *y, size_t n,
                       const whole *w, const ioi_segregation_space *space,
                       double *value, double *u_x, double *u_y)
{
  const double G = ioi_gini_sum(x, y, n, space->sorted, u_x, u_y) / w->X / w->Y;
  if (!(fabs(G) < INFINITY)) return IOI_EDOMAIN;
  *value = within(G, 1);
  for (size_t i = 0; u_x && i < n; i++) {
    u_x[i] = (u_x[i] / w->Y - G) / w->X;
    u_y[i] = (u_y[i] / w->X - G) / w->Y;
  }
  return IOI_OK;
}

static ioi_status two_composition(const ioi_segregation_index *index, size_t n,
                                  const whole *w, double *value, double *u_x,
                                  double *u_y)
{
  const double group[] = {w->X, w->Y};
  double slope[2];
  const ioi_status status =
    ioi_segregation_composition(index, group, 2, w->T, value, slope);
  for (size_t i = 0; u_x && status == IOI_OK && i < n; i++) {
    u_x[i] = slope[0];
    u_y[i] = slope[1];
  }
  return status;
}

static ioi_status two_empty(const ioi_segregation_index *index, const whole *w,
                            size_t occupied, int y_is_rest)
{
  const recipe *how = recipes + index->id;
  const int units = how->term ? how->units : index->id == IOI_GINI ? 2 : 1;
  const int others = how->term ? how->others : 1;
  if (w->X == 0) return IOI_EEMPTY;
  if (w->Y == 0 && (others || !y_is_rest)) return IOI_EEMPTY;
  return occupied < (size_t) units ? IOI_ESINGLE : IOI_OK;
}

ioi_status ioi_segregation_two(const ioi_segregation_index *index,
                               const double *x, const double *y, size_t n,
                               int y_is_rest,
                               const ioi_segregation_space *space,
                               double *value, double *u_x, double *u_y,
                               size_t *occupied)
{
  whole w = {.shape = index->shape,
             .floor = index->id == IOI_ISOLATION_EXACT ? 1 : 0};
  const recipe *how = recipes + index->id;
  ioi_status status = survey_units(x, y, n, &w, occupied);
  if (status == IOI_OK) status = two_empty(index, &w, *occupied, y_is_rest);
  if (status != IOI_OK) return status;
  if (index->id == IOI_ATKINSON && !(index->shape > 0 && index->shape < 1))
    return IOI_EDOMAIN;
  if (index->id == IOI_GINI) return gini(x, y, n, &w, space, value, u_x, u_y);
  if (!how->term) return two_composition(index, n, &w, value, u_x, u_y);
  return sum_index(index, how, x, y, n, &w, value, u_x, u_y);
}
