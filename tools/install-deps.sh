#!/bin/sh
# Installs what is missing: Debian's packages with apt (as root or through
# sudo), then from CRAN, into the project's own library, what Debian lacks.
# usage: tools/install-deps.sh runtime|test|proof
. tools/common.sh

case "$1" in
  runtime) lists='runtime' ;;
  test) lists='runtime test' ;;
  proof) lists='runtime test proof' ;;
  *) say "install-deps.sh: runtime, test or proof, not '$1'"; exit 2 ;;
esac

wanted=$(for list in $lists; do
  sed 's/#.*//' "tools/debian-$list.txt"
done | tr -s ' \n' '\n' | sed '/^$/d' | sort -u)

# The packages of $wanted that dpkg does not hold as installed, one a line.
missing_packages() {
  # shellcheck disable=SC2086
  dpkg-query -W -f='${Package} ${db:Status-Status}\n' $wanted 2> /dev/null |
    awk '$2 == "installed" { print $1 }' > "$build/dpkg-installed" || :
  echo "$wanted" | grep -vxFf "$build/dpkg-installed" || :
}

apt_install() {
  # shellcheck disable=SC2086
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
    --no-install-recommends -o DPkg::Lock::Timeout=600 $missing
}

# Package lists may be absent or old: they are fetched only if a try fails.
apt_install_or_update() {
  apt_install && return 0
  $as_root apt-get update -q -o DPkg::Lock::Timeout=600 && apt_install
}

if command -v dpkg-query > /dev/null && command -v apt-get > /dev/null; then
  missing=$(missing_packages | tr '\n' ' ')
else
  missing=''
  command -v Rscript > /dev/null || {
    say "R is not installed, and without apt it cannot be installed from here."
    say "By Debian's names, ioi needs:" "$(echo "$wanted" | tr '\n' ' ')"
    exit 1
  }
fi

if test -n "$missing"; then
  if test "$(id -u)" -eq 0; then
    as_root=''
  elif command -v sudo > /dev/null; then
    as_root=sudo
  else
    say "These Debian packages are missing, and only root can install them"
    say "(there is no sudo here). As root, run:"
    say "  apt-get install --no-install-recommends $missing"
    exit 1
  fi
  say "installing Debian packages: $missing"
  run apt "Debian packages" apt_install_or_update || {
    say "To install them by hand, as root:"
    say "  apt-get install --no-install-recommends $missing"
    exit 1
  }
fi

cran_missing=$(Rscript --vanilla tools/cran.R list "$1")
if test -n "$cran_missing"; then
  say "installing from CRAN into .lib: $cran_missing"
  run cran "CRAN packages" Rscript --no-save tools/cran.R install "$1" || exit 1
fi
