#!/bin/sh
# Install what packages.txt lists for the groups given as arguments.
#
# Asks the local package database first, so that nothing touches the network,
# and nobody needs to be root, where everything is there already.
set -eu

root=$(dirname "$0")/..

fail() {
    echo "install_packages: $*" >&2
    exit 1
}

wanted=$(for group in "$@"; do
    awk -v group="$group" '$1 == group { print $2 }' "$root/packages.txt"
done | sort -u)
[ -n "$wanted" ] || fail "no packages are listed for: $*"

if ! command -v dpkg-query >/dev/null 2>&1; then
    fail "this is no Debian system (dpkg-query is missing); install" \
        "by hand what these Debian packages hold:" "$(echo "$wanted" | tr '\n' ' ')"
fi

missing=
for package in $wanted; do
    # ${Status} is dpkg-query's own variable.
    # shellcheck disable=SC2016
    state=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
    case $state in
        "install ok installed") ;;
        *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null 2>&1 ||
    fail "apt-get is missing; install by hand:$missing"

as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 ||
        fail "neither root nor sudo is to be had; install by hand:$missing"
    as_root=sudo
fi

install() {
    # The list is split on purpose: a package a word.
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
        --no-install-recommends -o DPkg::Lock::Timeout=120 $missing </dev/null
}

echo "installing:$missing"
$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q </dev/null ||
    echo "install_packages: apt-get update failed, trying what is known" >&2
install || fail "apt-get could not install:$missing"
