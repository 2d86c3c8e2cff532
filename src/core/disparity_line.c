/* disparity_line.c - the line through ordered groups; see disparity.h. */
#include "core/disparity.h"

#include <math.h>

typedef ioi_disparity_groups groups_of;
typedef ioi_disparity_note note_of;

/* f, its derivative, and f^-1 of a model. */
static double forward(ioi_disparity_model model, double y)
{
  if (model == IOI_DISPARITY_LINEAR) return y;
  return model == IOI_DISPARITY_LOG ? log(y) : log(y) - log1p(-y);
}

static double slope_of(ioi_disparity_model model, double y)
{
  if (model == IOI_DISPARITY_LINEAR) return 1;
  return model == IOI_DISPARITY_LOG ? 1 / y : 1 / (y * (1 - y));
}

static double back(ioi_disparity_model model, double t)
{
  if (model == IOI_DISPARITY_LINEAR) return t;
  return model == IOI_DISPARITY_LOG ? exp(t) : 1 / (1 + exp(-t));
}

static note_of can_transform(const groups_of *set)
{
  double low = set->value[set->low], high = set->value[set->high];
  if (set->model == IOI_DISPARITY_LINEAR) return IOI_DISPARITY_AS_ASKED;
  if (low < 0 || (set->model != IOI_DISPARITY_LOG && high > 1))
    return IOI_DISPARITY_NEGATIVE;
  if (set->model == IOI_DISPARITY_BINOMIAL) return IOI_DISPARITY_AS_ASKED;
  if (low == 0 || (set->model == IOI_DISPARITY_LOGIT && high == 1))
    return IOI_DISPARITY_ZERO;
  return IOI_DISPARITY_AS_ASKED;
}

/* Least squares of f(y) on R: mean m at R = 1/2, slope b = sum h f(y). */
static void least_squares(const groups_of *set, ioi_disparity_ends *ends)
{
  ioi_disparity_model model = set->model;
  double squares = 0, mean = 0, b = 0;
  for (size_t j = 0; j < set->groups; j++) {
    double r = set->ridit[j] - 0.5;
    squares += set->share[j] * r * r;
  }
  for (size_t j = 0; j < set->groups; j++) {
    double t = forward(model, set->value[j]);
    mean += set->share[j] * t;
    b += set->share[j] * (set->ridit[j] - 0.5) / squares * t;
  }
  ends->low = back(model, mean - b / 2);
  ends->high = back(model, mean + b / 2);
  for (size_t j = 0; j < set->groups; j++) {
    double w = set->share[j], h = w * (set->ridit[j] - 0.5) / squares;
    double d = slope_of(model, set->value[j]);
    ends->by_low[j] = (w - h / 2) * d / slope_of(model, ends->low);
    ends->by_high[j] = (w + h / 2) * d / slope_of(model, ends->high);
  }
}

/* Coefficients of logit P = a + b (R - 1/2), and the information about them. */
typedef struct {
  double a, b;
  double i00, i01, i11, determinant;
} logit_fit;

static double fitted(const logit_fit *fit, double ridit)
{
  return back(IOI_DISPARITY_LOGIT, fit->a + fit->b * (ridit - 0.5));
}

/* Newton's method with halved steps; 0 unless it meets a maximum. */
static int fit_binomial(const groups_of *set, logit_fit *fit)
{
  fit->a = fit->b = 0;
  for (int step = 0; step < 100; step++) {
    double u0 = 0, u1 = 0;
    fit->i00 = fit->i01 = fit->i11 = 0;
    for (size_t j = 0; j < set->groups; j++) {
      double r = set->ridit[j] - 0.5, p = fitted(fit, set->ridit[j]);
      double u = set->people[j] * (set->value[j] - p);
      double i = set->people[j] * p * (1 - p);
      u0 += u, u1 += u * r;
      fit->i00 += i, fit->i01 += i * r, fit->i11 += i * r * r;
    }
    fit->determinant = fit->i00 * fit->i11 - fit->i01 * fit->i01;
    double a = (fit->i11 * u0 - fit->i01 * u1) / fit->determinant;
    double b = (fit->i00 * u1 - fit->i01 * u0) / fit->determinant;
    double size = fmax(fabs(a), fabs(b));
    if (!isfinite(size) || fabs(fit->a) + fabs(fit->b) > 60) return 0;
    if (size < 1e-13 * (1 + fabs(fit->a) + fabs(fit->b))) return 1;
    double shorter = size > 3 ? 3 / size : 1;
    fit->a += shorter * a, fit->b += shorter * b;
  }
  return 0;
}

static note_of binomial(const groups_of *set, ioi_disparity_ends *ends)
{
  logit_fit fit;
  if (!fit_binomial(set, &fit)) return IOI_DISPARITY_NO_FIT;
  ends->low = fitted(&fit, 0);
  ends->high = fitted(&fit, 1);
  double low = ends->low * (1 - ends->low),
         high = ends->high * (1 - ends->high);
  for (size_t j = 0; j < set->groups; j++) {
    double n = set->people[j], r = set->ridit[j] - 0.5;
    double a = n * (fit.i11 - fit.i01 * r) / fit.determinant;
    double b = n * (fit.i00 * r - fit.i01) / fit.determinant;
    ends->by_low[j] = low * (a - b / 2);
    ends->by_high[j] = high * (a + b / 2);
  }
  return IOI_DISPARITY_AS_ASKED;
}

void ioi_disparity_binomial_variance(const ioi_disparity_groups *set,
                                     int robust, double *variance)
{
  logit_fit fit;
  double k = (double) set->groups;
  for (size_t j = 0; j < set->groups; j++) variance[j] = NAN;
  if (set->groups < 2 || set->top == 0 || !isfinite(set->mean)
      || can_transform(set) || !fit_binomial(set, &fit))
    return;
  if (robust && set->groups < 3) return;
  for (size_t j = 0; j < set->groups; j++) {
    double p = fitted(&fit, set->ridit[j]), e = set->value[j] - p;
    variance[j] = robust ? e * e * k / (k - 2) : p * (1 - p) / set->people[j];
  }
}

note_of ioi_disparity_fit(const groups_of *set, ioi_disparity_ends *ends)
{
  if (set->groups < 2) return IOI_DISPARITY_SINGLE;
  if (set->top == 0) return IOI_DISPARITY_TIED_RANKS;
  note_of note = can_transform(set);
  if (note) return note;
  if (set->model == IOI_DISPARITY_BINOMIAL) return binomial(set, ends);
  least_squares(set, ends);
  return IOI_DISPARITY_AS_ASKED;
}
