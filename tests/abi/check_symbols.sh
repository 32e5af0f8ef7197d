#!/bin/sh
# What libfovea.so exports is what the list says:  check_symbols.sh LIBRARY LIST
# A name that goes breaks programs; one that comes is a promise. Both are meant
# to be seen in a review.
set -eu

exported=$(nm -D --defined-only --format=posix "$1" |
    awk '$2 != "A" { sub(/@.*/, "", $1); print $1 }' | LC_ALL=C sort -u)
listed=$(LC_ALL=C sort -u "$2")
if [ "$exported" != "$listed" ]; then
    echo "$1 exports other names than $2 lists:"
    echo "exported:"
    echo "$exported"
    exit 1
fi
echo "$(echo "$listed" | wc -l) names, as listed"
