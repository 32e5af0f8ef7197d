/* Writing a checkpoint's towers: see random.h. */
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

/* What is written, tensor by tensor. */
struct walk {
    const struct fovea_checkpoint *checkpoint;
    const struct fovea_tower *towers[2]; /* NULL: none */
    size_t tower;
    size_t scalar;
    struct fovea_tensor_walk tensors;
};

static struct walk
begin(const struct fovea_checkpoint *checkpoint,
        const struct fovea_model_towers *towers)
{
    return (struct walk){ .checkpoint = checkpoint,
        .towers = { towers->image, towers->text } };
}

/* The scalars beside two towers, if they are there. */
static const struct fovea_tensor *
next_scalar(struct walk *walk)
{
    static const char *const names[] = { "logit_scale", "logit_bias" };
    while (walk->towers[0] && walk->towers[1] &&
            walk->scalar < FOVEA_ARRAY_LEN(names)) {
        const struct fovea_tensor *tensor =
                fovea_checkpoint_find(walk->checkpoint, names[walk->scalar++]);
        if (tensor && tensor->n_elements == 1) {
            return tensor;
        }
    }
    return NULL;
}

/* NULL behind the last. Those of towers were checked. */
static const struct fovea_tensor *
next(struct walk *walk)
{
    while (walk->tower < FOVEA_ARRAY_LEN(walk->towers)) {
        const struct fovea_tower *tower = walk->towers[walk->tower];
        struct fovea_tensor_spec spec;
        if (!tower || !fovea_tensor_next(tower, &walk->tensors, &spec)) {
            walk->tower++;
            walk->tensors = (struct fovea_tensor_walk){ 0 };
        } else if (!spec.share) {
            const struct fovea_tensor *tensor =
                    fovea_checkpoint_find(walk->checkpoint, spec.name);
            FOVEA_ASSERT(tensor != NULL);
            return tensor;
        }
    }
    return next_scalar(walk);
}

/* {"<name>": {"dtype": "F32", "shape": [...], "data_offsets": [a, b]}, ...} */
static enum fovea_status
describe_tensors(struct walk walk, char **text_out, size_t *size_out,
        struct fovea_error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (!stream) {
        return fovea_fail_memory(err, 0, "a safetensors header");
    }
    uint64_t offset = 0;
    const struct fovea_tensor *tensor;
    while ((tensor = next(&walk))) {
        (void)fprintf(stream, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[",
                offset ? "," : "{", tensor->name);
        for (unsigned j = 0; j < tensor->n_dims; j++) {
            (void)fprintf(stream, "%s%zu", j ? "," : "", tensor->shape[j]);
        }
        uint64_t end = offset + tensor->n_elements * sizeof(float);
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
write_header(struct fovea_atomic_file *file, const struct walk *walk,
        struct fovea_error *err)
{
    FOVEA_AUTO_FREE char *text = NULL;
    size_t size = 0;
    enum fovea_status status = describe_tensors(*walk, &text, &size, err);
    if (status) {
        return status;
    }
    uint64_t length = htole64(size);
    status = fovea_atomic_file_write(file, &length, sizeof length, err);
    return status ? status : fovea_atomic_file_write(file, text, size, err);
}

/* The largest tensor's elements. */
static enum fovea_status
check(const struct walk *walk, size_t *n_out, struct fovea_error *err)
{
    size_t most = 1;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(walk->towers); i++) {
        struct fovea_tensors_summary summary = { .n_elements = 0 };
        enum fovea_status status = !walk->towers[i]
                ? FOVEA_OK
                : fovea_tensors_check(walk->towers[i], walk->checkpoint,
                          &summary, err);
        if (status) {
            return status;
        }
        if (summary.largest_n_elements > most) {
            most = summary.largest_n_elements;
        }
    }
    *n_out = most;
    return FOVEA_OK;
}

static enum fovea_status
write_weights(struct fovea_atomic_file *file, struct walk walk,
        struct fovea_error *err)
{
    size_t most = 0;
    enum fovea_status status = check(&walk, &most, err);
    if (status) {
        return status;
    }
    size_t size = most * sizeof(float);
    FOVEA_AUTO_FREE float *values = malloc(size);
    if (!values) {
        return fovea_fail_memory(err, size, "a tensor");
    }
    status = write_header(file, &walk, err);
    const struct fovea_tensor *tensor;
    while (!status && (tensor = next(&walk))) {
        status = fovea_checkpoint_read(walk.checkpoint, tensor, values, err);
        if (!status) {
            status = fovea_atomic_file_write(file, values,
                    tensor->n_elements * sizeof(float), err);
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
write_text(const char *directory, const char *name, const char *text,
        size_t size, struct fovea_atomic_file *file, struct fovea_error *err)
{
    enum fovea_status status = open_in(directory, name, file, err);
    return status ? status : fovea_atomic_file_write(file, text, size, err);
}

/* The config of the towers that there are. */
static enum fovea_status
write_config(const struct fovea_family *family,
        const struct fovea_model_towers *towers,
        char text_out[FOVEA_FAMILY_TEXT_SIZE], size_t *size_out,
        struct fovea_error *err)
{
    const bool is_whole = towers->image && towers->text;
    if (is_whole && !family->write_model) {
        return fovea_fail(err, FOVEA_ERR_MODEL_UNSUPPORTED,
                "of %s models only one tower can be written", family->name);
    }
    *size_out = is_whole
            ? family->write_model(towers->image, towers->text, text_out)
            : family->write_config(towers->image ? towers->image : towers->text,
                      text_out);
    return FOVEA_OK;
}

/* Those of a model's directory that are being written. */
struct files {
    struct fovea_atomic_file weights;
    struct fovea_atomic_file processor;
    struct fovea_atomic_file config;
};

static void
abandon(struct files *files)
{
    fovea_atomic_file_abandon(&files->weights);
    fovea_atomic_file_abandon(&files->processor);
    fovea_atomic_file_abandon(&files->config);
}

enum fovea_status
fovea_checkpoint_save_model(const struct fovea_checkpoint *checkpoint,
        const struct fovea_model_towers *towers, const char *directory,
        struct fovea_error *err)
{
    const struct fovea_family *family = fovea_family_get(
            (towers->image ? towers->image : towers->text)->family);
    const struct fovea_file_layout *layout =
            fovea_file_layout_get(family->layout);
    const bool has_processor = layout->processor && towers->image;
    char text[FOVEA_FAMILY_TEXT_SIZE];
    size_t size = 0;
    enum fovea_status status = write_config(family, towers, text, &size, err);
    if (status) {
        return status;
    }
    if (mkdir(directory, 0777) && errno != EEXIST) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno, "%s",
                fovea_show(directory).text);
    }
    FOVEA_AUTO(abandon)
    struct files files = { FOVEA_ATOMIC_FILE_INIT, FOVEA_ATOMIC_FILE_INIT,
        FOVEA_ATOMIC_FILE_INIT };
    status = open_in(directory, layout->weights, &files.weights, err);
    if (!status) {
        status = write_weights(&files.weights, begin(checkpoint, towers), err);
    }
    if (!status) {
        status = write_text(directory, layout->config, text, size,
                &files.config, err);
    }
    if (!status && has_processor) {
        size = family->write_processor(towers->image, text);
        status = write_text(directory, layout->processor, text, size,
                &files.processor, err);
    }
    if (status) {
        return status;
    }
    struct fovea_atomic_file *all[] = { &files.weights, &files.config,
        &files.processor };
    return fovea_atomic_files_commit(all, has_processor ? 3 : 2, err);
}

enum fovea_status
fovea_checkpoint_save(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tower *tower, const char *directory,
        struct fovea_error *err)
{
    const bool is_text = tower->modality == FOVEA_MODALITY_TEXT;
    const struct fovea_model_towers towers = { is_text ? NULL : tower,
        is_text ? tower : NULL };
    return fovea_checkpoint_save_model(checkpoint, &towers, directory, err);
}
