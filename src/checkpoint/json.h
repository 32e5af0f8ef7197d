/*
 * Inside of checkpoint/: JSON files of a checkpoint, and their fields with
 * every number checked. Messages begin with the file and name the field.
 */
#ifndef FOVEA_CHECKPOINT_JSON_H
#define FOVEA_CHECKPOINT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "fovea/export.h"
#include "fovea/status.h"

enum {
    FOVEA_SHOWN_SIZE = 72,
    FOVEA_MAX_CONFIG_BYTES = 1 << 20,
    /* Numbers, strings, arrays and objects of one text. The parser takes up to
       some 300 bytes for each, however short it is written, so that bytes alone
       bound nothing. */
    FOVEA_MAX_JSON_VALUES = 1 << 18
};

/* Text of a file as it may stand in a message. */
struct fovea_shown {
    char text[FOVEA_SHOWN_SIZE];
};

/**
 * A name on one line and short enough that the rest of the message still fits:
 * control characters become '?', of a long name the end is left, behind "...".
 */
struct fovea_shown fovea_show(const char *text);

/** <directory>/<name>; the caller frees it. */
FOVEA_NODISCARD enum fovea_status fovea_join_path(const char *directory,
        const char *name, char **path_out, struct fovea_error *err);

/** Drops a reference; for FOVEA_AUTO. */
void fovea_json_release(json_t **json);

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

/** An object of a config and where it stands. */
struct fovea_fields {
    const char *file;     /* in messages */
    const char *path;     /* "" or "vision_config." */
    const json_t *object; /* borrowed */
};

/*
 * Fields. Each leaves *value alone if the field is missing or null, and fails
 * with FOVEA_ERR_MODEL_CONFIG if it has another type or is out of range.
 */

/** A field as it is, or NULL if it is missing or null. */
const json_t *fovea_field(const struct fovea_fields *fields, const char *key);

/** An integer in 1..max. */
FOVEA_NODISCARD enum fovea_status fovea_field_count(
        const struct fovea_fields *fields, const char *key, uint32_t max,
        uint32_t *value, struct fovea_error *err);
/** A number in min..max. */
FOVEA_NODISCARD enum fovea_status fovea_field_number(
        const struct fovea_fields *fields, const char *key, double min,
        double max, float *value, struct fovea_error *err);
/** Three numbers, each in min..max. */
FOVEA_NODISCARD enum fovea_status fovea_field_triple(
        const struct fovea_fields *fields, const char *key, double min,
        double max, float *values, struct fovea_error *err);
FOVEA_NODISCARD enum fovea_status fovea_field_bool(
        const struct fovea_fields *fields, const char *key, bool *value,
        struct fovea_error *err);
/** A string, borrowed from the object. */
FOVEA_NODISCARD enum fovea_status fovea_field_string(
        const struct fovea_fields *fields, const char *key, const char **value,
        struct fovea_error *err);

/** "<file>: <path><key>: <format...>" */
enum fovea_status fovea_field_fail(const struct fovea_fields *fields,
        const char *key, enum fovea_status code, struct fovea_error *err,
        const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
