/*
 * A node: one of the machines that work on a job.
 *
 *     broker --- loop ------- slot: a shard, in a thread of its own
 *                 |     \---- slot: the next one, begun before the first has ended
 *                 |
 *                board ------ /metrics, /healthz
 *
 * The loop is the caller's thread. It alone talks to the broker: it asks for a shard
 * when less than one pool-width of work is left, tells the broker that shards are in
 * work while they are, and what became of them. A shard's result and marker are
 * written before that is told, so that whatever is lost on the way costs a look at a
 * marker. node_verdict.h says what is done about a shard that fails, node_watch.h about
 * one that hangs.
 *
 * It knows no model, no store and no signal: work (node_work.h) is what does shards,
 * and whoever runs the node says when it is to stop.
 */
#ifndef FOVEA_JOBS_NODE_H
#define FOVEA_JOBS_NODE_H

#include "jobs/node_settings.h"

/**
 * Work until it is told to stop, or the job is done (until_done).
 *
 * A broker that cannot be reached is tried again, also at the beginning. Says READY=1,
 * STATUS=, WATCHDOG=1 and STOPPING=1 to systemd, where it listens.
 *
 * @param is_left_out  A thread is still in the work: nothing that it uses may be
 *                     closed, and the process is to end without.
 * @return FOVEA_OK; FOVEA_ERR_QUEUE: the patience with the broker is over;
 *         FOVEA_ERR_QUEUE_DENIED; FOVEA_ERR_NO_JOB: it has no such job (and had none
 *         when the node began); FOVEA_ERR_JOB_DIFFERS; FOVEA_ERR_ARGUMENT and statuses
 *         of files, of the queue's settings; FOVEA_ERR_DEADLINE: a shard hangs, and its
 *         work cannot be ended; FOVEA_ERR_CANCELLED: it was stopped at once; what says
 *         that no shard can be done on this machine.
 */
FOVEA_NODISCARD enum fovea_status fovea_node_run(
        const struct fovea_node_settings *settings, bool *is_left_out,
        struct fovea_error *err);

#endif
