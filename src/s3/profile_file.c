/* Where profile files are: see profile.h. */
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "s3/environment.h"
#include "s3/profile.h"
#include "sys/input.h"

enum {
    PATH_SIZE = 4096
};

/* False: nobody knows where it would be. */
static bool
place_of(const char *variable, const char *name, char path[PATH_SIZE])
{
    const char *chosen = fovea_s3_variable(variable);
    const char *home = fovea_s3_variable("HOME");
    int n = -1;
    if (chosen && strncmp(chosen, "~/", 2) == 0 && home) {
        n = snprintf(path, PATH_SIZE, "%s%s", home, chosen + 1);
    } else if (chosen) {
        n = snprintf(path, PATH_SIZE, "%s", chosen);
    } else if (home) {
        n = snprintf(path, PATH_SIZE, "%s/.aws/%s", home, name);
    }
    return n >= 0 && n < PATH_SIZE;
}

static enum fovea_status
read_one(const char *path, const char *name, bool is_config,
        struct fovea_profile *profile, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_input_finish) struct fovea_input input = FOVEA_INPUT_INIT;
    struct fovea_error why;
    enum fovea_status status = fovea_input_open_file(path, &input, &why);
    if (status == FOVEA_ERR_FILE_NOT_FOUND) {
        return FOVEA_OK;
    }
    if (!status && input.size > FOVEA_MAX_PROFILE_FILE) {
        return fovea_fail(err, FOVEA_ERR_OBJECT_STORE_CREDENTIALS,
                "%.100s: more than the %d bytes of a file with profiles", path,
                FOVEA_MAX_PROFILE_FILE);
    }
    const uint8_t *bytes = NULL;
    size_t size = 0;
    if (!status) {
        status = fovea_input_load(&input, &bytes, &size, &why);
    }
    if (status) {
        return status == FOVEA_ERR_NO_MEMORY
                ? fovea_fail_memory(err, input.size, "a file with profiles")
                : fovea_fail(err, FOVEA_ERR_OBJECT_STORE_CREDENTIALS, "%.200s",
                          why.message);
    }
    status = fovea_profile_parse((const char *)bytes, size, name, is_config,
            path, profile, err);
    if (input.owned) {
        explicit_bzero(input.owned, size);
    }
    return status;
}

enum fovea_status
fovea_profile_read(const char *name, struct fovea_profile *profile_out,
        struct fovea_error *err)
{
    char path[PATH_SIZE];
    enum fovea_status status = FOVEA_OK;
    *profile_out = (struct fovea_profile){ .is_there = false };
    if (place_of("AWS_SHARED_CREDENTIALS_FILE", "credentials", path)) {
        status = read_one(path, name, false, profile_out, err);
    }
    if (!status && place_of("AWS_CONFIG_FILE", "config", path)) {
        status = read_one(path, name, true, profile_out, err);
    }
    return status;
}
