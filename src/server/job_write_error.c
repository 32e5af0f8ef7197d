/* An item that failed, in an answer: see job_write_error.h. */
#include "server/job_write_error.h"

void
fovea_server_job_write_error(const struct fovea_server_job *job, size_t index,
        struct fovea_text *text)
{
    struct fovea_http_complaint complaint = { .error =
                                                      job->items[index].error };
    fovea_embed_request_param(&job->request, index, complaint.param);
    fovea_text_format(text, "\"error\":");
    fovea_http_answer_error_object(text, &complaint);
}
