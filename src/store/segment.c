/* Opening and reading segments: see segment.h. */
#include "store/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/macros.h"
#include "store/segment_file.h"
#include "store/segment_row.h"
#include "sys/file_status.h"

enum {
    READ_BYTES = 1 << 18 /* at once, of records, where there are so many */
};

static bool
is_expected(const struct fovea_segment_spec *is,
        const struct fovea_segment_spec *wanted)
{
    return memcmp(is->set_id, wanted->set_id, sizeof is->set_id) == 0 &&
            is->number == wanted->number &&
            is->dimension == wanted->dimension && is->store == wanted->store &&
            (wanted->capacity == 0 || is->capacity == wanted->capacity);
}

static enum fovea_status
read_header(struct fovea_segment *segment,
        const struct fovea_segment_spec *wanted, struct fovea_error *err)
{
    struct fovea_segment_header header;
    enum fovea_status status = FOVEA_OK;
    if (segment->input.size < FOVEA_SEGMENT_PAGE) {
        status = fovea_fail(err, FOVEA_ERR_INDEX_DAMAGED,
                "the file is too short for its header");
    } else {
        size_t n = 0;
        status = fovea_input_read(&segment->input, 0, &header, sizeof header,
                &n, err);
        memset((uint8_t *)&header + n, 0, sizeof header - n);
    }
    if (!status) {
        status = fovea_segment_header_check(&header, &segment->spec, err);
    }
    if (!status && !is_expected(&segment->spec, wanted)) {
        status = fovea_fail(err, FOVEA_ERR_INDEX_DAMAGED,
                "the file is a segment of other vectors");
    }
    if (status) {
        fovea_error_prefix(err, "%.160s", segment->path);
        return status;
    }
    fovea_segment_layout_init(&header, &segment->layout);
    return FOVEA_OK;
}

enum fovea_status
fovea_segment_extend(struct fovea_segment *segment, uint64_t n_rows,
        struct fovea_error *err)
{
    struct stat info;
    if (n_rows > segment->spec.capacity || n_rows < segment->n_rows) {
        return fovea_fail(err, FOVEA_ERR_INDEX_DAMAGED,
                "%.160s: has room for %u rows and had %llu, and %llu are said "
                "to be in it",
                segment->path, segment->spec.capacity,
                (unsigned long long)segment->n_rows,
                (unsigned long long)n_rows);
    }
    if (fstat(segment->input.fd, &info)) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno, "%.160s",
                segment->path);
    }
    uint64_t end = fovea_segment_file_end(&segment->layout, n_rows);
    if ((uint64_t)info.st_size < end) {
        return fovea_fail(err, FOVEA_ERR_INDEX_DAMAGED,
                "%.160s: %llu rows take %llu bytes, and the file has %lld",
                segment->path, (unsigned long long)n_rows,
                (unsigned long long)end, (long long)info.st_size);
    }
    segment->n_rows = n_rows;
    segment->input.size = end;
    return FOVEA_OK;
}

enum fovea_status
fovea_segment_open(const char *path, const struct fovea_segment_spec *spec,
        uint64_t n_rows, enum fovea_segment_use use,
        struct fovea_segment **segment_out, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_segment_file_close_auto)
    struct fovea_segment *segment = fovea_segment_file_new(path);
    if (!segment) {
        return fovea_fail_memory(err, sizeof *segment, "a segment");
    }
    enum fovea_status status =
            fovea_input_open_file(path, &segment->input, err);
    if (!status) {
        status = read_header(segment, spec, err);
    }
    if (!status) {
        status = fovea_segment_extend(segment, n_rows, err);
    }
    if (status) {
        return status;
    }
    if (use == FOVEA_SEGMENT_APPEND) {
        segment->write_fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
        if (segment->write_fd < 0) {
            return fovea_fail_errno(err, fovea_file_status(errno), errno,
                    "%.160s: cannot be written", path);
        }
    }
    *segment_out = FOVEA_TAKE(segment);
    return FOVEA_OK;
}

void
fovea_segment_close(struct fovea_segment *segment)
{
    fovea_segment_file_close(segment);
}

const struct fovea_segment_spec *
fovea_segment_describe(const struct fovea_segment *segment)
{
    return &segment->spec;
}

uint64_t
fovea_segment_n_rows(const struct fovea_segment *segment)
{
    return segment->n_rows;
}

uint64_t
fovea_segment_size(const struct fovea_segment *segment, uint64_t n_rows)
{
    return fovea_segment_file_end(&segment->layout, n_rows);
}

static enum fovea_status
read_together(const struct fovea_segment *segment, uint64_t row, size_t n_rows,
        uint8_t *records, float *rows_out, struct fovea_error *err)
{
    const struct fovea_segment_layout *layout = &segment->layout;
    enum fovea_status status = fovea_segment_file_read(segment,
            fovea_segment_record_at(layout, row), records,
            n_rows * layout->record_size, err);
    for (size_t i = 0; !status && i < n_rows; i++) {
        const uint8_t *record = records + i * layout->record_size;
        struct fovea_segment_checks checks;
        memcpy(&checks, record + layout->record_size - sizeof checks,
                sizeof checks);
        if (checks.values !=
                fovea_segment_values_check(layout, row + i, record)) {
            return fovea_segment_row_damaged(segment, row + i, err);
        }
        fovea_segment_values_unpack(layout, record,
                rows_out + i * layout->dimension);
    }
    return status;
}

enum fovea_status
fovea_segment_read(const struct fovea_segment *segment, uint64_t first,
        size_t n_rows, float *rows_out, struct fovea_error *err)
{
    const struct fovea_segment_layout *layout = &segment->layout;
    FOVEA_ASSERT(first <= segment->n_rows && n_rows <= segment->n_rows - first);
    size_t room = READ_BYTES / layout->record_size;
    room = room < 1 ? 1 : room > n_rows ? n_rows : room;
    FOVEA_AUTO_FREE uint8_t *records = malloc(room * layout->record_size + 1);
    if (!records) {
        return fovea_fail_memory(err, room * layout->record_size,
                "stored vectors");
    }
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; !status && i < n_rows;) {
        size_t left = n_rows - i < room ? n_rows - i : room;
        size_t here = fovea_segment_rows_together(layout, first + i, left);
        status = read_together(segment, first + i, here, records,
                rows_out + i * layout->dimension, err);
        i += here;
    }
    return status;
}
