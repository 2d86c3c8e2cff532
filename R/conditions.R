# Every error, warning and message of the package is raised here, with a class.

# Raises an error of class `ioi_error_<kind>` and `ioi_error`. `message` is a
# cli message; `...` become fields of the condition.
abort_ioi <- function(message, kind, ..., call = rlang::caller_env(),
                      .envir = rlang::caller_env()) {
  kind <- match.arg(kind, c("input", "design", "data", "convergence", "io"))
  cli::cli_abort(
    message,
    class = c(paste0("ioi_error_", kind), "ioi_error"),
    ...,
    call = call,
    .envir = .envir
  )
}

# Raises a warning of class `ioi_warning_<kind>` and `ioi_warning`.
warn_ioi <- function(message, kind, ..., .envir = rlang::caller_env()) {
  cli::cli_warn(
    message,
    class = c(paste0("ioi_warning_", kind), "ioi_warning"),
    ...,
    .envir = .envir
  )
}

# Gives a message of class `ioi_message_<kind>` and `ioi_message`.
inform_ioi <- function(message, kind, ..., .envir = rlang::caller_env()) {
  cli::cli_inform(
    message,
    class = c(paste0("ioi_message_", kind), "ioi_message"),
    ...,
    .envir = .envir
  )
}

# Raises the error for a package that is only suggested and not there.
need_package <- function(package, what, call = rlang::caller_env()) {
  if (requireNamespace(package, quietly = TRUE)) {
    return(invisible())
  }
  abort_ioi(
    c(
      "{what} needs the package {.pkg {package}}.",
      "i" = "Install it with {.code install.packages(\"{package}\")}."
    ),
    "input",
    package = package, call = call
  )
}
