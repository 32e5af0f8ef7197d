/* What the rows of a stream are. */
#ifndef FOVEA_BULK_WORK_LAYOUT_H
#define FOVEA_BULK_WORK_LAYOUT_H

#include "fovea/stream.h"

#include "store/row_layout.h"

struct fovea_row_layout fovea_work_layout(enum fovea_stream_work work,
        const struct fovea_model_info *info);

#endif
