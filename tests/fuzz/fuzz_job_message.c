/*
 * Messages of shards, as they come from a broker: refused with a reason, or of the
 * shard of the manifest to the last number.
 */
#include <string.h>

#include "base/macros.h"
#include "fuzz.h"
#include "jobs/message.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char model[] = "model";
    static struct fovea_manifest_shard shards[] = {
        { .first = 0, .count = 10 },
        { .first = 10, .count = FOVEA_SHARD_UNCOUNTED },
    };
    const struct fovea_manifest manifest = {
        .frozen = { .model = model,
                .weights = "00ff",
                .dtype = "f32",
                .pixels = "pil" },
        .shards = shards,
        .n_shards = FOVEA_ARRAY_LEN(shards),
        .sha256 = "ff00",
    };
    unsigned n_taken = 0;
    for (uint64_t shard = 0; shard < FOVEA_ARRAY_LEN(shards) + 1; shard++) {
        struct fovea_error error = { .code = FOVEA_OK };
        enum fovea_status status = fovea_job_message_check((const char *)data,
                size, "job", &manifest, shard, &error);
        FOVEA_ASSERT(status == error.code);
        FOVEA_ASSERT(!status ||
                (status == FOVEA_ERR_JOB_MESSAGE && error.message[0]));
        n_taken += !status;
    }
    FOVEA_ASSERT(n_taken <= 1);
    return 0;
}
