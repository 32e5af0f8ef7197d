/* What a node does about a shard: see node_verdict.h. */
#include "jobs/node_verdict.h"

#include <stddef.h>

#include "base/macros.h"
#include "base/pause.h"

/* What needs no verdict, or says something of the node. All else is of the shard, and whether trying again
   can help is in the table of statuses. */
static const struct {
    enum fovea_status status;
    enum fovea_node_class class;
} exceptions[] = {
    { FOVEA_ERR_SHARD_FAILED, FOVEA_NODE_CLASS_FAILED },
    /* Another node does it at the same time. */
    { FOVEA_ERR_OBJECT_CHANGED, FOVEA_NODE_CLASS_AGAIN },

    /* Not mounted here, or gone everywhere: others may have the inputs. */
    { FOVEA_ERR_ROOT_MISSING, FOVEA_NODE_CLASS_LACKS },

    { FOVEA_ERR_CANCELLED, FOVEA_NODE_CLASS_LEFT },
    { FOVEA_ERR_SHUTTING_DOWN, FOVEA_NODE_CLASS_LEFT },

    { FOVEA_ERR_NO_MEMORY, FOVEA_NODE_CLASS_REST },
    { FOVEA_ERR_DISK_FULL, FOVEA_NODE_CLASS_REST },
    { FOVEA_ERR_MEMORY_EXHAUSTED, FOVEA_NODE_CLASS_REST },
    { FOVEA_ERR_BUSY, FOVEA_NODE_CLASS_REST },
    { FOVEA_ERR_WORKER_START, FOVEA_NODE_CLASS_REST },
    { FOVEA_ERR_CIRCUIT_OPEN, FOVEA_NODE_CLASS_REST },

    { FOVEA_ERR_UNKNOWN_MODEL, FOVEA_NODE_CLASS_END },
    { FOVEA_ERR_CPU_UNSUPPORTED, FOVEA_NODE_CLASS_END },
    { FOVEA_ERR_MODEL_NOT_FOUND, FOVEA_NODE_CLASS_END },
    { FOVEA_ERR_MODEL_CONFIG, FOVEA_NODE_CLASS_END },
    { FOVEA_ERR_MODEL_WEIGHTS, FOVEA_NODE_CLASS_END },
    { FOVEA_ERR_MODEL_UNSUPPORTED, FOVEA_NODE_CLASS_END },
    { FOVEA_ERR_TOKENIZER_UNSUPPORTED, FOVEA_NODE_CLASS_END },
    { FOVEA_ERR_TOKENIZER_INVALID, FOVEA_NODE_CLASS_END },
    { FOVEA_ERR_SANDBOX, FOVEA_NODE_CLASS_END },
    { FOVEA_ERR_FORKED, FOVEA_NODE_CLASS_END },
    { FOVEA_ERR_OBJECT_STORE_CREDENTIALS, FOVEA_NODE_CLASS_END },
    { FOVEA_ERR_JOB_DIFFERS, FOVEA_NODE_CLASS_END },
};

enum fovea_node_class
fovea_node_class_of(enum fovea_status status)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(exceptions); i++) {
        if (exceptions[i].status == status) {
            return exceptions[i].class;
        }
    }
    return fovea_status_retryable(status) ? FOVEA_NODE_CLASS_AGAIN
                                          : FOVEA_NODE_CLASS_FINAL;
}

/* Of a verdict that counts: the shard's last one, or not. */
static struct fovea_node_decision
decide_counted(uint64_t n_attempts, int64_t pause_ns, enum fovea_node_mood mood)
{
    bool is_last = n_attempts + 1 >= FOVEA_NODE_ATTEMPTS;
    return (struct fovea_node_decision){
        .answer = is_last ? FOVEA_NODE_ANSWER_DROP : FOVEA_NODE_ANSWER_LATER,
        .mood = mood,
        .counts = true,
        .wait_ns = is_last ? 0
                           : fovea_pause_ns(pause_ns, FOVEA_NODE_MOST_PAUSE_NS,
                                     n_attempts + 1),
    };
}

struct fovea_node_decision
fovea_node_decide(enum fovea_status status, bool hung, uint64_t n_attempts,
        int64_t pause_ns)
{
    if (!status) {
        return (struct fovea_node_decision){ .answer = FOVEA_NODE_ANSWER_DONE };
    }
    if (hung) {
        return decide_counted(n_attempts, pause_ns, FOVEA_NODE_MOOD_REST);
    }
    switch (fovea_node_class_of(status)) {
    case FOVEA_NODE_CLASS_FINAL:
        return (struct fovea_node_decision){
            .answer = FOVEA_NODE_ANSWER_DROP,
            .counts = true,
        };
    case FOVEA_NODE_CLASS_AGAIN:
        return decide_counted(n_attempts, pause_ns, FOVEA_NODE_MOOD_WORK);
    case FOVEA_NODE_CLASS_LACKS:
        return decide_counted(n_attempts, pause_ns, FOVEA_NODE_MOOD_REST);
    case FOVEA_NODE_CLASS_FAILED:
        return (struct fovea_node_decision){ .answer = FOVEA_NODE_ANSWER_DROP };
    case FOVEA_NODE_CLASS_LEFT:
        return (struct fovea_node_decision){
            .answer = FOVEA_NODE_ANSWER_LATER,
        };
    case FOVEA_NODE_CLASS_REST:
    case FOVEA_NODE_CLASS_END:
    default:
        return fovea_node_decide_unwritten(status);
    }
}

struct fovea_node_decision
fovea_node_decide_unwritten(enum fovea_status status)
{
    enum fovea_node_class class = fovea_node_class_of(status);
    bool ends =
            class == FOVEA_NODE_CLASS_FINAL || class == FOVEA_NODE_CLASS_END;
    return (struct fovea_node_decision){
        .answer = FOVEA_NODE_ANSWER_LATER,
        .mood = ends ? FOVEA_NODE_MOOD_END : FOVEA_NODE_MOOD_REST,
    };
}
