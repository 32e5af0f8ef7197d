/* Where a model's files are looked for, and what is said when they are not. */
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "checkpoint/config.h"
#include "checkpoint/preprocessor.h"
#include "runtime/catalogue.h"
#include "runtime/estimate.h"
#include "support/test.h"
#include "support/tree.h"

#define COMMIT "0123456789abcdef0123456789abcdef01234567"

static char root[] = "/tmp/fovea-catalogue-XXXXXX";

/* Everything below root is made by make_directories(). */
static const char *const directories[] = {
    "home",
    "home/models",
    "home/models/openai",
    "home/models/openai/clip-vit-base-patch16",
    "home/models/someone",
    "home/models/someone/own-clip",
    "hf",
    "hf/hub",
    "hf/hub/models--openai--clip-vit-base-patch32",
    "hf/hub/models--openai--clip-vit-base-patch32/refs",
    "hf/hub/models--openai--clip-vit-base-patch32/snapshots",
    ("hf/hub/models--openai--clip-vit-base-patch32/snapshots/" COMMIT),
    "hf/hub/models--openai--clip-vit-large-patch14",
    "hf/hub/models--openai--clip-vit-large-patch14/refs",
};

/* Those of whole models, empty. */
static const char *const files[] = {
    "/home/models/openai/clip-vit-base-patch16/config.json",
    "/home/models/openai/clip-vit-base-patch16/model.safetensors",
    "/home/models/someone/own-clip/config.json",
    "/home/models/someone/own-clip/model.safetensors.index.json",
    ("/hf/hub/models--openai--clip-vit-base-patch32/snapshots/" COMMIT
     "/config.json"),
    ("/hf/hub/models--openai--clip-vit-base-patch32/snapshots/" COMMIT
     "/model.safetensors"),
};

static const char *
below_root(const char *name)
{
    static char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

static int
write_ref(const char *repository, const char *text)
{
    char name[160];
    (void)snprintf(name, sizeof name, "hf/hub/%s/refs/main", repository);
    FILE *file = fopen(below_root(name), "w");
    if (!file) {
        return -1;
    }
    int n = fputs(text, file);
    return fclose(file) || n < 0 ? -1 : 0;
}

static int
make_directories(void **state)
{
    (void)state;
    if (!mkdtemp(root)) {
        return -1;
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(directories); i++) {
        if (mkdir(below_root(directories[i]), 0700)) {
            return -1;
        }
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(files); i++) {
        if (tree_put(root, files[i], "")) {
            return -1;
        }
    }
    (void)setenv("FOVEA_HOME", below_root("home"), 1);
    (void)setenv("HF_HOME", below_root("hf"), 1);
    (void)unsetenv("HF_HUB_CACHE");
    return write_ref("models--openai--clip-vit-base-patch32", COMMIT) ||
            write_ref("models--openai--clip-vit-large-patch14",
                    "../../../../../../etc/passwd/////////////");
}

static int
remove_directories(void **state)
{
    (void)state;
    return tree_empty(root) || rmdir(root);
}

static void
check_found(const char *key, const char *where)
{
    struct fovea_error error;
    FOVEA_AUTO_FREE char *directory = NULL;
    assert_ok(fovea_catalogue_locate(key, &directory, &error), &error);
    assert_string_equal(directory, below_root(where));
}

static void
fovea_home_comes_first(void **state)
{
    (void)state;
    check_found("openai/clip-vit-base-patch16",
            "home/models/openai/clip-vit-base-patch16");
}

static void
the_hub_cache_is_followed_to_its_snapshot(void **state)
{
    (void)state;
    const char *snapshot =
            "hf/hub/models--openai--clip-vit-base-patch32/snapshots/" COMMIT;
    check_found("openai/clip-vit-base-patch32", snapshot);
    (void)setenv("HF_HUB_CACHE", below_root("hf/hub"), 1);
    (void)setenv("HF_HOME", "/nowhere", 1);
    check_found("openai/clip-vit-base-patch32", snapshot);
    (void)unsetenv("HF_HUB_CACHE");
    (void)setenv("HF_HOME", below_root("hf"), 1);
}

static void
a_name_outside_the_catalogue_is_found_too(void **state)
{
    (void)state;
    check_found("someone/own-clip", "home/models/someone/own-clip");
}

static void
a_directory_is_a_model(void **state)
{
    (void)state;
    struct fovea_error error;
    FOVEA_AUTO_FREE char *directory = NULL;
    assert_ok(fovea_catalogue_locate(root, &directory, &error), &error);
    assert_string_equal(directory, root);
}

static void
check_refused(const char *key, enum fovea_status status, const char *part)
{
    struct fovea_error error;
    char *directory = NULL;
    assert_fails(fovea_catalogue_locate(key, &directory, &error), &error,
            status, part);
    assert_null(directory);
}

static void
what_is_missing_says_where_it_was_looked_for(void **state)
{
    (void)state;
    check_refused("openai/clip-vit-large-patch14-336",
            FOVEA_ERR_MODEL_NOT_FOUND,
            below_root("home/models/openai/clip-vit-large-patch14-336"));
    check_refused("openai/clip-vit-large-patch14-336",
            FOVEA_ERR_MODEL_NOT_FOUND, below_root("hf/hub"));
    check_refused("openai/clip-vit-large-patch14-336",
            FOVEA_ERR_MODEL_NOT_FOUND,
            "fovea pull openai/clip-vit-large-patch14-336");
    check_refused("somebody/another", FOVEA_ERR_UNKNOWN_MODEL, "fovea pull");
    check_refused("/nowhere/at/all", FOVEA_ERR_MODEL_NOT_FOUND, "/nowhere");
    check_refused("./nowhere", FOVEA_ERR_MODEL_NOT_FOUND, "./nowhere");
}

/* Files that a fetch left out, or that never were there. */
static void
a_directory_that_lacks_a_file_is_not_the_model(void **state)
{
    (void)state;
    const char *snapshot =
            "hf/hub/models--openai--clip-vit-base-patch32/snapshots/" COMMIT;
    char weights[320];
    (void)snprintf(weights, sizeof weights, "%s/model.safetensors",
            below_root(snapshot));
    assert_int_equal(unlink(weights), 0);
    check_refused("openai/clip-vit-base-patch32", FOVEA_ERR_MODEL_NOT_FOUND,
            "fovea pull openai/clip-vit-base-patch32 (no model.safetensors in");
    assert_int_equal(tree_put(root, weights + strlen(root), ""), 0);
    check_found("openai/clip-vit-base-patch32", snapshot);

    char config[320];
    (void)snprintf(config, sizeof config, "%s/config.json",
            below_root("home/models/someone/own-clip"));
    assert_int_equal(unlink(config), 0);
    check_refused("someone/own-clip", FOVEA_ERR_MODEL_NOT_FOUND,
            "no config.json in");
    assert_int_equal(tree_put(root, config + strlen(root), ""), 0);
}

static void
an_unknown_key_gets_the_nearest_names(void **state)
{
    (void)state;
    check_refused("openai/clip-vit-base-patch23", FOVEA_ERR_UNKNOWN_MODEL,
            "did you mean openai/clip-vit-base-patch32");
    check_refused("openai/clip-vit-base-patch33", FOVEA_ERR_UNKNOWN_MODEL,
            "did you mean openai/clip-vit-base-patch32, "
            "openai/clip-vit-base-patch16 or openai/clip-vit-large-patch14?");
    check_refused("laion/CLIP-ViT-B-14-laion2B-s32B-b82K",
            FOVEA_ERR_UNKNOWN_MODEL,
            "did you mean laion/CLIP-ViT-L-14-laion2B-s32B-b82K, laion/CLIP");
    check_refused("resnet50", FOVEA_ERR_UNKNOWN_MODEL, "resnet50");
    check_refused("", FOVEA_ERR_UNKNOWN_MODEL, "unknown model");
}

/* refs/main and keys come from outside: neither leads out of the cache. */
static void
nothing_climbs_out(void **state)
{
    (void)state;
    check_refused("openai/clip-vit-large-patch14", FOVEA_ERR_MODEL_NOT_FOUND,
            "openai/clip-vit-large-patch14");
    check_refused("openai/..", FOVEA_ERR_UNKNOWN_MODEL, "openai/..");
    check_refused("someone/own-clip/", FOVEA_ERR_UNKNOWN_MODEL, "unknown");
}

/* In float32, with one thread and the default batch. All sides of the matrices
   are whole blocks on any CPU. */
static uint64_t
estimate_mb(const struct fovea_catalogue_entry *entry)
{
    const struct fovea_tower config = {
        .width = entry->hidden_size,
        .mlp = entry->mlp_size,
        .n_layers = entry->n_layers,
        .n_heads = entry->n_heads,
        .side_px = entry->image_size_px,
        .patch_px = entry->patch_size_px,
        .has_class_token = true,
        .has_pre_norm = true,
        .has_projection = true,
        .dimension = entry->embedding_dimension,
    };
    uint64_t bytes =
            fovea_engine_cost(&config, FOVEA_DTYPE_F32, 1).shared_bytes +
            fovea_estimate_worker(&config, FOVEA_DTYPE_F32, 1,
                    FOVEA_DEFAULT_BATCH);
    return (bytes + (1 << 20) - 1) >> 20;
}

/* A name that says the patch and the image ("patch14-336", "L-14") is right. */
static void
check_name(const struct fovea_catalogue_entry *entry)
{
    char patch[2][32];
    char image[32];
    (void)snprintf(patch[0], sizeof patch[0], "patch%" PRIu32,
            entry->patch_size_px);
    (void)snprintf(patch[1], sizeof patch[1], "-%" PRIu32 "-laion",
            entry->patch_size_px);
    (void)snprintf(image, sizeof image, "-%" PRIu32, entry->image_size_px);
    if (strncmp(entry->key, "fovea/", 6) != 0) {
        assert_true(
                strstr(entry->key, patch[0]) || strstr(entry->key, patch[1]));
        assert_true(entry->image_size_px == 224 || strstr(entry->key, image));
    }
}

static void
the_catalogue_is_consistent(void **state)
{
    (void)state;
    size_t n = 0;
    const struct fovea_catalogue_entry *entry;
    while ((entry = fovea_catalogue(n)) != NULL) {
        assert_true(entry->embedding_dimension > 0);
        assert_int_equal(entry->image_size_px % entry->patch_size_px, 0);
        assert_int_equal(entry->hidden_size % entry->n_heads, 0);
        /* Every CLIP has heads of 64 or 80. */
        assert_in_range(entry->hidden_size / entry->n_heads, 64, 80);
        check_name(entry);
        assert_int_equal(entry->est_memory_allocation_mb, estimate_mb(entry));
        n++;
    }
    assert_true(n >= 8);
    assert_string_equal(fovea_catalogue(0)->key, FOVEA_DEFAULT_MODEL);
    assert_null(fovea_catalogue(SIZE_MAX));
}

/* Where the files of an entry are in the source, they say the same. */
static bool
check_files(const struct fovea_catalogue_entry *entry)
{
    const char *source = getenv("FOVEA_SOURCE_ROOT");
    assert_non_null(source);
    char directory[512];
    (void)snprintf(directory, sizeof directory, "%s/models/%s", source,
            entry->key);
    if (access(directory, F_OK)) {
        return false;
    }
    struct fovea_error error;
    struct fovea_tower config;
    struct fovea_preprocess settings;
    assert_ok(
            fovea_tower_read(directory, FOVEA_MODALITY_IMAGE, &config, &error),
            &error);
    assert_ok(
            fovea_preprocess_config_read(directory, &config, &settings, &error),
            &error);
    assert_false(settings.is_default);
    assert_int_equal(entry->embedding_dimension, config.dimension);
    assert_int_equal(entry->image_size_px, config.side_px);
    assert_int_equal(entry->patch_size_px, config.patch_px);
    assert_int_equal(entry->n_layers, config.n_layers);
    assert_int_equal(entry->n_heads, config.n_heads);
    assert_int_equal(entry->hidden_size, config.width);
    assert_int_equal(entry->mlp_size, config.mlp);
    assert_memory_equal(entry->mean, settings.mean, sizeof entry->mean);
    assert_memory_equal(entry->std, settings.std, sizeof entry->std);
    return true;
}

static void
entries_say_what_the_files_say(void **state)
{
    (void)state;
    const struct fovea_catalogue_entry *entry = NULL;
    size_t n_checked = 0;
    for (size_t i = 0; (entry = fovea_catalogue(i)) != NULL; i++) {
        n_checked += check_files(entry);
    }
    assert_true(n_checked > 0);
    assert_true(check_files(fovea_catalogue(0)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fovea_home_comes_first),
        cmocka_unit_test(the_hub_cache_is_followed_to_its_snapshot),
        cmocka_unit_test(a_name_outside_the_catalogue_is_found_too),
        cmocka_unit_test(a_directory_is_a_model),
        cmocka_unit_test(what_is_missing_says_where_it_was_looked_for),
        cmocka_unit_test(a_directory_that_lacks_a_file_is_not_the_model),
        cmocka_unit_test(an_unknown_key_gets_the_nearest_names),
        cmocka_unit_test(nothing_climbs_out),
        cmocka_unit_test(the_catalogue_is_consistent),
        cmocka_unit_test(entries_say_what_the_files_say),
    };
    return cmocka_run_group_tests(tests, make_directories, remove_directories);
}
