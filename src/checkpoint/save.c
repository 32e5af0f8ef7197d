/* Writing a checkpoint's vision tower: see random.h. */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "checkpoint/json.h"
#include "checkpoint/random.h"
#include "checkpoint/vision.h"
#include "spec/files.h"
#include "sys/atomic_file.h"

enum {
    TEXT_SIZE = 1024,
    HEADER_ALIGNMENT = 8
};

static const char *
activation_name(enum fovea_activation activation)
{
    switch (activation) {
    case FOVEA_ACTIVATION_GELU:
        return "gelu";
    case FOVEA_ACTIVATION_GELU_TANH:
        return "gelu_pytorch_tanh";
    case FOVEA_ACTIVATION_QUICK_GELU:
        break;
    }
    return "quick_gelu";
}

static enum fovea_status
write_config(struct fovea_atomic_file *file, const struct fovea_tower *tower,
        struct fovea_error *err)
{
    char text[TEXT_SIZE];
    int n = snprintf(text, sizeof text,
            "{\n"
            "  \"architectures\": [\"CLIPVisionModelWithProjection\"],\n"
            "  \"model_type\": \"clip_vision_model\",\n"
            "  \"hidden_size\": %u,\n"
            "  \"intermediate_size\": %u,\n"
            "  \"num_hidden_layers\": %u,\n"
            "  \"num_attention_heads\": %u,\n"
            "  \"num_channels\": 3,\n"
            "  \"image_size\": %u,\n"
            "  \"patch_size\": %u,\n"
            "  \"projection_dim\": %u,\n"
            "  \"hidden_act\": \"%s\",\n"
            "  \"layer_norm_eps\": %.9g\n"
            "}\n",
            tower->width, tower->mlp, tower->n_layers, tower->n_heads,
            tower->side_px, tower->patch_px, tower->dimension,
            activation_name(tower->activation), (double)tower->eps);
    FOVEA_ASSERT(n > 0 && n < TEXT_SIZE);
    return fovea_atomic_file_write(file, text, (size_t)n, err);
}

static enum fovea_status
write_preprocessor(struct fovea_atomic_file *file, uint32_t size_px,
        struct fovea_error *err)
{
    char text[TEXT_SIZE];
    int n = snprintf(text, sizeof text,
            "{\n"
            "  \"image_processor_type\": \"CLIPImageProcessor\",\n"
            "  \"do_convert_rgb\": true,\n"
            "  \"do_resize\": true,\n"
            "  \"size\": {\"shortest_edge\": %u},\n"
            "  \"resample\": 3,\n"
            "  \"do_center_crop\": true,\n"
            "  \"crop_size\": {\"height\": %u, \"width\": %u},\n"
            "  \"do_rescale\": true,\n"
            "  \"rescale_factor\": 0.00392156862745098,\n"
            "  \"do_normalize\": true,\n"
            "  \"image_mean\": [0.48145466, 0.4578275, 0.40821073],\n"
            "  \"image_std\": [0.26862954, 0.26130258, 0.27577711]\n"
            "}\n",
            size_px, size_px, size_px);
    FOVEA_ASSERT(n > 0 && n < TEXT_SIZE);
    return fovea_atomic_file_write(file, text, (size_t)n, err);
}

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
    for (size_t i = 0; i < fovea_vision_count(tower); i++) {
        struct fovea_vision_tensor tensor = fovea_vision_at(tower, i);
        (void)fprintf(stream, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[",
                i ? "," : "{", tensor.name);
        for (unsigned j = 0; j < tensor.n_dims; j++) {
            (void)fprintf(stream, "%s%zu", j ? "," : "", tensor.shape[j]);
        }
        uint64_t end = offset + tensor.n_elements * sizeof(float);
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
    struct fovea_vision_summary summary;
    enum fovea_status status =
            fovea_vision_check(tower, checkpoint, &summary, err);
    if (status) {
        return status;
    }
    size_t size = summary.largest_n_elements * sizeof(float);
    FOVEA_AUTO_FREE float *values = malloc(size);
    if (!values) {
        return fovea_fail_memory(err, size, "a tensor");
    }
    status = write_header(file, tower, err);
    for (size_t i = 0; !status && i < fovea_vision_count(tower); i++) {
        struct fovea_vision_tensor wanted = fovea_vision_at(tower, i);
        const struct fovea_tensor *tensor =
                fovea_checkpoint_find(checkpoint, wanted.name);
        FOVEA_ASSERT(tensor != NULL);
        status = fovea_checkpoint_read(checkpoint, tensor, values, err);
        if (!status) {
            status = fovea_atomic_file_write(file, values,
                    wanted.n_elements * sizeof(float), err);
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

enum fovea_status
fovea_checkpoint_save(const struct fovea_checkpoint *checkpoint,
        const struct fovea_tower *tower, const char *directory,
        struct fovea_error *err)
{
    if (mkdir(directory, 0777) && errno != EEXIST) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno, "%s",
                fovea_show(directory).text);
    }
    FOVEA_AUTO(fovea_atomic_file_abandon)
    struct fovea_atomic_file weights = FOVEA_ATOMIC_FILE_INIT;
    FOVEA_AUTO(fovea_atomic_file_abandon)
    struct fovea_atomic_file preprocessor = FOVEA_ATOMIC_FILE_INIT;
    FOVEA_AUTO(fovea_atomic_file_abandon)
    struct fovea_atomic_file settings = FOVEA_ATOMIC_FILE_INIT;
    enum fovea_status status =
            open_in(directory, FOVEA_FILE_WEIGHTS, &weights, err);
    if (!status) {
        status = write_weights(&weights, checkpoint, tower, err);
    }
    if (!status) {
        status =
                open_in(directory, FOVEA_FILE_PREPROCESSOR, &preprocessor, err);
    }
    if (!status) {
        status = write_preprocessor(&preprocessor, tower->side_px, err);
    }
    if (!status) {
        status = open_in(directory, FOVEA_FILE_CONFIG, &settings, err);
    }
    if (!status) {
        status = write_config(&settings, tower, err);
    }
    struct fovea_atomic_file *const files[] = { &weights, &preprocessor,
        &settings };
    return status
            ? status
            : fovea_atomic_files_commit(files, FOVEA_ARRAY_LEN(files), err);
}
