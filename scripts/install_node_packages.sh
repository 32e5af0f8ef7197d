#!/bin/sh
# Install what tests/web/package-lock.json lists, for the tests that run clients
# in JavaScript. Without npm nothing is done, and those tests are skipped.
set -eu
cd "$(dirname "$0")/../tests/web"

if ! command -v npm >/dev/null 2>&1; then
    echo "install_node_packages: npm is missing; tests of clients in" \
        "JavaScript will be skipped" >&2
    exit 0
fi
if ! cmp -s package-lock.json node_modules/installed-lock.json; then
    npm ci --ignore-scripts </dev/null
    cp package-lock.json node_modules/installed-lock.json
fi
