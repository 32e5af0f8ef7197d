/* See find.h. */
#include "find/find.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "index/rows.h"
#include "store/scan.h"

enum fovea_status
fovea_find_set(struct fovea_index_folder *folder, const char *model,
        bool needs_words, const struct fovea_index_set **set_out,
        struct fovea_error *err)
{
    const struct fovea_index_set *sets = NULL;
    size_t n = 0;
    enum fovea_status status = model
            ? fovea_index_set_find(folder, model, set_out, err)
            : fovea_index_sets(folder, &sets, &n, err);
    if (status) {
        return status;
    }
    if (model && needs_words && !(*set_out)->key.has_words) {
        return fovea_fail(err, FOVEA_ERR_INDEX_MODEL,
                "the model %s takes no words: choose another set, or ask with a "
                "picture",
                model);
    }
    if (model) {
        return FOVEA_OK;
    }
    for (size_t i = 0; i < n; i++) {
        if (sets[i].key.has_words) {
            *set_out = &sets[i];
            return FOVEA_OK;
        }
    }
    if (needs_words) {
        return fovea_fail(err, FOVEA_ERR_INDEX_MODEL,
                "the index has no vectors of a model that takes words: fovea "
                "pull openai/clip-vit-base-patch32, then fovea index -m "
                "openai/clip-vit-base-patch32");
    }
    if (n == 0) {
        return fovea_fail(err, FOVEA_ERR_INDEX_MODEL,
                "the index has no vectors yet");
    }
    *set_out = &sets[0];
    return FOVEA_OK;
}

/* Take contents out of a mask, which is made where there is none. */
static enum fovea_status
leave_out(struct fovea_index_folder *folder, const struct fovea_index_set *set,
        const struct fovea_find_request *request, uint64_t **mask,
        struct fovea_error *err)
{
    size_t n_words = (size_t)(set->n_rows / 64 + 1);
    if (!*mask && request->n_without > 0) {
        *mask = malloc(n_words * sizeof **mask);
        if (!*mask) {
            return fovea_fail_memory(err, n_words * sizeof **mask,
                    "the rows to search");
        }
        memset(*mask, 0xff, n_words * sizeof **mask);
    }
    for (size_t i = 0; i < request->n_without; i++) {
        uint64_t row = 0;
        enum fovea_status status = fovea_index_content_row(folder, set,
                request->without[i], &row, err);
        if (!status) {
            (*mask)[row / 64] &= ~(UINT64_C(1) << row % 64);
        } else if (status != FOVEA_ERR_NO_ITEM) {
            return status;
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
scan(struct fovea_index_folder *folder, const struct fovea_index_set *set,
        const struct fovea_find_request *request, struct fovea_hits *hits,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE uint64_t *mask = NULL;
    uint64_t n = 0;
    enum fovea_status status =
            fovea_index_mask(folder, set, request->filter, &mask, &n, err);
    if (!status) {
        status = leave_out(folder, set, request, &mask, err);
    }
    if (status) {
        return status;
    }
    const struct fovea_scan settings = {
        .segments = set->segments,
        .n_segments = set->n_segments,
        .mask = mask,
        .k = request->n_best,
        .min_score = request->min_score,
        .is_cancelled = request->is_cancelled,
        .context = request->context,
    };
    return fovea_scan_run(&settings, request->query, 1, hits, err);
}

static enum fovea_status
load_hits(struct fovea_index_folder *folder, const struct fovea_index_set *set,
        const struct fovea_find_request *request, const struct fovea_hits *hits,
        struct fovea_findings *findings, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_picture_roots_finish) struct fovea_picture_roots roots;
    enum fovea_status status = fovea_picture_roots_load(folder, &roots, err);
    for (size_t i = 0; i < hits->n && !status; i++) {
        struct fovea_find_hit *hit = &findings->hits[findings->n++];
        int64_t content = 0;
        hit->score = hits->hits[i].score;
        hit->row = hits->hits[i].row;
        status = fovea_index_row_content(folder, set, hit->row, &content, err);
        if (!status) {
            status = fovea_picture_load(folder, &roots, content,
                    request->filter, &hit->picture, err);
        }
    }
    return status;
}

enum fovea_status
fovea_find(struct fovea_index_folder *folder, const struct fovea_index_set *set,
        const struct fovea_find_request *request,
        struct fovea_findings *findings_out, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_hits_finish) struct fovea_hits hits = { .n = 0 };
    enum fovea_status status = scan(folder, set, request, &hits, err);
    if (status) {
        return status;
    }
    struct fovea_findings findings = {
        .hits = calloc(hits.n + 1, sizeof *findings.hits),
        .n_scanned = hits.n_scanned,
        .n_reranked = hits.n_reranked,
    };
    status = findings.hits
            ? load_hits(folder, set, request, &hits, &findings, err)
            : fovea_fail_memory(err, hits.n * sizeof *findings.hits,
                      "the hits");
    if (status) {
        fovea_findings_finish(&findings);
        return status;
    }
    *findings_out = findings;
    return FOVEA_OK;
}

void
fovea_findings_finish(struct fovea_findings *findings)
{
    for (size_t i = 0; i < findings->n; i++) {
        fovea_picture_finish(&findings->hits[i].picture);
    }
    free(findings->hits);
    *findings = (struct fovea_findings){ .n = 0 };
}
