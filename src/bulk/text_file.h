/* A file of text that results are written to: it appears whole or not at all. */
#ifndef FOVEA_BULK_TEXT_FILE_H
#define FOVEA_BULK_TEXT_FILE_H

#include "base/text.h"
#include "bulk/target.h"

struct fovea_text_file {
    struct fovea_atomic_file file; /* to be committed by the owner */
    struct fovea_text text;        /* what is added and not yet written */
};

/** Begin one of a target's files. As fovea_target_open(); *file_out is always
 *  to be finished. */
FOVEA_NODISCARD enum fovea_status fovea_text_file_open(
        const struct fovea_target *target, size_t index,
        struct fovea_text_file *file_out, struct fovea_error *err);

/** Write the text, which is empty then. FOVEA_OK, FOVEA_ERR_IO, or
 *  FOVEA_ERR_NO_MEMORY if that ran out while it was added. */
FOVEA_NODISCARD enum fovea_status fovea_text_file_flush(
        struct fovea_text_file *file, struct fovea_error *err);

/** Drop what was not committed and free everything. */
void fovea_text_file_finish(struct fovea_text_file *file);

#endif
