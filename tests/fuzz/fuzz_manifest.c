/*
 * manifest.json: what is taken for one has bounds that hold, and is the same when it
 * is written and read again; what is not is damaged or newer, with a message.
 */
#include <string.h>

#include "base/macros.h"
#include "fuzz.h"
#include "shards/manifest.h"

static void
check_good(const struct fovea_manifest *manifest)
{
    uint64_t n_items = 0;
    FOVEA_ASSERT(manifest->n_shards > 0);
    FOVEA_ASSERT(manifest->frozen.model && manifest->frozen.dimension > 0);
    for (uint64_t i = 0; i < manifest->n_shards; i++) {
        const struct fovea_manifest_shard *shard = &manifest->shards[i];
        FOVEA_ASSERT(shard->first == n_items);
        FOVEA_ASSERT(fovea_sha256_is_hex(shard->names));
        if (shard->count != FOVEA_SHARD_UNCOUNTED) {
            FOVEA_ASSERT(shard->count <= manifest->frozen.shard_size);
            n_items += shard->count;
        }
    }
    FOVEA_ASSERT(n_items == manifest->n_items);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fovea_error error = { .code = FOVEA_OK };
    struct fovea_manifest manifest;
    struct fovea_manifest again;
    struct fovea_text text = { 0 };
    struct fovea_text second = { 0 };
    enum fovea_status status = fovea_manifest_parse((const char *)data, size,
            "x", &manifest, &error);
    if (status) {
        FOVEA_ASSERT(status == FOVEA_ERR_SHARDS_DIFFER && error.message[0]);
        return 0;
    }
    check_good(&manifest);
    fovea_manifest_write(&manifest, &text);
    FOVEA_ASSERT(
            !fovea_manifest_parse(text.data, text.size, "x", &again, &error));
    fovea_manifest_write(&again, &second);
    FOVEA_ASSERT(text.size == second.size &&
            memcmp(text.data, second.data, text.size) == 0);
    fovea_manifest_finish(&again);
    fovea_manifest_finish(&manifest);
    fovea_text_finish(&second);
    fovea_text_finish(&text);
    return 0;
}
