/* See pairs.h. */
#include "store/pairs.h"

#include <math.h>
#include <pthread.h>

#include "base/error.h"
#include "base/thread.h"
#include "store/score.h"
#include "store/tiles.h"

/* What the threads share. A task is a chunk against a panel; tasks are taken in
   their order, and what they found is given away in it. */
struct search {
    const struct fovea_pairs *pairs;
    struct fovea_rows rows;
    size_t panel_rows;
    size_t chunk_rows;
    uint64_t total;
    pthread_mutex_t mu;
    pthread_cond_t turn;
    /* guarded by mu */
    uint64_t panel; /* of the next task: first rows */
    uint64_t chunk;
    uint64_t n_taken;
    uint64_t n_given;
    uint64_t done;
    uint64_t n_reranked;
    enum fovea_status status; /* of the first that failed, and its error */
    struct fovea_error error;
};

struct task {
    uint64_t number;
    uint64_t panel;
    uint64_t chunk;
};

/* A thread's own. */
struct finder {
    struct search *search;
    struct fovea_tiles tiles;
    float *first; /* [dimension]: values of a pair's rows */
    float *second;
    uint64_t n_reranked; /* of the task */
};

static void
finder_finish(struct finder *finder)
{
    fovea_tiles_finish(&finder->tiles);
    free(finder->first);
    free(finder->second);
}

static enum fovea_status
finder_init(struct finder *finder, struct search *search,
        struct fovea_error *err)
{
    size_t size = search->rows.dimension * sizeof *finder->first;
    *finder = (struct finder){
        .search = search,
        .first = malloc(size),
        .second = malloc(size),
    };
    if (!finder->first || !finder->second) {
        return fovea_fail_memory(err, size, "a row");
    }
    const struct fovea_kernel *kernel = search->pairs->kernel;
    return fovea_tiles_init(&search->rows,
            kernel ? kernel : fovea_kernel_best(), &finder->tiles, err);
}

/* With the lock. */
static void
note_failure(struct search *search, enum fovea_status status,
        const struct fovea_error *error)
{
    if (status && !search->status) {
        search->status = status;
        search->error = *error;
    }
    (void)pthread_cond_broadcast(&search->turn);
}

/* The next task; false if there is none, or somebody failed. */
static bool
take_task(struct search *search, struct task *task_out)
{
    (void)pthread_mutex_lock(&search->mu);
    bool is_there = !search->status && search->panel < search->rows.n;
    if (is_there) {
        *task_out = (struct task){
            .number = search->n_taken++,
            .panel = search->panel,
            .chunk = search->chunk,
        };
        search->chunk += search->chunk_rows;
        if (search->chunk >= search->rows.n) {
            search->panel += search->panel_rows;
            search->chunk = search->panel;
        }
    }
    (void)pthread_mutex_unlock(&search->mu);
    return is_there;
}

/* Keep the pairs whose scores reach the threshold, and write the scores down. */
static enum fovea_status
score_pairs(struct finder *finder, struct fovea_error *err)
{
    struct fovea_tiles *tiles = &finder->tiles;
    const struct fovea_rows *rows = &finder->search->rows;
    double square = 0;
    size_t n = 0;
    for (size_t i = 0; i < tiles->n_pairs; i++) {
        struct fovea_pair pair = tiles->pairs[i];
        enum fovea_status status = FOVEA_OK;
        if (i == 0 || pair.first != tiles->pairs[i - 1].first) {
            status = fovea_rows_read(rows, pair.first, finder->first, err);
            square = fovea_score_square(finder->first, rows->dimension);
        }
        if (!status) {
            status = fovea_rows_score(rows, pair.second, finder->first, square,
                    finder->second, &pair.score, err);
        }
        if (status) {
            return status;
        }
        if (pair.score >= finder->search->pairs->threshold) {
            tiles->pairs[n++] = pair;
        }
    }
    finder->n_reranked = tiles->n_pairs;
    tiles->n_pairs = n;
    return FOVEA_OK;
}

static size_t
rows_from(const struct search *search, uint64_t first, size_t most)
{
    uint64_t left = search->rows.n - first;
    return left < most ? (size_t)left : most;
}

static enum fovea_status
do_task(struct finder *finder, const struct task *task, struct fovea_error *err)
{
    const struct search *search = finder->search;
    const struct fovea_pairs *pairs = search->pairs;
    struct fovea_tiles *tiles = &finder->tiles;
    enum fovea_status status = FOVEA_OK;
    if (pairs->is_cancelled && pairs->is_cancelled(pairs->context)) {
        return fovea_fail(err, FOVEA_ERR_CANCELLED,
                "the search for duplicates was cancelled");
    }
    if (tiles->panel.n == 0 || tiles->panel.first != task->panel) {
        status = fovea_tiles_set_panel(tiles, task->panel,
                rows_from(search, task->panel, search->panel_rows), err);
    }
    if (!status) {
        status = fovea_tiles_set_chunk(tiles, task->chunk,
                rows_from(search, task->chunk, search->chunk_rows), err);
    }
    if (!status) {
        status = fovea_tiles_compare(tiles, pairs->threshold, err);
    }
    return status ? status : score_pairs(finder, err);
}

/* Give away what a task found, once it is its turn. */
static enum fovea_status
give(struct finder *finder, const struct task *task, struct fovea_error *err)
{
    struct search *search = finder->search;
    const struct fovea_pairs *pairs = search->pairs;
    const struct fovea_tiles *tiles = &finder->tiles;
    (void)pthread_mutex_lock(&search->mu);
    while (!search->status && search->n_given < task->number) {
        (void)pthread_cond_wait(&search->turn, &search->mu);
    }
    bool goes_on = !search->status;
    search->done += (uint64_t)tiles->panel.n * tiles->chunk.n;
    search->n_reranked += finder->n_reranked;
    uint64_t done = search->done;
    (void)pthread_mutex_unlock(&search->mu);
    enum fovea_status status = FOVEA_OK;
    if (goes_on) {
        status = pairs->found(pairs->context, tiles->pairs, tiles->n_pairs,
                done, search->total, err);
    }
    (void)pthread_mutex_lock(&search->mu);
    search->n_given++;
    note_failure(search, status, err); /* before anybody's turn comes */
    (void)pthread_mutex_unlock(&search->mu);
    return status;
}

static void *
find(void *context)
{
    struct search *search = context;
    struct fovea_error error;
    FOVEA_AUTO(finder_finish) struct finder finder = { 0 };
    struct task task;
    enum fovea_status status = finder_init(&finder, search, &error);
    while (!status && take_task(search, &task)) {
        status = do_task(&finder, &task, &error);
        if (!status) {
            status = give(&finder, &task, &error);
        }
    }
    (void)pthread_mutex_lock(&search->mu);
    note_failure(search, status, &error);
    (void)pthread_mutex_unlock(&search->mu);
    return NULL;
}

/* With as many threads as can be had. */
static void
find_together(struct search *search, pthread_t *threads, size_t n_threads)
{
    size_t n = 0;
    while (n < n_threads &&
            fovea_thread_create(&threads[n], find, search) == 0) {
        n++;
    }
    (void)find(search);
    while (n > 0) {
        (void)pthread_join(threads[--n], NULL);
    }
}

enum fovea_status
fovea_pairs_run(const struct fovea_pairs *pairs, uint64_t *n_reranked_out,
        struct fovea_error *err)
{
    if (isnan(pairs->threshold)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the threshold is not a number");
    }
    struct search search = {
        .pairs = pairs,
        .mu = PTHREAD_MUTEX_INITIALIZER,
        .turn = PTHREAD_COND_INITIALIZER,
    };
    enum fovea_status status = fovea_rows_init(pairs->segments,
            pairs->n_segments, pairs->mask, &search.rows, err);
    if (status) {
        return status;
    }
    size_t n_others = pairs->n_threads > 1 ? pairs->n_threads - 1 : 0;
    FOVEA_AUTO_FREE pthread_t *threads = calloc(n_others + 1, sizeof *threads);
    if (!threads) {
        return fovea_fail_memory(err, n_others * sizeof *threads, "threads");
    }
    if (search.rows.n > 0) {
        search.panel_rows = fovea_panel_rows(search.rows.code_size);
        search.chunk_rows = fovea_chunk_rows(search.rows.code_size);
        for (uint64_t i = 0; i < search.rows.n; i += search.panel_rows) {
            search.total += (search.rows.n - i) *
                    rows_from(&search, i, search.panel_rows);
        }
        find_together(&search, threads, n_others);
    }
    if (search.status && err) {
        *err = search.error;
    }
    if (!search.status) {
        *n_reranked_out = search.n_reranked;
    }
    return search.status;
}
