/* See field.h. */
#include "spec/field.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

struct fovea_shown
fovea_show(const char *text)
{
    struct fovea_shown shown;
    size_t len = strlen(text);
    if (len < sizeof shown.text) {
        memcpy(shown.text, text, len + 1);
    } else {
        size_t kept = sizeof shown.text - sizeof "...";
        (void)snprintf(shown.text, sizeof shown.text, "...%s",
                text + len - kept);
    }
    for (char *c = shown.text; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            *c = '?';
        }
    }
    return shown;
}

enum fovea_status
fovea_field_fail(const struct fovea_fields *fields, const char *key,
        enum fovea_status code, struct fovea_error *err, const char *format,
        ...)
{
    char what[FOVEA_ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return fovea_fail(err, code, "%s: %s%s: %s", fovea_show(fields->file).text,
            fields->path, key, what);
}

const json_t *
fovea_field(const struct fovea_fields *fields, const char *key)
{
    const json_t *value = json_object_get(fields->object, key);
    return json_is_null(value) ? NULL : value;
}

static enum fovea_status
wrong_type(const struct fovea_fields *fields, const char *key,
        const char *expected, struct fovea_error *err)
{
    return fovea_field_fail(fields, key, FOVEA_ERR_MODEL_CONFIG, err,
            "must be %s", expected);
}

static enum fovea_status
read_integer(const struct fovea_fields *fields, const char *key, uint32_t min,
        uint32_t max, uint32_t *value, struct fovea_error *err)
{
    const json_t *json = fovea_field(fields, key);
    if (!json) {
        return FOVEA_OK;
    }
    if (!json_is_integer(json)) {
        return wrong_type(fields, key, "an integer", err);
    }
    json_int_t number = json_integer_value(json);
    if (number < (json_int_t)min || number > (json_int_t)max) {
        return fovea_field_fail(fields, key, FOVEA_ERR_MODEL_CONFIG, err,
                "%lld is not in %u..%u", (long long)number, min, max);
    }
    *value = (uint32_t)number;
    return FOVEA_OK;
}

enum fovea_status
fovea_field_count(const struct fovea_fields *fields, const char *key,
        uint32_t max, uint32_t *value, struct fovea_error *err)
{
    return read_integer(fields, key, 1, max, value, err);
}

enum fovea_status
fovea_field_id(const struct fovea_fields *fields, const char *key, uint32_t max,
        uint32_t *value, struct fovea_error *err)
{
    return read_integer(fields, key, 0, max, value, err);
}

static enum fovea_status
check_number(const struct fovea_fields *fields, const char *key,
        const json_t *json, const double range[2], struct fovea_error *err)
{
    if (!json_is_number(json)) {
        return wrong_type(fields, key, "a number", err);
    }
    double number = json_number_value(json);
    /* A comparison that NaN fails too. */
    if (!(number >= range[0] && number <= range[1])) {
        return fovea_field_fail(fields, key, FOVEA_ERR_MODEL_CONFIG, err,
                "%g is not in %g..%g", number, range[0], range[1]);
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_field_number(const struct fovea_fields *fields, const char *key,
        double min, double max, float *value, struct fovea_error *err)
{
    const json_t *json = fovea_field(fields, key);
    if (!json) {
        return FOVEA_OK;
    }
    const double range[2] = { min, max };
    enum fovea_status status = check_number(fields, key, json, range, err);
    if (status) {
        return status;
    }
    *value = (float)json_number_value(json);
    return FOVEA_OK;
}

enum fovea_status
fovea_field_triple(const struct fovea_fields *fields, const char *key,
        double min, double max, float *values, struct fovea_error *err)
{
    const json_t *json = fovea_field(fields, key);
    if (!json) {
        return FOVEA_OK;
    }
    if (!json_is_array(json) || json_array_size(json) != 3) {
        return wrong_type(fields, key, "an array of 3 numbers", err);
    }
    const double range[2] = { min, max };
    float read[3];
    for (size_t i = 0; i < 3; i++) {
        const json_t *item = json_array_get(json, i);
        enum fovea_status status = check_number(fields, key, item, range, err);
        if (status) {
            return status;
        }
        read[i] = (float)json_number_value(item);
    }
    memcpy(values, read, sizeof read);
    return FOVEA_OK;
}

enum fovea_status
fovea_field_bool(const struct fovea_fields *fields, const char *key,
        bool *value, struct fovea_error *err)
{
    const json_t *json = fovea_field(fields, key);
    if (!json) {
        return FOVEA_OK;
    }
    if (!json_is_boolean(json)) {
        return wrong_type(fields, key, "true or false", err);
    }
    *value = json_is_true(json);
    return FOVEA_OK;
}

enum fovea_status
fovea_field_string(const struct fovea_fields *fields, const char *key,
        const char **value, struct fovea_error *err)
{
    const json_t *json = fovea_field(fields, key);
    if (!json) {
        return FOVEA_OK;
    }
    if (!json_is_string(json)) {
        return wrong_type(fields, key, "a string", err);
    }
    *value = json_string_value(json);
    return FOVEA_OK;
}
