/* Writing a checkpoint's vision tower: see random.h. */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "checkpoint/json.h"
#include "checkpoint/random.h"
#include "checkpoint/tensors.h"
#include "spec/families.h"
#include "sys/atomic_file.h"

enum {
    HEADER_ALIGNMENT = 8
};

/* {"<name>": {"dtype": "F32", "shape": [...], "data_offsets": [a, b]}, ...} */
static enum fovea_status
describe_tensors(const struct fovea_tower *tower, char **text_out,
        size_t *size_out, struct fovea_error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream) {
        return fovea_fail_memory(err, 0, "a safetensors header");
    }
    uint64_t offset = 0;
    struct fovea_tensor_walk walk = { 0 };
    struct fovea_tensor_spec tensor;
    while (fovea_tensor_next(tower, &walk, &tensor)) {
        if (tensor.share) {
            continue;
        }
        (void)fprintf(stream, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[",
                offset ? "," : "{", tensor.name);
        for (unsigned j = 0; j < tensor.n_dims; j++) {
            (void)fprintf(stream, "%s%zu", j ? "," : "", tensor.shape[j]);
        }
        uint64_t end = offset + fovea_tensor_stored(&tensor) * sizeof(float);
        (void)fprintf(stream, "],\"data_offsets\":[%llu,%llu]}",
                (unsigned long long)offset, (unsigned long long)end);
        offset = end;
    }
    (void)fputc('}', stream);
    long used = ftell(stream);
    while (used++ % HEADER_ALIGNMENT) {
        (void)fputc(' ', stream);
    }
    bool failed = ferror(stream) != 0;
    failed = fclose(stream) != 0 || failed;
    if (failed) {
        free(text);
        return fovea_fail_memory(err, size, "a safetensors header");
    }
    *text_out = text;
    *size_out = size;
    return FOVEA_OK;
}

static enum fovea_status
write_header(struct fovea_atomic_file *file, const struct fovea_tower *tower,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *text = NULL;
    size_t size = 0;
    enum fovea_status status = describe_tensors(tower, &text, &size, err);
    if (status) {
        return status;
    }
    uint64_t length = htole64(size);
    status = fovea_atomic_file_write(file, &length, sizeof length, err);
    return status ? status : fovea_atomic_file_write(file, text, size, err);
}

static enum fovea_status
write_weights(struct fovea_atomic_file *file,
        const struct fovea_checkpoint *checkpoint,
        const struct fovea_tower *tower, struct fovea_error *err)
{
    struct fovea_tensors_summary summary;
    enum fovea_status status =
            fovea_tensors_check(tower, checkpoint, &summary, err);
    if (status) {
        return status;
    }
    size_t size = summary.largest_n_elements * sizeof(float);
    FOVEA_AUTO_FREE float *values = malloc(size);
    if (!values) {
        return fovea_fail_memory(err, size, "a tensor");
    }
    status = write_header(file, tower, err);
    struct fovea_tensor_walk walk = { 0 };
    struct fovea_tensor_spec wanted;
    while (!status && fovea_tensor_next(tower, &walk, &wanted)) {
        if (wanted.share) {
            continue;
        }
        const struct fovea_tensor *tensor =
                fovea_checkpoint_find(checkpoint, wanted.name);
        FOVEA_ASSERT(tensor != NULL);
        const size_t n = tensor->n_elements;
        status = fovea_checkpoint_read(checkpoint, tensor, values, err);
        if (!status) {
            status = fovea_atomic_file_write(file, values, n * sizeof(float),
                    err);
        }
    }
    return status;
}

static enum fovea_status
open_in(const char *directory, const char *name, struct fovea_atomic_file *file,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *path = NULL;
    enum fovea_status status = fovea_join_path(directory, name, &path, err);
    return status ? status : fovea_atomic_file_open(path, file, err);
}

static enum fovea_status
write_text(const char *directory, const char *name,
        const struct fovea_tower *tower,
        size_t (*write)(const struct fovea_tower *tower,
                char text_out[FOVEA_FAMILY_TEXT_SIZE]),
        struct fovea_atomic_file *file, struct fovea_error *err)
{
    char text[FOVEA_FAMILY_TEXT_SIZE];
    size_t size = write(tower, text);
    enum fovea_status status = open_in(directory, name, file, err);
    return status ? status : fovea_atomic_file_write(file, text, size, err);
}

enum fovea_status
fovea_checkpoint_save(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tower *tower, const char *directory,
        struct fovea_error *err)
{
    if (mkdir(directory, 0777) && errno != EEXIST) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno, "%s",
                fovea_show(directory).text);
    }
    const struct fovea_family *family = fovea_family_get(tower->family);
    const struct fovea_file_layout *layout =
            fovea_file_layout_get(family->layout);
    FOVEA_AUTO(fovea_atomic_file_abandon)
    struct fovea_atomic_file weights = FOVEA_ATOMIC_FILE_INIT;
    FOVEA_AUTO(fovea_atomic_file_abandon)
    struct fovea_atomic_file preprocessor = FOVEA_ATOMIC_FILE_INIT;
    FOVEA_AUTO(fovea_atomic_file_abandon)
    struct fovea_atomic_file settings = FOVEA_ATOMIC_FILE_INIT;
    enum fovea_status status =
            open_in(directory, layout->weights, &weights, err);
    if (!status) {
        status = write_weights(&weights, checkpoint, tower, err);
    }
    if (!status && layout->processor) {
        status = write_text(directory, layout->processor, tower,
                family->write_processor, &preprocessor, err);
    }
    if (!status) {
        status = write_text(directory, layout->config, tower,
                family->write_config, &settings, err);
    }
    if (status) {
        return status;
    }
    struct fovea_atomic_file *files[3] = { &weights, &settings };
    size_t n = 2;
    if (layout->processor) {
        files[n++] = &preprocessor;
    }
    return fovea_atomic_files_commit(files, n, err);
}
