# Prints "PASSED FAILED" for a log of `make -C tests/core check`. A program that
# ends badly without a failed test (a crash, a sanitizer's finding, a leak) is
# one failure; so is a log in which no program ended.

/^\[  PASSED  \] [0-9]+ test\(s\)/ { passed += $4 }
/^\[  FAILED  \] [0-9]+ test\(s\)/ { failed += $4; own += $4 }
/^== .* ended with / {
  programs++
  if ($NF != 0 && own == 0) failed++
  own = 0
}

END { print passed + 0, failed + (programs == 0) }
