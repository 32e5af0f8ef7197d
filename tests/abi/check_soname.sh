#!/bin/sh
# The library's name for programs is that of its version: 0.1.0 is libfovea.so.0.1,
# 1.2.3 is libfovea.so.1:  check_soname.sh LIBRARY VERSION_H
set -eu

version=$(sed -n 's/^#define FOVEA_VERSION "\(.*\)"/\1/p' "$2")
major=${version%%.*}
minor=${version#*.}
minor=${minor%%.*}
expected=libfovea.so.$major
[ "$major" != 0 ] || expected=$expected.$minor
found=$(readelf -d "$1" | sed -n 's/.*SONAME.*\[\(.*\)\].*/\1/p')
echo "version $version: expected $expected, found $found"
[ "$found" = "$expected" ]
