/* The models known by name, and where a model's files are looked for. */
#ifndef FOVEA_RUNTIME_CATALOGUE_H
#define FOVEA_RUNTIME_CATALOGUE_H

#include "fovea/fovea.h"

/**
 * Find the directory of a model's files.
 *
 * In this order: the key as a path, if it is a directory;
 * $FOVEA_HOME/models/<key> (without FOVEA_HOME, $XDG_DATA_HOME/fovea or
 * ~/.local/share/fovea takes its place); the Hugging Face cache ($HF_HUB_CACHE,
 * $HF_HOME/hub, $XDG_CACHE_HOME/huggingface/hub, ~/.cache/huggingface/hub), the
 * snapshot that refs/main names; models/<key> beside the program and beside the
 * library, and ../share/fovea/models/<key> and ../../share/fovea/models/<key>
 * from there; where the build was configured to install models. But for the
 * first, a directory that lacks what its layout needs (spec/file_layout.h) does
 * not count.
 *
 * @param key            A name or a path.
 * @param directory_out  Owned by the caller; free() it.
 * @return FOVEA_OK; FOVEA_ERR_MODEL_NOT_FOUND if the key is in the catalogue or
 *         looks like a path, and nothing is there (the message says which file
 *         was looked for, where, and what fetches it), or a directory of it
 *         lacks a file; FOVEA_ERR_UNKNOWN_MODEL otherwise (it lists the nearest
 *         names); FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_catalogue_locate(const char *key,
        char **directory_out, struct fovea_error *err);

#endif
