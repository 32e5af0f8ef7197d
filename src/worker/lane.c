/* See lane.h. */
#include "worker/lane.h"

#include <malloc.h>
#include <math.h>

#include "base/clock.h"
#include "base/error.h"
#include "checkpoint/estimate.h"
#include "image/preprocess.h"

static size_t
dimension_of(const struct fovea_lane *lane)
{
    return lane->options->weights->tower.dimension;
}

/* With a model every image of a run stands in memory until the last one is
   decoded; without one they leave one by one. */
enum fovea_status
fovea_lane_init(struct fovea_lane *lane,
        const struct fovea_crew_options *options, size_t capacity,
        struct fovea_error *err)
{
    size_t n_pixels = options->weights ? capacity : 1;
    *lane = (struct fovea_lane){
        .options = options,
        .capacity = capacity,
        .pixels_size = 3 * (size_t)options->settings.crop_height_px *
                options->settings.crop_width_px,
    };
    lane->pixels = calloc(n_pixels, lane->pixels_size);
    lane->indices = calloc(capacity, sizeof *lane->indices);
    lane->decode_ns = calloc(capacity, sizeof *lane->decode_ns);
    lane->results = calloc(capacity, sizeof *lane->results);
    if (!lane->pixels || !lane->indices || !lane->decode_ns || !lane->results) {
        return fovea_fail_memory(err, n_pixels * lane->pixels_size,
                "a batch of images");
    }
    if (!options->weights) {
        return FOVEA_OK;
    }
    lane->embeds = calloc(capacity, dimension_of(lane) * sizeof(float));
    if (!lane->embeds) {
        return fovea_fail_memory(err,
                capacity * dimension_of(lane) * sizeof(float),
                "a batch of vectors");
    }
    return fovea_vit_create(options->weights, &options->settings, capacity,
            &lane->vit, err);
}

void
fovea_lane_finish(struct fovea_lane *lane)
{
    fovea_vit_destroy(lane->vit);
    free(lane->pixels);
    free(lane->embeds);
    free(lane->indices);
    free(lane->decode_ns);
    free(lane->results);
}

static void
tell(const struct fovea_crew_job *job, const struct fovea_outcome *outcome)
{
    job->done(job->context, outcome);
}

/* An image that wants memory. */
struct asker {
    const struct fovea_crew_job *job;
    size_t index;
    bool has_asked;
};

static enum fovea_status
ask(void *context, uint64_t bytes, struct fovea_error *err)
{
    struct asker *asker = context;
    const struct fovea_crew_job *job = asker->job;
    if (bytes <= FOVEA_DECODE_FREE_BYTES || !job->ask) {
        return FOVEA_OK;
    }
    asker->has_asked = true;
    return job->ask(job->context, asker->index, bytes - FOVEA_DECODE_FREE_BYTES,
            err);
}

/* One image to pixels, into a place of the lane. It is done with if that fails.
   What it was granted goes back to the system before anybody hears that it is
   free. */
static bool
prepare(const struct fovea_lane *lane, const struct fovea_crew_job *job,
        size_t index, size_t slot)
{
    struct fovea_error *result = &lane->results[slot];
    struct asker asker = { .job = job, .index = index };
    const struct fovea_allowance allowance = { .context = &asker, .ask = ask };
    int64_t start = fovea_clock_ns();
    enum fovea_status status = fovea_preprocess_image(&lane->options->settings,
            &lane->options->limits, &allowance, &job->inputs[index],
            lane->pixels + slot * lane->pixels_size, result);
    int64_t decode_ns = fovea_clock_ns() - start;
    fovea_input_finish(&job->inputs[index]);
    if (asker.has_asked) {
        (void)malloc_trim(0);
    }
    if (status) {
        tell(job,
                &(struct fovea_outcome){ .index = index,
                        .result = result,
                        .decode_ns = decode_ns });
        return false;
    }
    job->decoded(job->context, index, decode_ns);
    lane->indices[slot] = index;
    lane->decode_ns[slot] = decode_ns;
    return true;
}

static void
run_pixels(const struct fovea_lane *lane, const struct fovea_crew_job *job,
        size_t first, size_t n)
{
    for (size_t i = first; i < first + n; i++) {
        if (prepare(lane, job, i, 0)) {
            tell(job,
                    &(struct fovea_outcome){ .index = i,
                            .result = &lane->results[0],
                            .row = lane->pixels,
                            .decode_ns = lane->decode_ns[0] });
        }
    }
}

/* Scale to length 1. False if a value is not finite or all are 0. */
static bool
normalise(float *vector, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)vector[i] * (double)vector[i];
    }
    if (!isfinite(sum) || sum <= 0.0) {
        return false;
    }
    double factor = 1.0 / sqrt(sum);
    for (size_t i = 0; i < n; i++) {
        vector[i] = (float)((double)vector[i] * factor);
    }
    return true;
}

static bool
all_finite(const float *vector, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(vector[i])) {
            return false;
        }
    }
    return true;
}

/* The forward pass is over, well or not. */
static void
finish_image(const struct fovea_lane *lane, const struct fovea_crew_job *job,
        size_t slot, const struct fovea_error *forward, int64_t forward_ns)
{
    size_t dimension = dimension_of(lane);
    float *vector = lane->embeds + slot * dimension;
    struct fovea_error result = forward->code ? *forward : lane->results[slot];
    size_t index = lane->indices[slot];
    if (!result.code &&
            !(job->raw[index] ? all_finite(vector, dimension)
                              : normalise(vector, dimension))) {
        (void)fovea_fail(&result, FOVEA_ERR_MODEL_WEIGHTS,
                "the model's output for this image is not a finite vector");
    }
    tell(job,
            &(struct fovea_outcome){ .index = index,
                    .result = &result,
                    .row = result.code ? NULL : vector,
                    .decode_ns = lane->decode_ns[slot],
                    .forward_ns = forward_ns });
}

static void
run_embeddings(struct fovea_lane *lane, const struct fovea_crew_job *job,
        size_t first, size_t n)
{
    size_t n_good = 0;
    for (size_t i = first; i < first + n; i++) {
        n_good += prepare(lane, job, i, n_good);
    }
    if (n_good == 0) {
        return;
    }
    struct fovea_error error = { .code = FOVEA_OK };
    int64_t start = fovea_clock_ns();
    if (fovea_vit_embed(lane->vit, lane->pixels, n_good, lane->embeds,
                &error)) {
        FOVEA_ASSERT(error.code != FOVEA_OK);
    }
    int64_t share = (fovea_clock_ns() - start) / (int64_t)n_good;
    for (size_t i = 0; i < n_good; i++) {
        finish_image(lane, job, i, &error, share);
    }
}

void
fovea_lane_run(struct fovea_lane *lane, const struct fovea_crew_job *job,
        size_t first, size_t n)
{
    FOVEA_ASSERT(n <= lane->capacity);
    if (lane->vit) {
        run_embeddings(lane, job, first, n);
    } else {
        run_pixels(lane, job, first, n);
    }
}
