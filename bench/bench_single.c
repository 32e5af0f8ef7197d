/*
 * What a single image takes through the C API, from its bytes to its vector.
 *
 *     bench_single MODEL_DIRECTORY IMAGE
 *
 * FOVEA_WORKER names the worker program. For each line on standard input one
 * image is embedded, and its milliseconds are printed: so that who measures
 * something else beside it can take turns. The first one starts the workers.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fovea/fovea.h"

#include "base/clock.h"
#include "base/error.h"
#include "sys/input.h"

struct single {
    struct fovea *library;
    struct fovea_model *model;
    struct fovea_input input;
    const uint8_t *bytes;
    size_t size;
    float *vector;
};

static enum fovea_status
open_single(struct single *single, const char *model, const char *image,
        struct fovea_error *err)
{
    enum fovea_status status = fovea_open(NULL, &single->library, err);
    if (!status) {
        status = fovea_model_open(single->library, model, &single->model, err);
    }
    if (!status) {
        status = fovea_input_open_file(image, &single->input, err);
    }
    if (!status) {
        status = fovea_input_load(&single->input, &single->bytes, &single->size,
                err);
    }
    if (status) {
        return status;
    }
    single->vector = calloc(fovea_embedding_dimension(single->model),
            sizeof *single->vector);
    return single->vector ? FOVEA_OK : fovea_fail_memory(err, 1, "a vector");
}

static enum fovea_status
measure(const struct single *single, struct fovea_error *err)
{
    char line[16];
    while (fgets(line, sizeof line, stdin)) {
        int64_t start_ns = fovea_clock_ns();
        enum fovea_status status = fovea_embed_image_bytes(single->model,
                single->bytes, single->size, 0, single->vector, err);
        if (status) {
            return status;
        }
        (void)printf("%.4f\n",
                (double)(fovea_clock_ns() - start_ns) /
                        (double)FOVEA_NS_PER_MS);
        (void)fflush(stdout);
    }
    return FOVEA_OK;
}

int
main(int argc, char **argv)
{
    struct single single = { .input = FOVEA_INPUT_INIT };
    struct fovea_error error;
    if (argc != 3) {
        (void)fprintf(stderr, "usage: bench_single MODEL_DIRECTORY IMAGE\n");
        return 2;
    }
    enum fovea_status status = open_single(&single, argv[1], argv[2], &error);
    if (!status) {
        status = measure(&single, &error);
    }
    if (status) {
        (void)fprintf(stderr, "bench_single: %s\n", error.message);
    }
    free(single.vector);
    fovea_input_finish(&single.input);
    fovea_model_close(single.model);
    fovea_close(single.library);
    return status ? 1 : 0;
}
