/* Finding rows that are not what was written: see segment.h. */
#include <string.h>

#include "base/error.h"
#include "store/segment.h"
#include "store/segment_file.h"
#include "store/segment_row.h"

enum {
    VERIFY_ROWS = 64 /* at once, at most */
};

struct buffers {
    uint8_t *codes;
    uint8_t *records;
    struct fovea_codes_mark marks[VERIFY_ROWS];
};

static void
buffers_finish(struct buffers *buffers)
{
    free(buffers->codes);
    free(buffers->records);
}

/* Whether the row at place i of the buffers is whole. */
static bool
is_whole(const struct fovea_segment_layout *layout,
        const struct buffers *buffers, size_t i, uint64_t row)
{
    const uint8_t *record = buffers->records + i * layout->record_size;
    struct fovea_segment_checks found;
    memcpy(&found, record + layout->record_size - sizeof found, sizeof found);
    struct fovea_segment_checks wanted = fovea_segment_checks_make(layout, row,
            record, buffers->codes + i * layout->code_size, &buffers->marks[i]);
    return found.values == wanted.values && found.codes == wanted.codes;
}

/* Verify rows of one block; how many are whole before one that is not. */
static enum fovea_status
verify_together(const struct fovea_segment *segment, uint64_t row,
        size_t n_rows, struct buffers *buffers, uint64_t *n_good,
        struct fovea_error *err)
{
    const struct fovea_segment_layout *layout = &segment->layout;
    enum fovea_status status = fovea_segment_read_codes(segment, row, n_rows,
            buffers->codes, buffers->marks, err);
    if (!status) {
        status = fovea_segment_file_read(segment,
                fovea_segment_record_at(layout, row), buffers->records,
                n_rows * layout->record_size, err);
    }
    for (size_t i = 0; !status && i < n_rows; i++) {
        if (!is_whole(layout, buffers, i, row + i)) {
            return fovea_segment_row_damaged(segment, row + i, err);
        }
        (*n_good)++;
    }
    return status;
}

enum fovea_status
fovea_segment_verify(const struct fovea_segment *segment, uint64_t first,
        uint64_t n_rows, uint64_t *n_good_out, struct fovea_error *err)
{
    const struct fovea_segment_layout *layout = &segment->layout;
    FOVEA_ASSERT(first <= segment->n_rows && n_rows <= segment->n_rows - first);
    FOVEA_AUTO(buffers_finish)
    struct buffers buffers = {
        .codes = malloc(VERIFY_ROWS * layout->code_size),
        .records = malloc(VERIFY_ROWS * layout->record_size),
    };
    if (!buffers.codes || !buffers.records) {
        return fovea_fail_memory(err,
                VERIFY_ROWS * (layout->code_size + layout->record_size),
                "stored vectors");
    }
    uint64_t n_good = 0;
    enum fovea_status status = FOVEA_OK;
    while (!status && n_good < n_rows) {
        uint64_t left = n_rows - n_good;
        size_t here = fovea_segment_rows_together(layout, first + n_good,
                left < VERIFY_ROWS ? left : VERIFY_ROWS);
        status = verify_together(segment, first + n_good, here, &buffers,
                &n_good, err);
    }
    *n_good_out = n_good;
    return status;
}
