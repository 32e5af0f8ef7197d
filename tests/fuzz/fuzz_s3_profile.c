/*
 * Profile files, of both kinds. What is kept can stand in the lines of a request, and
 * a message says which line is odd and none of what it says.
 */
#include <string.h>

#include "base/macros.h"
#include "fuzz.h"
#include "s3/profile.h"

static void
check_word(const char *text, size_t size)
{
    FOVEA_ASSERT(memchr(text, '\0', size));
    FOVEA_ASSERT(!*text || fovea_signature_is_word(text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fovea_profile profile; /* large */
    for (int is_config = 0; is_config < 2; is_config++) {
        struct fovea_error error = { .code = FOVEA_OK };
        memset(&profile, 0, sizeof profile);
        enum fovea_status status = fovea_profile_parse((const char *)data, size,
                "default", is_config, "FILE", &profile, &error);
        FOVEA_ASSERT(status == error.code);
        FOVEA_ASSERT(!status ||
                (status == FOVEA_ERR_OBJECT_STORE_CREDENTIALS &&
                        strncmp(error.message, "FILE, line ", 11) == 0));
        check_word(profile.access_key, sizeof profile.access_key);
        check_word(profile.secret, sizeof profile.secret);
        check_word(profile.session_token, sizeof profile.session_token);
        check_word(profile.region, sizeof profile.region);
        check_word(profile.endpoint, sizeof profile.endpoint);
    }
    return 0;
}
