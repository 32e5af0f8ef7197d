/* The labels of `fovea classify` as vectors. */
#ifndef FOVEA_CLI_LABEL_TEXTS_H
#define FOVEA_CLI_LABEL_TEXTS_H

#include "cli/label_list.h"
#include "cli/request.h"

/**
 * Embed the texts of labels, each once; that some were cut is reported, unless
 * quiet.
 *
 * @param texts  [n of the list][dimension]; written on success.
 * @return FOVEA_OK; what came of a label, with its place in the message.
 */
FOVEA_NODISCARD enum fovea_status fovea_label_texts_embed(
        const struct fovea_run_request *request,
        const struct fovea_label_list *list, struct fovea_model *model,
        float *texts, struct fovea_error *err);

#endif
