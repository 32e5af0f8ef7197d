/* Labels and scores as infinity's clients read them: see job_write_labels.h. */
#include "server/job_write_labels.h"

#include <string.h>

#include "base/notes.h"
#include "base/size.h"
#include "labels/labels.h"
#include "option/limits.h"
#include "server/job_write_error.h"

enum {
    SCORE_SIZE = 40 /* {"label":"","score":0.12345678}, and its comma */
};

static size_t
count_shown(const struct fovea_request_labels *labels)
{
    return labels->top > 0 && labels->top < labels->n ? labels->top : labels->n;
}

enum fovea_status
fovea_server_check_labels_size(const struct fovea_embed_request *request,
        uint64_t max_size, struct fovea_http_complaint *complaint)
{
    const struct fovea_request_labels *labels = &request->labels;
    size_t n_shown = count_shown(labels);
    uint64_t sum = 0;
    uint64_t longest = 0;
    for (size_t i = 0; i < labels->n; i++) {
        uint64_t size = strlen(labels->names[i]) + SCORE_SIZE;
        sum = fovea_sum_bytes(sum, size);
        longest = size > longest ? size : longest;
    }
    uint64_t size = fovea_product_bytes(request->n_items,
            n_shown == labels->n ? sum : fovea_product_bytes(n_shown, longest));
    return size > max_size
            ? fovea_http_complain(complaint, FOVEA_ERR_BODY_TOO_LARGE, "labels",
                      "%zu labels for each of %zu images are an answer of more "
                      "bytes than a request may have %s: ask for fewer, or for "
                      "the best of them (top_k)",
                      n_shown, request->n_items,
                      fovea_limit_by(FOVEA_OPTION_BODY))
            : FOVEA_OK;
}

static void
add_scores(const struct fovea_server_job *job, size_t index,
        struct fovea_label_score *scores, struct fovea_text *text)
{
    const struct fovea_request_labels *labels = &job->request.labels;
    const struct fovea_model_info *info = job->served->info;
    const struct fovea_labels_scale scale = {
        .scale = (double)info->logit_scale,
        .bias = (double)info->logit_bias,
        .is_sigmoid = info->is_sigmoid,
    };
    size_t dimension = info->embedding_dimension;
    fovea_labels_rank(job->vectors + index * dimension,
            job->vectors + job->request.n_items * dimension, labels->n,
            dimension, &scale, labels->is_raw, scores);
    size_t n_shown = count_shown(labels);
    for (size_t i = 0; i < n_shown; i++) {
        fovea_text_format(text, i > 0 ? ",{\"label\":" : "{\"label\":");
        fovea_text_json_string(text, labels->names[scores[i].index]);
        fovea_text_format(text, ",\"score\":");
        fovea_text_json_float(text, (float)scores[i].score);
        fovea_text_add(text, "}", 1);
    }
}

/* Behind the lists, which have no room for it: what is true of an image. */
static void
add_remarks(const struct fovea_server_job *job, bool are_errors,
        struct fovea_text *text)
{
    size_t n = 0;
    for (size_t i = 0; i < job->request.n_items; i++) {
        const struct fovea_error *error = &job->items[i].error;
        if (are_errors ? error->code == FOVEA_OK
                       : error->code != FOVEA_OK || error->notes == 0) {
            continue;
        }
        fovea_text_format(text, "%s{\"index\":%zu",
                n++ > 0              ? ","
                        : are_errors ? ",\"errors\":["
                                     : ",\"notes\":[",
                i);
        if (are_errors) {
            fovea_text_add(text, ",", 1);
            fovea_server_job_write_error(job, i, text);
        } else {
            fovea_notes_json(text, error->notes, error->message);
        }
        fovea_text_add(text, "}", 1);
    }
    fovea_text_add(text, "]", n > 0);
}

void
fovea_server_job_write_labels(const struct fovea_server_job *job,
        struct fovea_text *text)
{
    FOVEA_AUTO_FREE struct fovea_label_score *scores =
            calloc(job->request.labels.n, sizeof *scores);
    text->failed = text->failed || !scores;
    for (size_t i = 0; scores && i < job->request.n_items; i++) {
        fovea_text_add(text, i > 0 ? ",[" : "[", i > 0 ? 2 : 1);
        if (!job->items[i].error.code) {
            add_scores(job, i, scores, text);
        }
        fovea_text_add(text, "]", 1);
    }
    fovea_text_add(text, "]", 1);
    add_remarks(job, true, text);
    add_remarks(job, false, text);
}
