/* See key.h. */
#include "shards/key.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *folder;
    const char *begin; /* of the name */
    const char *end;
} objects[FOVEA_N_SHARD_OBJECTS] = {
    [FOVEA_SHARD_NAMES] = { "manifest", "names_", ".jsonl" },
    [FOVEA_SHARD_ROWS] = { "img_emb", "img_emb_", ".npy" },
    [FOVEA_SHARD_METADATA] = { "metadata", "metadata_", ".jsonl" },
    [FOVEA_SHARD_ERRORS] = { "errors", "errors_", ".jsonl" },
    [FOVEA_SHARD_DONE] = { "done", "", ".json" },
    [FOVEA_SHARD_FAILED] = { "failed", "", ".json" },
    [FOVEA_SHARD_ATTEMPTS] = { "attempts", "", ".json" },
};

void
fovea_shard_key(enum fovea_shard_object object, uint64_t number,
        char key_out[FOVEA_SHARD_KEY_SIZE])
{
    (void)snprintf(key_out, FOVEA_SHARD_KEY_SIZE, "%s/%s%05" PRIu64 "%s",
            objects[object].folder, objects[object].begin, number,
            objects[object].end);
}

const char *
fovea_shard_folder(enum fovea_shard_object object)
{
    return objects[object].folder;
}

bool
fovea_shard_number(enum fovea_shard_object object, const char *name,
        uint64_t *number_out)
{
    char key[FOVEA_SHARD_KEY_SIZE];
    uint64_t number = 0;
    const char *digits = name + strnlen(objects[object].begin, 16);
    if (strncmp(name, objects[object].begin, strlen(objects[object].begin)) !=
            0) {
        return false;
    }
    for (size_t i = 0; digits[i] >= '0' && digits[i] <= '9' && i < 18; i++) {
        number = number * 10 + (uint64_t)(digits[i] - '0');
    }
    fovea_shard_key(object, number, key);
    if (strcmp(strchr(key, '/') + 1, name) != 0) {
        return false;
    }
    *number_out = number;
    return true;
}
