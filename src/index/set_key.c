/* What a new set is of: see sets.h. */
#include <string.h>

#include "base/error.h"
#include "index/sets.h"

enum fovea_status
fovea_index_set_key_init(struct fovea_index_set_key *key,
        const struct fovea_model_info *info, const char *name,
        enum fovea_pixels pixels, enum fovea_store store,
        struct fovea_error *err)
{
    size_t size = strlen(name);
    if (size >= sizeof key->model) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the model's key has %zu bytes, and an index keeps %zu of it",
                size, sizeof key->model - 1);
    }
    *key = (struct fovea_index_set_key){
        .dtype = info->dtype,
        .pixels = pixels,
        .dimension = info->embedding_dimension,
        .store = store,
        .has_words = info->has_text,
    };
    memcpy(key->model, name, size);
    return FOVEA_OK;
}
