/*
 * What a node does about a shard once it knows what came of it.
 *
 * A shard is tried again while the table of statuses says that this can help, five
 * times in all: these verdicts are counted beside the results (attempts/N.json), where
 * every node sees them. What says nothing of the shard (this node's disk is full, its
 * model is gone, it was told to stop) is not counted: the shard goes back, and the node
 * rests or ends. Deliveries that were lost with their node count nowhere.
 *
 * Pure.
 */
#ifndef FOVEA_JOBS_NODE_VERDICT_H
#define FOVEA_JOBS_NODE_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "fovea/status.h"

enum {
    FOVEA_NODE_ATTEMPTS = 5 /* verdicts that end a shard */
};

/** What a status says, of what. */
enum fovea_node_class {
    FOVEA_NODE_CLASS_FINAL,  /* of the shard: it will be so again */
    FOVEA_NODE_CLASS_AGAIN,  /* of the shard: trying again may help */
    FOVEA_NODE_CLASS_LACKS,  /* of the node, or of the shard: it cannot tell */
    FOVEA_NODE_CLASS_FAILED, /* of the shard: somebody has said so already */
    FOVEA_NODE_CLASS_LEFT,   /* of neither: it was left in the middle */
    FOVEA_NODE_CLASS_REST,   /* of the node: it will pass */
    FOVEA_NODE_CLASS_END,    /* of the node: nothing will work here */
};

enum fovea_node_class fovea_node_class_of(enum fovea_status status);

/** What the broker is told of the shard. */
enum fovea_node_answer {
    FOVEA_NODE_ANSWER_DONE,  /* its marker is written */
    FOVEA_NODE_ANSWER_DROP,  /* it has failed; so says its marker */
    FOVEA_NODE_ANSWER_LATER, /* again, by anybody */
};

/** What the node does then. */
enum fovea_node_mood {
    FOVEA_NODE_MOOD_WORK,
    FOVEA_NODE_MOOD_REST, /* it pauses, and takes no shard meanwhile */
    FOVEA_NODE_MOOD_END,
};

struct fovea_node_decision {
    enum fovea_node_answer answer;
    enum fovea_node_mood mood;
    bool counts;     /* the verdict is to be counted before the answer */
    int64_t wait_ns; /* of LATER: not before */
};

/**
 * Of a shard that ended with a status: FOVEA_OK where its marker is there.
 *
 * @param n_attempts  Verdicts that were counted before this one.
 * @param hung        The node gave it up because nothing went on; counted, and the
 *                    node rests.
 * @param pause_ns    The first pause of a shard that is tried again; each further one is
 *                    twice as long, FOVEA_NODE_MOST_PAUSE_NS at most.
 */
struct fovea_node_decision fovea_node_decide(enum fovea_status status,
        bool hung, uint64_t n_attempts, int64_t pause_ns);

/** The same once more where the decision could not be written down, by why. */
struct fovea_node_decision fovea_node_decide_unwritten(
        enum fovea_status status);

#define FOVEA_NODE_MOST_PAUSE_NS (INT64_C(300) * 1000000000)

#endif
