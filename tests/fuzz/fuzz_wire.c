/*
 * Frames and messages: whatever is taken for one can be written again, takes
 * as many bytes as it came in, and is then the same message.
 *
 * The input is a frame; the number of descriptors that "came" with it is taken
 * from its id, since that is otherwise only copied.
 */
#include <string.h>

#include "base/macros.h"
#include "fuzz.h"
#include "wire/messages.h"

enum {
    DIMENSION = 4
};

/* Read a payload and write what was read. False: it was refused. */
typedef bool again_fn(const struct fovea_frame *frame,
        struct fovea_writer *writer);

static bool
hello_again(const struct fovea_frame *frame, struct fovea_writer *writer)
{
    struct fovea_hello hello;
    bool good = fovea_hello_read(frame, &hello);
    if (good) {
        fovea_hello_write(&hello, writer);
    }
    return good;
}

static bool
load_again(const struct fovea_frame *frame, struct fovea_writer *writer)
{
    struct fovea_load load;
    bool good = fovea_load_read(frame, &load);
    if (good) {
        fovea_load_write(&load, writer);
    }
    return good;
}

static bool
ready_again(const struct fovea_frame *frame, struct fovea_writer *writer)
{
    struct fovea_ready ready;
    bool good = fovea_ready_read(frame, &ready);
    if (good) {
        fovea_ready_write(&ready, writer);
    }
    return good;
}

static bool
failed_again(const struct fovea_frame *frame, struct fovea_writer *writer)
{
    struct fovea_failed failed;
    bool good = fovea_failed_read(frame, &failed);
    if (good) {
        fovea_failed_write(&failed, writer);
    }
    return good;
}

static bool
job_again(const struct fovea_frame *frame, struct fovea_writer *writer)
{
    struct fovea_job_frame job;
    bool good = fovea_job_read(frame, &job);
    if (good) {
        fovea_job_write(&job, writer);
    }
    return good;
}

static bool
decoded_again(const struct fovea_frame *frame, struct fovea_writer *writer)
{
    struct fovea_decoded decoded;
    bool good = fovea_decoded_read(frame, &decoded);
    if (good) {
        fovea_decoded_write(&decoded, writer);
    }
    return good;
}

static bool
need_again(const struct fovea_frame *frame, struct fovea_writer *writer)
{
    struct fovea_need need;
    bool good = fovea_need_read(frame, &need);
    if (good) {
        fovea_need_write(&need, writer);
    }
    return good;
}

static bool
grant_again(const struct fovea_frame *frame, struct fovea_writer *writer)
{
    struct fovea_grant grant;
    bool good = fovea_grant_read(frame, &grant);
    if (good) {
        fovea_grant_write(&grant, writer);
    }
    return good;
}

static bool
result_again(const struct fovea_frame *frame, struct fovea_writer *writer)
{
    struct fovea_result result;
    float vector[DIMENSION];
    for (size_t dimension = 0; dimension <= DIMENSION; dimension++) {
        if (fovea_result_read(frame, dimension, &result, vector)) {
            fovea_result_write(&result, vector,
                    result.status == FOVEA_OK ? dimension : 0, writer);
            return true;
        }
    }
    return false;
}

static bool
measure_again(const struct fovea_frame *frame, struct fovea_writer *writer)
{
    struct fovea_choice_shape shape;
    bool good = fovea_measure_read(frame, &shape);
    if (good) {
        fovea_measure_write(&shape, writer);
    }
    return good;
}

static bool
measured_again(const struct fovea_frame *frame, struct fovea_writer *writer)
{
    struct fovea_choice_times times;
    bool good = fovea_measured_read(frame, &times);
    if (good) {
        fovea_measured_write(&times, writer);
    }
    return good;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static again_fn *const again[] = {
        [FOVEA_FRAME_HELLO] = hello_again,
        [FOVEA_FRAME_LOAD] = load_again,
        [FOVEA_FRAME_READY] = ready_again,
        [FOVEA_FRAME_FAILED] = failed_again,
        [FOVEA_FRAME_JOB] = job_again,
        [FOVEA_FRAME_DECODED] = decoded_again,
        [FOVEA_FRAME_RESULT] = result_again,
        [FOVEA_FRAME_NEED] = need_again,
        [FOVEA_FRAME_GRANT] = grant_again,
        [FOVEA_FRAME_MEASURE] = measure_again,
        [FOVEA_FRAME_MEASURED] = measured_again,
    };
    static uint8_t once[FOVEA_FRAME_MAX_PAYLOAD];
    static uint8_t twice[FOVEA_FRAME_MAX_PAYLOAD];
    struct fovea_frame frame = { .n_fds = 0 };
    struct fovea_error error;
    if (fovea_frame_parse(data, size, &frame, &error)) {
        FOVEA_ASSERT(error.code == FOVEA_ERR_INTERNAL && error.message[0]);
        return 0;
    }
    FOVEA_ASSERT(frame.size == size - FOVEA_FRAME_HEADER_SIZE);
    frame.n_fds = frame.id % (FOVEA_FRAME_MAX_FDS + 1);

    struct fovea_writer writer;
    fovea_writer_init(&writer, once, sizeof once);
    if (!again[frame.type](&frame, &writer)) {
        return 0;
    }
    FOVEA_ASSERT(!writer.overflow && writer.size == frame.size);
    frame.payload = once;
    fovea_writer_init(&writer, twice, sizeof twice);
    bool good = again[frame.type](&frame, &writer);
    FOVEA_ASSERT(good && writer.size == frame.size &&
            memcmp(once, twice, frame.size) == 0);
    return 0;
}
