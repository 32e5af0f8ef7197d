/* Whether a shard's work goes on: see node_watch.h. */
#include "jobs/node_watch.h"

#include "base/clock.h"

enum {
    SIGNS = 3,   /* of life, in the time that the broker waits for one */
    LONG_GAP = 2 /* times that, without a look: the process did not run */
};

void
fovea_node_watch_begin(struct fovea_node_watch *watch, int64_t ack_wait_ns,
        int64_t stall_ns, int64_t now_ns)
{
    *watch = (struct fovea_node_watch){
        .keep_ns = ack_wait_ns / SIGNS,
        .stall_ns = stall_ns,
        .moved_ns = now_ns,
        .kept_ns = now_ns,
        .looked_ns = now_ns,
    };
}

enum fovea_node_watch_step
fovea_node_watch_look(struct fovea_node_watch *watch, uint64_t progress,
        int64_t now_ns)
{
    int64_t gap_ns = now_ns - watch->looked_ns;
    watch->looked_ns = now_ns;
    if (progress != watch->progress) {
        watch->progress = progress;
        watch->moved_ns = now_ns;
    } else if (gap_ns > LONG_GAP * watch->keep_ns) {
        watch->moved_ns += gap_ns;
    }
    watch->has_stalled |=
            now_ns >= fovea_later(watch->moved_ns, watch->stall_ns);
    if (watch->has_stalled) {
        return FOVEA_NODE_WATCH_STALLED;
    }
    if (now_ns < fovea_later(watch->kept_ns, watch->keep_ns)) {
        return FOVEA_NODE_WATCH_WAIT;
    }
    watch->kept_ns = now_ns;
    return FOVEA_NODE_WATCH_KEEP;
}

int64_t
fovea_node_watch_due_ns(const struct fovea_node_watch *watch)
{
    int64_t keep_ns = fovea_later(watch->kept_ns, watch->keep_ns);
    int64_t stall_ns = fovea_later(watch->moved_ns, watch->stall_ns);
    return keep_ns < stall_ns ? keep_ns : stall_ns;
}
