#!/bin/sh
# Install into an empty folder and use what is there as a stranger would: every
# public header, a pkg-config file that works, and the example built and run
# against the installed library.
#
#     check_install.sh BUILD SOURCE CC

# Functions are called through ok, which shellcheck does not follow.
# shellcheck disable=SC2317
set -eu

build=$1
source=$2
cc=$3
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"

echo "1..12"
name="meson install puts everything under the given folder"
ok meson install -C "$build" --no-rebuild --quiet --destdir "$root/sys"

name="the worker program is where programs look for programs of their own"
has_worker() {
    [ -x "$(find "$root/sys" -path '*/libexec/fovea/fovea-worker')" ]
}
ok has_worker

name="the program for archives is beside it, and the command finds it there"
reads_archive() {
    [ -x "$(find "$root/sys" -path '*/libexec/fovea/fovea-unpacker')" ] &&
        command=$(find "$root/sys" -path '*/bin/fovea') &&
        tar cf "$root/one.tar" -C "$source/samples/formats" rgb.png &&
        env -u FOVEA_UNPACKER -u FOVEA_WORKER "$command" embed "$root/one.tar" \
            --model "$source/tests/golden/models/quick" >"$root/out" &&
        grep -q '"member":"rgb.png"' "$root/out"
}
ok reads_archive

name="the benchmark program is beside it, and the command finds it there"
runs_bench() {
    [ -x "$(find "$root/sys" -path '*/libexec/fovea/fovea-bench-engine')" ] &&
        command=$(find "$root/sys" -path '*/bin/fovea') &&
        env -u FOVEA_BENCH_ENGINE "$command" bench --rounds 1 --batch 1 \
            --width 8 --height 8 --model "$source/tests/golden/models/quick" \
            >"$root/out" && cat "$root/out" && grep -q '^forward ' "$root/out"
}
ok runs_bench

name="shells find what they complete"
has_completions() {
    [ -s "$(find "$root/sys" -path '*/bash-completion/completions/fovea')" ] &&
        [ -s "$(find "$root/sys" -path '*/zsh/site-functions/_fovea')" ] &&
        [ -s "$(find "$root/sys" -path '*/vendor_completions.d/fovea.fish')" ]
}
ok has_completions

pc=$(find "$root/sys" -name fovea.pc)
export PKG_CONFIG_SYSROOT_DIR="$root/sys"
# No other pkg-config file is to be seen: nothing but fovea may be needed.
export PKG_CONFIG_LIBDIR="${pc%/*}"
unset PKG_CONFIG_PATH

name="every public header is installed, and nothing else"
same_headers() {
    installed=$(cd "$(find "$root/sys" -type d -path '*include/fovea')" && ls)
    own=$(cd "$source/include/fovea" && ls)
    echo "installed: $installed"
    [ "$installed" = "$own" ]
}
ok same_headers

name="pkg-config gives the version of the header"
same_version() {
    version=$(sed -n 's/^#define FOVEA_VERSION "\(.*\)"/\1/p' \
        "$source/include/fovea/version.h")
    [ "$(pkg-config --modversion fovea)" = "$version" ]
}
ok same_version

name="pkg-config needs no other library"
stands_alone() {
    flags=$(pkg-config --libs --cflags --static fovea)
    echo "$flags"
    for flag in $flags; do
        case $flag in
        -I* | -L* | -lfovea) ;;
        *) return 1 ;;
        esac
    done
}
ok stands_alone

name="the example compiles with what pkg-config says"
compile() {
    # The flags are words on purpose.
    # shellcheck disable=SC2046
    "$cc" -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror \
        -o "$root/embed" "$source/examples/embed.c" \
        "$source/examples/pairs.c" $(pkg-config --cflags --libs fovea)
}
ok compile

library=$(find "$root/sys" -name libfovea.so)
name="the example finds the near-copy"
run() {
    LD_LIBRARY_PATH=${library%/*} "$root/embed" \
        "$source/tests/golden/models/quick" \
        "$source/samples/scenes/fog.jpg" \
        "$source/samples/scenes/planet.jpg" \
        "$source/samples/scenes/fog_small.jpg" >"$root/out" || return 1
    cat "$root/out"
    sed -n 1p "$root/out" | grep -q '^3 of 3 images embedded, 20 numbers' &&
        sed -n 2p "$root/out" | grep -q 'fog.jpg .*fog_small.jpg$'
}
ok run

name="the model that comes with fovea is found beside the library"
default_model() {
    LD_LIBRARY_PATH=${library%/*} HOME=/nonexistent "$root/embed" \
        fovea/near-duplicate "$source/samples/scenes/fog.jpg" \
        "$source/samples/scenes/fog_small.jpg" >"$root/out" || return 1
    cat "$root/out"
    grep -q '^2 of 2 images embedded, 256 numbers' "$root/out"
}
ok default_model

name="the example reports a bad image and embeds the others"
run_bad() {
    LD_LIBRARY_PATH=${library%/*} "$root/embed" \
        "$source/tests/golden/models/quick" \
        "$source/samples/scenes/fog.jpg" "$source/samples/README.md" \
        >"$root/out" 2>"$root/err" || return 1
    cat "$root/out" "$root/err"
    grep -q '^1 of 2 images embedded' "$root/out" &&
        grep -q 'README.md: ' "$root/err"
}
ok run_bad

exit "$failed"
