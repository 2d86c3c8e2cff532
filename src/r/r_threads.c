/* r_threads.c - how many threads a piece of work gets. */
#include "r/r_ioi.h"

#include <stdlib.h>

#ifdef _OPENMP
#include <omp.h>
#endif
#ifndef _WIN32
#include <pthread.h>
#endif

/* Below this many rows starting threads costs more than it saves. */
static const R_xlen_t small_work = 100000;

static int forked = 0;

static void mark_fork(void)
{
  forked = 1;
}

void ioi_r_watch_fork(void)
{
#ifndef _WIN32
  pthread_atfork(NULL, NULL, mark_fork);
#endif
}

static int least(int a, int b)
{
  return a < b ? a : b;
}

int ioi_r_threads(SEXP asked, R_xlen_t rows)
{
#ifdef _OPENMP
  int threads = least(omp_get_max_threads(), omp_get_thread_limit());
  int wanted = Rf_isNull(asked) ? threads : Rf_asInteger(asked);
  if (forked || rows < small_work || wanted == NA_INTEGER || wanted < 1)
    return 1;
  if (getenv("_R_CHECK_LIMIT_CORES_") != NULL) threads = least(threads, 2);
  return least(threads, wanted);
#else
  (void) asked;
  (void) rows;
  return 1;
#endif
}
