#!/bin/bash
# The form of the source: formatting, layers, rings, banned functions, shell
# scripts, clang's warnings as errors, clang-tidy. Everything is run; any
# finding fails.
set -u
cd "$(dirname "$0")/.." || exit 1

status=0
check() {
    local name=$1
    shift
    echo "== $name"
    "$@" || {
        status=1
        echo "lint: $name found something" >&2
    }
}

mapfile -t sources < <(git ls-files -- '*.c' ':!tests/rings')
mapfile -t headers < <(git ls-files -- '*.h' ':!tests/rings')

# Called through check, which shellcheck does not follow.
# shellcheck disable=SC2317
tidy() {
    printf '%s\0' "$@" | xargs -0 -n 4 -P "$(nproc)" \
        clang-tidy-14 -p build-lint --quiet
}

# What the build knows how to compile; clang-tidy guesses at anything else.
compiled() {
    python3 - "$@" <<'PYTHON'
import json, os, sys
with open("build-lint/compile_commands.json") as f:
    known = {os.path.realpath(os.path.join(c["directory"], c["file"]))
             for c in json.load(f)}
print("\n".join(p for p in sys.argv[1:] if os.path.realpath(p) in known))
PYTHON
}

check "clang-format" clang-format-14 --dry-run -Werror "${sources[@]}" \
    "${headers[@]}"
check "layers" scripts/check_layers.py
check "rings" scripts/check_rings.py
check "tests that are run" scripts/check_tests.py
check "banned functions" scripts/check_banned.py
check "formats" scripts/check_formats.py
check "shellcheck" shellcheck -x scripts/*.sh dist/accept_bad_items.sh dist/slurm/fovea.sbatch \
    tests/*.sh tests/*/*.sh .ci/run

if [ ! -f build-lint/build.ninja ]; then
    CC=clang-14 CXX=clang++-14 meson setup build-lint --buildtype=debug \
        -Dwerror=true >/dev/null || exit 1
fi
check "clang, warnings as errors" ninja --quiet -C build-lint
mapfile -t known < <(compiled "${sources[@]}")
check "clang-tidy" tidy "${known[@]}"

if [ "$status" -eq 0 ]; then
    echo "lint: ${#sources[@]} sources, ${#headers[@]} headers, nothing found"
fi
exit "$status"
