/* Lines that sinks write to standard output. */
#ifndef FOVEA_BULK_STDOUT_TEXT_H
#define FOVEA_BULK_STDOUT_TEXT_H

#include "fovea/export.h"
#include "fovea/status.h"

#include "base/text.h"

/**
 * Write lines, and clear the text, as a sink's checkpoint has to.
 *
 * @param attention_fd  Readable once it is to stop: then with its last line
 *                      whole, if the reader takes it.
 * @return FOVEA_OK; FOVEA_ERR_CANCELLED (attention); FOVEA_ERR_DEADLINE;
 *         FOVEA_ERR_OUTPUT_CLOSED; FOVEA_ERR_IO.
 */
FOVEA_NODISCARD enum fovea_status fovea_stdout_text_write(
        struct fovea_text *text, int attention_fd, struct fovea_error *err);

#endif
