/*
 * Inside of checkpoint/: JSON files of a checkpoint. Messages begin with the
 * file.
 */
#ifndef FOVEA_CHECKPOINT_JSON_H
#define FOVEA_CHECKPOINT_JSON_H

#include <stddef.h>

#include "base/json_object.h"
#include "spec/field.h"

enum {
    FOVEA_MAX_CONFIG_BYTES = 1 << 20,
    /* Numbers, strings, arrays and objects of one text. The parser takes up to
       some 300 bytes for each, however short it is written, so that bytes alone
       bound nothing. */
    FOVEA_MAX_JSON_VALUES = 1 << 18
};

/** <directory>/<name>; the caller frees it. */
FOVEA_NODISCARD enum fovea_status fovea_join_path(const char *directory,
        const char *name, char **path_out, struct fovea_error *err);

/**
 * Parse a text that must be one JSON object without duplicate keys, of at most
 * FOVEA_MAX_JSON_VALUES values.
 *
 * @param name  Stands in messages.
 * @param code  What a text that is not an object gives.
 * @return FOVEA_OK, `code`, or FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_json_parse(const char *name,
        const char *text, size_t size, enum fovea_status code,
        json_t **object_out, struct fovea_error *err);

/**
 * Read a whole file of at most max_size bytes. A larger one, or one that
 * shrinks meanwhile, gives `code`.
 *
 * @return FOVEA_OK; FOVEA_ERR_FILE_NOT_FOUND and the other file statuses; code;
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_json_load(const char *path,
        size_t max_size, enum fovea_status code, char **text_out,
        size_t *size_out, struct fovea_error *err);

#endif
