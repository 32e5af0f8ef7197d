/*
 * Checkpoints, their configurations and base64 when memory or the disk fails:
 * every allocation and every read in turn.
 */
#include <unistd.h>

#include "base/macros.h"
#include "checkpoint/preprocessor.h"
#include "checkpoint/random.h"
#include "checkpoint/safetensors.h"
#include "checkpoint/tensor_source.h"
#include "checkpoint/tensors.h"
#include "source/base64.h"
#include "spec/families.h"
#include "support/fault.h"
#include "support/test.h"

static const struct fovea_tower tiny = {
    .width = 8,
    .mlp = 16,
    .n_layers = 1,
    .n_heads = 2,
    .side_px = 8,
    .patch_px = 4,
    .has_class_token = true,
    .has_pre_norm = true,
    .has_projection = true,
    .dimension = 4,
    .eps = 1e-5F,
};

static const struct fault_rules strict = { .also = FOVEA_OK };

/* Where a string cannot be allocated, the JSON parser speaks of an invalid
 * token: refused all the same. */
static const struct fault_rules weights = { .also = FOVEA_ERR_MODEL_WEIGHTS };
static const struct fault_rules configs = { .also = FOVEA_ERR_MODEL_CONFIG };

static char directory[] = "/tmp/fovea-fault-XXXXXX";
static char sharded[64];

static void
make_path(char *path, size_t size, const char *parent, const char *name)
{
    int n = snprintf(path, size, "%s/%s", parent, name);
    assert_true(n > 0 && (size_t)n < size);
}

/* The same weights again, behind an index with one shard. */
static void
make_sharded(void)
{
    char from[96];
    char to[96];
    make_path(from, sizeof from, directory, "model.safetensors");
    make_path(to, sizeof to, sharded, "shard");
    assert_int_equal(link(from, to), 0);
    make_path(to, sizeof to, sharded, "model.safetensors.index.json");
    FILE *file = fopen(to, "w");
    assert_non_null(file);
    assert_true(fputs("{\"weight_map\": {", file) >= 0);
    struct fovea_tensor_walk walk = { 0 };
    struct fovea_tensor_spec tensor;
    const char *separator = "";
    while (fovea_tensor_next(&tiny, &walk, &tensor)) {
        assert_true(fprintf(file, "%s\"%s\": \"shard\"", separator,
                            tensor.name) > 0);
        separator = ", ";
    }
    assert_true(fputs("}}", file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int
make_model(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    assert_non_null(mkdtemp(directory));
    make_path(sharded, sizeof sharded, directory, "sharded");
    assert_ok(fovea_checkpoint_create_random(&tiny, 1, &checkpoint, &error),
            &error);
    assert_ok(fovea_checkpoint_save(checkpoint, &tiny, sharded, &error),
            &error);
    assert_ok(fovea_checkpoint_save(checkpoint, &tiny, directory, &error),
            &error);
    fovea_checkpoint_close(checkpoint);
    char path[96];
    make_path(path, sizeof path, sharded, "model.safetensors");
    assert_int_equal(unlink(path), 0);
    make_sharded();
    return 0;
}

static int
remove_model(void **state)
{
    (void)state;
    static const char *const names[] = { "sharded/config.json",
        "sharded/preprocessor_config.json", "sharded/shard",
        "sharded/model.safetensors.index.json", "config.json",
        "preprocessor_config.json", "model.safetensors" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        char path[96];
        make_path(path, sizeof path, directory, names[i]);
        assert_int_equal(unlink(path), 0);
    }
    return rmdir(sharded) || rmdir(directory) ? -1 : 0;
}

/* Open, check, read every tensor. */
static enum fovea_status
read_model(const void *context, struct fovea_error *err)
{
    struct fovea_checkpoint *checkpoint = NULL;
    enum fovea_status status = fovea_checkpoint_open(context, &checkpoint, err);
    if (status) {
        assert_null(checkpoint);
        return status;
    }
    struct fovea_tensors_summary summary;
    status = fovea_tensors_check(&tiny, checkpoint, &summary, err);
    for (size_t i = 0; !status && i < fovea_checkpoint_count(checkpoint); i++) {
        float values[1024];
        const struct fovea_tensor *tensor = fovea_checkpoint_at(checkpoint, i);
        assert_true(tensor->n_elements <= FOVEA_ARRAY_LEN(values));
        status = fovea_checkpoint_read(checkpoint, tensor, values, err);
    }
    fovea_checkpoint_close(checkpoint);
    return status;
}

static void
reading_a_checkpoint(void **state)
{
    (void)state;
    assert_true(fault_each_allocation(read_model, directory, weights) > 24);
    assert_true(fault_each_read(read_model, directory, strict) == 26);
    assert_true(fault_each_allocation(read_model, sharded, weights) > 24);
    assert_true(fault_each_read(read_model, sharded, strict) == 27);
}

static enum fovea_status
read_configs(const void *context, struct fovea_error *err)
{
    struct fovea_tower config;
    struct fovea_preprocess settings;
    enum fovea_status status =
            fovea_tower_read(context, FOVEA_MODALITY_IMAGE, &config, err);
    if (!status) {
        assert_int_equal(config.width, tiny.width);
        status = fovea_preprocess_config_read(context, &config, &settings, err);
    }
    if (!status) {
        assert_int_equal(settings.crop_width_px, 8);
    }
    return status;
}

static void
reading_configurations(void **state)
{
    (void)state;
    assert_true(fault_each_allocation(read_configs, directory, configs) > 4);
    assert_int_equal(fault_each_read(read_configs, directory, strict), 2);
}

static enum fovea_status
save_model(const void *context, struct fovea_error *err)
{
    struct fovea_checkpoint *checkpoint = NULL;
    enum fovea_status status =
            fovea_checkpoint_create_random(&tiny, 1, &checkpoint, err);
    if (!status) {
        status = fovea_checkpoint_save(checkpoint, &tiny, context, err);
    }
    fovea_checkpoint_close(checkpoint);
    return status;
}

/* Whatever fails, what stood there before is still whole. */
static void
saving_a_checkpoint(void **state)
{
    (void)state;
    struct fovea_error error;
    assert_true(fault_each_allocation(save_model, directory, strict) > 4);
    assert_ok(read_model(directory, &error), &error);
    assert_ok(read_configs(directory, &error), &error);
}

static enum fovea_status
decode_text(const void *context, struct fovea_error *err)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum fovea_status status = fovea_base64_decode(context, strlen(context),
            1000, &bytes, &size, err);
    assert_true(status || (size == 6 && !memcmp(bytes, "foobar", 6)));
    free(bytes);
    return status;
}

static void
decoding_base64(void **state)
{
    (void)state;
    assert_int_equal(fault_each_allocation(decode_text, "Zm9vYmFy", strict), 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading_a_checkpoint),
        cmocka_unit_test(reading_configurations),
        cmocka_unit_test(saving_a_checkpoint),
        cmocka_unit_test(decoding_base64),
    };
    return cmocka_run_group_tests(tests, make_model, remove_model);
}
