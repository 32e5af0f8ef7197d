/* What limits are called, and that flags and fields of these names exist. */
#include "base/macros.h"
#include "cli/settings.h"
#include "option/limits.h"
#include "support/test.h"

static const struct {
    const char *flag;
    const char *field;
} names[FOVEA_LIMIT_COUNT] = {
#define X(name, flag, field) { flag, field },
#define Y(name, flag)        { flag, NULL },
#include "option/limit.def"
#undef X
#undef Y
};

static bool
is_setting(const char *name)
{
    struct fovea_settings settings = { 0 };
    struct fovea_flag flags[FOVEA_SETTINGS_N_FLAGS];
    fovea_settings_flags(&settings, flags);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(flags); i++) {
        if (strcmp(flags[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* A member of this name is in one of the public headers. */
static bool
is_field(const char *header, const char *name)
{
    char path[512];
    char line[256];
    bool found = false;
    const char *root = getenv("FOVEA_SOURCE_ROOT");
    (void)snprintf(path, sizeof path, "%s/include/fovea/%s", root ? root : ".",
            header);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        const char *at = strstr(line, name);
        found = found ||
                (at && at > line && at[-1] == ' ' && at[strlen(name)] == ';');
    }
    (void)fclose(file);
    return found;
}

static void
flags_and_fields_are_there(void **state)
{
    (void)state;
    for (int i = 0; i < FOVEA_LIMIT_COUNT; i++) {
        const char *flag = names[i].flag;
        const char *field = names[i].field;
        assert_true(strncmp(flag, "--", 2) == 0);
        if (!field) {
            continue; /* of the server: test_limit_messages.py */
        }
        if (!is_setting(flag + 2)) {
            fail_msg("no flag %s", flag);
        }
        const char *name = strchr(field, '.');
        assert_non_null(name);
        if (!is_field(strncmp(field, "fovea_limits", 12) == 0 ? "limits.h"
                                                              : "options.h",
                    name + 1)) {
            fail_msg("no field %s", field);
        }
    }
}

static void
messages_end_alike(void **state)
{
    (void)state;
    assert_string_equal(fovea_limit_by(FOVEA_LIMIT_PIXELS),
            "(--max-pixels, fovea_limits.max_pixels)");
    assert_string_equal(fovea_limit_by(FOVEA_LIMIT_BODY), "(--max-body)");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_and_fields_are_there),
        cmocka_unit_test(messages_end_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
