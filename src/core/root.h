/* root.h - where a continuous function crosses 0 between two points. */
#ifndef IOI_CORE_ROOT_H
#define IOI_CORE_ROOT_H

/* A function of one number and whatever else it needs. */
typedef double (*ioi_root_function)(double x, const void *context);

/* The crossing between `low` and `high`, where f has different signs there (0
 * counts as either), by bisection and inverse quadratic interpolation
 * (Chandrupatla 1997, Adv. Eng. Softw. 28:145): to the last two bits of the
 * answer or 200 steps, usually fewer than 10. Infinite values of f are allowed.
 * NaN where the signs are alike or a value is NaN. */
double ioi_root(ioi_root_function f, const void *context, double low,
                double high);

/* The same, faster where a guess between the two is near the crossing. */
double ioi_root_near(ioi_root_function f, const void *context, double low,
                     double high, double guess);

/* The same where only `inner` is known: looks for the other end at inner +
 * step, inner + 3 step, inner + 7 step, ..., at most 200 times. NaN where f
 * does not change its sign. */
double ioi_root_beyond(ioi_root_function f, const void *context, double inner,
                       double step);

#endif
