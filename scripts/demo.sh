#!/bin/sh
# Embed the sample pictures and print which are most alike.
set -eu
cd "$(dirname "$0")/.."

out=build/demo
mkdir -p "$out"

echo "Model: build/models/random, a small CLIP with RANDOM weights made by the"
echo "build. It stands in until the trained default model comes: near-copies of"
echo "a picture are found, what a picture shows is not understood."
echo
build/fovea embed --model build/models/random -o "$out/scenes.npy" \
    samples/scenes/*.jpg
echo
build/examples/alike "$out/scenes.npy"
