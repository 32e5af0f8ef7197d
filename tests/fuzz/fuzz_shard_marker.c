/*
 * Markers of shards: what is taken for one that says a shard is done has numbers that
 * agree, and is the same when it is written and read again; one of a failure has a
 * status that is none of success, whatever it says.
 */
#include <string.h>

#include "base/macros.h"
#include "fuzz.h"
#include "shards/done.h"
#include "shards/markers.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    struct fovea_shard_done done;
    struct fovea_shard_failure failure;
    if (fovea_shard_done_parse(bytes, size, &done)) {
        struct fovea_shard_done again;
        struct fovea_text text = { 0 };
        struct fovea_text second = { 0 };
        FOVEA_ASSERT(
                done.n_inputs == done.n_rows + done.n_errors + done.n_skipped);
        fovea_shard_done_write(&done, &text);
        FOVEA_ASSERT(fovea_shard_done_parse(text.data, text.size, &again));
        fovea_shard_done_write(&again, &second);
        FOVEA_ASSERT(strcmp(text.data, second.data) == 0);
        fovea_text_finish(&second);
        fovea_text_finish(&text);
    }
    (void)fovea_shard_failure_parse(bytes, size, 7, &failure);
    FOVEA_ASSERT(failure.number == 7 && failure.code != FOVEA_OK);
    FOVEA_ASSERT(memchr(failure.message, 0, sizeof failure.message));
    return 0;
}
