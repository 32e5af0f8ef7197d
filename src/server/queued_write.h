/* What clients are told of a queued job. */
#ifndef FOVEA_SERVER_QUEUED_WRITE_H
#define FOVEA_SERVER_QUEUED_WRITE_H

#include "server/queued.h"

/** Add it to a list: its numbers, or its error. */
void fovea_queued_write(const struct fovea_http_exchange *exchange,
        const struct fovea_queued_job *job, bool *has_logged,
        struct fovea_text *text);

/** Add one that was seen with all its nodes and failures. */
void fovea_queued_write_whole(const struct fovea_http_exchange *exchange,
        const struct fovea_queued_job *job, struct fovea_text *text);

#endif
