/* One thumbnail, waited for. */
#include "wire/thumbnail.h"

#include <string.h>

#include "base/error.h"
#include "runtime/request_run.h"

size_t
fovea_thumbnail_max_bytes(const struct fovea_model *model)
{
    return model ? fovea_thumbnail_jpeg_bytes(model->library->thumbnail_px) : 0;
}

enum fovea_status
fovea_thumbnail(struct fovea_model *model, const struct fovea_item *item,
        uint8_t *jpeg, size_t *size_out, struct fovea_error *err)
{
    if (!model || !item || !jpeg || !size_out) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "an argument is NULL");
    }
    size_t row_bytes = fovea_model_row_bytes(model, FOVEA_WORK_THUMBNAIL);
    FOVEA_AUTO_FREE struct fovea_thumbnail_row *row = malloc(row_bytes);
    if (!row) {
        return fovea_fail_memory(err, row_bytes, "a thumbnail");
    }
    enum fovea_status status =
            fovea_request_run(model, item, FOVEA_WORK_THUMBNAIL, 0, row, err);
    if (!status) {
        memcpy(jpeg, row->jpeg, row->size);
        *size_out = row->size;
    }
    return status;
}
