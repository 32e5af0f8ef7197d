/* What came of an input, on its way to a sink. */
#ifndef FOVEA_BULK_ROW_RESULT_H
#define FOVEA_BULK_ROW_RESULT_H

#include "bulk/entry.h"

struct fovea_row_result {
    const struct fovea_entry *entry;
    const struct fovea_error *error; /* code FOVEA_OK: good, with its notes */
    const void *row;                 /* of good ones, as the layout says */
};

#endif
