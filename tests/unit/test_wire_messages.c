/* Messages: each one comes back as it was written; cut anywhere, followed by
 * anything, or with a value that makes no sense, it is refused. */
#include "base/macros.h"
#include "spec/dtype.h"
#include "spec/pixels.h"
#include "support/test.h"
#include "wire/messages.h"
#include "wire/statuses.h"

enum {
    DIMENSION = 3
};

static const float vector[DIMENSION] = { 0.25F, -1.5F, 3e-40F };

static const struct fovea_hello hello = {
    .protocol = FOVEA_PROTOCOL_VERSION,
    .build = "0.1.0",
    .engine = "onednn-2.6.3-avx512_core_bf16",
};

static const struct fovea_load load = {
    .directory = "/models/clip",
    .kind = FOVEA_WORK_EMBED,
    .dtype = FOVEA_DTYPE_BF16,
    .pixels = FOVEA_PIXELS_TORCHVISION,
    .sandbox = FOVEA_SANDBOX_AUTO,
    .n_threads = 2,
    .max_batch = 8,
    .limits = { .max_bytes = 1000,
            .max_pixels = 2000,
            .max_side_px = 3000,
            .damaged = FOVEA_DAMAGED_ACCEPT,
            .max_decode_bytes = 4000,
            .max_decode_work = 5000,
            .max_text_bytes = 6000 },
    .thumbnail_px = 300,
    .max_granted_bytes = 7000,
    .packed_is_foreign = true,
};

static const struct fovea_ready ready = {
    .dimension = DIMENSION,
    .row_bytes = sizeof vector,
    .shared_bytes = 1 << 20,
    .scratch_bytes = 1 << 10,
    .load_ns = 123456789,
    .warm_up_ns = 98765,
    .is_sandboxed = true,
    .remark = "all is well",
};

static const struct fovea_failed failed = {
    .status = FOVEA_ERR_MODEL_WEIGHTS,
    .sys_errno = 5,
    .packed_is_bad = true,
    .message = "model.safetensors: is cut short",
};

static const struct fovea_job_frame job = {
    .n = 2,
    .items = { { 1000, { false, true } }, { 0, { true, false } } },
};

static const struct fovea_decoded decoded = { .index = 127, .decode_ns = 4000 };

static const struct fovea_result result = {
    .index = 1,
    .status = FOVEA_OK,
    .decode_ns = 1000,
    .forward_ns = 2000,
    .facts = {
        .width_px = 4000,
        .height_px = 3000,
        .format = FOVEA_FORMAT_HEIF,
        .has_taken = true,
        .taken_s = -1,
    },
};

static const struct fovea_result noted_result = {
    .index = 1,
    .status = FOVEA_OK,
    .notes = FOVEA_NOTE_DAMAGED | FOVEA_NOTE_PREVIEW,
    .decode_ns = 1000,
    .forward_ns = 2000,
    .message = "damaged\033after 2 of 3 rows",
};

static const struct fovea_result bad_result = {
    .index = 0,
    .status = FOVEA_ERR_IMAGE_TRUNCATED,
    .sys_errno = 4095,
    .decode_ns = 1000,
    .message = "the image ends in row 3",
};

static const struct fovea_need need = { .index = 127, .bytes = 5000 };

static const struct fovea_grant grant = { .index = 127, .status = FOVEA_OK };

static const struct fovea_grant refusal = {
    .index = 3,
    .status = FOVEA_ERR_IMAGE_TOO_MUCH_MEMORY,
    .message = "more than the limit",
};

static const struct fovea_choice_shape shape = { 768, 3072, 12, 7 };

static const struct fovea_choice_times times = { 4000000, 2000000 };

/* The message of each kind as bytes, and whether bytes are one. */
struct sample {
    const char *name;
    void (*write)(struct fovea_writer *writer);
    bool (*read)(const struct fovea_frame *frame);
    size_t n_fds;
};

#define SAMPLE(message, type)                                      \
    static void message##_sample(struct fovea_writer *writer)      \
    {                                                              \
        fovea_##message##_write(&(message), writer);               \
    }                                                              \
    static bool message##_is_good(const struct fovea_frame *frame) \
    {                                                              \
        static struct type out;                                    \
        return fovea_##message##_read(frame, &out);                \
    }

SAMPLE(hello, fovea_hello)
SAMPLE(load, fovea_load)
SAMPLE(ready, fovea_ready)
SAMPLE(failed, fovea_failed)
SAMPLE(job, fovea_job_frame)
SAMPLE(decoded, fovea_decoded)
SAMPLE(need, fovea_need)
SAMPLE(grant, fovea_grant)

static void
measure_sample(struct fovea_writer *writer)
{
    fovea_measure_write(&shape, writer);
}

static bool
measure_is_good(const struct fovea_frame *frame)
{
    struct fovea_choice_shape out;
    return fovea_measure_read(frame, &out);
}

static void
measured_sample(struct fovea_writer *writer)
{
    fovea_measured_write(&times, writer);
}

static bool
measured_is_good(const struct fovea_frame *frame)
{
    struct fovea_choice_times out;
    return fovea_measured_read(frame, &out);
}

static void
refusal_sample(struct fovea_writer *writer)
{
    fovea_grant_write(&refusal, writer);
}

static void
result_sample(struct fovea_writer *writer)
{
    fovea_result_write(&result, vector, DIMENSION, writer);
}

static void
pixels_sample(struct fovea_writer *writer)
{
    fovea_result_write(&result, NULL, 0, writer);
}

static void
bad_sample(struct fovea_writer *writer)
{
    fovea_result_write(&bad_result, NULL, 0, writer);
}

static void
noted_sample(struct fovea_writer *writer)
{
    fovea_result_write(&noted_result, vector, DIMENSION, writer);
}

static bool
result_is_good(const struct fovea_frame *frame)
{
    struct fovea_result out;
    float values[DIMENSION];
    return fovea_result_read(frame, DIMENSION, &out, values);
}

static bool
pixels_are_good(const struct fovea_frame *frame)
{
    struct fovea_result out;
    return fovea_result_read(frame, 0, &out, NULL);
}

static const struct sample samples[] = {
    { "hello", hello_sample, hello_is_good, 0 },
    { "load", load_sample, load_is_good, 1 },
    { "ready", ready_sample, ready_is_good, 1 },
    { "failed", failed_sample, failed_is_good, 0 },
    { "job", job_sample, job_is_good, 2 },
    { "decoded", decoded_sample, decoded_is_good, 0 },
    { "result", result_sample, result_is_good, 0 },
    { "result of pixels", pixels_sample, pixels_are_good, 0 },
    { "result of a bad image", bad_sample, result_is_good, 0 },
    { "result with notes", noted_sample, result_is_good, 0 },
    { "need", need_sample, need_is_good, 0 },
    { "grant", grant_sample, grant_is_good, 0 },
    { "refusal", refusal_sample, grant_is_good, 0 },
    { "measure", measure_sample, measure_is_good, 0 },
    { "measured", measured_sample, measured_is_good, 0 },
};

static uint8_t bytes[FOVEA_FRAME_MAX_PAYLOAD];

static struct fovea_frame
frame_of(const struct sample *sample)
{
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    sample->write(&writer);
    assert_false(writer.overflow);
    return (struct fovea_frame){ .payload = bytes,
        .size = writer.size,
        .n_fds = sample->n_fds };
}

static void
gives_back_what_was_written(void **state)
{
    (void)state;
    struct fovea_hello hello_out;
    struct fovea_frame frame = frame_of(&samples[0]);
    assert_true(fovea_hello_read(&frame, &hello_out));
    assert_int_equal(hello_out.protocol, hello.protocol);
    assert_string_equal(hello_out.build, hello.build);
    assert_string_equal(hello_out.engine, hello.engine);

    static struct fovea_load load_out;
    frame = frame_of(&samples[1]);
    assert_true(fovea_load_read(&frame, &load_out));
    assert_string_equal(load_out.directory, load.directory);
    assert_int_equal(load_out.kind, load.kind);
    assert_int_equal(load_out.dtype, load.dtype);
    assert_int_equal(load_out.pixels, load.pixels);
    assert_int_equal(load_out.sandbox, load.sandbox);
    assert_int_equal(load_out.n_threads, load.n_threads);
    assert_int_equal(load_out.max_batch, load.max_batch);
    assert_int_equal(load_out.limits.max_bytes, 1000);
    assert_int_equal(load_out.limits.max_pixels, 2000);
    assert_int_equal(load_out.limits.max_side_px, 3000);
    assert_int_equal(load_out.limits.max_decode_bytes, 4000);
    assert_int_equal(load_out.limits.max_decode_work, 5000);
    assert_int_equal(load_out.limits.max_text_bytes, 6000);
    assert_int_equal(load_out.limits.damaged, FOVEA_DAMAGED_ACCEPT);
    assert_int_equal(load_out.thumbnail_px, 300);
    assert_int_equal(load_out.max_granted_bytes, 7000);
    assert_true(load_out.packed_is_foreign);

    struct fovea_ready ready_out;
    frame = frame_of(&samples[2]);
    assert_true(fovea_ready_read(&frame, &ready_out));
    assert_int_equal(ready_out.dimension, ready.dimension);
    assert_int_equal(ready_out.row_bytes, ready.row_bytes);
    assert_int_equal(ready_out.shared_bytes, ready.shared_bytes);
    assert_int_equal(ready_out.scratch_bytes, ready.scratch_bytes);
    assert_int_equal(ready_out.load_ns, ready.load_ns);
    assert_int_equal(ready_out.warm_up_ns, ready.warm_up_ns);
    assert_true(ready_out.is_sandboxed);
    assert_string_equal(ready_out.remark, ready.remark);

    struct fovea_failed failed_out;
    frame = frame_of(&samples[3]);
    assert_true(fovea_failed_read(&frame, &failed_out));
    assert_int_equal(failed_out.status, failed.status);
    assert_int_equal(failed_out.sys_errno, failed.sys_errno);
    assert_true(failed_out.packed_is_bad);
    assert_string_equal(failed_out.message, failed.message);
}

static void
gives_back_jobs_and_results(void **state)
{
    (void)state;
    struct fovea_job_frame job_out;
    struct fovea_frame frame = frame_of(&samples[4]);
    assert_true(fovea_job_read(&frame, &job_out));
    assert_int_equal(job_out.n, 2);
    assert_int_equal(job_out.items[0].size, 1000);
    assert_false(job_out.items[0].flags.raw);
    assert_int_equal(job_out.items[1].size, 0);
    assert_true(job_out.items[0].flags.refuses_truncated);
    assert_true(job_out.items[1].flags.raw);
    assert_false(job_out.items[1].flags.refuses_truncated);

    struct fovea_decoded decoded_out;
    frame = frame_of(&samples[5]);
    assert_true(fovea_decoded_read(&frame, &decoded_out));
    assert_int_equal(decoded_out.index, 127);
    assert_int_equal(decoded_out.decode_ns, 4000);

    struct fovea_result result_out;
    float values[DIMENSION];
    frame = frame_of(&samples[6]);
    assert_true(fovea_result_read(&frame, DIMENSION, &result_out, values));
    assert_int_equal(result_out.index, 1);
    assert_int_equal(result_out.status, FOVEA_OK);
    assert_int_equal(result_out.decode_ns, 1000);
    assert_int_equal(result_out.forward_ns, 2000);
    assert_memory_equal(values, vector, sizeof vector);
    assert_int_equal(result_out.facts.width_px, 4000);
    assert_int_equal(result_out.facts.height_px, 3000);
    assert_int_equal(result_out.facts.format, FOVEA_FORMAT_HEIF);
    assert_true(result_out.facts.has_taken);
    assert_int_equal(result_out.facts.taken_s, -1);

    memset(values, 0, sizeof values);
    frame = frame_of(&samples[8]);
    assert_true(fovea_result_read(&frame, DIMENSION, &result_out, values));
    assert_int_equal(result_out.status, FOVEA_ERR_IMAGE_TRUNCATED);
    assert_int_equal(result_out.sys_errno, 4095);
    assert_string_equal(result_out.message, bad_result.message);
    assert_memory_equal(values, ((float[DIMENSION]){ 0 }), sizeof values);
}

static void
gives_back_what_is_measured(void **state)
{
    (void)state;
    struct fovea_choice_shape shape_out;
    struct fovea_frame frame = frame_of(&samples[13]);
    assert_true(fovea_measure_read(&frame, &shape_out));
    assert_memory_equal(&shape_out, &shape, sizeof shape);
    struct fovea_choice_times times_out;
    frame = frame_of(&samples[14]);
    assert_true(fovea_measured_read(&frame, &times_out));
    assert_memory_equal(&times_out, &times, sizeof times);
}

static void
gives_back_notes(void **state)
{
    (void)state;
    struct fovea_result result_out;
    float values[DIMENSION];
    struct fovea_frame frame = frame_of(&samples[9]);
    assert_true(fovea_result_read(&frame, DIMENSION, &result_out, values));
    assert_int_equal(result_out.status, FOVEA_OK);
    assert_int_equal(result_out.notes, noted_result.notes);
    assert_string_equal(result_out.message, "damaged?after 2 of 3 rows");
    assert_memory_equal(values, vector, sizeof vector);
}

/* Notes and their sentence come together, and never with a failure. */
static void
refuses_notes_that_make_no_sense(void **state)
{
    (void)state;
    enum {
        NOTES_AT = 12
    };
    const uint32_t unknown = UINT32_C(1) << FOVEA_N_NOTES;
    struct fovea_frame frame = frame_of(&samples[9]);
    for (uint32_t notes = 1; notes < unknown; notes++) {
        memcpy(bytes + NOTES_AT, &notes, sizeof notes);
        assert_true(result_is_good(&frame));
    }
    for (uint32_t bit = unknown; bit; bit <<= 1) {
        memcpy(bytes + NOTES_AT, &bit, sizeof bit);
        assert_false(result_is_good(&frame));
    }
    memset(bytes + NOTES_AT, 0, sizeof unknown); /* a sentence about nothing */
    assert_false(result_is_good(&frame));
    frame = frame_of(&samples[6]);
    bytes[NOTES_AT] = FOVEA_NOTE_DAMAGED; /* and no sentence */
    assert_false(result_is_good(&frame));
    frame = frame_of(&samples[8]);
    bytes[NOTES_AT] = FOVEA_NOTE_DAMAGED; /* of a bad image */
    assert_false(result_is_good(&frame));
}

static void
gives_back_questions_for_memory(void **state)
{
    (void)state;
    struct fovea_need need_out;
    struct fovea_frame frame = frame_of(&samples[10]);
    assert_true(fovea_need_read(&frame, &need_out));
    assert_int_equal(need_out.index, 127);
    assert_int_equal(need_out.bytes, 5000);

    struct fovea_grant grant_out;
    frame = frame_of(&samples[11]);
    assert_true(fovea_grant_read(&frame, &grant_out));
    assert_int_equal(grant_out.index, 127);
    assert_int_equal(grant_out.status, FOVEA_OK);
    assert_string_equal(grant_out.message, "");
    frame = frame_of(&samples[12]);
    assert_true(fovea_grant_read(&frame, &grant_out));
    assert_int_equal(grant_out.status, FOVEA_ERR_IMAGE_TOO_MUCH_MEMORY);
    assert_string_equal(grant_out.message, refusal.message);
}

static void
refuses_every_other_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct fovea_frame frame = frame_of(&samples[i]);
        size_t whole = frame.size;
        assert_true(samples[i].read(&frame));
        for (size_t size = 0; size < whole; size++) {
            /* In memory that ends there, so that a sanitizer sees more. */
            uint8_t *cut = malloc(size + 1);
            assert_non_null(cut);
            memcpy(cut + 1, bytes, size);
            frame.payload = cut + 1;
            frame.size = size;
            if (samples[i].read(&frame)) {
                fail_msg("%s: %zu bytes of %zu are enough", samples[i].name,
                        size, whole);
            }
            free(cut);
        }
        frame.payload = bytes;
        for (size_t more = 1; more < 20; more++) {
            frame.size = whole + more;
            if (samples[i].read(&frame)) {
                fail_msg("%s: %zu bytes more are taken", samples[i].name, more);
            }
        }
    }
}

static void
refuses_other_numbers_of_descriptors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        struct fovea_frame frame = frame_of(&samples[i]);
        for (size_t n = 0; n <= FOVEA_FRAME_MAX_FDS; n++) {
            frame.n_fds = n;
            /* The load's packed weights come from somewhere. A worker that
               was given some sends none, one of texts makes a tokenizer's
               table, too. The third of a job is for pixels. */
            bool good = n == samples[i].n_fds ||
                    (strcmp(samples[i].name, "ready") == 0 &&
                            n <= FOVEA_N_SHARED) ||
                    (strcmp(samples[i].name, "job") == 0 && n == 3);
            if (samples[i].read(&frame) != good) {
                fail_msg("%s with %zu descriptors", samples[i].name, n);
            }
        }
    }
}

/* Put `size` bytes of value at an offset of a sample; is it still good? */
static bool
is_good_with(size_t index, size_t offset, size_t size, uint64_t value)
{
    struct fovea_frame frame = frame_of(&samples[index]);
    assert_true(offset + size <= frame.size);
    memcpy(bytes + offset, &value, size);
    return samples[index].read(&frame);
}

static void
refuses_values_out_of_range(void **state)
{
    (void)state;
    const size_t directory = 2 + strlen(load.directory);
    const uint64_t ns = UINT64_C(1) << 55;
    const uint64_t memory = UINT64_C(1) << 47;
    const struct {
        size_t index; /* of the sample */
        size_t offset;
        size_t size;
        uint64_t least;
        uint64_t most;
    } fields[] = {
        { 1, directory, 4, 0, 0 }, /* pixels would have no descriptor */
        { 1, directory + 4, 4, 1, FOVEA_N_DTYPES - 1 },
        { 1, directory + 8, 4, 0, FOVEA_N_PIXELS - 1 },
        { 1, directory + 12, 4, 1, 3 },
        { 1, directory + 16, 4, 1, FOVEA_MAX_THREADS },
        { 1, directory + 20, 4, 1, FOVEA_MAX_BATCH },
        { 1, directory + 24, 8, 1, UINT64_MAX },
        { 1, directory + 32, 8, 1, UINT64_MAX },
        { 1, directory + 40, 4, 1, UINT32_MAX },
        { 1, directory + 44, 4, 0, 1 },
        { 1, directory + 48, 8, 1, UINT64_MAX },
        { 1, directory + 56, 8, 1, UINT64_MAX },
        { 1, directory + 64, 4, 1, FOVEA_MAX_TEXT_BYTES },
        { 1, directory + 68, 4, FOVEA_MIN_THUMBNAIL_PX,
                FOVEA_MAX_THUMBNAIL_PX },
        { 1, directory + 80, 1, 0, 1 },
        { 2, 4, 8, sizeof vector, sizeof vector },
        { 2, 12, 8, 0, memory },
        { 2, 20, 8, 0, memory },
        { 2, 28, 8, 0, ns },
        { 2, 36, 8, 0, ns },
        { 2, 44, 1, 0, 1 },
        { 3, 4, 4, 0, 4095 },
        { 3, 8, 1, 0, 1 },
        { 4, 0, 4, 2, 2 },
        { 4, 4, 8, 0, INT64_MAX },
        { 4, 12, 1, 0, 1 },
        { 4, 13, 1, 0, 1 },
        { 5, 0, 4, 0, FOVEA_MAX_BATCH - 1 },
        { 5, 4, 8, 0, ns },
        { 6, 0, 4, 0, FOVEA_MAX_BATCH - 1 },
        { 6, 8, 4, 0, 0 },
        { 6, 12, 4, 0, 0 },
        { 6, 16, 8, 0, ns },
        { 6, 24, 8, 0, ns },
        { 6, 34, 4, 1, UINT32_MAX },
        { 6, 38, 4, 1, UINT32_MAX },
        { 6, 42, 4, 0, FOVEA_N_FORMATS - 1 },
        { 6, 46, 1, 1, 1 }, /* without it there is no time */
        { 8, 8, 4, 0, 4095 },
        { 10, 0, 4, 0, FOVEA_MAX_BATCH - 1 },
        { 10, 4, 8, 1, memory },
        { 11, 0, 4, 0, FOVEA_MAX_BATCH - 1 },
        { 11, 4, 4, 0, 0 }, /* a refusal says why */
        { 13, 4, 4, 1, FOVEA_MAX_MLP },
        { 13, 12, 4, 1, FOVEA_CHOICE_MOST_GRID },
        { 14, 0, 8, 1, FOVEA_CHOICE_MOST_NS },
        { 14, 8, 8, 1, FOVEA_CHOICE_MOST_NS },
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        uint64_t largest = fields[i].size == 8
                ? UINT64_MAX
                : (UINT64_C(1) << (8 * fields[i].size)) - 1;
        const uint64_t values[] = { 0, fields[i].least - 1, fields[i].least,
            fields[i].most, fields[i].most + 1, largest };
        for (size_t k = 0; k < 6; k++) {
            uint64_t value = values[k] & largest;
            bool good = value >= fields[i].least && value <= fields[i].most;
            if (is_good_with(fields[i].index, fields[i].offset, fields[i].size,
                        value) != good) {
                fail_msg("%s, offset %zu: %llu", samples[fields[i].index].name,
                        fields[i].offset, (unsigned long long)value);
            }
        }
    }
}

/* Of the years 1 to 9999; and a failure has nothing to tell. */
static void
refuses_times_that_no_image_has(void **state)
{
    (void)state;
    enum {
        TAKEN_AT = 47,
    };
    assert_true(is_good_with(6, TAKEN_AT, 8, 0));
    assert_true(is_good_with(6, TAKEN_AT, 8, (uint64_t)FOVEA_MIN_TAKEN_S));
    assert_true(is_good_with(6, TAKEN_AT, 8, (uint64_t)FOVEA_MAX_TAKEN_S));
    assert_false(is_good_with(6, TAKEN_AT, 8, (uint64_t)FOVEA_MIN_TAKEN_S - 1));
    assert_false(is_good_with(6, TAKEN_AT, 8, (uint64_t)FOVEA_MAX_TAKEN_S + 1));
    assert_false(is_good_with(6, TAKEN_AT, 8, (uint64_t)INT64_MIN));
    struct fovea_result damaged = bad_result;
    damaged.facts = result.facts;
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_result_write(&damaged, NULL, 0, &writer);
    const struct fovea_frame frame = { .type = FOVEA_FRAME_RESULT,
        .payload = bytes,
        .size = writer.size };
    assert_false(pixels_are_good(&frame));
}

static bool
is_among(uint32_t code, const uint32_t *codes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (codes[i] == code) {
            return true;
        }
    }
    return false;
}

static void
refuses_statuses_that_do_not_exist_or_are_not_a_workers_to_say(void **state)
{
    (void)state;
    static const uint32_t of_loads[] = { 113, 300, 301, 302, 303, 304, 305, 310,
        311, 312, 313, 314, 315, 408, 900 };
    static const uint32_t of_items[] = { 114, 115, 116, 300, 301, 315, 900 };
    for (uint32_t code = 0; code < 2000; code++) {
        bool known = strcmp(fovea_status_name((enum fovea_status)code),
                             "unknown") != 0;
        bool of_load = is_among(code, of_loads, FOVEA_ARRAY_LEN(of_loads));
        bool of_item = (known && code / 100 == 2) ||
                is_among(code, of_items, FOVEA_ARRAY_LEN(of_items));
        assert_int_equal(is_good_with(3, 0, 4, code), of_load);
        assert_int_equal(is_good_with(8, 4, 4, code), of_item);
        enum fovea_status status = (enum fovea_status)code;
        assert_int_equal(fovea_worker_status(FOVEA_REPORT_OF_ITEM, status),
                of_item || code == 0 || code / 100 == 2 ? status
                                                        : FOVEA_ERR_INTERNAL);
    }
    assert_false(is_good_with(3, 0, 4, UINT32_MAX));
    assert_false(is_good_with(8, 4, 4, UINT32_MAX));
}

static void
refuses_strings_that_are_none(void **state)
{
    (void)state;
    /* A NUL inside; a word with a space, an empty word; an empty path. */
    assert_false(is_good_with(1, 3, 1, 0));
    assert_false(is_good_with(0, 7, 1, ' '));
    assert_false(is_good_with(0, 7, 1, 0x80));
    assert_false(is_good_with(3, 12, 1, 0));
    struct fovea_load pathless = load;
    pathless.directory[0] = '\0';
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_load_write(&pathless, &writer);
    struct fovea_frame frame = { .payload = bytes, .size = writer.size };
    frame.n_fds = 1;
    static struct fovea_load load_out;
    assert_false(fovea_load_read(&frame, &load_out));
}

static void
makes_messages_one_harmless_line(void **state)
{
    (void)state;
    struct fovea_failed rude = failed;
    (void)snprintf(rude.message, sizeof rude.message, "%s",
            "two\nlines\x1b[2J and \x7f, \xc3\xa4");
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_failed_write(&rude, &writer);
    struct fovea_frame frame = { .payload = bytes, .size = writer.size };
    struct fovea_failed out;
    assert_true(fovea_failed_read(&frame, &out));
    assert_string_equal(out.message, "two?lines?[2J and ?, \xc3\xa4");
}

static void
fits_the_largest_of_everything(void **state)
{
    (void)state;
    struct fovea_writer writer;
    struct fovea_job_frame most = { .n = FOVEA_MAX_BATCH };
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_job_write(&most, &writer);
    struct fovea_frame frame = { .payload = bytes, .size = writer.size };
    frame.n_fds = FOVEA_MAX_BATCH + 1;
    struct fovea_job_frame job_out;
    assert_true(fovea_job_read(&frame, &job_out));

    enum {
        LARGEST = 16384 /* FOVEA_MAX_DIMENSION */
    };
    static float values[LARGEST];
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_result_write(&result, values, LARGEST, &writer);
    assert_false(writer.overflow);

    static struct fovea_load long_path;
    long_path = load;
    memset(long_path.directory, 'd', sizeof long_path.directory - 1);
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_load_write(&long_path, &writer);
    frame = (struct fovea_frame){ .payload = bytes, .size = writer.size };
    frame.n_fds = 1;
    static struct fovea_load load_out;
    assert_true(fovea_load_read(&frame, &load_out));
    assert_string_equal(load_out.directory, long_path.directory);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_what_was_written),
        cmocka_unit_test(gives_back_jobs_and_results),
        cmocka_unit_test(gives_back_what_is_measured),
        cmocka_unit_test(gives_back_notes),
        cmocka_unit_test(refuses_notes_that_make_no_sense),
        cmocka_unit_test(gives_back_questions_for_memory),
        cmocka_unit_test(refuses_every_other_length),
        cmocka_unit_test(refuses_other_numbers_of_descriptors),
        cmocka_unit_test(refuses_values_out_of_range),
        cmocka_unit_test(refuses_times_that_no_image_has),
        cmocka_unit_test(
                refuses_statuses_that_do_not_exist_or_are_not_a_workers_to_say),
        cmocka_unit_test(refuses_strings_that_are_none),
        cmocka_unit_test(makes_messages_one_harmless_line),
        cmocka_unit_test(fits_the_largest_of_everything),
    };
    return cmocka_run_group_tests_name("wire_messages", tests, NULL, NULL);
}
