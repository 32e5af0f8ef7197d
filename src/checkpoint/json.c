/* JSON files: see json.h. */
#include "checkpoint/json.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "sys/input.h"

enum fovea_status
fovea_join_path(const char *directory, const char *name, char **path_out,
        struct fovea_error *err)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%s", directory, name) < 0) {
        return fovea_fail_memory(err, strlen(directory) + strlen(name) + 2,
                "a path");
    }
    *path_out = path;
    return FOVEA_OK;
}

/* At least as many as there are: the first of each array or object, and one
   behind every comma. */
static size_t
count_values(const char *text, size_t size)
{
    size_t n = 1;
    bool is_string = false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"') {
            is_string = !is_string;
        } else if (is_string) {
            i += text[i] == '\\';
        } else {
            n += text[i] == ',' || text[i] == '[' || text[i] == '{';
        }
    }
    return n;
}

/*
 * The text as it is given to the parser: ["xxx...", <text>].
 *
 * Jansson keeps the token that it reads in one buffer, and drops a character
 * where that buffer cannot grow: a key would silently become another one. So it
 * reads a string first that is as long as the longest token can be. If that one
 * comes out whole, the buffer never has to grow again.
 */
struct reading {
    const char *text;
    size_t size;
    size_t pad;
    size_t at; /* in all of it */
};

/* No token is longer than what stands between two quotes, and its quotes. */
static size_t
longest_token(const char *text, size_t size)
{
    size_t longest = 0;
    size_t begin = 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"') {
            begin = i + 1;
        } else if (i + 1 - begin > longest) {
            longest = i + 1 - begin;
        }
        if (text[i] == '\\') {
            i++;
        }
    }
    return longest + 4; /* an escape's second half is not counted above */
}

static char
character_at(const struct reading *reading, size_t at)
{
    static const char open[] = "[\"";
    static const char middle[] = "\",";
    size_t text_at = reading->pad + 4;
    if (at < 2) {
        return open[at];
    }
    if (at < text_at - 2) {
        return 'x';
    }
    if (at < text_at) {
        return middle[at - (text_at - 2)];
    }
    if (at - text_at < reading->size) {
        return reading->text[at - text_at];
    }
    return ']';
}

static size_t
give_text(void *buffer, size_t size, void *data)
{
    struct reading *reading = data;
    size_t end = reading->pad + 4 + reading->size + 1;
    size_t n = end - reading->at < size ? end - reading->at : size;
    for (size_t i = 0; i < n; i++) {
        ((char *)buffer)[i] = character_at(reading, reading->at++);
    }
    return n;
}

static enum fovea_status
take_object(const char *name, const struct reading *reading, json_t *array,
        enum fovea_status code, json_t **object_out, struct fovea_error *err)
{
    if (json_string_length(json_array_get(array, 0)) != reading->pad) {
        return fovea_fail_memory(err, reading->pad, fovea_show(name).text);
    }
    json_t *object = json_array_get(array, 1);
    if (json_array_size(array) != 2 || !json_is_object(object)) {
        return fovea_fail(err, code, "%s: not a JSON object",
                fovea_show(name).text);
    }
    *object_out = json_incref(object);
    return FOVEA_OK;
}

enum fovea_status
fovea_json_parse(const char *name, const char *text, size_t size,
        enum fovea_status code, json_t **object_out, struct fovea_error *err)
{
    size_t n_values = count_values(text, size);
    if (n_values > FOVEA_MAX_JSON_VALUES) {
        return fovea_fail(err, code,
                "%s: it has %zu values of JSON, at most %d are read",
                fovea_show(name).text, n_values, FOVEA_MAX_JSON_VALUES);
    }
    struct reading reading = { text, size, longest_token(text, size), 0 };
    json_error_t problem;
    json_t *array = json_load_callback(give_text, &reading,
            JSON_REJECT_DUPLICATES, &problem);
    if (!array) {
        /* A parser without memory often says nothing at all. */
        if (json_error_code(&problem) == json_error_out_of_memory ||
                !problem.text[0]) {
            return fovea_fail_memory(err, size, fovea_show(name).text);
        }
        return fovea_fail(err, code, "%s: not valid JSON: line %d: %s",
                fovea_show(name).text, problem.line,
                fovea_show(problem.text).text);
    }
    enum fovea_status status =
            take_object(name, &reading, array, code, object_out, err);
    json_decref(array);
    return status;
}

enum fovea_status
fovea_json_load(const char *path, size_t max_size, enum fovea_status code,
        char **text_out, size_t *size_out, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_input_finish)
    struct fovea_input input = FOVEA_INPUT_INIT;
    enum fovea_status status = fovea_input_open_file(path, &input, err);
    if (status) {
        return status;
    }
    if (input.size > max_size) {
        return fovea_fail(err, code, "%s: %llu bytes, at most %zu are read",
                fovea_show(path).text, (unsigned long long)input.size,
                max_size);
    }
    size_t size = (size_t)input.size;
    FOVEA_AUTO_FREE char *text = malloc(size + 1);
    if (!text) {
        return fovea_fail_memory(err, size + 1, fovea_show(path).text);
    }
    size_t n = 0;
    status = fovea_input_read(&input, 0, text, size, &n, err);
    if (status) {
        fovea_error_prefix(err, "%s", fovea_show(path).text);
        return status;
    }
    if (n < size) {
        return fovea_fail(err, code, "%s: became shorter while it was read",
                fovea_show(path).text);
    }
    text[size] = '\0';
    *text_out = FOVEA_TAKE(text);
    *size_out = size;
    return FOVEA_OK;
}
