/* See queued_write.h. */
#include "server/queued_write.h"

#include <inttypes.h>

#include "jobs/job_json.h"
#include "server/discreet.h"

/* Messages name what a node has worked on, which may be anywhere: they are told as the
   library's own are. */
static void
add_failures(const struct fovea_http_exchange *exchange,
        const struct fovea_queued_job *job, struct fovea_text *text)
{
    fovea_text_format(text, ",\"failed_shards\":[");
    for (size_t i = 0; i < job->n_failures; i++) {
        const struct fovea_shard_failure *failure = &job->failures[i];
        struct fovea_http_complaint complaint = { .param = "" };
        (void)fovea_fail(&complaint.error, failure->code, "%s",
                failure->message);
        (void)fovea_discreet(fovea_server_of(exchange), &complaint.error);
        fovea_text_format(text,
                "%s{\"shard\":%" PRIu64 ",\"attempts\":%" PRIu64 ",\"error\":",
                i > 0 ? "," : "", failure->number, failure->n_attempts);
        fovea_http_answer_error_object(text, &complaint);
        fovea_text_add(text, "}", 1);
    }
    fovea_text_add(text, "]", 1);
}

static void
begin(const struct fovea_queued_job *job, struct fovea_text *text)
{
    fovea_text_format(text, "{\"object\":\"job\",\"name\":\"%s\"", job->name);
}

void
fovea_queued_write(const struct fovea_http_exchange *exchange,
        const struct fovea_queued_job *job, bool *has_logged,
        struct fovea_text *text)
{
    begin(job, text);
    if (job->error.code) {
        struct fovea_http_complaint complaint = {
            .error = job->error,
            .param = "",
        };
        fovea_discreet_log(exchange, &complaint.error, has_logged);
        fovea_text_format(text, ",\"error\":");
        fovea_http_answer_error_object(text, &complaint);
    } else {
        fovea_job_json_numbers(&job->progress, text);
    }
    fovea_text_add(text, "}", 1);
}

void
fovea_queued_write_whole(const struct fovea_http_exchange *exchange,
        const struct fovea_queued_job *job, struct fovea_text *text)
{
    begin(job, text);
    fovea_job_json_numbers(&job->progress, text);
    fovea_job_json_nodes(&job->progress, text);
    add_failures(exchange, job, text);
    fovea_text_add(text, "}", 1);
}
