#!/bin/sh
# Index the sample pictures, search them, find duplicates, and show these on a
# page.
set -eu
cd "$(dirname "$0")/.."

out=build/demo
mkdir -p "$out"

# show N fovea WORD...: as people would type it, and N lines of what comes of it.
show() {
    n_lines=$1
    shift
    printf '\n$ %s\n' "$*"
    shift
    build/fovea "$@" >"$out/shown"
    sed "1,${n_lines}!d" "$out/shown"
}

cat <<'TEXT'

samples/scenes has twelve pictures, and two changed copies of each: another crop,
brighter, mirrored, or small and of low quality. The model that comes with fovea
finds the same picture again after such changes.
TEXT
show 9 fovea index -i "$out/index" samples/scenes
show 6 fovea search -i "$out/index" -n 5 samples/scenes/city_mirror.jpg
show 11 fovea duplicates -i "$out/index" --html "$out/duplicates.html"

cat <<TEXT
...

All groups, to look at: open $out/duplicates.html in a browser.
Your own pictures: docs/PHOTOS.md, by words too.
TEXT
