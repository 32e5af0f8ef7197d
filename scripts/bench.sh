#!/bin/sh
# How fast this machine is: the command's own bench, then the resize against
# Pillow's. Arguments go to `fovea bench`.
set -eu
cd "$(dirname "$0")/.."

build/fovea bench "$@"
echo
/usr/bin/python3 bench/resize_vs_pillow.py
