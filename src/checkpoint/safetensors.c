/* Checkpoints: finding tensors and reading them. See safetensors.h. */
#include "checkpoint/safetensors.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/json.h"
#include "spec/files.h"

#if __BYTE_ORDER != __LITTLE_ENDIAN
#    error "tensors are read as they are stored, little-endian"
#endif

enum {
    CHUNK_BYTES = 8192,
    SHAPE_TEXT_SIZE = 48,
    LARGEST_READ = 1 << 24
};

enum fovea_status
fovea_checkpoint_create(size_t n_shards,
        struct fovea_checkpoint **checkpoint_out, struct fovea_error *err)
{
    struct fovea_checkpoint *checkpoint = calloc(1, sizeof *checkpoint);
    if (!checkpoint) {
        return fovea_fail_memory(err, sizeof *checkpoint, "a checkpoint");
    }
    if (n_shards > 0) {
        checkpoint->shards = calloc(n_shards, sizeof *checkpoint->shards);
        if (!checkpoint->shards) {
            free(checkpoint);
            return fovea_fail_memory(err, n_shards * sizeof(struct fovea_shard),
                    "shards");
        }
    }
    for (size_t i = 0; i < n_shards; i++) {
        checkpoint->shards[i].input = (struct fovea_input)FOVEA_INPUT_INIT;
    }
    checkpoint->n_shards = n_shards;
    *checkpoint_out = checkpoint;
    return FOVEA_OK;
}

void
fovea_entries_free(struct fovea_tensor_entry *entries, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(entries[i].name);
    }
    free(entries);
}

enum fovea_status
fovea_check_tensors(const char *name, size_t n, struct fovea_error *err)
{
    return n <= FOVEA_MAX_TENSORS
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                      "%s: it has %zu tensors, at most %d are read",
                      fovea_show(name).text, n, FOVEA_MAX_TENSORS);
}

void
fovea_checkpoint_close(struct fovea_checkpoint *checkpoint)
{
    if (!checkpoint) {
        return;
    }
    for (size_t i = 0; i < checkpoint->n_shards; i++) {
        fovea_input_finish(&checkpoint->shards[i].input);
        free(checkpoint->shards[i].name);
    }
    free(checkpoint->shards);
    fovea_entries_free(checkpoint->entries, checkpoint->n_entries);
    free(checkpoint);
}

static int
compare_names(const void *a, const void *b)
{
    const struct fovea_tensor_entry *left = a;
    const struct fovea_tensor_entry *right = b;
    return strcmp(left->name, right->name);
}

void
fovea_entries_sort(struct fovea_tensor_entry *entries, size_t n)
{
    if (n > 0) {
        qsort(entries, n, sizeof *entries, compare_names);
    }
}

enum fovea_status
fovea_checkpoint_open_input(const char *name, struct fovea_input *input,
        struct fovea_checkpoint **checkpoint_out, struct fovea_error *err)
{
    struct fovea_checkpoint *checkpoint = NULL;
    enum fovea_status status = fovea_checkpoint_create(1, &checkpoint, err);
    if (status) {
        fovea_input_finish(input);
        return status;
    }
    FOVEA_ASSERT(checkpoint && checkpoint->shards);
    struct fovea_shard *shard = &checkpoint->shards[0];
    shard->input = *input;
    *input = (struct fovea_input)FOVEA_INPUT_INIT;
    shard->name = strdup(name);
    if (!shard->name) {
        status = fovea_fail_memory(err, strlen(name) + 1, "a file's name");
    } else {
        status = fovea_safetensors_parse(name, &shard->input,
                &checkpoint->entries, &checkpoint->n_entries, err);
    }
    if (status) {
        fovea_checkpoint_close(checkpoint);
        return status;
    }
    fovea_entries_sort(checkpoint->entries, checkpoint->n_entries);
    *checkpoint_out = checkpoint;
    return FOVEA_OK;
}

size_t
fovea_checkpoint_count(const struct fovea_checkpoint *checkpoint)
{
    return checkpoint->n_entries;
}

const struct fovea_tensor *
fovea_checkpoint_at(const struct fovea_checkpoint *checkpoint, size_t index)
{
    FOVEA_ASSERT(index < checkpoint->n_entries);
    return &checkpoint->entries[index].tensor;
}

const struct fovea_tensor *
fovea_checkpoint_find(const struct fovea_checkpoint *checkpoint,
        const char *name)
{
    size_t low = 0;
    size_t high = checkpoint->n_entries;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(checkpoint->entries[middle].name, name);
        if (order == 0) {
            return &checkpoint->entries[middle].tensor;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

const char *
fovea_tensor_type_name(enum fovea_tensor_type type)
{
    switch (type) {
    case FOVEA_TENSOR_F32:
        return "F32";
    case FOVEA_TENSOR_F16:
        return "F16";
    case FOVEA_TENSOR_BF16:
        return "BF16";
    case FOVEA_TENSOR_OTHER:
        break;
    }
    return "other";
}

/* "[768, 3, 32, 32]", cut where it is too long for a message. */
static void
shape_text(char text[SHAPE_TEXT_SIZE], unsigned n_dims, const size_t *shape)
{
    size_t used = 1;
    text[0] = '[';
    text[1] = '\0';
    for (unsigned i = 0; i < n_dims && used < SHAPE_TEXT_SIZE; i++) {
        int n = snprintf(text + used, SHAPE_TEXT_SIZE - used, "%s%zu",
                i ? ", " : "", shape[i]);
        used += n > 0 ? (size_t)n : 0;
    }
    if (used < SHAPE_TEXT_SIZE - 1) {
        text[used] = ']';
        text[used + 1] = '\0';
    }
}

/* The file that holds a tensor, or the one that should. */
static struct fovea_shown
file_of(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor_entry *entry)
{
    if (checkpoint->n_shards == 0) {
        return fovea_show("random weights");
    }
    return fovea_show(checkpoint->shards[entry ? entry->shard : 0].name);
}

static const struct fovea_tensor_entry *
entry_of(const struct fovea_tensor *tensor)
{
    return (const struct fovea_tensor_entry *)(const void *)tensor;
}

enum fovea_status
fovea_checkpoint_require(const struct fovea_checkpoint *checkpoint,
        const char *name, unsigned n_dims, const size_t *shape,
        const struct fovea_tensor **tensor_out, struct fovea_error *err)
{
    const struct fovea_tensor *tensor = fovea_checkpoint_find(checkpoint, name);
    if (!tensor) {
        return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                "%s: tensor %s is missing", file_of(checkpoint, NULL).text,
                fovea_show(name).text);
    }
    if (tensor->n_dims != n_dims ||
            memcmp(tensor->shape, shape, n_dims * sizeof *shape) != 0) {
        char found[SHAPE_TEXT_SIZE];
        char wanted[SHAPE_TEXT_SIZE];
        shape_text(found, tensor->n_dims, tensor->shape);
        shape_text(wanted, n_dims, shape);
        return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                "%s: %s has shape %s, " FOVEA_FILE_CONFIG " asks for %s",
                file_of(checkpoint, entry_of(tensor)).text, name, found,
                wanted);
    }
    if (tensor->type == FOVEA_TENSOR_OTHER) {
        return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                "%s: %s is neither F32 nor F16 nor BF16",
                file_of(checkpoint, entry_of(tensor)).text, name);
    }
    *tensor_out = tensor;
    return FOVEA_OK;
}

/* Reading. */

static enum fovea_status
read_bytes(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor_entry *entry, uint64_t at, void *bytes,
        size_t size, struct fovea_error *err)
{
    const struct fovea_shard *shard = &checkpoint->shards[entry->shard];
    size_t n = 0;
    enum fovea_status status = fovea_input_read(&shard->input,
            entry->offset + at, bytes, size, &n, err);
    if (status) {
        fovea_error_prefix(err, "%s: %s", fovea_show(shard->name).text,
                fovea_show(entry->name).text);
        return status;
    }
    if (n < size) {
        return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                "%s: %s: the file became shorter than its header says",
                fovea_show(shard->name).text, fovea_show(entry->name).text);
    }
    return FOVEA_OK;
}

size_t
fovea_tensor_size(const struct fovea_tensor *tensor)
{
    return entry_of(tensor)->size_bytes;
}

enum fovea_status
fovea_checkpoint_read_raw(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor *tensor, size_t at, void *bytes, size_t size,
        struct fovea_error *err)
{
    FOVEA_ASSERT(checkpoint->n_shards > 0);
    return read_bytes(checkpoint, entry_of(tensor), at, bytes, size, err);
}

static enum fovea_status
read_floats(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor_entry *entry, float *values,
        struct fovea_error *err)
{
    uint8_t *bytes = (uint8_t *)values;
    size_t size = entry->tensor.n_elements * sizeof *values;
    for (size_t at = 0; at < size;) {
        size_t n = size - at < LARGEST_READ ? size - at : LARGEST_READ;
        enum fovea_status status =
                read_bytes(checkpoint, entry, at, bytes + at, n, err);
        if (status) {
            return status;
        }
        at += n;
    }
    return FOVEA_OK;
}

/* Exact for all 65536: one place further left in the exponent and fraction,
 * the bias corrected; subnormals are counted in units of 2^-24. */
static float
half_to_float(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000U) << 16;
    uint32_t exponent = half >> 10 & 0x1fU;
    uint32_t fraction = half & 0x3ffU;
    uint32_t bits = (exponent + (127 - 15)) << 23 | fraction << 13;
    if (exponent == 31) {
        bits = UINT32_C(0x7f800000) | fraction << 13;
    }
    float tiny = (float)fraction * 0x1p-24F;
    uint32_t tiny_bits = 0;
    memcpy(&tiny_bits, &tiny, sizeof tiny_bits);
    bits = (exponent == 0 ? tiny_bits : bits) | sign;
    float value = 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void
convert_halves(const uint16_t *halves, size_t n, float *values)
{
    for (size_t i = 0; i < n; i++) {
        values[i] = half_to_float(halves[i]);
    }
}

/* bfloat16 is the upper half of a float. */
static void
convert_bfloats(const uint16_t *halves, size_t n, float *values)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = (uint32_t)halves[i] << 16;
        memcpy(&values[i], &bits, sizeof bits);
    }
}

static enum fovea_status
read_halves(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor_entry *entry, float *values,
        struct fovea_error *err)
{
    uint16_t chunk[CHUNK_BYTES / sizeof(uint16_t)];
    size_t n_left = entry->tensor.n_elements;
    uint64_t at = 0;
    while (n_left > 0) {
        size_t n = n_left < FOVEA_ARRAY_LEN(chunk) ? n_left
                                                   : FOVEA_ARRAY_LEN(chunk);
        enum fovea_status status = read_bytes(checkpoint, entry, at, chunk,
                n * sizeof *chunk, err);
        if (status) {
            return status;
        }
        if (entry->tensor.type == FOVEA_TENSOR_F16) {
            convert_halves(chunk, n, values);
        } else {
            convert_bfloats(chunk, n, values);
        }
        values += n;
        at += n * sizeof *chunk;
        n_left -= n;
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_checkpoint_read(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor *tensor, float *values,
        struct fovea_error *err)
{
    const struct fovea_tensor_entry *entry = entry_of(tensor);
    if (checkpoint->n_shards == 0) {
        fovea_random_fill(checkpoint, entry, values);
        return FOVEA_OK;
    }
    switch (tensor->type) {
    case FOVEA_TENSOR_F32:
        return read_floats(checkpoint, entry, values, err);
    case FOVEA_TENSOR_F16:
    case FOVEA_TENSOR_BF16:
        return read_halves(checkpoint, entry, values, err);
    case FOVEA_TENSOR_OTHER:
        break;
    }
    return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
            "%s: %s is neither F32 nor F16 nor BF16",
            file_of(checkpoint, entry).text, fovea_show(entry->name).text);
}
