/* Making segments and appending to them: see segment.h. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "base/size.h"
#include "store/score.h"
#include "store/segment.h"
#include "store/segment_file.h"
#include "store/segment_row.h"
#include "sys/file_status.h"

enum {
    WRITE_BYTES = 1 << 18 /* at once, of records, where there are so many */
};

/* Rows of a block on their way into the file. */
struct batch {
    size_t room; /* rows */
    size_t n;
    uint8_t *codes;
    struct fovea_codes_mark *marks;
    uint8_t *records;
    float *stored; /* a row's values as they are read again */
};

static enum fovea_status
write_failed(const struct fovea_segment *segment, struct fovea_error *err)
{
    return fovea_fail_errno(err, fovea_file_status(errno), errno, "%.160s",
            segment->path);
}

static enum fovea_status
write_at(const struct fovea_segment *segment, uint64_t offset,
        const void *bytes, size_t size, struct fovea_error *err)
{
    const uint8_t *at = bytes;
    for (size_t done = 0; done < size;) {
        ssize_t n = pwrite(segment->write_fd, at + done, size - done,
                (off_t)(offset + done));
        if (n < 0 && errno != EINTR) {
            return write_failed(segment, err);
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return FOVEA_OK;
}

static void
batch_finish(struct batch *batch)
{
    free(batch->codes);
    free(batch->marks);
    free(batch->records);
    free(batch->stored);
}

static enum fovea_status
batch_init(const struct fovea_segment_layout *layout, size_t n_rows,
        struct batch *batch_out, struct fovea_error *err)
{
    size_t room = WRITE_BYTES / layout->record_size;
    room = room < 1 ? 1 : room > n_rows ? n_rows : room;
    *batch_out = (struct batch){
        .room = room,
        .codes = malloc(room * layout->code_size),
        .marks = malloc(room * sizeof *batch_out->marks),
        .records = calloc(room, layout->record_size),
        .stored = malloc(layout->dimension * sizeof *batch_out->stored),
    };
    return batch_out->codes && batch_out->marks && batch_out->records &&
                    batch_out->stored
            ? FOVEA_OK
            : fovea_fail_memory(err,
                      room * (layout->code_size + layout->record_size),
                      "vectors to be stored");
}

/* Add a row to the batch; it becomes row number `row`. */
static enum fovea_status
batch_add(struct batch *batch, const struct fovea_segment_layout *layout,
        uint64_t row, const float *values, struct fovea_error *err)
{
    uint8_t *record = batch->records + batch->n * layout->record_size;
    uint8_t *codes = batch->codes + batch->n * layout->code_size;
    fovea_segment_values_pack(layout, values, record);
    fovea_segment_values_unpack(layout, record, batch->stored);
    double square = fovea_score_square(batch->stored, layout->dimension);
    if (!isfinite(square) || square <= 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "a vector to be stored %s%s",
                isfinite(square) ? "is all zeros"
                                 : "has a number that is not finite",
                layout->value_size == sizeof(float) ? "" : ", as float16");
    }
    fovea_codes_make(batch->stored, square, layout->dimension, codes,
            &batch->marks[batch->n]);
    struct fovea_segment_checks checks = fovea_segment_checks_make(layout, row,
            record, codes, &batch->marks[batch->n]);
    memcpy(record + layout->record_size - sizeof checks, &checks,
            sizeof checks);
    batch->n++;
    return FOVEA_OK;
}

static enum fovea_status
batch_write(struct batch *batch, const struct fovea_segment *segment,
        uint64_t row, struct fovea_error *err)
{
    const struct fovea_segment_layout *layout = &segment->layout;
    enum fovea_status status =
            write_at(segment, fovea_segment_codes_at(layout, row), batch->codes,
                    batch->n * layout->code_size, err);
    if (!status) {
        status = write_at(segment, fovea_segment_mark_at(layout, row),
                batch->marks, batch->n * sizeof *batch->marks, err);
    }
    if (!status) {
        status = write_at(segment, fovea_segment_record_at(layout, row),
                batch->records, batch->n * layout->record_size, err);
    }
    batch->n = 0;
    return status;
}

enum fovea_status
fovea_segment_append(struct fovea_segment *segment, const float *rows,
        size_t n_rows, struct fovea_error *err)
{
    const struct fovea_segment_layout *layout = &segment->layout;
    FOVEA_ASSERT(segment->write_fd >= 0);
    if (n_rows > segment->spec.capacity - segment->n_rows) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%.160s: has room for %llu vectors more, not for %zu",
                segment->path,
                (unsigned long long)(segment->spec.capacity - segment->n_rows),
                n_rows);
    }
    FOVEA_AUTO(batch_finish) struct batch batch = { 0 };
    enum fovea_status status =
            n_rows > 0 ? batch_init(layout, n_rows, &batch, err) : FOVEA_OK;
    for (size_t i = 0; !status && i < n_rows;) {
        uint64_t row = segment->n_rows + i;
        size_t left = n_rows - i < batch.room ? n_rows - i : batch.room;
        size_t here = fovea_segment_rows_together(layout, row, left);
        for (size_t j = 0; !status && j < here; j++) {
            status = batch_add(&batch, layout, row + j,
                    rows + (i + j) * layout->dimension, err);
        }
        if (!status) {
            status = batch_write(&batch, segment, row, err);
        }
        i += here;
    }
    if (!status) {
        segment->n_rows += n_rows;
        segment->input.size = fovea_segment_file_end(layout, segment->n_rows);
    }
    return status;
}

enum fovea_status
fovea_segment_sync(struct fovea_segment *segment, struct fovea_error *err)
{
    FOVEA_ASSERT(segment->write_fd >= 0);
    if (fdatasync(segment->write_fd)) {
        return write_failed(segment, err);
    }
    if (segment->n_rows == segment->spec.capacity) {
        /* Memory that was filled row by row is in small pieces, from which the
           scan reads three times as slowly as from those that come of reading
           the file: let the next search read it once. */
        (void)posix_fadvise(segment->write_fd, 0, 0, POSIX_FADV_DONTNEED);
    }
    return FOVEA_OK;
}

/* The name is in the folder for good once the folder is synced. */
static enum fovea_status
sync_folder(const struct fovea_segment *segment, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *copy = strdup(segment->path);
    if (!copy) {
        return fovea_fail_memory(err, strlen(segment->path) + 1, "a path");
    }
    FOVEA_AUTO_FD int fd =
            open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 || fsync(fd) ? write_failed(segment, err) : FOVEA_OK;
}

static enum fovea_status
open_new(struct fovea_segment *segment, struct fovea_error *err)
{
    segment->write_fd = open(segment->path,
            O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (segment->write_fd >= 0) {
        segment->input.fd = segment->write_fd;
        segment->input.borrows_fd = true;
        return FOVEA_OK;
    }
    if (errno == EEXIST) {
        return fovea_fail(err, FOVEA_ERR_OUTPUT_REFUSED,
                "%.160s: there is something already", segment->path);
    }
    if (errno == ENOENT) {
        return fovea_fail_errno(err, FOVEA_ERR_FILE_NOT_FOUND, errno, "%.160s",
                segment->path);
    }
    return write_failed(segment, err);
}

enum fovea_status
fovea_segment_create(const char *path, const struct fovea_segment_spec *spec,
        struct fovea_segment **segment_out, struct fovea_error *err)
{
    if (!fovea_segment_spec_is_good(spec)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%.160s: a segment has 1 to %d numbers a vector and 1 to %d "
                "vectors, not %u and %u",
                path, FOVEA_SEGMENT_MAX_DIMENSION, FOVEA_SEGMENT_MAX_ROWS,
                spec->dimension, spec->capacity);
    }
    FOVEA_AUTO(fovea_segment_file_close_auto)
    struct fovea_segment *segment = fovea_segment_file_new(path);
    if (!segment) {
        return fovea_fail_memory(err, sizeof *segment, "a segment");
    }
    enum fovea_status status = open_new(segment, err);
    if (status) {
        return status;
    }
    union {
        struct fovea_segment_header header;
        uint8_t bytes[FOVEA_SEGMENT_PAGE];
    } page = { .bytes = { 0 } };
    fovea_segment_header_make(spec, &page.header);
    fovea_segment_layout_init(&page.header, &segment->layout);
    segment->spec = *spec;
    segment->input.size = sizeof page;
    status = write_at(segment, 0, &page, sizeof page, err);
    if (!status) {
        status = fovea_segment_sync(segment, err);
    }
    if (!status) {
        status = sync_folder(segment, err);
    }
    if (status) {
        (void)unlink(path);
        return status;
    }
    *segment_out = FOVEA_TAKE(segment);
    return FOVEA_OK;
}
