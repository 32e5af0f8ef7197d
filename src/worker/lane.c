/* See lane.h. */
#include "worker/lane.h"

#include "base/clock.h"
#include "base/error.h"

/* With an engine every row of a run stands in memory until the last item is
   decoded; without one they leave one by one. */
static size_t
count_rows(const struct fovea_lane *lane)
{
    return lane->options->embedder.engine ? lane->capacity : 1;
}

enum fovea_status
fovea_lane_init(struct fovea_lane *lane,
        const struct fovea_lane_options *options, unsigned number,
        size_t capacity, struct fovea_error *err)
{
    const struct fovea_decoder *decoder = &options->decoder;
    *lane = (struct fovea_lane){
        .options = options,
        .capacity = capacity,
        .row_bytes = decoder->reader->row_bytes(&decoder->options),
    };
    size_t n_rows = count_rows(lane);
    lane->rows = calloc(n_rows, lane->row_bytes);
    lane->indices = calloc(capacity, sizeof *lane->indices);
    lane->decode_ns = calloc(capacity, sizeof *lane->decode_ns);
    lane->facts = calloc(capacity, sizeof *lane->facts);
    lane->errors = calloc(capacity, sizeof *lane->errors);
    if (!lane->rows || !lane->indices || !lane->decode_ns || !lane->facts ||
            !lane->errors) {
        return fovea_fail_memory(err, n_rows * lane->row_bytes,
                "a batch of rows");
    }
    if (!options->embedder.engine) {
        return FOVEA_OK;
    }
    return fovea_embedder_init(&lane->embedder, &options->embedder, number,
            capacity, err);
}

void
fovea_lane_finish(struct fovea_lane *lane)
{
    fovea_embedder_finish(&lane->embedder);
    free(lane->rows);
    free(lane->indices);
    free(lane->decode_ns);
    free(lane->facts);
    free(lane->errors);
}

size_t
fovea_lane_result_bytes(const struct fovea_lane *lane)
{
    return lane->options->embedder.engine
            ? lane->embedder.dimension * sizeof(float)
            : lane->row_bytes;
}

size_t
fovea_lane_scratch_bytes(const struct fovea_lane *lane)
{
    size_t rows = count_rows(lane) * lane->row_bytes;
    return lane->options->embedder.engine
            ? rows + lane->capacity * fovea_lane_result_bytes(lane)
            : rows;
}

/* One item to a row, into a place of the lane. It is done with if that
   fails. */
static bool
decode(const struct fovea_lane *lane, const struct fovea_worker_job *job,
        size_t index, size_t place)
{
    struct fovea_item_result result = {
        .index = index,
        .error = &lane->errors[place],
    };
    if (fovea_decode_item(&lane->options->decoder, job, index,
                lane->rows + place * lane->row_bytes, &lane->facts[place],
                &result.decode_ns, &lane->errors[place])) {
        job->done(job->context, &result);
        return false;
    }
    job->decoded(job->context, index, result.decode_ns);
    lane->indices[place] = index;
    lane->decode_ns[place] = result.decode_ns;
    return true;
}

/* Without an engine a row is a result. */
static void
run_rows(const struct fovea_lane *lane, const struct fovea_worker_job *job,
        size_t first, size_t n)
{
    for (size_t i = first; i < first + n; i++) {
        if (decode(lane, job, i, 0)) {
            const struct fovea_item_result result = {
                .index = i,
                .error = &lane->errors[0],
                .row = lane->rows,
                .facts = &lane->facts[0],
                .decode_ns = lane->decode_ns[0],
            };
            job->done(job->context, &result);
        }
    }
}

/* The forward pass is over, well or not. */
static void
finish_item(struct fovea_lane *lane, const struct fovea_worker_job *job,
        size_t place, const struct fovea_error *forward, int64_t forward_ns)
{
    struct fovea_error error = forward->code ? *forward : lane->errors[place];
    const float *vector = NULL;
    size_t index = lane->indices[place];
    if (!error.code) {
        (void)!fovea_embedder_vector(&lane->embedder, place,
                job->flags[index].raw, &vector, &error);
    }
    const struct fovea_item_result result = {
        .index = index,
        .error = &error,
        .row = vector,
        .facts = &lane->facts[place],
        .decode_ns = lane->decode_ns[place],
        .forward_ns = forward_ns,
    };
    job->done(job->context, &result);
}

static void
run_vectors(struct fovea_lane *lane, const struct fovea_worker_job *job,
        size_t first, size_t n)
{
    size_t n_good = 0;
    for (size_t i = first; i < first + n; i++) {
        n_good += decode(lane, job, i, n_good);
    }
    if (n_good == 0) {
        return;
    }
    struct fovea_error error = { .code = FOVEA_OK };
    int64_t start = fovea_clock_ns();
    if (fovea_embedder_run(&lane->embedder, lane->rows, n_good, &error)) {
        FOVEA_ASSERT(error.code != FOVEA_OK);
    }
    int64_t share = (fovea_clock_ns() - start) / (int64_t)n_good;
    for (size_t i = 0; i < n_good; i++) {
        finish_item(lane, job, i, &error, share);
    }
}

void
fovea_lane_run(struct fovea_lane *lane, const struct fovea_worker_job *job,
        size_t first, size_t n)
{
    FOVEA_ASSERT(n <= lane->capacity);
    if (lane->options->embedder.engine) {
        run_vectors(lane, job, first, n);
    } else {
        run_rows(lane, job, first, n);
    }
}
