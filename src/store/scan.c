/* See scan.h. */
#include "store/scan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "store/best.h"
#include "store/kernels.h"
#include "store/score.h"
#include "store/segment_file.h"

struct run;

/* One query and what is known of its rows. */
struct asked {
    struct run *run;
    const float *query;
    double square;
    int8_t *codes;
    int32_t offset; /* what the 128 that are added to a row's codes make */
    struct fovea_codes_mark mark;
    struct fovea_best best;
};

struct run {
    const struct fovea_scan *scan;
    const struct fovea_kernel *kernel;
    size_t dimension;
    size_t block_rows;
    struct asked *asked;
    size_t n_asked;
    uint8_t *codes; /* of a block */
    struct fovea_codes_mark *marks;
    int32_t *products;
    float *bounds; /* [2][block_rows]: lower, upper */
    float *row;    /* one that is ranked again */
    uint64_t n_scanned;
};

static void
run_finish(struct run *run)
{
    for (size_t i = 0; run->asked && i < run->n_asked; i++) {
        free(run->asked[i].codes);
        fovea_best_finish(&run->asked[i].best);
    }
    free(run->asked);
    free(run->codes);
    free(run->marks);
    free(run->products);
    free(run->bounds);
    free(run->row);
}

/* The true score of a row, from its values. */
static enum fovea_status
score(void *context, uint64_t row, float *score_out, struct fovea_error *err)
{
    const struct asked *asked = context;
    const struct run *run = asked->run;
    size_t i = 0;
    while (row >= fovea_segment_n_rows(run->scan->segments[i])) {
        row -= fovea_segment_n_rows(run->scan->segments[i++]);
    }
    const struct fovea_segment *segment = run->scan->segments[i];
    enum fovea_status status =
            fovea_segment_read(segment, row, 1, run->row, err);
    if (status) {
        return status;
    }
    *score_out =
            fovea_score(asked->query, asked->square, run->row, run->dimension);
    return isnan(*score_out) ? fovea_segment_row_damaged(segment, row, err)
                             : FOVEA_OK;
}

static enum fovea_status
asked_init(struct asked *asked, struct run *run, const float *query, size_t k,
        struct fovea_error *err)
{
    asked->run = run;
    asked->query = query;
    asked->square = fovea_score_square(query, run->dimension);
    if (!isfinite(asked->square) || asked->square <= 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                isfinite(asked->square)
                        ? "the query is all zeros"
                        : "the query has a number that is not finite");
    }
    size_t size = fovea_codes_size(run->dimension);
    asked->codes = malloc(size);
    if (!asked->codes) {
        return fovea_fail_memory(err, size, "a query");
    }
    /* As a row's, and then signed. */
    fovea_codes_make(query, asked->square, run->dimension,
            (uint8_t *)asked->codes, &asked->mark);
    int32_t sum = 0;
    for (size_t i = 0; i < size; i++) {
        asked->codes[i] = (int8_t)((uint8_t)asked->codes[i] - FOVEA_CODES_ZERO);
        sum += asked->codes[i];
    }
    asked->offset = sum * FOVEA_CODES_ZERO;
    asked->best = (struct fovea_best){
        .k = k,
        .floor = run->scan->min_score,
        .score = score,
        .context = asked,
    };
    return fovea_best_init(&asked->best, err);
}

/* Bounds of the scores of the block's rows: see codes.h. */
static void
bound(const struct asked *asked, const struct fovea_codes_mark *marks,
        const int32_t *products, size_t n, float *lower, float *upper)
{
    double scale = (double)asked->mark.scale;
    double residual = (double)asked->mark.residual;
    for (size_t i = 0; i < n; i++) {
        double near = (double)marks[i].scale * scale *
                (double)(products[i] - asked->offset);
        double lost = (double)marks[i].residual;
        double far = lost + (1 + lost) * residual + FOVEA_CODES_SLACK;
        lower[i] = (float)(near - far);
        upper[i] = (float)(near + far);
    }
}

static bool
counts(const struct fovea_scan *scan, uint64_t row)
{
    return !scan->mask || scan->mask[row / 64] >> row % 64 & 1;
}

/* Look at a block's rows for one query; they begin at row `first` of the scan. */
static enum fovea_status
look(struct run *run, struct asked *asked, const struct fovea_segment *segment,
        uint64_t row, size_t n, uint64_t first, struct fovea_error *err)
{
    float *lower = run->bounds;
    float *upper = run->bounds + run->block_rows;
    run->kernel->products(run->codes, n, segment->layout.code_size,
            asked->codes, run->products);
    bound(asked, run->marks, run->products, n, lower, upper);
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < n; i++) {
        /* Neither below nor a number: what is damaged is looked at. */
        if (upper[i] < asked->best.highest || !counts(run->scan, first + i)) {
            continue;
        }
        if (!isfinite(upper[i]) || !isfinite(lower[i])) {
            return fovea_segment_row_damaged(segment, row + i, err);
        }
        status = fovea_best_add(&asked->best, first + i, lower[i], upper[i],
                err);
    }
    return status;
}

static bool
any_counts(const struct fovea_scan *scan, uint64_t first, size_t n,
        uint64_t *n_scanned)
{
    size_t n_here = 0;
    for (size_t i = 0; i < n; i++) {
        n_here += counts(scan, first + i);
    }
    *n_scanned += n_here;
    return n_here > 0;
}

static enum fovea_status
scan_segment(struct run *run, const struct fovea_segment *segment,
        uint64_t first, struct fovea_error *err)
{
    const struct fovea_scan *scan = run->scan;
    uint64_t n_rows = fovea_segment_n_rows(segment);
    enum fovea_status status = FOVEA_OK;
    for (uint64_t row = 0; !status && row < n_rows;) {
        size_t n = fovea_segment_rows_together(&segment->layout, row,
                n_rows - row);
        if (scan->is_cancelled && scan->is_cancelled(scan->context)) {
            return fovea_fail(err, FOVEA_ERR_CANCELLED,
                    "the search was cancelled");
        }
        if (any_counts(scan, first + row, n, &run->n_scanned)) {
            status = fovea_segment_read_codes(segment, row, n, run->codes,
                    run->marks, err);
            for (size_t i = 0; !status && i < run->n_asked; i++) {
                status = look(run, &run->asked[i], segment, row, n, first + row,
                        err);
            }
        }
        row += n;
    }
    return status;
}

static enum fovea_status
run_init(struct run *run, const float *queries, struct fovea_error *err)
{
    const struct fovea_scan *scan = run->scan;
    uint64_t n_rows = 0;
    for (size_t i = 0; i < scan->n_segments; i++) {
        const struct fovea_segment *segment = scan->segments[i];
        if (segment->layout.dimension != run->dimension) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "segments of %zu and of %zu numbers a vector",
                    run->dimension, segment->layout.dimension);
        }
        n_rows += fovea_segment_n_rows(segment);
    }
    size_t n = run->block_rows;
    run->asked = calloc(run->n_asked, sizeof *run->asked);
    run->codes = malloc(n * fovea_codes_size(run->dimension));
    run->marks = malloc(n * sizeof *run->marks);
    run->products = malloc(n * sizeof *run->products);
    run->bounds = malloc(2 * n * sizeof *run->bounds);
    run->row = malloc(run->dimension * sizeof *run->row);
    if (!run->asked || !run->codes || !run->marks || !run->products ||
            !run->bounds || !run->row) {
        return fovea_fail_memory(err, n * fovea_codes_size(run->dimension),
                "a search");
    }
    enum fovea_status status = FOVEA_OK;
    size_t k = scan->k > n_rows ? (size_t)n_rows : scan->k;
    for (size_t i = 0; !status && i < run->n_asked; i++) {
        status = asked_init(&run->asked[i], run, queries + i * run->dimension,
                k, err);
    }
    return status;
}

/* Hand the hits over. */
static void
take_hits(struct run *run, struct fovea_hits *hits_out)
{
    for (size_t i = 0; i < run->n_asked; i++) {
        struct fovea_best *best = &run->asked[i].best;
        hits_out[i] = (struct fovea_hits){
            .hits = FOVEA_TAKE(best->hits),
            .n = best->n_hits,
            .n_scanned = run->n_scanned,
            .n_reranked = best->n_scored,
        };
    }
}

enum fovea_status
fovea_scan_run(const struct fovea_scan *scan, const float *queries,
        size_t n_queries, struct fovea_hits *hits_out, struct fovea_error *err)
{
    memset(hits_out, 0, n_queries * sizeof *hits_out);
    if (isnan(scan->min_score)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the least score is not a number");
    }
    if (n_queries == 0 || scan->n_segments == 0) {
        return FOVEA_OK;
    }
    FOVEA_AUTO(run_finish)
    struct run run = {
        .scan = scan,
        .kernel = fovea_kernel_best(),
        .dimension = scan->segments[0]->layout.dimension,
        .block_rows = scan->segments[0]->layout.block_rows,
        .n_asked = n_queries,
    };
    enum fovea_status status = run_init(&run, queries, err);
    uint64_t first = 0;
    for (size_t i = 0; !status && i < scan->n_segments; i++) {
        status = scan_segment(&run, scan->segments[i], first, err);
        first += fovea_segment_n_rows(scan->segments[i]);
    }
    for (size_t i = 0; !status && i < n_queries; i++) {
        status = fovea_best_settle(&run.asked[i].best, err);
    }
    if (!status) {
        take_hits(&run, hits_out);
    }
    return status;
}
