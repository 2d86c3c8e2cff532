# Everything a person or a machine does with `ioi`: `make help` lists it.
# On a Debian machine with git and make alone, `make demo` and `make test`
# install what they need. What is made goes to build/, .lib/ and demo-output/.

SHELL := /bin/sh
.DEFAULT_GOAL := help

package := $(shell sed -n 's/^Package: *//p' DESCRIPTION)
installed := .lib/$(package)/Meta/package.rds
sources := $(shell find DESCRIPTION NAMESPACE R src inst man data configure \
  cleanup -type f ! -name '*.o' ! -name '*.so' ! -name Makevars 2> /dev/null)

.PHONY: help deps deps-test build install demo test check test-core \
  test-sanitize lint format document bench clean deps-proof valgrind \
  gctorture sanitize-package spelling

# Steps run one after the other; each uses the cores by itself.
.NOTPARALLEL:

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## /\1\t/p' Makefile | \
	  awk -F '\t' '{ printf "  make %-18s %s\n", $$1, $$2 }'

deps: ## install what running needs: R, a compiler, GSL, R packages
	@sh tools/install-deps.sh runtime

deps-test: ## install what testing needs as well
	@sh tools/install-deps.sh test

deps-proof: ## install what the deep proofs need as well
	@sh tools/install-deps.sh proof

demo: install ## measure integration on real data; results in demo-output/
	@sh tools/demo.sh demo-output

install: $(installed) ## build and install into the project's own library, .lib/

$(installed): $(sources) | deps
	@sh tools/install-package.sh

build: deps-test ## make the source package, with vignettes, in build/
	@sh tools/build.sh

test: deps-test ## lint, C tests, sanitizers, build, R CMD check --as-cran
	@sh tools/test.sh

check: deps-test ## R CMD build, then R CMD check --as-cran, alone
	@sh tools/check.sh

test-core: deps-test ## the C unit tests, with one thread and with OpenMP
	@sh tools/test-core.sh plain

test-sanitize: deps-test ## the C unit tests under ASAN, UBSAN and leak check
	@sh tools/test-core.sh sanitised

lint: deps-test ## shell, clang-format, lintr, roxygen2 up to date; changes nothing
	@sh tools/lint.sh

format: deps-test ## lay the C code out with clang-format
	@sh tools/format.sh

document: deps-test ## write man/ and NAMESPACE with roxygen2
	@sh tools/document.sh

bench: deps-test install ## results shown equal to the peers', then timed
	@sh tools/bench.sh

sanitize-package: deps-proof ## deep proof: the package's tests under ASAN and UBSAN
	@sh tools/sanitize-package.sh

valgrind: deps-proof ## deep proof: the package's tests under valgrind (slow)
	@sh tools/valgrind.sh

gctorture: deps-proof ## deep proof: .Call entries with the collector at every step
	@sh tools/gctorture.sh

spelling: deps-proof ## words that neither en-GB nor inst/WORDLIST knows
	@sh tools/spelling.sh

clean: ## remove what was made; keeps .lib/, where CRAN packages are
	@rm -rf build demo-output .lib/$(package)
