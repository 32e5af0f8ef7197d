/* See job_nodes.h. */
#include "jobs/job_nodes.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum {
    FIRST_ROOM = 16
};

/* Where a name is, or would be. */
static size_t
place_of(const struct fovea_job_nodes *nodes, const char *name)
{
    size_t from = 0;
    size_t to = nodes->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (strcmp(nodes->all[middle]->name, name) < 0) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from;
}

static enum fovea_status
make_room(struct fovea_job_nodes *nodes, struct fovea_error *err)
{
    if (nodes->n == FOVEA_JOB_MAX_NODES) {
        return fovea_fail(err, FOVEA_ERR_JOB_MESSAGE,
                "more than %d nodes report", FOVEA_JOB_MAX_NODES);
    }
    if (nodes->n < nodes->room) {
        return FOVEA_OK;
    }
    size_t room = nodes->room ? 2 * nodes->room : FIRST_ROOM;
    struct fovea_job_node **all = realloc(nodes->all, room * sizeof *all);
    if (!all) {
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY, "no memory for %zu nodes",
                room);
    }
    nodes->all = all;
    nodes->room = room;
    return FOVEA_OK;
}

/* Make a node at its place. */
static enum fovea_status
insert(struct fovea_job_nodes *nodes, size_t at, const char *name,
        struct fovea_error *err)
{
    enum fovea_status status = make_room(nodes, err);
    if (status) {
        return status;
    }
    struct fovea_job_node *node = calloc(1, sizeof *node);
    if (!node) {
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY, "no memory for a node");
    }
    memcpy(node->name, name, strnlen(name, sizeof node->name - 1));
    memmove(nodes->all + at + 1, nodes->all + at,
            (nodes->n - at) * sizeof *nodes->all);
    nodes->all[at] = node;
    nodes->n++;
    return FOVEA_OK;
}

enum fovea_status
fovea_job_nodes_hear(struct fovea_job_nodes *nodes,
        const struct fovea_queue_report *report, int64_t now_ns,
        struct fovea_error *err)
{
    struct fovea_node_report said;
    enum fovea_status status =
            fovea_node_report_read(report->text, report->size, &said, err);
    size_t at = place_of(nodes, report->node);
    bool is_known =
            at < nodes->n && strcmp(nodes->all[at]->name, report->node) == 0;
    if (!status && !is_known) {
        status = insert(nodes, at, report->node, err);
    }
    if (!status) {
        nodes->all[at]->report = said;
        nodes->all[at]->heard_ns = now_ns;
    }
    return status;
}

void
fovea_job_nodes_forget(struct fovea_job_nodes *nodes, int64_t now_ns)
{
    size_t n = 0;
    for (size_t i = 0; i < nodes->n; i++) {
        struct fovea_job_node *node = nodes->all[i];
        if (now_ns - node->heard_ns > FOVEA_JOB_NODE_SILENCE_NS) {
            free(node);
        } else {
            nodes->all[n++] = node;
        }
    }
    nodes->n = n;
}

double
fovea_job_nodes_rate(const struct fovea_job_nodes *nodes)
{
    double rate = 0;
    for (size_t i = 0; i < nodes->n; i++) {
        rate += nodes->all[i]->report.rate;
    }
    return rate;
}

void
fovea_job_nodes_finish(struct fovea_job_nodes *nodes)
{
    for (size_t i = 0; i < nodes->n; i++) {
        free(nodes->all[i]);
    }
    free(nodes->all);
    *nodes = (struct fovea_job_nodes){ .n = 0 };
}
