/* Where a model's files are looked for, and what is said when they are not. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "checkpoint/preprocessor.h"
#include "runtime/catalogue.h"
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
    };
    return cmocka_run_group_tests(tests, make_directories, remove_directories);
}
