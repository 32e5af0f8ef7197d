#!/bin/sh
# Run a command of fovea's for an engine that knows only success and failure: bad
# pictures among the inputs (exit status 3) are results, and stand in errors/.
#
#     accept_bad_items.sh fovea embed --shard auto ...
#
# SIGTERM goes on to the command, which then finishes its shard or leaves nothing of
# it; what a container runs first gets it, and nothing that it started.

"$@" &
command=$!
trap 'kill -TERM "$command" 2>/dev/null' TERM
wait "$command"
status=$?
# A signal ends the wait, not the command.
while kill -0 "$command" 2>/dev/null; do
    wait "$command"
    status=$?
done
[ "$status" -ne 3 ] || exit 0
exit "$status"
