/* One item, waited for. */
#ifndef FOVEA_RUNTIME_REQUEST_RUN_H
#define FOVEA_RUNTIME_REQUEST_RUN_H

#include "runtime/model.h"

/**
 * Submit an item and wait for what comes of it.
 *
 * @param row  fovea_model_row_bytes() of the kind; written on success only.
 * @param err  On success the item's notes.
 * @return as fovea_submit(), or what the item came to.
 */
FOVEA_NODISCARD enum fovea_status fovea_request_run(struct fovea_model *model,
        const struct fovea_item *item, enum fovea_work_kind kind,
        unsigned flags, void *row, struct fovea_error *err);

#endif
