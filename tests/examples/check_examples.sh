#!/bin/sh
# Run the examples as their heads say.
#
#     check_examples.sh FOVEA EMBED ALIKE ASYNC STREAM SEARCH INDEX SOURCE

# Functions are called through ok, which shellcheck does not follow.
# shellcheck disable=SC2317
set -eu

fovea=$1
embed=$2
alike=$3
async=$4
stream=$5
search=$6
index=$7
source=$8
model=$source/tests/golden/models/full
scenes=$source/samples/scenes
# shellcheck source=tests/tap.sh
. "$source/tests/tap.sh"

# exits STATUS COMMAND...: the output is left in out and err.
exits() {
    expected=$1
    shift
    status=0
    "$@" >"$root/out" 2>"$root/err" || status=$?
    cat "$root/out" "$root/err"
    [ "$status" -eq "$expected" ]
}

echo "1..14"
name="embed prints the near-copy first"
embeds() {
    exits 0 "$embed" "$model" "$scenes/fog.jpg" "$scenes/planet.jpg" \
        "$scenes/fog_small.jpg" &&
        grep -q '^3 of 3 images embedded, 24 numbers each' "$root/out" &&
        sed -n 2p "$root/out" | grep -q 'fog.jpg .*fog_small.jpg$'
}
ok embeds

name="embed names a model that is not there"
no_model() {
    exits 1 "$embed" "$root/nothing" "$scenes/fog.jpg" &&
        grep -q "$root/nothing" "$root/err"
}
ok no_model

name="embed without arguments says how it is used"
ok exits 2 "$embed"

name="alike prints the near-copy first, a bad input left out"
reads() {
    exits 3 "$fovea" embed -m "$model" -o "$root/x.npy" "$scenes/planet.jpg" \
        "$source/samples/README.md" "$scenes/fog.jpg" \
        "$scenes/fog_small.jpg" || return 1
    exits 0 "$alike" "$root/x.npy" 2 &&
        [ "$(wc -l <"$root/out")" -eq 3 ] &&
        sed -n 2p "$root/out" | grep -q 'fog.jpg .*fog_small.jpg$'
}
ok reads

name="alike refuses what is no such file"
refuses() {
    exits 1 "$alike" "$scenes/fog.jpg" && grep -q 'not what' "$root/err"
}
ok refuses

name="alike refuses names that do not go with the vectors"
mixed_up() {
    sed 1d "$root/x.npy.jsonl" >"$root/y.npy.jsonl"
    cp "$root/x.npy" "$root/y.npy"
    exits 1 "$alike" "$root/y.npy" && grep -q 'does not go with' "$root/err"
}
ok mixed_up

name="async answers every name once, bad ones too"
answers() {
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        printf '%s\n' "$scenes/fog.jpg" "$scenes/planet.jpg" \
            "$root/nothing.jpg" "$source/samples/README.md"
    done >"$root/names"
    status=0
    "$async" "$model" <"$root/names" >"$root/out" 2>"$root/err" || status=$?
    cat "$root/out" "$root/err"
    [ "$status" -eq 3 ] && grep -q '^20 good, 20 bad$' "$root/out" &&
        [ "$(grep -c 'fog.jpg: ' "$root/out")" -eq 10 ] &&
        [ "$(grep -c 'nothing.jpg: ' "$root/err")" -eq 10 ]
}
ok answers

name="stream embeds a folder in the order of its names, bad files too"
streams() {
    mkdir -p "$root/folder"
    for i in 10 11 12 13 14 15 16 17 18 19; do
        cp "$scenes/fog.jpg" "$root/folder/$i-fog.jpg"
        cp "$source/samples/README.md" "$root/folder/$i-text.jpg"
        cp "$scenes/planet.jpg" "$root/folder/$i-planet.jpg"
    done
    exits 0 "$stream" "$model" "$root/folder" &&
        [ "$(wc -l <"$root/out")" -eq 20 ] &&
        [ "$(wc -l <"$root/err")" -eq 10 ] &&
        [ "$(grep -c 'text.jpg: ' "$root/err")" -eq 10 ] &&
        sort -c "$root/out" && sort -c "$root/err"
}
ok streams

name="stream says what it takes where the folder is not there"
no_folder() {
    exits 1 "$stream" "$model" "$root/nothing" && grep -q usage "$root/err"
}
ok no_folder

name="search ranks pictures by words, a bad one left out"
searches() {
    exits 0 "$search" "$FOVEA_WHOLE_MODELS/clip" "a red bicycle" \
        "$scenes/fog.jpg" "$source/samples/README.md" "$scenes/planet.jpg" &&
        [ "$(grep -c '^[-+]0\.[0-9]* .*\.jpg$' "$root/out")" -eq 2 ] &&
        sort -rg -c "$root/out" && grep -q 'README.md: ' "$root/err"
}
ok searches

name="search says that a model has no text tower"
no_words() {
    exits 1 "$search" "$model" "a red bicycle" "$scenes/fog.jpg" &&
        grep -q 'no text tower' "$root/err"
}
ok no_words

name="index finds the near-copy of what was put in, a bad file left out"
indexes() {
    FOVEA_HOME=$source exits 0 "$index" "$root/kept" "$scenes/fog_small.jpg" \
        "$scenes/fog.jpg" "$source/samples/README.md" "$scenes/planet.jpg" &&
        [ "$(wc -l <"$root/out")" -eq 2 ] &&
        head -n 1 "$root/out" | grep -q '^0\.9.*fog.jpg' &&
        grep -q 'README.md: ' "$root/err"
}
ok indexes

name="index finds it again without putting it in again"
finds_again() {
    FOVEA_HOME=$source exits 0 "$index" "$root/kept" "$scenes/planet.jpg" &&
        head -n 1 "$root/out" | grep -q '^1\.0.*planet.jpg'
}
ok finds_again

name="index does not take over a folder that holds other things"
ok env FOVEA_HOME="$source" sh -c '! "$0" "$1" "$2"' "$index" "$root/folder" \
    "$scenes/fog.jpg"

exit "$failed"
