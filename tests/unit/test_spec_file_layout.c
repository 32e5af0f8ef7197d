/* Which layout the files of a place have, and which of them is missing. */
#include <string.h>

#include "base/macros.h"
#include "spec/file_layout.h"
#include "support/test.h"

enum {
    MAX_FILES = 6
};

/* The names that a place has, NULL behind the last. */
static bool
has(const void *context, const char *name)
{
    const char *const *names = context;
    for (size_t i = 0; names[i]; i++) {
        if (!strcmp(names[i], name)) {
            return true;
        }
    }
    return false;
}

static void
check(enum fovea_file_layout_id id, const char *missing,
        const char *const names[MAX_FILES])
{
    const char *found = "not written";
    const struct fovea_file_layout *layout =
            fovea_file_layout_find(has, names, &found);
    assert_int_equal(layout->id, id);
    assert_ptr_equal(layout, fovea_file_layout_get(id));
    if (missing) {
        assert_string_equal(found, missing);
    } else {
        assert_null(found);
    }
}

#define NAMES(...)                 \
    (const char *const[MAX_FILES]) \
    {                              \
        __VA_ARGS__                \
    }

static void
every_layout_is_found_by_its_own_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_N_FILE_LAYOUTS; i++) {
        enum fovea_file_layout_id id = (enum fovea_file_layout_id)i;
        const struct fovea_file_layout *layout = fovea_file_layout_get(id);
        assert_int_equal(layout->id, id);
        check(id, NULL, NAMES(layout->weights, layout->config));
        check(id, layout->weights, NAMES(layout->config, layout->pickle));
        if (layout->index) {
            check(id, NULL, NAMES(layout->config, layout->index));
        }
    }
}

static void
without_a_config_the_first_one_is_missing(void **state)
{
    (void)state;
    const struct fovea_file_layout *first =
            fovea_file_layout_get((enum fovea_file_layout_id)0);
    check(first->id, "config.json", NAMES(NULL));
    check(first->id, "config.json", NAMES("model.safetensors", "a"));
}

/* Of two that are whole the first; of one that is whole, that. */
static void
the_first_whole_layout_is_taken(void **state)
{
    (void)state;
    for (size_t i = 1; i < FOVEA_N_FILE_LAYOUTS; i++) {
        enum fovea_file_layout_id id = (enum fovea_file_layout_id)i;
        const struct fovea_file_layout *layout = fovea_file_layout_get(id);
        check(FOVEA_FILE_LAYOUT_HUGGING_FACE, NULL,
                NAMES(layout->config, layout->weights, "config.json",
                        "model.safetensors"));
        check(id, NULL,
                NAMES(layout->config, layout->weights, "config.json",
                        "pytorch_model.bin"));
        check(FOVEA_FILE_LAYOUT_HUGGING_FACE, "model.safetensors",
                NAMES(layout->config, "config.json"));
        check(id, layout->weights, NAMES(layout->config, "model.safetensors"));
    }
}

static void
messages_have_all_configs(void **state)
{
    (void)state;
    char text[FOVEA_FILE_CONFIGS_SIZE];
    fovea_file_layout_configs(text);
    for (size_t i = 0; i < FOVEA_N_FILE_LAYOUTS; i++) {
        const struct fovea_file_layout *layout =
                fovea_file_layout_get((enum fovea_file_layout_id)i);
        assert_non_null(strstr(text, layout->config));
        assert_non_null(strstr(text, layout->name));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layout_is_found_by_its_own_files),
        cmocka_unit_test(without_a_config_the_first_one_is_missing),
        cmocka_unit_test(the_first_whole_layout_is_taken),
        cmocka_unit_test(messages_have_all_configs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
