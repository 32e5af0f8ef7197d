/* See segment_file.h. */
#include "store/segment_file.h"

#include <string.h>

#include "base/error.h"

struct fovea_segment *
fovea_segment_file_new(const char *path)
{
    struct fovea_segment *segment = calloc(1, sizeof *segment);
    if (segment) {
        segment->input = (struct fovea_input)FOVEA_INPUT_INIT;
        segment->write_fd = -1;
        segment->path = strdup(path);
    }
    if (segment && !segment->path) {
        fovea_segment_file_close(segment);
        return NULL;
    }
    return segment;
}

void
fovea_segment_file_close(struct fovea_segment *segment)
{
    if (!segment) {
        return;
    }
    fovea_input_finish(&segment->input);
    if (segment->write_fd >= 0) {
        (void)close(segment->write_fd);
    }
    free(segment->path);
    free(segment);
}

uint64_t
fovea_segment_file_end(const struct fovea_segment_layout *layout,
        uint64_t n_rows)
{
    return n_rows == 0
            ? FOVEA_SEGMENT_PAGE
            : fovea_segment_record_at(layout, n_rows - 1) + layout->record_size;
}

enum fovea_status
fovea_segment_file_read(const struct fovea_segment *segment, uint64_t offset,
        void *buffer, size_t size, struct fovea_error *err)
{
    size_t n = 0;
    enum fovea_status status =
            fovea_input_read(&segment->input, offset, buffer, size, &n, err);
    if (status) {
        fovea_error_prefix(err, "%.160s", segment->path);
        return status;
    }
    return n == size ? FOVEA_OK
                     : fovea_fail(err, FOVEA_ERR_INDEX_DAMAGED,
                               "%.160s: the file was cut while it was read",
                               segment->path);
}

enum fovea_status
fovea_segment_row_damaged(const struct fovea_segment *segment, uint64_t row,
        struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_INDEX_DAMAGED,
            "%.160s: row %llu is not what was written", segment->path,
            (unsigned long long)row);
}

enum fovea_status
fovea_segment_read_codes(const struct fovea_segment *segment, uint64_t row,
        size_t n_rows, uint8_t *codes_out, struct fovea_codes_mark *marks_out,
        struct fovea_error *err)
{
    const struct fovea_segment_layout *layout = &segment->layout;
    enum fovea_status status = fovea_segment_file_read(segment,
            fovea_segment_codes_at(layout, row), codes_out,
            n_rows * layout->code_size, err);
    return status ? status
                  : fovea_segment_file_read(segment,
                            fovea_segment_mark_at(layout, row), marks_out,
                            n_rows * sizeof *marks_out, err);
}
