/*
 * Digests of weights and identities of files: what changes them and what does
 * not.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/sha256.h"
#include "checkpoint/digest.h"
#include "checkpoint/random.h"
#include "checkpoint/safetensors.h"
#include "support/test.h"
#include "support/tower.h"
#include "support/tree.h"

static const struct fovea_tower tiny = {
    .width = 8,
    .mlp = 16,
    .n_layers = 2,
    .n_heads = 2,
    .side_px = 8,
    .patch_px = 4,
    .has_class_token = true,
    .has_pre_norm = true,
    .has_projection = true,
    .dimension = 4,
    .eps = 1e-5F,
};

static char root[] = "/tmp/fovea-digest-XXXXXX";

static int
make_root(void **state)
{
    (void)state;
    return mkdtemp(root) ? 0 : -1;
}

static int
remove_root(void **state)
{
    (void)state;
    return tree_empty(root) || rmdir(root);
}

static void
path_of(char path[256], const char *model, const char *name)
{
    (void)snprintf(path, 256, "%s/%s%s%s", root, model, name ? "/" : "",
            name ? name : "");
}

static void
save(const struct fovea_tower *config, uint64_t seed, const char *model)
{
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    char path[256];
    path_of(path, model, NULL);
    assert_ok(fovea_checkpoint_create_random(config, seed, &checkpoint, &error),
            &error);
    assert_ok(fovea_checkpoint_save(checkpoint, config, path, &error), &error);
    fovea_checkpoint_close(checkpoint);
}

static struct fovea_checkpoint *
open_model(const char *model)
{
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    char path[256];
    path_of(path, model, NULL);
    assert_ok(fovea_checkpoint_open(path, &checkpoint, &error), &error);
    return checkpoint;
}

static void
digest(const char *model, const struct fovea_tower *config,
        char digest_out[FOVEA_DIGEST_SIZE])
{
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = open_model(model);
    assert_ok(fovea_digest_weights(config, checkpoint, digest_out, &error),
            &error);
    assert_int_equal(strspn(digest_out, "0123456789abcdef"), 64);
    fovea_checkpoint_close(checkpoint);
}

static void
identify(const char *model, char identity_out[FOVEA_DIGEST_SIZE])
{
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = open_model(model);
    char path[256];
    int64_t changed_ns = 0;
    path_of(path, model, NULL);
    assert_ok(fovea_digest_identity(path, checkpoint, identity_out, &changed_ns,
                      &error),
            &error);
    assert_true(changed_ns > INT64_C(1600000000000000000));
    fovea_checkpoint_close(checkpoint);
}

/* Turn over a bit of the last byte of a model's weights. */
static void
damage(const char *model)
{
    char path[256];
    path_of(path, model, "model.safetensors");
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_true(fd >= 0);
    struct stat info;
    assert_int_equal(fstat(fd, &info), 0);
    uint8_t last = 0;
    assert_int_equal(pread(fd, &last, 1, info.st_size - 1), 1);
    last ^= 1U;
    assert_int_equal(pwrite(fd, &last, 1, info.st_size - 1), 1);
    assert_int_equal(close(fd), 0);
}

static void
sha256_is_the_standards(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_sha256 hash;
    char hex[FOVEA_SHA256_SIZE];
    fovea_sha256_begin(&hash);
    fovea_sha256_add(&hash, "a", 1);
    fovea_sha256_add(&hash, "bc", 2);
    assert_ok(fovea_sha256_end(&hash, hex, &error), &error);
    assert_string_equal(hex,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void
the_same_weights_have_the_same_digest_anywhere(void **state)
{
    (void)state;
    char a[FOVEA_DIGEST_SIZE];
    char b[FOVEA_DIGEST_SIZE];
    save(&tiny, 1, "a");
    save(&tiny, 1, "b");
    digest("a", &tiny, a);
    digest("b", &tiny, b);
    assert_string_equal(a, b);
}

static void
other_weights_or_shapes_have_another_digest(void **state)
{
    (void)state;
    char a[FOVEA_DIGEST_SIZE];
    char b[FOVEA_DIGEST_SIZE];
    save(&tiny, 1, "a");
    digest("a", &tiny, a);
    damage("a");
    digest("a", &tiny, b);
    assert_string_not_equal(a, b);
    damage("a");
    digest("a", &tiny, b);
    assert_string_equal(a, b);

    struct fovea_tower other = tiny;
    other.n_heads = 4;
    digest("a", &other, b);
    assert_string_not_equal(a, b);
    other = tiny;
    other.activation = FOVEA_ACTIVATION_GELU;
    digest("a", &other, b);
    assert_string_not_equal(a, b);
}

/* What of a tower no tensor shows. */
static void
interpolated_positions_have_their_digest(void **state)
{
    (void)state;
    static const struct fovea_tower tower =
            DINOV2_TOWER(8, 16, 2, 2, 8, 4, 12, 1);
    char a[FOVEA_DIGEST_SIZE];
    char b[FOVEA_DIGEST_SIZE];
    save(&tower, 1, "d");
    digest("d", &tower, a);
    struct fovea_tower other = tower;
    other.antialiases_positions = false;
    digest("d", &other, b);
    assert_string_not_equal(a, b);
    other = tower;
    other.side_px = 12;
    digest("d", &other, b);
    assert_string_not_equal(a, b);
}

static void
a_missing_tensor_is_named(void **state)
{
    (void)state;
    struct fovea_error error;
    char hex[FOVEA_DIGEST_SIZE] = "untouched";
    save(&tiny, 1, "a");
    struct fovea_checkpoint *checkpoint = open_model("a");
    struct fovea_tower deeper = tiny;
    deeper.n_layers = 3;
    assert_fails(fovea_digest_weights(&deeper, checkpoint, hex, &error), &error,
            FOVEA_ERR_MODEL_WEIGHTS, "layers.2.");
    assert_string_equal(hex, "untouched");
    fovea_checkpoint_close(checkpoint);
}

static void
an_identity_stays_until_a_file_changes(void **state)
{
    (void)state;
    char path[256];
    char a[FOVEA_DIGEST_SIZE];
    char b[FOVEA_DIGEST_SIZE];
    const struct timespec times[2] = { { 1, 0 }, { 1, 0 } };
    save(&tiny, 1, "a");
    identify("a", a);
    identify("a", b);
    assert_string_equal(a, b);
    path_of(path, "a", "model.safetensors");
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    identify("a", b);
    assert_string_not_equal(a, b);
    path_of(path, "a", "config.json");
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    identify("a", a);
    assert_string_not_equal(a, b);
    path_of(path, "a", "preprocessor_config.json");
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    identify("a", b);
    assert_string_not_equal(a, b);
    identify("a", a);
    assert_int_equal(tree_put(root, "/a/model.safetensors.index.json", "{}"),
            0);
    identify("a", b);
    assert_string_not_equal(a, b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_is_the_standards),
        cmocka_unit_test(the_same_weights_have_the_same_digest_anywhere),
        cmocka_unit_test(other_weights_or_shapes_have_another_digest),
        cmocka_unit_test(interpolated_positions_have_their_digest),
        cmocka_unit_test(a_missing_tensor_is_named),
        cmocka_unit_test(an_identity_stays_until_a_file_changes),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
