/* What the readers of texts share: read_text.c and read_tokens.c. */
#ifndef FOVEA_WORKER_READ_TEXT_H
#define FOVEA_WORKER_READ_TEXT_H

#include "text/tokenizer.h"
#include "worker/read.h"

/** As load and finish of a reader. */
FOVEA_NODISCARD enum fovea_status fovea_read_text_load(
        const struct fovea_read_origin *origin,
        struct fovea_read_options *options, int *table_fd_out,
        struct fovea_error *err);
void fovea_read_text_finish(struct fovea_read_options *options);

/**
 * A text to ids, not filled up.
 *
 * @param ids_out  [context of the tower].
 * @return FOVEA_OK, with FOVEA_NOTE_TRUNCATED in err where it was cut;
 *         FOVEA_ERR_TEXT_TOO_LARGE, _ENCODING, _TRUNCATED;
 *         FOVEA_ERR_TOKENIZER_INVALID for an id that the model does not have;
 *         FOVEA_ERR_NO_MEMORY; FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_read_text_ids(
        const struct fovea_read_options *options,
        const struct fovea_allowance *allowance, bool refuses_truncated,
        struct fovea_input *input, uint32_t *ids_out,
        struct fovea_encoding *encoding_out, struct fovea_error *err);

#endif
