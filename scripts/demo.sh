#!/bin/sh
# Embed the sample pictures and show which are most alike.
set -eu
cd "$(dirname "$0")/.."

out=build/demo
mkdir -p "$out"

cat <<'TEXT'

The model is fovea/near-duplicate, which comes with fovea: it finds the
same picture again after somebody changed it. It knows looks, not meanings.

TEXT
build/fovea embed --quiet -o "$out/scenes.npy" samples/scenes
build/examples/alike "$out/scenes.npy"
echo
echo "What looks like samples/scenes/city_mirror.jpg:"
build/fovea similar --quiet -n 5 samples/scenes/city_mirror.jpg samples/scenes
build/examples/page "$out/scenes.npy" ../../ >"$out/demo.html"
echo
echo "The vectors are in $out/scenes.npy, the names in $out/scenes.npy.jsonl."
echo "All pictures beside their nearest: open $out/demo.html in a browser."
