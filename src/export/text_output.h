/* Where formats of text go: a file that appears whole, or standard output. */
#ifndef FOVEA_EXPORT_TEXT_OUTPUT_H
#define FOVEA_EXPORT_TEXT_OUTPUT_H

#include "bulk/text_file.h"
#include "export/format.h"

struct fovea_export_text {
    bool is_stdout;
    struct fovea_text_file file; /* its text is what is added */
};

/** Begin. As fovea_target_open(); always to be finished. */
FOVEA_NODISCARD enum fovea_status fovea_export_text_open(
        const struct fovea_export_settings *settings,
        struct fovea_export_text *output_out, struct fovea_error *err);

/** Write what was added. As fovea_text_file_flush(), or
 *  fovea_stdout_text_write(). */
FOVEA_NODISCARD enum fovea_status fovea_export_text_flush(
        struct fovea_export_text *output, struct fovea_error *err);

/** Let the file be seen. */
FOVEA_NODISCARD enum fovea_status fovea_export_text_commit(
        struct fovea_export_text *output, struct fovea_error *err);

void fovea_export_text_finish(struct fovea_export_text *output);

#endif
