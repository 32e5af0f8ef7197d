/* A node's report as metrics: see node_metrics.h. */
#include "jobs/node_metrics.h"

#include "base/exposition.h"

static void
add_states(const struct fovea_node_report *report, const char *labels,
        struct fovea_text *text)
{
    fovea_exposition_head(text, "node_state", "gauge",
            "1 for the state that the node is in.");
    for (unsigned i = 0; i < FOVEA_N_NODE_STATES; i++) {
        enum fovea_node_state state = (enum fovea_node_state)i;
        fovea_text_format(text, "fovea_node_state{%sstate=\"%s\"} %d\n", labels,
                fovea_node_state_name(state), report->state == state);
    }
}

/* Of the shards in work. */
static void
add_shards(const struct fovea_node_report *report, const char *labels,
        struct fovea_text *text)
{
    uint64_t n_left = 0;
    for (size_t i = 0; i < report->n_shards; i++) {
        const struct fovea_node_shard *shard = &report->shards[i];
        n_left += shard->n_items > shard->n_done
                ? shard->n_items - shard->n_done
                : 0;
    }
    fovea_exposition_head(text, "node_shards", "gauge", "Shards in work.");
    fovea_exposition_sample(text, "node_shards", labels, report->n_shards);
    fovea_exposition_head(text, "node_items_left", "gauge",
            "Images of the shards in work that are not done; those of archives "
            "that are not counted before are left out.");
    fovea_exposition_sample(text, "node_items_left", labels, n_left);
}

void
fovea_node_metrics_write(const struct fovea_node_report *report,
        const char *job, struct fovea_text *text)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text labels = { 0 };
    fovea_exposition_label(&labels, "job", job);
    fovea_exposition_head(text, "build_info", "gauge",
            "Always 1; the version is a label.");
    fovea_text_format(text, "fovea_build_info{version=\"%s\"} 1\n",
            report->version);
    if (fovea_text_failed(&labels)) {
        text->failed = true;
        return;
    }
#define X(member, name, metric, type, help)          \
    fovea_exposition_head(text, metric, type, help); \
    fovea_exposition_sample(text, metric, labels.data, report->member);
#include "jobs/node_number.def"
#undef X
    fovea_exposition_head(text, "node_items_per_second", "gauge",
            "Images a second in the last minute.");
    fovea_text_format(text, "fovea_node_items_per_second{%.*s} %.3f\n",
            (int)labels.size - 1, labels.data, report->rate);
    add_states(report, labels.data, text);
    add_shards(report, labels.data, text);
}
