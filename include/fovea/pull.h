/* Fetching a model's files from the Hugging Face hub. */
#ifndef FOVEA_PULL_H
#define FOVEA_PULL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/sized.h"
#include "fovea/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How far it is. Called now and then, by the calling thread, and with n_bytes
 *  equal to n_total once for each file that had to be fetched: when it is here
 *  and checked.
 *
 * @param file     The one that is being fetched.
 * @param n_bytes  Of it that are here, those of an earlier try included.
 * @param n_total  Of it; 0 if the server does not say.
 * @return false to break off; what is here stays, for the next try.
 */
typedef bool fovea_pull_progress_fn(void *context, const char *file,
        uint64_t n_bytes, uint64_t n_total);

/** Settings of fovea_pull(). A member that is zero, or a NULL pointer to all:
 *  defaults. It grows at its end (sized.h). */
struct fovea_pull_options {
    size_t struct_size;   /* by FOVEA_PULL_OPTIONS_INIT, or sizeof */
    const char *revision; /* branch, tag or commit; NULL: main */
    unsigned n_tries; /* of a request that gets nowhere, before it is given up;
                         0: 5 */
    fovea_pull_progress_fn *progress; /* NULL: none */
    void *context;
};

#define FOVEA_PULL_OPTIONS_INIT FOVEA_SIZED_INIT(struct fovea_pull_options)

/**
 * Fetch the files of a model into the cache that huggingface_hub uses too, where
 * fovea_model_open() finds the main revision by its key: config.json,
 * preprocessor_config.json and the weights (model.safetensors, or the shards that
 * model.safetensors.index.json lists), or, where it has not all of these,
 * open_clip_config.json and open_clip_model.safetensors; and of a model that knows
 * words tokenizer.json, or vocab.json and merges.txt, with tokenizer_config.json.
 *
 * HF_ENDPOINT, HF_TOKEN (or the token file of huggingface_hub), HF_HOME and
 * HF_HUB_CACHE count, and so do proxies. Files that are here already are not
 * fetched again; a download that was broken off goes on where it ended; sizes
 * and SHA-256 (where the hub says one) are checked before a file gets its name.
 *
 * Where the main revision has PyTorch's weights only, the pull request that
 * Hugging Face's converter has opened with safetensors is taken, if there is
 * one.
 *
 * @param key            "owner/name".
 * @param directory_out  May be NULL. Where the files are, for
 *                       fovea_model_open(); the caller's to free().
 * @return FOVEA_OK: everything is here. FOVEA_ERR_ARGUMENT if the key is no hub
 *         id; FOVEA_ERR_UNKNOWN_MODEL if the hub has none of this name;
 *         FOVEA_ERR_MODEL_UNSUPPORTED if it has no safetensors weights; a fetch
 *         status; FOVEA_ERR_FILE_DENIED, FOVEA_ERR_IO if the cache cannot be
 *         written; FOVEA_ERR_CANCELLED after progress said false;
 *         FOVEA_ERR_NO_MEMORY.
 * Threads: safe; several processes may pull the same model. Blocks. Since: 0.1
 */
FOVEA_API FOVEA_NODISCARD enum fovea_status fovea_pull(const char *key,
        const struct fovea_pull_options *options, char **directory_out,
        struct fovea_error *err);

#ifdef __cplusplus
}
#endif

#endif
