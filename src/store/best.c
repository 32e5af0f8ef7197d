/* See best.h. */
#include "store/best.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum {
    FIRST_HITS = 64
};

static bool
is_better(const struct fovea_hit *a, const struct fovea_hit *b)
{
    return a->score > b->score || (!(a->score < b->score) && a->row < b->row);
}

static int
compare_hits(const void *one, const void *other)
{
    return is_better(one, other) ? -1 : is_better(other, one);
}

static int
compare_promise(const void *one, const void *other)
{
    const struct fovea_candidate *a = one;
    const struct fovea_candidate *b = other;
    return a->upper > b->upper    ? -1
            : a->upper < b->upper ? 1
            : a->row < b->row     ? -1
                                  : a->row > b->row;
}

static int
compare_bounds(const void *one, const void *other)
{
    float a = *(const float *)one;
    float b = *(const float *)other;
    return a > b ? -1 : a < b;
}

enum fovea_status
fovea_best_init(struct fovea_best *best, struct fovea_error *err)
{
    best->highest = best->floor;
    best->capacity = best->k > FOVEA_BEST_CANDIDATES / 2
            ? 2 * best->k
            : FOVEA_BEST_CANDIDATES;
    best->hits_capacity = best->k;
    best->candidates =
            reallocarray(NULL, best->capacity, sizeof *best->candidates);
    best->bounds =
            reallocarray(NULL, best->capacity + best->k, sizeof *best->bounds);
    best->hits = best->k > 0 ? reallocarray(NULL, best->k, sizeof *best->hits)
                             : NULL;
    return best->candidates && best->bounds && (best->hits || best->k == 0)
            ? FOVEA_OK
            : fovea_fail_memory(err, best->capacity * sizeof *best->candidates,
                      "the best rows");
}

void
fovea_best_finish(struct fovea_best *best)
{
    free(best->candidates);
    free(best->bounds);
    free(best->hits);
}

/* Put a hit where it belongs in a heap whose first `at` places have a gap. */
static void
sink(struct fovea_hit *heap, size_t n, size_t at, struct fovea_hit hit)
{
    for (size_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && is_better(&heap[child], &heap[child + 1])) {
            child++;
        }
        if (!is_better(&hit, &heap[child])) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = hit;
}

static void
rise(struct fovea_hit *heap, size_t at, struct fovea_hit hit)
{
    while (at > 0 && is_better(&heap[(at - 1) / 2], &hit)) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = hit;
}

static enum fovea_status
add_to_all(struct fovea_best *best, struct fovea_hit hit,
        struct fovea_error *err)
{
    if (best->n_hits == best->hits_capacity) {
        size_t capacity = 2 * best->hits_capacity + FIRST_HITS;
        struct fovea_hit *hits =
                reallocarray(best->hits, capacity, sizeof *hits);
        if (!hits) {
            return fovea_fail_memory(err, capacity * sizeof *hits, "the hits");
        }
        best->hits = hits;
        best->hits_capacity = capacity;
    }
    best->hits[best->n_hits++] = hit;
    return FOVEA_OK;
}

static enum fovea_status
add_hit(struct fovea_best *best, struct fovea_hit hit, struct fovea_error *err)
{
    if (hit.score < best->floor) {
        return FOVEA_OK;
    }
    if (best->k == 0) {
        return add_to_all(best, hit, err);
    }
    if (best->n_hits < best->k) {
        rise(best->hits, best->n_hits++, hit);
    } else if (is_better(&hit, &best->hits[0])) {
        sink(best->hits, best->n_hits, 0, hit);
    }
    if (best->n_hits == best->k && best->hits[0].score > best->highest) {
        best->highest = best->hits[0].score;
    }
    return FOVEA_OK;
}

/* Give candidates their scores while they can still be hits. */
static enum fovea_status
score_candidates(struct fovea_best *best, struct fovea_error *err)
{
    if (best->k > 0 && best->n > 0) {
        qsort(best->candidates, best->n, sizeof *best->candidates,
                compare_promise);
    }
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < best->n &&
            !(best->candidates[i].upper < best->highest);
            i++) {
        struct fovea_hit hit = { .row = best->candidates[i].row };
        status = best->score(best->context, hit.row, &hit.score, err);
        if (!status) {
            best->n_scored++;
            status = add_hit(best, hit, err);
        }
    }
    best->n = 0;
    return status;
}

/* Let go of candidates that k others are better than for sure. */
static void
prune(struct fovea_best *best)
{
    size_t n = 0;
    for (size_t i = 0; i < best->n; i++) {
        best->bounds[n++] = best->candidates[i].lower;
    }
    for (size_t i = 0; i < best->n_hits; i++) {
        best->bounds[n++] = best->hits[i].score;
    }
    if (n >= best->k) {
        qsort(best->bounds, n, sizeof *best->bounds, compare_bounds);
        float bound = best->bounds[best->k - 1];
        best->highest = bound > best->highest ? bound : best->highest;
    }
    size_t kept = 0;
    for (size_t i = 0; i < best->n; i++) {
        if (!(best->candidates[i].upper < best->highest)) {
            best->candidates[kept++] = best->candidates[i];
        }
    }
    best->n = kept;
}

enum fovea_status
fovea_best_add(struct fovea_best *best, uint64_t row, float lower, float upper,
        struct fovea_error *err)
{
    if (upper < best->highest) {
        return FOVEA_OK;
    }
    best->candidates[best->n++] = (struct fovea_candidate){
        .row = row,
        .lower = lower,
        .upper = upper,
    };
    if (best->n < best->capacity) {
        return FOVEA_OK;
    }
    if (best->k > 0) {
        prune(best);
    }
    return best->n > best->capacity / 2 ? score_candidates(best, err)
                                        : FOVEA_OK;
}

enum fovea_status
fovea_best_settle(struct fovea_best *best, struct fovea_error *err)
{
    enum fovea_status status = score_candidates(best, err);
    if (!status && best->n_hits > 0) {
        qsort(best->hits, best->n_hits, sizeof *best->hits, compare_hits);
    }
    return status;
}
