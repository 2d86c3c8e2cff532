/* thread.h - which thread runs this, so that each has work space of its own. */
#ifndef IOI_CORE_THREAD_H
#define IOI_CORE_THREAD_H

#include <stddef.h>

#ifdef _OPENMP
#include <omp.h>
#endif

/* The number of the calling thread in its team, 0 outside a parallel region. */
static inline size_t ioi_this_thread(void)
{
#ifdef _OPENMP
  return (size_t) omp_get_thread_num();
#else
  return 0;
#endif
}

#endif
