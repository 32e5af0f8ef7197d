/*
 * The header of a .safetensors file: 8 bytes of length, JSON, then the data.
 *
 * Nothing that it says is believed: shapes are multiplied with care, and every
 * byte behind the header must belong to exactly one tensor, so that no two
 * share bytes, none reaches past the end and none is hidden between them.
 */
#include "checkpoint/header.h"

#include <endian.h>
#include <string.h>

#include "base/error.h"
#include "base/size.h"
#include "checkpoint/json.h"

enum {
    LENGTH_SIZE = 8,
    LONGEST_OF_FORMAT = 100 * 1000 * 1000 /* its own limit on the header */
};

/* A file whose header is being read. */
struct header {
    const char *name;
    uint64_t data_offset; /* of the first byte behind the header */
    uint64_t data_size;
};

static enum fovea_status
fail_file(const struct header *header, struct fovea_error *err,
        const char *what)
{
    return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS, "%s: %s",
            fovea_show(header->name).text, what);
}

static enum fovea_status
fail_tensor(const struct header *header, const char *tensor,
        struct fovea_error *err, const char *what)
{
    return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS, "%s: %s: %s",
            fovea_show(header->name).text, fovea_show(tensor).text, what);
}

static enum fovea_status
read_exactly(const struct header *header, const struct fovea_input *input,
        uint64_t offset, void *buffer, size_t size, struct fovea_error *err)
{
    size_t n = 0;
    enum fovea_status status =
            fovea_input_read(input, offset, buffer, size, &n, err);
    if (status) {
        fovea_error_prefix(err, "%s", fovea_show(header->name).text);
        return status;
    }
    return n == size
            ? FOVEA_OK
            : fail_file(header, err, "became shorter while it was read");
}

static enum fovea_status
read_length(struct header *header, const struct fovea_input *input,
        size_t *length_out, struct fovea_error *err)
{
    uint64_t length = 0;
    if (input->size < LENGTH_SIZE) {
        return fail_file(header, err, "too short for a safetensors file");
    }
    enum fovea_status status =
            read_exactly(header, input, 0, &length, sizeof length, err);
    if (status) {
        return status;
    }
    if (memcmp(&length, "version ", LENGTH_SIZE) == 0) {
        return fail_file(header, err,
                "a Git LFS pointer, and not the weights: git lfs pull fetches "
                "them");
    }
    length = le64toh(length);
    if (length > LONGEST_OF_FORMAT) {
        return fail_file(header, err,
                "not a safetensors file: its header is longer than 100 MB");
    }
    if (length > FOVEA_MAX_HEADER_BYTES) {
        return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                "%s: its header has %llu bytes, at most %d are read",
                fovea_show(header->name).text, (unsigned long long)length,
                FOVEA_MAX_HEADER_BYTES);
    }
    if (length > input->size - LENGTH_SIZE) {
        return fail_file(header, err, "its header is longer than the file");
    }
    header->data_offset = LENGTH_SIZE + length;
    header->data_size = input->size - header->data_offset;
    *length_out = (size_t)length;
    return FOVEA_OK;
}

static enum fovea_status
parse_type(const struct header *header, const json_t *json,
        struct fovea_tensor_entry *entry, unsigned *size_out,
        struct fovea_error *err)
{
    if (!json_is_string(json)) {
        return fail_tensor(header, entry->name, err, "dtype is not a string");
    }
    return fovea_tensor_type_find(json_string_value(json), &entry->tensor.type,
                   size_out)
            ? FOVEA_OK
            : fail_tensor(header, entry->name, err, "its dtype is not known");
}

/* Dimensions and their product. One of 0 makes a tensor without elements. */
static enum fovea_status
parse_shape(const struct header *header, const json_t *json,
        struct fovea_tensor_entry *entry, struct fovea_error *err)
{
    struct fovea_tensor *tensor = &entry->tensor;
    if (!json_is_array(json)) {
        return fail_tensor(header, entry->name, err, "shape is not an array");
    }
    size_t n_dims = json_array_size(json);
    if (n_dims > FOVEA_MAX_TENSOR_DIMS) {
        return fail_tensor(header, entry->name, err,
                "its shape has more than 8 dimensions");
    }
    tensor->n_elements = 1;
    for (size_t i = 0; i < n_dims; i++) {
        const json_t *dim = json_array_get(json, i);
        if (!json_is_integer(dim) || json_integer_value(dim) < 0) {
            return fail_tensor(header, entry->name, err,
                    "a dimension is not a whole number of 0 or more");
        }
        tensor->shape[i] = (size_t)json_integer_value(dim);
        if (!fovea_mul_size(tensor->n_elements, tensor->shape[i],
                    &tensor->n_elements)) {
            return fail_tensor(header, entry->name, err,
                    "its shape is too large");
        }
    }
    tensor->n_dims = (unsigned)n_dims;
    return FOVEA_OK;
}

static enum fovea_status
parse_offsets(const struct header *header, const json_t *json,
        struct fovea_tensor_entry *entry, struct fovea_error *err)
{
    const json_t *first = json_array_get(json, 0);
    const json_t *last = json_array_get(json, 1);
    if (json_array_size(json) != 2 || !json_is_integer(first) ||
            !json_is_integer(last) || json_integer_value(first) < 0 ||
            json_integer_value(last) < 0) {
        return fail_tensor(header, entry->name, err,
                "data_offsets are not two numbers of 0 or more");
    }
    uint64_t begin = (uint64_t)json_integer_value(first);
    uint64_t end = (uint64_t)json_integer_value(last);
    if (end < begin) {
        return fail_tensor(header, entry->name, err,
                "data_offsets are reversed");
    }
    if (end > header->data_size) {
        return fail_tensor(header, entry->name, err,
                "its data ends beyond the end of the file");
    }
    entry->offset = header->data_offset + begin;
    entry->size_bytes = end - begin;
    return FOVEA_OK;
}

static enum fovea_status
parse_tensor(const struct header *header, const json_t *json,
        struct fovea_tensor_entry *entry, struct fovea_error *err)
{
    if (!json_is_object(json)) {
        return fail_tensor(header, entry->name, err, "not an object");
    }
    unsigned element_size = 0;
    enum fovea_status status = parse_type(header,
            json_object_get(json, "dtype"), entry, &element_size, err);
    if (!status) {
        status =
                parse_shape(header, json_object_get(json, "shape"), entry, err);
    }
    if (!status) {
        status = parse_offsets(header, json_object_get(json, "data_offsets"),
                entry, err);
    }
    if (status) {
        return status;
    }
    size_t size = 0;
    if (!fovea_mul_size(entry->tensor.n_elements, element_size, &size)) {
        return fail_tensor(header, entry->name, err, "its shape is too large");
    }
    if (size != entry->size_bytes) {
        return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                "%s: %s: its shape takes %zu bytes and its data_offsets span "
                "%llu",
                fovea_show(header->name).text, fovea_show(entry->name).text,
                size, (unsigned long long)entry->size_bytes);
    }
    return FOVEA_OK;
}

static enum fovea_status
check_metadata(const struct header *header, json_t *json,
        struct fovea_error *err)
{
    if (!json_is_object(json)) {
        return fail_file(header, err, "__metadata__ is not an object");
    }
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(json, key, value)
    {
        if (!json_is_string(value)) {
            return fail_tensor(header, key, err,
                    "__metadata__ holds something that is not a string");
        }
    }
    return FOVEA_OK;
}

static int
compare_offsets(const void *a, const void *b)
{
    const struct fovea_tensor_entry *left = a;
    const struct fovea_tensor_entry *right = b;
    if (left->offset != right->offset) {
        return left->offset < right->offset ? -1 : 1;
    }
    /* One without bytes stands before the one that begins there. */
    if (left->size_bytes != right->size_bytes) {
        return left->size_bytes < right->size_bytes ? -1 : 1;
    }
    return strcmp(left->name, right->name);
}

/* In the order of the data, each must begin where the one before ends. */
static enum fovea_status
check_cover(const struct header *header, struct fovea_tensor_entry *entries,
        size_t n, struct fovea_error *err)
{
    if (n > 0) {
        qsort(entries, n, sizeof *entries, compare_offsets);
    }
    uint64_t end = header->data_offset;
    for (size_t i = 0; i < n; i++) {
        if (entries[i].offset < end) {
            return fail_tensor(header, entries[i].name, err,
                    "its data overlaps another tensor's");
        }
        if (entries[i].offset > end) {
            return fail_tensor(header, entries[i].name, err,
                    "there is a gap before its data");
        }
        end += entries[i].size_bytes;
    }
    if (end != header->data_offset + header->data_size) {
        return fail_file(header, err,
                "longer than its header says: bytes behind the last tensor");
    }
    return FOVEA_OK;
}

static enum fovea_status
parse_entries(const struct header *header, json_t *object,
        struct fovea_tensor_entry *entries, size_t *n, struct fovea_error *err)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(object, key, value)
    {
        if (!strcmp(key, "__metadata__")) {
            enum fovea_status status = check_metadata(header, value, err);
            if (status) {
                return status;
            }
            continue;
        }
        struct fovea_tensor_entry *entry = &entries[*n];
        entry->name = strdup(key);
        if (!entry->name) {
            return fovea_fail_memory(err, strlen(key) + 1, "a tensor's name");
        }
        entry->tensor.name = entry->name;
        (*n)++;
        enum fovea_status status = parse_tensor(header, value, entry, err);
        if (status) {
            return status;
        }
    }
    return check_cover(header, entries, *n, err);
}

enum fovea_status
fovea_safetensors_parse(const char *name, const struct fovea_input *input,
        struct fovea_tensor_entry **entries_out, size_t *n_out,
        struct fovea_error *err)
{
    struct header header = { .name = name };
    size_t length = 0;
    enum fovea_status status = read_length(&header, input, &length, err);
    if (status) {
        return status;
    }
    FOVEA_AUTO(json_decref_auto) json_t *object = NULL;
    {
        FOVEA_AUTO_FREE char *text = malloc(length + 1);
        if (!text) {
            return fovea_fail_memory(err, length + 1, "a safetensors header");
        }
        status = read_exactly(&header, input, LENGTH_SIZE, text, length, err);
        if (!status) {
            status = fovea_json_parse(name, text, length,
                    FOVEA_ERR_MODEL_WEIGHTS, &object, err);
        }
        if (status) {
            return status;
        }
    }
    size_t n_keys = json_object_size(object);
    status = fovea_check_tensors(name, n_keys, err);
    if (status) {
        return status;
    }
    struct fovea_tensor_entry *entries = calloc(n_keys + 1, sizeof *entries);
    if (!entries) {
        return fovea_fail_memory(err, n_keys * sizeof *entries, "tensors");
    }
    size_t n = 0;
    status = parse_entries(&header, object, entries, &n, err);
    if (status) {
        fovea_entries_free(entries, n);
        return status;
    }
    *entries_out = entries;
    *n_out = n;
    return FOVEA_OK;
}
