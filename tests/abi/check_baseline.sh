#!/bin/sh
# What runs before it is known what the CPU can do holds nothing that an old one
# cannot:  check_baseline.sh FILE FUNCTION...
# Looks at the registers and names of AVX, AVX-512, BMI, MOVBE and FMA.
set -eu

file=$1
shift
for name in "$@"; do
    code=$(objdump --disassemble="$name" --no-show-raw-insn "$file")
    lines=$(echo "$code" | grep -c "^ *[0-9a-f]*:" || true)
    if [ "$lines" -eq 0 ]; then
        echo "$file has no function $name"
        exit 1
    fi
    if echo "$code" | grep -E "[%][yz]mm|$(printf '\t')(v[a-z]|shlx|shrx|sarx|rorx|andn |bextr|bls|bzhi|mulx|pdep|pext|movbe|lzcnt)"; then
        echo "$name of $file needs a newer CPU"
        exit 1
    fi
done
