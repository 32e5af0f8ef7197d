# For shell tests: sourced, not run. Makes an empty folder $root that goes when
# the test ends; a test sets $name, calls ok, and at the end exits $failed.
# shellcheck shell=sh disable=SC2034,SC2154

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

point=0
failed=0

# ok COMMAND...: a point of the test, named $name; shows the output on failure.
ok() {
    point=$((point + 1))
    if "$@" >"$root/log" 2>&1; then
        echo "ok $point - $name"
    else
        failed=1
        sed 's/^/# /' "$root/log"
        echo "not ok $point - $name"
    fi
}
