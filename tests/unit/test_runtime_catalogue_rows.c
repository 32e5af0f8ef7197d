/*
 * Each row of the catalogue against the config files of its model: those in models/
 * for what comes with fovea, in tests/data/configs for the others.
 */
#include <dirent.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "fovea/fovea.h"

#include "base/macros.h"
#include "checkpoint/checkpoint.h"
#include "checkpoint/config.h"
#include "checkpoint/json.h"
#include "checkpoint/preprocessor.h"
#include "checkpoint/safetensors.h"
#include "runtime/estimate.h"
#include "spec/families.h"
#include "support/test.h"
#include "sys/cpu.h"

enum {
    PATH_SIZE = 512
};

static const char configs[] = "tests/data/configs";

static bool
is_ours(const struct fovea_catalogue_entry *entry)
{
    return strncmp(entry->key, "fovea/", 6) == 0;
}

static void
source_path(const char *folder, const char *name, char path[PATH_SIZE])
{
    const char *source = getenv("FOVEA_SOURCE_ROOT");
    assert_non_null(source);
    int n = snprintf(path, PATH_SIZE, "%s/%s/%s", source, folder, name);
    assert_true(n > 0 && n < PATH_SIZE);
}

static void
directory_of(const struct fovea_catalogue_entry *entry, char path[PATH_SIZE])
{
    source_path(is_ours(entry) ? "models" : configs, entry->key, path);
    if (access(path, F_OK)) {
        fail_msg("%s has no config files in %s", entry->key, path);
    }
}

static char *
read_text(const char *path)
{
    struct fovea_error error;
    char *text = NULL;
    size_t size = 0;
    assert_ok(
            fovea_json_load(path, 1 << 20, FOVEA_ERR_IO, &text, &size, &error),
            &error);
    char *ended = realloc(text, size + 1);
    assert_non_null(ended);
    ended[size] = '\0';
    return ended;
}

/* With one thread and the default batch. */
static uint64_t
memory_mb(const struct fovea_tower *tower)
{
    uint64_t bytes = fovea_engine_cost(tower, FOVEA_DTYPE_F32, 1).shared_bytes +
            fovea_estimate_worker(tower, FOVEA_DTYPE_F32, 1,
                    FOVEA_DEFAULT_BATCH);
    return (bytes + (1 << 20) - 1) >> 20;
}

/* Matrices are filled up to whole blocks, and rows say what that takes with
   AVX-512. Other CPUs have smaller blocks: up to a hundredth less. */
static void
check_memory(const struct fovea_catalogue_entry *entry, uint64_t mb)
{
    const uint64_t said = entry->est_memory_allocation_mb;
    const uint64_t least =
            fovea_cpu_level() >= FOVEA_CPU_AVX512 ? said : said - said / 100;
    if (mb < least || mb > said) {
        fail_msg("%s: %" PRIu64 " MB, not %" PRIu64, entry->key, said, mb);
    }
}

static uint64_t
tensor_bytes(const struct fovea_tower *tower)
{
    struct fovea_tensor_walk walk = { 0 };
    struct fovea_tensor_spec tensor;
    uint64_t sum = 0;
    while (fovea_tensor_next(tower, &walk, &tensor)) {
        sum += tensor.n_elements * sizeof(float);
    }
    return sum;
}

static void
numbers_are_those_of_the_files(void **state)
{
    (void)state;
    const struct fovea_catalogue_entry *entry = NULL;
    for (size_t i = 0; (entry = fovea_catalogue(i)) != NULL; i++) {
        char directory[PATH_SIZE];
        struct fovea_error error;
        struct fovea_tower tower;
        struct fovea_preprocess pixels;
        directory_of(entry, directory);
        assert_ok(fovea_tower_read(directory, FOVEA_MODALITY_IMAGE, &tower,
                          &error),
                &error);
        assert_ok(fovea_preprocess_config_read(directory, &tower, &pixels,
                          &error),
                &error);
        assert_string_equal(entry->family,
                fovea_family_get(tower.family)->name);
        assert_int_equal(entry->embedding_dimension, tower.dimension);
        assert_int_equal(entry->image_size_px, tower.side_px);
        assert_int_equal(entry->patch_size_px, tower.patch_px);
        assert_int_equal(entry->n_layers, tower.n_layers);
        assert_int_equal(entry->n_heads, tower.n_heads);
        assert_int_equal(entry->hidden_size, tower.width);
        assert_int_equal(entry->mlp_size, tower.mlp);
        assert_memory_equal(entry->mean, pixels.mean, sizeof entry->mean);
        assert_memory_equal(entry->std, pixels.std, sizeof entry->std);
        check_memory(entry, memory_mb(&tower));
    }
    assert_string_equal(fovea_catalogue(0)->key, FOVEA_DEFAULT_MODEL);
    assert_null(fovea_catalogue(SIZE_MAX));
}

/* A tower for texts that is in the file and cannot be read, as if it were a
   CLIP's. */
static uint64_t
unread_text_bytes(const char *directory)
{
    static const char type[] = "\"model_type\": \"metaclip_2\"";
    char path[PATH_SIZE + 16];
    struct fovea_error error;
    struct fovea_tower tower;
    (void)snprintf(path, sizeof path, "%s/config.json", directory);
    FOVEA_AUTO_FREE char *text = read_text(path);
    char *at = strstr(text, type);
    if (!at) {
        return 0;
    }
    memset(at, ' ', sizeof type - 1);
    memcpy(at, "\"model_type\": \"clip\"", 20);
    assert_ok(fovea_tower_parse(FOVEA_FILE_LAYOUT_HUGGING_FACE, path, text,
                      strlen(text), FOVEA_MODALITY_TEXT, &tower, &error),
            &error);
    return tensor_bytes(&tower) + sizeof(float);
}

/* Our own are stored as they are, and are here. */
static uint64_t
stored_bytes(const char *directory)
{
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    assert_ok(fovea_checkpoint_open(directory, &checkpoint, &error), &error);
    uint64_t sum = 0;
    for (size_t i = 0; i < fovea_checkpoint_count(checkpoint); i++) {
        sum += fovea_tensor_size(fovea_checkpoint_at(checkpoint, i));
    }
    fovea_checkpoint_close(checkpoint);
    return sum;
}

static void
words_and_sizes_are_those_of_the_files(void **state)
{
    (void)state;
    const struct fovea_catalogue_entry *entry = NULL;
    for (size_t i = 0; (entry = fovea_catalogue(i)) != NULL; i++) {
        char directory[PATH_SIZE];
        struct fovea_error error;
        struct fovea_tower image;
        struct fovea_tower text;
        directory_of(entry, directory);
        assert_ok(fovea_tower_read(directory, FOVEA_MODALITY_IMAGE, &image,
                          &error),
                &error);
        enum fovea_status status =
                fovea_tower_read(directory, FOVEA_MODALITY_TEXT, &text, &error);
        assert_int_equal(status,
                entry->has_text ? FOVEA_OK : FOVEA_ERR_TEXT_UNSUPPORTED);
        uint64_t bytes = is_ours(entry) ? stored_bytes(directory)
                                        : tensor_bytes(&image) +
                        (entry->has_text ? tensor_bytes(&text) + sizeof(float)
                                         : unread_text_bytes(directory));
        if (bytes != entry->weights_bytes) {
            fail_msg("%s: %" PRIu64 " bytes, not %" PRIu64, entry->key,
                    entry->weights_bytes, bytes);
        }
    }
}

/* Its file has 4,546,331,880 bytes, some 0.1 MB of them a header. */
static void
a_size_is_that_of_a_published_file(void **state)
{
    (void)state;
    const struct fovea_catalogue_entry *entry = NULL;
    size_t i = 0;
    do {
        entry = fovea_catalogue(i++);
        assert_non_null(entry);
    } while (strcmp(entry->key, "google/siglip2-so400m-patch16-512") != 0);
    assert_in_range(UINT64_C(4546331880) - entry->weights_bytes, 50000, 200000);
}

static void
what_a_licence_forbids_is_said(void **state)
{
    (void)state;
    const struct fovea_catalogue_entry *entry = NULL;
    for (size_t i = 0; (entry = fovea_catalogue(i)) != NULL; i++) {
        const bool is_restricted = strstr(entry->licence, "-NC-") ||
                strncmp(entry->licence, "LicenseRef-", 11) == 0;
        assert_true(entry->licence[0] && !strchr(entry->licence, ' '));
        assert_int_equal(entry->licence_note != NULL, is_restricted);
        if (is_restricted) {
            assert_non_null(strstr(entry->licence_note, "commercial use"));
        }
    }
}

static bool
is_listed(const char *key)
{
    const struct fovea_catalogue_entry *entry = NULL;
    for (size_t i = 0; (entry = fovea_catalogue(i)) != NULL; i++) {
        if (strcmp(entry->key, key) == 0) {
            return true;
        }
    }
    return false;
}

/* Each folder of owners. */
static size_t
check_owner(const char *root, const char *owner, const char *sources)
{
    char path[PATH_SIZE + 300];
    (void)snprintf(path, sizeof path, "%s/%s", root, owner);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    size_t n = 0;
    const struct dirent *found = NULL;
    while ((found = readdir(folder)) != NULL) {
        char key[600];
        (void)snprintf(key, sizeof key, "%s/%s", owner, found->d_name);
        if (found->d_name[0] != '.') {
            n++;
            if (!is_listed(key) || !strstr(sources, key)) {
                fail_msg("%s: not in the catalogue, or without a source", key);
            }
        }
    }
    (void)closedir(folder);
    return n;
}

/* No config without a row, none without where it is from. */
static void
every_config_has_a_row_and_a_source(void **state)
{
    (void)state;
    char root[PATH_SIZE];
    char readme[PATH_SIZE];
    source_path(configs, "", root);
    source_path(configs, "README.md", readme);
    FOVEA_AUTO_FREE char *sources = read_text(readme);
    DIR *folder = opendir(root);
    assert_non_null(folder);
    size_t n = 0;
    const struct dirent *found = NULL;
    while ((found = readdir(folder)) != NULL) {
        if (found->d_name[0] != '.' && !strchr(found->d_name, '.')) {
            n += check_owner(root, found->d_name, sources);
        }
    }
    (void)closedir(folder);
    size_t n_rows = 0;
    while (fovea_catalogue(n_rows)) {
        n_rows++;
    }
    assert_int_equal(n + 2, n_rows); /* and two of our own */
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_those_of_the_files),
        cmocka_unit_test(words_and_sizes_are_those_of_the_files),
        cmocka_unit_test(a_size_is_that_of_a_published_file),
        cmocka_unit_test(what_a_licence_forbids_is_said),
        cmocka_unit_test(every_config_has_a_row_and_a_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
