/* See model_text.h. */
#include "runtime/model_text.h"

#include <inttypes.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/size.h"
#include "checkpoint/config.h"
#include "checkpoint/json.h"
#include "checkpoint/logits.h"
#include "checkpoint/tensors.h"
#include "spec/families.h"
#include "spec/tokenizer_files.h"

/* 0 of a file that is not there. */
static enum fovea_status
add_size(const char *directory, const char *name, uint64_t *bytes,
        bool *is_here_out, struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *path = NULL;
    struct stat facts;
    enum fovea_status status = fovea_join_path(directory, name, &path, err);
    if (!status) {
        *is_here_out = stat(path, &facts) == 0;
        /* No more of it is read: who reads it will say so. */
        *bytes += *is_here_out ? fovea_least_bytes((uint64_t)facts.st_size,
                                         FOVEA_TOKENIZER_MAX_BYTES)
                               : 0;
    }
    return status;
}

/* Whether the files of a tokenizer are here, and how large they are. */
static enum fovea_status
find_tokenizer(const char *directory, uint64_t *bytes_out,
        struct fovea_error *err)
{
    bool is_here = false;
    bool has_vocabulary = false;
    bool has_merges = false;
    *bytes_out = 0;
    enum fovea_status status =
            add_size(directory, FOVEA_FILE_TOKENIZER, bytes_out, &is_here, err);
    if (status || is_here) {
        return status;
    }
    status = add_size(directory, FOVEA_FILE_VOCABULARY, bytes_out,
            &has_vocabulary, err);
    if (!status) {
        status = add_size(directory, FOVEA_FILE_MERGES, bytes_out, &has_merges,
                err);
    }
    if (status || (has_vocabulary && has_merges)) {
        return status;
    }
    return fovea_fail(err, FOVEA_ERR_TEXT_UNSUPPORTED,
            "there is neither %s nor %s and %s: its texts cannot be tokenised",
            FOVEA_FILE_TOKENIZER, FOVEA_FILE_VOCABULARY, FOVEA_FILE_MERGES);
}

/* What there has to be besides the tower's config. */
static enum fovea_status
read_rest(const char *directory, const struct fovea_checkpoint *checkpoint,
        struct fovea_model_text *text, struct fovea_error *err)
{
    struct fovea_tensors_summary summary;
    enum fovea_status status =
            fovea_tensors_check(&text->tower, checkpoint, &summary, err);
    if (!status) {
        text->logits = fovea_family_get(text->tower.family)->logits;
        status = fovea_logits_read(checkpoint, &text->logits, &text->has_logits,
                err);
    }
    return status ? status : find_tokenizer(directory, &text->files_bytes, err);
}

/* Images go on without it. */
static bool
is_about_the_tower(enum fovea_status status)
{
    return status == FOVEA_ERR_TEXT_UNSUPPORTED ||
            status == FOVEA_ERR_MODEL_UNSUPPORTED ||
            status == FOVEA_ERR_MODEL_CONFIG ||
            status == FOVEA_ERR_MODEL_WEIGHTS;
}

enum fovea_status
fovea_model_text_read(const char *directory,
        const struct fovea_checkpoint *checkpoint,
        const struct fovea_tower *image, struct fovea_model_text *text_out,
        struct fovea_error *err)
{
    struct fovea_model_text text = { .has_logits = false };
    struct fovea_error error;
    enum fovea_status status = fovea_tower_read(directory, FOVEA_MODALITY_TEXT,
            &text.tower, &error);
    if (!status && text.tower.dimension != image->dimension) {
        return fovea_fail(err, FOVEA_ERR_MODEL_UNSUPPORTED,
                "%.120s: its embeddings of texts have %" PRIu32
                " numbers and those of images %" PRIu32
                ": they are not of one space",
                directory, text.tower.dimension, image->dimension);
    }
    if (!status) {
        status = read_rest(directory, checkpoint, &text, &error);
    }
    if (is_about_the_tower(status)) {
        text = (struct fovea_model_text){ .refusal = error };
        text.refusal.code = FOVEA_ERR_TEXT_UNSUPPORTED;
        status = FOVEA_OK;
    }
    if (!status) {
        *text_out = text;
    } else if (err) {
        *err = error;
    }
    return status;
}
