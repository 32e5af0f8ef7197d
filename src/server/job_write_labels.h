/* What labels fit the images of a job. */
#ifndef FOVEA_SERVER_JOB_WRITE_LABELS_H
#define FOVEA_SERVER_JOB_WRITE_LABELS_H

#include "server/job_state.h"

/** Write what stands behind "data":[ , and the "]": a list an image, of labels
 *  and scores, the best first; empty for one that failed. "errors" and "notes"
 *  come behind, where there are any. Any thread, once all is done. */
void fovea_server_job_write_labels(const struct fovea_server_job *job,
        struct fovea_text *text);

/**
 * Whether an answer is small enough to be written: a label stands in it once an
 * image.
 *
 * @param max_size  bytes.
 * @return FOVEA_OK; FOVEA_ERR_BODY_TOO_LARGE.
 */
FOVEA_NODISCARD enum fovea_status fovea_server_check_labels_size(
        const struct fovea_embed_request *request, uint64_t max_size,
        struct fovea_http_complaint *complaint);

#endif
