#!/bin/sh
# Install what FOLDER/package-lock.json lists: of tests/web, for the tests that run
# clients and a browser in JavaScript, or of bench/peers.
#
#     scripts/install_node_packages.sh [FOLDER]
#
# Node comes from Debian where there is none.
set -eu
cd "$(dirname "$0")/.."

# Another Node has its own npm, which Debian's package would be in the way of.
if ! command -v npm >/dev/null 2>&1; then
    scripts/install_packages.sh node
fi
cd "${1:-tests/web}"
if ! cmp -s package-lock.json node_modules/installed-lock.json; then
    npm ci --ignore-scripts --no-audit --no-fund </dev/null
    cp package-lock.json node_modules/installed-lock.json
fi
