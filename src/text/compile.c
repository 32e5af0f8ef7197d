/* See tokenizer.h: a directory's files to a table. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "spec/field.h"
#include "spec/tokenizer_files.h"
#include "text/json_tree.h"
#include "text/read_files.h"
#include "text/read_model.h"
#include "text/read_steps.h"
#include "text/tokenizer.h"
#include "text/write_table.h"

enum {
    MAX_CONFIG_BYTES = 16 << 20 /* it may list thousands of added tokens */
};

/* tokenizer_config.json, or NULL where there is none. */
static enum fovea_status
read_config(const char *directory, json_t **config_out, struct fovea_error *err)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/" FOVEA_FILE_TOKENIZER_CONFIG,
            directory);
    if (n < 0 || (size_t)n >= sizeof path) {
        return fovea_fail(err, FOVEA_ERR_FILE_NOT_FOUND, "a path is too long");
    }
    enum fovea_status status = fovea_json_tree_read(path,
            FOVEA_FILE_TOKENIZER_CONFIG, MAX_CONFIG_BYTES, config_out, err);
    return status == FOVEA_ERR_FILE_NOT_FOUND ? FOVEA_OK : status;
}

static enum fovea_status
read_draft(const char *directory, struct fovea_draft *draft,
        struct fovea_error *err)
{
    enum fovea_status status = fovea_read_tokenizer_json(directory, draft, err);
    if (status == FOVEA_ERR_FILE_NOT_FOUND) {
        status = fovea_read_vocab_and_merges(directory, draft, err);
    }
    if (status == FOVEA_ERR_FILE_NOT_FOUND) {
        return fovea_fail(err, FOVEA_ERR_MODEL_NOT_FOUND,
                "%s has neither " FOVEA_FILE_TOKENIZER
                " nor " FOVEA_FILE_VOCABULARY " and " FOVEA_FILE_MERGES,
                fovea_show(directory).text);
    }
    return status;
}

/* SigLIP 2 was trained on lower-case texts; its tokenizer.json does not say so,
   the class of the tokenizer does. */
static enum fovea_text_profile
choose_profile(enum fovea_text_profile profile, const json_t *config)
{
    static const char *const classes[] = { "Siglip2Tokenizer",
        "Siglip2TokenizerFast", "GemmaTokenizer", "GemmaTokenizerFast" };
    const char *class =
            json_string_value(json_object_get(config, "tokenizer_class"));
    if (profile != FOVEA_TEXT_AUTO) {
        return profile;
    }
    for (size_t i = 0; class && i < FOVEA_ARRAY_LEN(classes); i++) {
        if (strcmp(class, classes[i]) == 0) {
            return FOVEA_TEXT_LOWER;
        }
    }
    return FOVEA_TEXT_FILE;
}

/* In the order in which they need one another. */
static enum fovea_status
read_parts(struct fovea_draft *draft, const json_t *config,
        struct fovea_error *err)
{
    enum fovea_status status = fovea_read_normalizer(draft, err);
    if (!status) {
        status = fovea_read_pre_tokenizer(draft, err);
    }
    if (!status) {
        status = fovea_read_model(draft, err);
    }
    if (!status) {
        status = fovea_read_added_tokens(draft, err);
    }
    if (!status) {
        status = fovea_read_post_processor(draft, err);
    }
    if (!status) {
        status = fovea_read_padding(draft, config, err);
    }
    return status;
}

enum fovea_status
fovea_tokenizer_compile(const char *directory, enum fovea_text_profile profile,
        int *fd_out, struct fovea_error *err)
{
    json_t *config = NULL;
    FOVEA_AUTO(fovea_draft_finish) struct fovea_draft draft = { 0 };
    draft.model.unknown = FOVEA_NO_TOKEN;
    enum fovea_status status = read_config(directory, &config, err);
    if (!status) {
        status = read_draft(directory, &draft, err);
    }
    if (!status) {
        draft.model.profile = choose_profile(profile, config);
        status = read_parts(&draft, config, err);
    }
    json_decref(config);
    return status ? status : fovea_write_table(&draft, fd_out, err);
}
