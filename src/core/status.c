/* status.c - names of the statuses. */
#include "core/status.h"

const char *ioi_strstatus(ioi_status status)
{
  switch (status) {
  case IOI_OK:
    return "ok";
  case IOI_EDOMAIN:
    return "domain";
  case IOI_EEMPTY:
    return "empty";
  case IOI_ESINGLE:
    return "single";
  case IOI_EFEW:
    return "few";
  case IOI_ENULL:
    return "null";
  case IOI_EFULL:
    return "full";
  case IOI_ELONELY:
    return "lonely";
  case IOI_ECROSSED:
    return "crossed";
  case IOI_ECONVERGE:
    return "converge";
  case IOI_ESTOPPED:
    return "stopped";
  }
  return "unknown";
}
