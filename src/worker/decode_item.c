/* See decode_item.h. */
#include "worker/decode_item.h"

#include <malloc.h>

#include "base/clock.h"
#include "wire/messages.h"

/* An item that wants memory. */
struct asker {
    const struct fovea_worker_job *job;
    size_t index;
    bool has_asked;
};

static enum fovea_status
ask(void *context, uint64_t bytes, struct fovea_error *err)
{
    struct asker *asker = context;
    const struct fovea_worker_job *job = asker->job;
    if (bytes <= FOVEA_DECODE_FREE_BYTES || !job->ask) {
        return FOVEA_OK;
    }
    asker->has_asked = true;
    return job->ask(job->context, asker->index, bytes - FOVEA_DECODE_FREE_BYTES,
            err);
}

/* What was granted goes back to the system before anybody hears that it is
   free. */
enum fovea_status
fovea_decode_item(const struct fovea_decoder *decoder,
        const struct fovea_worker_job *job, size_t index, void *row_out,
        struct fovea_facts *facts_out, int64_t *decode_ns_out,
        struct fovea_error *error_out)
{
    *facts_out = (struct fovea_facts){ 0 };
    struct asker asker = { .job = job, .index = index };
    const struct fovea_allowance allowance = { .context = &asker, .ask = ask };
    int64_t start = fovea_clock_ns();
    enum fovea_status status = decoder->reader->read(&decoder->options,
            &allowance, &job->flags[index], &job->inputs[index], row_out,
            facts_out, error_out);
    *decode_ns_out = fovea_clock_ns() - start;
    fovea_input_finish(&job->inputs[index]);
    if (asker.has_asked) {
        (void)malloc_trim(0);
    }
    return status;
}
