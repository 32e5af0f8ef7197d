/* The image, or the text, that `fovea similar` compares all inputs with. */
#ifndef FOVEA_CLI_QUERY_H
#define FOVEA_CLI_QUERY_H

#include "cli/request.h"

/**
 * Embed the query of a request; a note about it is reported, unless quiet.
 *
 * @param query  [dimension], of length 1; written on success.
 * @return FOVEA_OK; what came of it, with its name in the message.
 */
FOVEA_NODISCARD enum fovea_status fovea_query_embed(
        const struct fovea_run_request *request, struct fovea_model *model,
        float *query, struct fovea_error *err);

#endif
