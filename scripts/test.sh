#!/bin/bash
# Everything that `make test` runs, one stage after another. A stage that fails
# does not keep the next ones from running.
#
#   machine     what it has, for whoever reads this elsewhere
#   plain       release build with gcc, every suite
#   old CPUs    the engine's tests again with no more than AVX2, with AVX2 and dot
#               products of bytes, and with AVX-512 that has those but no bfloat16
#   sanitizers  clang, ASan and UBSan, nothing recovered from, every suite;
#               workers are not sealed there, sanitizers need calls they may not
#               make
#   threads     clang, TSan: the pool with workers that only pretend, URLs,
#               and the library and the server with real ones
#   fuzzing     libFuzzer on every target, on those sanitizers: so many runs from
#               one seed, so that a commit finds the same on every machine;
#               FUZZ_SECONDS=N: for so long, from another seed each time
#
# Leaves "N passed, N failed" in build-test/results.txt. A build that fails
# counts as one failure, a fuzz target as one test.
set -u
cd "$(dirname "$0")/.." || exit 1

fuzz_seconds=${FUZZ_SECONDS:-}
n_jobs=$(nproc)
started=$SECONDS
passed=0
failed=0
skipped=0
broken=()

rm -rf build-test
mkdir -p build-test

title() {
    printf '\n== %s (%d s)\n' "$1" $((SECONDS - started))
}

fault() {
    failed=$((failed + 1))
    broken+=("$1")
    echo "test: $1" >&2
}

# build FOLDER SETUP_ARGUMENT...: configure once, compile always.
build() {
    local folder=$1
    shift
    if [ ! -f "$folder/build.ninja" ]; then
        meson setup "$folder" "$@" || return 1
    fi
    ninja -C "$folder"
}

# suites FOLDER LOG ARGUMENT...: run tests and add up what they came to.
suites() {
    local folder=$1 log=$2 counts
    shift 2
    rm -f "$folder/meson-logs/$log.json"
    if ! meson test -C "$folder" --no-rebuild --logbase "$log" \
        --print-errorlogs "$@"; then
        broken+=("tests of $folder, log $log")
    fi
    counts=$(scripts/count_results.py "$folder/meson-logs/$log.json")
    echo "$log: $counts"
    read -r p _ f _ s _ <<<"$counts"
    passed=$((passed + p))
    failed=$((failed + f))
    skipped=$((skipped + s))
}

# Names of the tests that go through the engine.
engine_tests() {
    meson test -C build --no-rebuild --list 2>/dev/null |
        sed -n 's/^.* \/ //p' | grep -E '^(engine|runtime|worker|golden_embed|scenario)'
}

# fuzz_runs NAME: what takes a target some 8 s on a slow core.
fuzz_runs() {
    case ${1#fuzz_} in
        wire) echo 1500000 ;;
        base64 | url) echo 900000 ;;
        sniff | s3_profile | s3_url) echo 240000 ;;
        decode_jpeg2000 | decode_webp) echo 120000 ;;
        tokenize | unpacked) echo 100000 ;;
        decode_bmp | decode_png) echo 80000 ;;
        decode_gif | decode_ico) echo 50000 ;;
        decode_jpeg | decode_raw) echo 25000 ;;
        config | inflate) echo 6000 ;;
        tokenizer_json | decode_heif) echo 3000 ;;
        *) echo 20000 ;;
    esac
}

# fuzz_one PROGRAM: short real fuzzing; what it finds stays in build-test. The
# limits of time are for what hangs, not for what is slow. libFuzzer tries values
# that it saw compared, addresses too, and takes files as a folder lists them:
# both are the same each time. The environment moves the stack.
fuzz_one() {
    local program=$1 name home leaks=1 extent fixed=()
    name=$(basename "$program")
    home=build-test/fuzz/$name
    mkdir -p "$home/new"
    find "tests/fuzz/corpus/$name" -type f | LC_ALL=C sort | paste -sd, >"$home/seeds"
    ! setarch -R true 2>/dev/null || fixed=(setarch -R)
    fixed+=(env -i "ASAN_OPTIONS=$ASAN_OPTIONS" "UBSAN_OPTIONS=$UBSAN_OPTIONS"
        "LSAN_OPTIONS=suppressions=tests/sanitizers/lsan.supp:print_suppressions=0")
    extent=(-seed=1 "-runs=$(fuzz_runs "$name")")
    [ -z "$fuzz_seconds" ] || extent=("-max_total_time=$fuzz_seconds")
    # libheif leaks on damaged AVIF (tests/sanitizers/lsan.supp), through
    # operator new, behind which a fast stack trace does not see libheif.
    [ "$name" != fuzz_decode_heif ] || leaks=0
    timeout $((1800 + fuzz_seconds)) "${fixed[@]}" "$program" "${extent[@]}" \
        -reload=0 "-seed_inputs=@$home/seeds" -timeout=60 \
        -rss_limit_mb=2048 -detect_leaks="$leaks" \
        -artifact_prefix="$home/" -print_final_stats=1 \
        "$home/new" >"$home/log" 2>&1 &&
        touch "$home/good"
}
export -f fuzz_one fuzz_runs
export fuzz_seconds

title "this machine"
scripts/describe_machine.sh

title "plain build"
if build build; then
    ln -f build/src/cli/fovea build/fovea
    ln -f build/src/worker/fovea-worker build/fovea-worker
    ln -f build/src/unpacker/fovea-unpacker build/fovea-unpacker
    ln -f build/src/bench/fovea-bench-engine build/fovea-bench-engine
    suites build plain

    title "the engine on older CPUs"
    mapfile -t engine < <(engine_tests)
    if [ "${#engine[@]}" -gt 0 ]; then
        for isa in AVX2 AVX2_VNNI AVX512_CORE_VNNI; do
            ONEDNN_MAX_CPU_ISA=$isa suites build "${isa,,}" "${engine[@]}"
        done
    else
        fault "no tests of the engine were found"
    fi
else
    fault "the plain build failed"
fi

title "sanitizers"
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
export LSAN_OPTIONS=suppressions=$PWD/tests/sanitizers/lsan.supp:print_suppressions=0
if CC=clang-14 CXX=clang++-14 build build-asan --buildtype=debugoptimized \
    -Dfuzz=enabled -Dsandbox=disabled -Db_sanitize=address,undefined \
    -Db_lundef=false \
    -Dc_args=-fno-sanitize-recover=all; then
    suites build-asan asan --timeout-multiplier 5

    title "fuzzing, ${fuzz_seconds:-some 8} s a target"
    mapfile -t targets < <(find build-asan/tests/fuzz -maxdepth 1 \
        -type f -name 'fuzz_*' -perm -u+x | sort)
    if [ "${#targets[@]}" -eq 0 ]; then
        fault "no fuzz targets were built"
    fi
    # The $1 is the inner shell's.
    # shellcheck disable=SC2016
    printf '%s\0' "${targets[@]}" |
        xargs -0 -r -n 1 -P "$n_jobs" bash -c 'fuzz_one "$1"' fuzz
    for target in "${targets[@]}"; do
        name=${target##*/}
        if [ -f "build-test/fuzz/$name/good" ]; then
            passed=$((passed + 1))
            sed -En "s/^#([0-9]+)\tDONE +cov: ([0-9]+) ft: ([0-9]+).*/$name: runs \1, coverage \2, features \3/p" \
                "build-test/fuzz/$name/log"
        else
            tail -n 40 "build-test/fuzz/$name/log" >&2
            fault "$name failed; see build-test/fuzz/$name"
        fi
    done
else
    fault "the build with sanitizers failed"
fi

title "threads"
export TSAN_OPTIONS=halt_on_error=1:suppressions=$PWD/tests/sanitizers/tsan.supp
if CC=clang-14 CXX=clang++-14 build build-tsan --buildtype=debugoptimized \
    -Dsandbox=disabled -Db_sanitize=thread -Db_lundef=false; then
    suites build-tsan tsan --timeout-multiplier 5 \
        --suite pool --suite fetch --suite library --suite server \
        --suite threads
else
    fault "the build with the thread sanitizer failed"
fi

echo "$passed passed, $failed failed" >build-test/results.txt
title "done: $passed passed, $failed failed, $skipped skipped"
if [ "${#broken[@]}" -gt 0 ]; then
    printf 'failed: %s\n' "${broken[@]}" >&2
fi
[ "$failed" -eq 0 ] && [ "${#broken[@]}" -eq 0 ]
