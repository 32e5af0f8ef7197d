#!/bin/sh
# How fast this machine is: the command's own bench in both dtypes, then the
# resize against Pillow's. Arguments go to `fovea bench`.
set -eu
cd "$(dirname "$0")/.."

for dtype in f32 bf16; do
    build/fovea bench --dtype "$dtype" "$@"
    echo
done
/usr/bin/python3 bench/resize_vs_pillow.py
