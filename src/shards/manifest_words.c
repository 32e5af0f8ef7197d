/* See manifest_words.h. */
#include "shards/manifest_words.h"

#include "base/error.h"
#include "base/sha256.h"

static enum fovea_status
hash_words(const struct fovea_inputs_settings *inputs,
        char hex_out[FOVEA_SHA256_SIZE], struct fovea_error *err)
{
    struct fovea_sha256 hash;
    fovea_sha256_begin(&hash);
    fovea_sha256_add(&hash, &inputs->source.separator, 1);
    for (size_t i = 0; i < inputs->n_words; i++) {
        char kind = (char)('0' + inputs->words[i].kind);
        fovea_sha256_add(&hash, &kind, 1);
        fovea_sha256_add_text(&hash, inputs->words[i].word);
    }
    return fovea_sha256_end(&hash, hex_out, err);
}

static enum fovea_status
hash_filters(const struct fovea_filter *now, char hex_out[FOVEA_SHA256_SIZE],
        struct fovea_error *err)
{
    struct fovea_sha256 hash;
    fovea_sha256_begin(&hash);
    for (size_t i = 0; i < now->include.n; i++) {
        fovea_sha256_add_text(&hash, now->include.all[i]);
    }
    fovea_sha256_add(&hash, "", 1); /* no pattern is empty */
    for (size_t i = 0; i < now->exclude.n; i++) {
        fovea_sha256_add_text(&hash, now->exclude.all[i]);
    }
    return fovea_sha256_end(&hash, hex_out, err);
}

static enum fovea_status
check_words(const struct fovea_inputs_settings *inputs, struct fovea_error *err)
{
    for (size_t i = 0; i < inputs->n_words; i++) {
        enum fovea_word_kind kind = inputs->words[i].kind;
        if (kind == FOVEA_WORD_TEXT || kind == FOVEA_WORD_TEXT_FILE) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "texts are not embedded in shards, images only");
        }
    }
    return inputs->source.image ? fovea_fail(err, FOVEA_ERR_ARGUMENT,
                                          "an image on standard input is not "
                                          "embedded in shards")
                                : FOVEA_OK;
}

enum fovea_status
fovea_manifest_take_words(const struct fovea_inputs_settings *inputs,
        struct fovea_frozen *frozen, struct fovea_error *err)
{
    enum fovea_status status = check_words(inputs, err);
    if (!status) {
        status = hash_words(inputs, frozen->inputs, err);
    }
    return status ? status
                  : hash_filters(&frozen->filter, frozen->filters, err);
}
