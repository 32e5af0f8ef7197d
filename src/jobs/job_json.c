/* See job_json.h. */
#include "jobs/job_json.h"

#include <inttypes.h>

#include "base/clock.h"

static void
add_number(struct fovea_text *text, const char *name, bool is_known,
        uint64_t value)
{
    if (is_known) {
        fovea_text_format(text, "\"%s\":%" PRIu64, name, value);
    } else {
        fovea_text_format(text, "\"%s\":null", name);
    }
}

void
fovea_job_json_numbers(const struct fovea_job_progress *progress,
        struct fovea_text *text)
{
    const struct fovea_job_markers *markers = &progress->markers;
    const struct fovea_manifest *manifest = progress->manifest;
    const struct fovea_queue_counts *counts = &progress->counts;
    bool is_known = markers->states != NULL;
    fovea_text_format(text, ",\"state\":\"%s\",\"shards\":{",
            fovea_job_state_name(fovea_job_progress_state(progress)));
    add_number(text, "total", is_known, markers->n_shards);
    fovea_text_add(text, ",", 1);
    add_number(text, "done", is_known, markers->n_done);
    fovea_text_add(text, ",", 1);
    add_number(text, "failed", is_known, markers->n_failed);
    fovea_text_format(text,
            ",\"waiting\":%" PRIu64 ",\"handed_out\":%" PRIu64
            ",\"redelivered\":%" PRIu64 "},\"items\":{",
            counts->n_waiting, counts->n_handed_out, counts->n_redelivered);
    /* Archives that nobody has counted are not in it: then there is no total. */
    add_number(text, "total", is_known && manifest->n_uncounted == 0,
            is_known ? manifest->n_items : 0);
    fovea_text_add(text, ",", 1);
    add_number(text, "done", is_known, markers->n_items_done);
    fovea_text_format(text, "},\"images_per_s\":%.3f,\"n_nodes\":%zu",
            fovea_job_nodes_rate(&progress->nodes), progress->nodes.n);
}

void
fovea_job_json_nodes(const struct fovea_job_progress *progress,
        struct fovea_text *text)
{
    const struct fovea_job_nodes *nodes = &progress->nodes;
    int64_t now_ns = fovea_clock_ns();
    fovea_text_format(text, ",\"nodes\":[");
    for (size_t i = 0; i < nodes->n; i++) {
        const struct fovea_job_node *node = nodes->all[i];
        fovea_text_format(text,
                "%s{\"name\":\"%s\",\"heard_s\":%.3f,\"report\":",
                i > 0 ? "," : "", node->name,
                (double)(now_ns - node->heard_ns) / (double)FOVEA_NS_PER_S);
        fovea_node_report_write(&node->report, text);
        fovea_text_add(text, "}", 1);
    }
    fovea_text_add(text, "]", 1);
}
