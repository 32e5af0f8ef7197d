/*
 * Fields of a model's JSON files, with every number checked. Messages begin with
 * the file and name the field.
 */
#ifndef FOVEA_SPEC_FIELD_H
#define FOVEA_SPEC_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "fovea/export.h"
#include "fovea/status.h"

enum {
    FOVEA_SHOWN_SIZE = 72
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
/** An integer in 0..max. */
FOVEA_NODISCARD enum fovea_status fovea_field_id(
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
