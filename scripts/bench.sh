#!/bin/sh
# How fast this machine is: the command's own bench in all dtypes, the pool
# against the bare engine, a whole run of the command, the server against the
# command and the C API, towers of other shapes, an index, shards and nodes of a
# job, a broker with many nodes, the search of stored vectors, the resize against
# Pillow's, large photographs, then other programs with the same weights, those
# that are there.
# Arguments go to `fovea bench`. PEERS_PYTHON: an interpreter that has onnxruntime,
# openvino or torch.
set -eu
cd "$(dirname "$0")/.."

for dtype in f32 bf16 int8; do
    build/fovea bench --dtype "$dtype" "$@"
    echo
    build/fovea bench --text --dtype "$dtype"
    echo
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export FOVEA_WORKER="$PWD/build/fovea-worker" FOVEA_CACHE="$folder/cache"
build/tools/make_random_model "$folder/b32" 768 3072 12 12 224 32 512
for dtype in f32 bf16 int8; do
    echo "the pool beside the bare engine, ViT-B/32, $dtype"
    build/bench/bench_pool "$folder/b32" "$dtype" 2 5
    bench/embed_start.py build/fovea samples/scenes/forest.jpg \
        --model "$folder/b32" --dtype "$dtype"
    echo
done
echo "what two workers of ViT-B/32 take"
bench/worker_memory.py build samples/scenes/forest.jpg "$folder/b32"
echo
echo "the server beside the command and the C API"
bench/serve_load.py build samples/scenes/forest.jpg \
    models/fovea/near-duplicate "$folder/b32"
echo
bench/towers.py build
echo
echo "an index beside fovea embed, and many files that have not changed"
bench/index_updates.py build samples/scenes
echo
echo "shards, and nodes of a job, beside fovea embed; a broker of 10,000 nodes"
bench/shards.py build samples/scenes
bench/queue_costs.py build
echo
scripts/describe_machine.sh | grep CPU
build/bench/bench_search search 1000000 512 9
build/bench/bench_search pairs 100000 256 3
build/bench/bench_search pairs 200000 256 1 best
echo
/usr/bin/python3 bench/resize_vs_pillow.py
echo
/usr/bin/python3 bench/photographs.py build
echo
scripts/install_node_packages.sh bench/peers ||
    echo "onnxruntime-node cannot be installed"
/usr/bin/python3 bench/peers/peers.py build \
    --python "${PEERS_PYTHON:-/usr/bin/python3}"
