/* status.h - what a routine of the core answers. */
#ifndef IOI_CORE_STATUS_H
#define IOI_CORE_STATUS_H

#include <stddef.h>

/* Every core routine returns one of these and leaves its outputs untouched
 * unless its header says otherwise. None prints, exits or keeps state. */
typedef enum {
  IOI_OK = 0,
  IOI_EDOMAIN,   /* an input is outside its range: negative, NaN, infinite */
  IOI_EEMPTY,    /* nothing to compute from: no rows, a group without members */
  IOI_ESINGLE,   /* one unit, so that nothing can be uneven */
  IOI_EFEW,      /* fewer points than a fit of the degree asked for needs */
  IOI_ENULL,     /* no more variation than chance alone gives */
  IOI_EFULL,     /* the caller's array is too small; give a larger one */
  IOI_ELONELY,   /* a stratum with one sampled PSU and the rule "fail" */
  IOI_ECROSSED,  /* a PSU that lies in several strata */
  IOI_ECONVERGE, /* an iteration did not converge */
  IOI_ESTOPPED   /* the caller's tick asked to stop */
} ioi_status;

/* The name of a status in lower case, for messages and tests; a constant. */
const char *ioi_strstatus(ioi_status status);

/* Called by long routines on the calling thread between chunks of work with
 * what is done so far; a value other than 0 stops them with IOI_ESTOPPED. */
typedef int (*ioi_tick)(void *context, size_t done);

#endif
