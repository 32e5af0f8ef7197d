/* See shared_digest.h. */
#include "runtime/shared_digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/sha256.h"
#include "checkpoint/config.h"
#include "checkpoint/json.h"
#include "runtime/file_digest.h"
#include "runtime/weights_digest.h"
#include "spec/tokenizer_files.h"
#include "sys/input.h"

static const char *const tokenizer_files[] = { FOVEA_FILE_TOKENIZER,
    FOVEA_FILE_TOKENIZER_CONFIG, FOVEA_FILE_VOCABULARY, FOVEA_FILE_MERGES };

static enum fovea_status
add_file(struct fovea_sha256 *hash, const char *directory, const char *name,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *path = NULL;
    FOVEA_AUTO(fovea_input_finish) struct fovea_input input = FOVEA_INPUT_INIT;
    enum fovea_status status = fovea_join_path(directory, name, &path, err);
    if (!status) {
        status = fovea_input_open_file(path, &input, err);
    }
    if (status == FOVEA_ERR_FILE_NOT_FOUND) {
        fovea_sha256_add_text(hash, "");
        return FOVEA_OK;
    }
    if (status) {
        return status;
    }
    if (input.size > FOVEA_TOKENIZER_MAX_BYTES) {
        return fovea_fail(err, FOVEA_ERR_TOKENIZER_INVALID, "%s is too large",
                name);
    }
    char size[32];
    (void)snprintf(size, sizeof size, "%" PRIu64, input.size);
    fovea_sha256_add_text(hash, name);
    fovea_sha256_add_text(hash, size);
    return fovea_sha256_add_input(hash, &input, err);
}

static enum fovea_status
digest_tokenizer(const char *directory, char *digest_out,
        struct fovea_error *err)
{
    struct fovea_sha256 hash;
    struct fovea_tower tower;
    enum fovea_status status =
            fovea_tower_read(directory, FOVEA_MODALITY_TEXT, &tower, err);
    if (status) {
        return status;
    }
    fovea_sha256_begin(&hash);
    fovea_sha256_add_text(&hash, FOVEA_TOKENIZER_TABLE);
    fovea_sha256_add_text(&hash, tower.is_canonical ? "canonical" : "");
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(tokenizer_files) && !status; i++) {
        status = add_file(&hash, directory, tokenizer_files[i], err);
    }
    char digits[FOVEA_SHA256_SIZE];
    enum fovea_status end =
            fovea_sha256_end(&hash, digits, status ? NULL : err);
    if (!status && !end) {
        memcpy(digest_out, digits, sizeof digits);
    }
    return status ? status : end;
}

enum fovea_status
fovea_shared_digest(const struct fovea_cache *cache,
        const char *model_directory, enum fovea_modality modality,
        enum fovea_shared what, char *digest_out, struct fovea_error *err)
{
    return what == FOVEA_SHARED_TABLE
            ? digest_tokenizer(model_directory, digest_out, err)
            : fovea_weights_digest(cache, model_directory, modality, digest_out,
                      err);
}
