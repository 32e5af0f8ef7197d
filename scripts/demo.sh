#!/bin/sh
# Embed the sample pictures and print which are most alike.
set -eu
cd "$(dirname "$0")/.."

out=build/demo
mkdir -p "$out"

cat <<'TEXT'

The model is fovea/random-tiny: a small CLIP with RANDOM weights that the build
made. It stands in until the trained default model comes. It finds near-copies
of a picture; what a picture shows it does not understand.

TEXT
build/fovea embed --model fovea/random-tiny -o "$out/scenes.npy" samples/scenes
echo
build/examples/alike "$out/scenes.npy"
echo
echo "The vectors are in $out/scenes.npy, the names in $out/scenes.npy.jsonl."
