# Added to a copy of the package by tools/gctorture.sh. Shadows .Call so that the
# garbage collector runs at every allocation within the first calls of each
# routine, and counts the calls: what is not protected is then lost at once.

.Call <- local({ # nolint
  calls <- new.env()
  limit <- as.integer(Sys.getenv("TORTURE_CALLS", "10"))
  function(.NAME, ...) { # nolint
    arguments <- list(.NAME, ...)
    routine <- .NAME$name
    calls[[routine]] <- 1L + (if (is.null(calls[[routine]])) 0L else calls[[routine]])
    if (calls[[routine]] <= limit) {
      gctorture2(1L)
      on.exit(gctorture2(0L))
    }
    do.call(base::.Call, arguments)
  }
})
