/* Checkpoints from files: one that is open, and how all are read. See
 * safetensors.h. */
#include "checkpoint/safetensors.h"

#include <endian.h>
#include <string.h>

#include "base/error.h"
#include "checkpoint/header.h"
#include "checkpoint/json.h"

#if __BYTE_ORDER != __LITTLE_ENDIAN
#    error "tensors are read as they are stored, little-endian"
#endif

enum {
    CHUNK_BYTES = 8192,
    LARGEST_READ = 1 << 24
};

enum fovea_status
fovea_checkpoint_open_input(const char *name, struct fovea_input *input,
        struct fovea_checkpoint **checkpoint_out, struct fovea_error *err)
{
    struct fovea_checkpoint *checkpoint = NULL;
    enum fovea_status status =
            fovea_checkpoint_create(&fovea_source_files, 1, &checkpoint, err);
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

static enum fovea_status
read_floats(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor_entry *entry, size_t at, size_t n,
        float *values, struct fovea_error *err)
{
    uint8_t *bytes = (uint8_t *)values;
    const uint64_t first = at * sizeof *values;
    const size_t size = n * sizeof *values;
    for (size_t done = 0; done < size;) {
        size_t part = size - done < LARGEST_READ ? size - done : LARGEST_READ;
        enum fovea_status status = read_bytes(checkpoint, entry, first + done,
                bytes + done, part, err);
        if (status) {
            return status;
        }
        done += part;
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
        const struct fovea_tensor_entry *entry, size_t at, size_t n,
        float *values, struct fovea_error *err)
{
    uint16_t chunk[CHUNK_BYTES / sizeof(uint16_t)];
    const uint64_t first = at * sizeof *chunk;
    for (size_t done = 0; done < n;) {
        size_t part = n - done < FOVEA_ARRAY_LEN(chunk)
                ? n - done
                : FOVEA_ARRAY_LEN(chunk);
        enum fovea_status status = read_bytes(checkpoint, entry,
                first + done * sizeof *chunk, chunk, part * sizeof *chunk, err);
        if (status) {
            return status;
        }
        if (entry->tensor.type == FOVEA_TENSOR_F16) {
            convert_halves(chunk, part, values + done);
        } else {
            convert_bfloats(chunk, part, values + done);
        }
        done += part;
    }
    return FOVEA_OK;
}

static enum fovea_status
read_values(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tensor_entry *entry, size_t at, size_t n,
        float *values, struct fovea_error *err)
{
    switch (entry->tensor.type) {
    case FOVEA_TENSOR_F32:
        return read_floats(checkpoint, entry, at, n, values, err);
    case FOVEA_TENSOR_F16:
    case FOVEA_TENSOR_BF16:
        return read_halves(checkpoint, entry, at, n, values, err);
    case FOVEA_TENSOR_OTHER:
        break;
    }
    return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
            "%s: %s is neither F32 nor F16 nor BF16",
            fovea_show(checkpoint->shards[entry->shard].name).text,
            fovea_show(entry->name).text);
}

const struct fovea_source fovea_source_files = {
    .read = read_values,
    .read_raw = read_bytes,
};
