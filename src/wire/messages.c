/*
 * The payloads of the frames: see messages.h. Each pair of functions lists the
 * fields in their order on the wire.
 *
 * The bounds on times and sizes are far beyond what is real; they are there so
 * that whoever adds numbers of a worker up cannot overflow.
 */
#include "wire/messages.h"

#include <string.h>

#include "base/macros.h"
#include "base/notes.h"
#include "base/utf8.h"
#include "spec/dtype.h"
#include "spec/pixels.h"
#include "wire/statuses.h"

enum {
    MAX_ERRNO = 4095 /* the kernel's own bound */
};

#define MAX_TIME_NS      (UINT64_C(1) << 55) /* a year and more */
#define MAX_MEMORY_BYTES (UINT64_C(1) << 47) /* a process's address space */

static bool
read_bool(struct fovea_reader *reader)
{
    uint8_t value = fovea_read_u8(reader);
    reader->bad = reader->bad || value > 1;
    return value == 1;
}

static uint32_t
read_u32_within(struct fovea_reader *reader, uint32_t least, uint32_t most)
{
    uint32_t value = fovea_read_u32(reader);
    reader->bad = reader->bad || value < least || value > most;
    return value;
}

static uint64_t
read_u64_within(struct fovea_reader *reader, uint64_t least, uint64_t most)
{
    uint64_t value = fovea_read_u64(reader);
    reader->bad = reader->bad || value < least || value > most;
    return value;
}

static enum fovea_status
read_status(struct fovea_reader *reader)
{
    uint32_t value = fovea_read_u32(reader);
    switch (value) {
#define X(name, number, string, text, http, exit, retryable) \
    case (number):                                           \
        return FOVEA_##name;
#include "fovea/status.def"
#undef X
    default:
        reader->bad = true;
        return FOVEA_ERR_INTERNAL;
    }
}

/* Whether it may be FOVEA_OK is the caller's to know. */
static enum fovea_status
read_reported(struct fovea_reader *reader, enum fovea_report_of what)
{
    enum fovea_status status = read_status(reader);
    reader->bad = reader->bad ||
            (status != FOVEA_OK && !fovea_worker_may_report(what, status));
    return status;
}

/* A line for people: codecs quote bytes of the image. */
static void
read_message(struct fovea_reader *reader, char text[FOVEA_ERROR_MESSAGE_SIZE])
{
    fovea_read_string(reader, text, FOVEA_ERROR_MESSAGE_SIZE);
    fovea_utf8_make_line(text);
}

/* Printable ASCII, no spaces, not empty. */
static void
read_word(struct fovea_reader *reader, char text[FOVEA_WIRE_NAME_SIZE])
{
    fovea_read_string(reader, text, FOVEA_WIRE_NAME_SIZE);
    reader->bad = reader->bad || !text[0];
    for (const char *at = text; *at; at++) {
        reader->bad = reader->bad || *at <= ' ' || *at >= 0x7f;
    }
}

static struct fovea_reader
payload_reader(const struct fovea_frame *frame)
{
    struct fovea_reader reader;
    fovea_reader_init(&reader, frame->payload, frame->size);
    return reader;
}

void
fovea_hello_write(const struct fovea_hello *hello, struct fovea_writer *writer)
{
    fovea_write_u32(writer, hello->protocol);
    fovea_write_string(writer, hello->build);
    fovea_write_string(writer, hello->engine);
}

bool
fovea_hello_read(const struct fovea_frame *frame, struct fovea_hello *hello_out)
{
    struct fovea_reader reader = payload_reader(frame);
    hello_out->protocol = fovea_read_u32(&reader);
    read_word(&reader, hello_out->build);
    read_word(&reader, hello_out->engine);
    return fovea_reader_is_done(&reader) && frame->n_fds == 0;
}

void
fovea_load_write(const struct fovea_load *load, struct fovea_writer *writer)
{
    fovea_write_string(writer, load->directory);
    fovea_write_u32(writer, (uint32_t)load->kind);
    fovea_write_u32(writer, (uint32_t)load->dtype);
    fovea_write_u32(writer, (uint32_t)load->pixels);
    fovea_write_u32(writer, (uint32_t)load->sandbox);
    fovea_write_u32(writer, load->n_threads);
    fovea_write_u32(writer, load->max_batch);
    fovea_write_u64(writer, load->limits.max_bytes);
    fovea_write_u64(writer, load->limits.max_pixels);
    fovea_write_u32(writer, load->limits.max_side_px);
    fovea_write_u32(writer, (uint32_t)load->limits.damaged);
    fovea_write_u64(writer, load->limits.max_decode_bytes);
    fovea_write_u64(writer, load->limits.max_decode_work);
    fovea_write_u32(writer, load->limits.max_text_bytes);
    fovea_write_u32(writer, load->thumbnail_px);
    fovea_write_u64(writer, load->max_granted_bytes);
    fovea_write_u8(writer, load->packed_is_foreign);
}

bool
fovea_load_read(const struct fovea_frame *frame, struct fovea_load *load_out)
{
    struct fovea_reader reader = payload_reader(frame);
    fovea_read_string(&reader, load_out->directory, sizeof load_out->directory);
    load_out->kind = (enum fovea_work_kind)read_u32_within(&reader, 0,
            FOVEA_N_WORK_KINDS - 1);
    load_out->dtype = (enum fovea_dtype)read_u32_within(&reader,
            FOVEA_DTYPE_F32, FOVEA_N_DTYPES - 1);
    load_out->pixels =
            (enum fovea_pixels)read_u32_within(&reader, 0, FOVEA_N_PIXELS - 1);
    load_out->sandbox = (enum fovea_sandbox)read_u32_within(&reader,
            FOVEA_SANDBOX_ON, FOVEA_SANDBOX_OFF);
    load_out->n_threads = read_u32_within(&reader, 1, FOVEA_MAX_THREADS);
    load_out->max_batch = read_u32_within(&reader, 1, FOVEA_MAX_BATCH);
    load_out->limits.max_bytes = read_u64_within(&reader, 1, UINT64_MAX);
    load_out->limits.max_pixels = read_u64_within(&reader, 1, UINT64_MAX);
    load_out->limits.max_side_px = read_u32_within(&reader, 1, UINT32_MAX);
    load_out->limits.damaged = (enum fovea_damaged)read_u32_within(&reader,
            FOVEA_DAMAGED_REFUSE, FOVEA_DAMAGED_ACCEPT);
    load_out->limits.max_decode_bytes = read_u64_within(&reader, 1, UINT64_MAX);
    load_out->limits.max_decode_work = read_u64_within(&reader, 1, UINT64_MAX);
    load_out->limits.max_text_bytes =
            read_u32_within(&reader, 1, FOVEA_MAX_TEXT_BYTES);
    load_out->thumbnail_px = read_u32_within(&reader, FOVEA_MIN_THUMBNAIL_PX,
            FOVEA_MAX_THUMBNAIL_PX);
    load_out->max_granted_bytes = read_u64_within(&reader, 0, UINT64_MAX);
    load_out->packed_is_foreign = read_bool(&reader);
    if (!fovea_reader_is_done(&reader) || !load_out->directory[0]) {
        return false;
    }
    size_t n_shared = fovea_work_n_shared(load_out->kind);
    return (frame->n_fds == n_shared && n_shared > 0) ||
            (frame->n_fds == 0 && !load_out->packed_is_foreign);
}

void
fovea_ready_write(const struct fovea_ready *ready, struct fovea_writer *writer)
{
    fovea_write_u32(writer, ready->dimension);
    fovea_write_u64(writer, ready->row_bytes);
    fovea_write_u64(writer, ready->shared_bytes);
    fovea_write_u64(writer, ready->scratch_bytes);
    fovea_write_u64(writer, ready->load_ns);
    fovea_write_u64(writer, ready->warm_up_ns);
    fovea_write_u8(writer, ready->is_sandboxed);
    fovea_write_string(writer, ready->remark);
}

bool
fovea_ready_read(const struct fovea_frame *frame, struct fovea_ready *ready_out)
{
    struct fovea_reader reader = payload_reader(frame);
    ready_out->dimension = read_u32_within(&reader, 0,
            FOVEA_FRAME_MAX_PAYLOAD / sizeof(float));
    ready_out->row_bytes = read_u64_within(&reader, 1, MAX_MEMORY_BYTES);
    ready_out->shared_bytes = read_u64_within(&reader, 0, MAX_MEMORY_BYTES);
    ready_out->scratch_bytes = read_u64_within(&reader, 0, MAX_MEMORY_BYTES);
    ready_out->load_ns = read_u64_within(&reader, 0, MAX_TIME_NS);
    ready_out->warm_up_ns = read_u64_within(&reader, 0, MAX_TIME_NS);
    ready_out->is_sandboxed = read_bool(&reader);
    read_message(&reader, ready_out->remark);
    bool is_row = ready_out->dimension == 0 ||
            ready_out->row_bytes == ready_out->dimension * sizeof(float);
    return fovea_reader_is_done(&reader) && is_row &&
            frame->n_fds <= FOVEA_N_SHARED;
}

void
fovea_failed_write(const struct fovea_failed *failed,
        struct fovea_writer *writer)
{
    fovea_write_u32(writer, (uint32_t)failed->status);
    fovea_write_u32(writer, (uint32_t)failed->sys_errno);
    fovea_write_u8(writer, failed->packed_is_bad);
    fovea_write_string(writer, failed->message);
}

bool
fovea_failed_read(const struct fovea_frame *frame,
        struct fovea_failed *failed_out)
{
    struct fovea_reader reader = payload_reader(frame);
    failed_out->status = read_reported(&reader, FOVEA_REPORT_OF_LOAD);
    failed_out->sys_errno = (int32_t)read_u32_within(&reader, 0, MAX_ERRNO);
    failed_out->packed_is_bad = read_bool(&reader);
    read_message(&reader, failed_out->message);
    return fovea_reader_is_done(&reader) && failed_out->status != FOVEA_OK &&
            frame->n_fds == 0;
}

void
fovea_job_write(const struct fovea_job_frame *job, struct fovea_writer *writer)
{
    fovea_write_u32(writer, job->n);
    for (uint32_t i = 0; i < job->n && i < FOVEA_MAX_BATCH; i++) {
        fovea_write_u64(writer, job->items[i].size);
        fovea_write_u8(writer, job->items[i].flags.raw);
        fovea_write_u8(writer, job->items[i].flags.refuses_truncated);
    }
}

bool
fovea_job_read(const struct fovea_frame *frame, struct fovea_job_frame *job_out)
{
    struct fovea_reader reader = payload_reader(frame);
    job_out->n = read_u32_within(&reader, 1, FOVEA_MAX_BATCH);
    for (uint32_t i = 0; i < job_out->n && !reader.bad; i++) {
        job_out->items[i].size = read_u64_within(&reader, 0, INT64_MAX);
        job_out->items[i].flags.raw = read_bool(&reader);
        job_out->items[i].flags.refuses_truncated = read_bool(&reader);
    }
    return fovea_reader_is_done(&reader) &&
            (frame->n_fds == job_out->n || frame->n_fds == job_out->n + 1);
}

void
fovea_decoded_write(const struct fovea_decoded *decoded,
        struct fovea_writer *writer)
{
    fovea_write_u32(writer, decoded->index);
    fovea_write_u64(writer, decoded->decode_ns);
}

bool
fovea_decoded_read(const struct fovea_frame *frame,
        struct fovea_decoded *decoded_out)
{
    struct fovea_reader reader = payload_reader(frame);
    decoded_out->index = read_u32_within(&reader, 0, FOVEA_MAX_BATCH - 1);
    decoded_out->decode_ns = read_u64_within(&reader, 0, MAX_TIME_NS);
    return fovea_reader_is_done(&reader) && frame->n_fds == 0;
}

void
fovea_need_write(const struct fovea_need *need, struct fovea_writer *writer)
{
    fovea_write_u32(writer, need->index);
    fovea_write_u64(writer, need->bytes);
}

bool
fovea_need_read(const struct fovea_frame *frame, struct fovea_need *need_out)
{
    struct fovea_reader reader = payload_reader(frame);
    need_out->index = read_u32_within(&reader, 0, FOVEA_MAX_BATCH - 1);
    need_out->bytes = read_u64_within(&reader, 1, MAX_MEMORY_BYTES);
    return fovea_reader_is_done(&reader) && frame->n_fds == 0;
}

void
fovea_grant_write(const struct fovea_grant *grant, struct fovea_writer *writer)
{
    fovea_write_u32(writer, grant->index);
    fovea_write_u32(writer, (uint32_t)grant->status);
    fovea_write_string(writer, grant->message);
}

bool
fovea_grant_read(const struct fovea_frame *frame, struct fovea_grant *grant_out)
{
    struct fovea_reader reader = payload_reader(frame);
    grant_out->index = read_u32_within(&reader, 0, FOVEA_MAX_BATCH - 1);
    grant_out->status = read_reported(&reader, FOVEA_REPORT_OF_ITEM);
    read_message(&reader, grant_out->message);
    bool has_message = grant_out->message[0] != '\0';
    return fovea_reader_is_done(&reader) && frame->n_fds == 0 &&
            has_message == (grant_out->status != FOVEA_OK);
}

void
fovea_measure_write(const struct fovea_choice_shape *shape,
        struct fovea_writer *writer)
{
    fovea_write_u32(writer, shape->width);
    fovea_write_u32(writer, shape->mlp);
    fovea_write_u32(writer, shape->n_heads);
    fovea_write_u32(writer, shape->grid);
}

bool
fovea_measure_read(const struct fovea_frame *frame,
        struct fovea_choice_shape *shape_out)
{
    struct fovea_reader reader = payload_reader(frame);
    shape_out->width = fovea_read_u32(&reader);
    shape_out->mlp = fovea_read_u32(&reader);
    shape_out->n_heads = fovea_read_u32(&reader);
    shape_out->grid = fovea_read_u32(&reader);
    return fovea_reader_is_done(&reader) && frame->n_fds == 0 &&
            fovea_choice_shape_is_good(shape_out);
}

void
fovea_measured_write(const struct fovea_choice_times *times,
        struct fovea_writer *writer)
{
    fovea_write_u64(writer, times->f32_ns);
    fovea_write_u64(writer, times->bf16_ns);
}

bool
fovea_measured_read(const struct fovea_frame *frame,
        struct fovea_choice_times *times_out)
{
    struct fovea_reader reader = payload_reader(frame);
    times_out->f32_ns = fovea_read_u64(&reader);
    times_out->bf16_ns = fovea_read_u64(&reader);
    return fovea_reader_is_done(&reader) && frame->n_fds == 0 &&
            fovea_choice_times_are_good(times_out);
}

void
fovea_result_write(const struct fovea_result *result, const float *vector,
        size_t dimension, struct fovea_writer *writer)
{
    fovea_write_u32(writer, result->index);
    fovea_write_u32(writer, (uint32_t)result->status);
    fovea_write_u32(writer, (uint32_t)result->sys_errno);
    fovea_write_u32(writer, result->notes);
    fovea_write_u64(writer, result->decode_ns);
    fovea_write_u64(writer, result->forward_ns);
    fovea_write_string(writer, result->message);
    fovea_facts_write(&result->facts, writer);
    fovea_write_floats(writer, vector, dimension);
}

bool
fovea_result_read(const struct fovea_frame *frame, size_t dimension,
        struct fovea_result *result_out, float *vector_out)
{
    struct fovea_reader reader = payload_reader(frame);
    result_out->index = read_u32_within(&reader, 0, FOVEA_MAX_BATCH - 1);
    result_out->status = read_reported(&reader, FOVEA_REPORT_OF_ITEM);
    result_out->sys_errno = (int32_t)read_u32_within(&reader, 0, MAX_ERRNO);
    result_out->notes = read_u32_within(&reader, 0, FOVEA_ALL_NOTES);
    result_out->decode_ns = read_u64_within(&reader, 0, MAX_TIME_NS);
    result_out->forward_ns = read_u64_within(&reader, 0, MAX_TIME_NS);
    read_message(&reader, result_out->message);
    fovea_facts_read(&reader, &result_out->facts);
    bool is_noted = result_out->notes != 0;
    if (result_out->status != FOVEA_OK) {
        reader.bad = reader.bad || is_noted || result_out->facts.width_px > 0;
    } else {
        reader.bad = reader.bad || is_noted != (result_out->message[0] != 0) ||
                result_out->sys_errno != 0 ||
                reader.left != dimension * sizeof(float);
        if (!reader.bad) {
            fovea_read_floats(&reader, vector_out, dimension);
        }
    }
    return fovea_reader_is_done(&reader) && frame->n_fds == 0;
}
