#!/bin/sh
# Index the sample pictures, search them, find duplicates, and show these on a
# page.
set -eu
cd "$(dirname "$0")/.."

out=build/demo
mkdir -p "$out"

# show fovea WORD...: as people would type it, and what comes of it.
show() {
    printf '\n$ %s\n' "$*"
    shift
    build/fovea "$@"
}

cat <<'TEXT'

samples/scenes has twelve pictures, and two changed copies of each: another crop,
brighter, mirrored, or small and of low quality. The model that comes with fovea
finds the same picture again after such changes.
TEXT
show fovea index -i "$out/index" samples/scenes
show fovea search -i "$out/index" -n 5 samples/scenes/city_mirror.jpg
show fovea duplicates -i "$out/index" --html "$out/duplicates.html" \
    >"$out/duplicates.txt"
sed -n 1,11p "$out/duplicates.txt"

cat <<TEXT
...

All groups, to look at: open $out/duplicates.html in a browser.
Your own pictures: docs/PHOTOS.md, by words too.
TEXT
