/* See fail.h. */
#include "unpacker/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "option/limits.h"

bool
fovea_unpack_fail(struct fovea_unpacker *unpacker, enum fovea_status status,
        const char *format, ...)
{
    struct fovea_unpacked_failure *failure = &unpacker->failure;
    if (failure->status) {
        return false;
    }
    failure->status = status;
    failure->number = unpacker->n_members;
    failure->offset = unpacker->offset;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(failure->reason, sizeof failure->reason, format, arguments);
    va_end(arguments);
    return false;
}

/* What its libraries say where they get no memory. */
static bool
lacks_memory(int error, const char *message)
{
    return error == ENOMEM || strstr(message, "memory") != NULL;
}

bool
fovea_unpack_fail_as(struct fovea_unpacker *unpacker)
{
    int error = archive_errno(unpacker->archive);
    const char *message = archive_error_string(unpacker->archive);
    message = message && *message ? message : "it is damaged";
    if (unpacker->input.has_failed) {
        return fovea_unpack_fail(unpacker, FOVEA_ERR_IO, "%.160s", message);
    }
    if (lacks_memory(error, message)) {
        return fovea_unpack_fail(unpacker, FOVEA_ERR_ARCHIVE_TOO_COSTLY,
                "reading it takes more memory than the limit (%.100s) %s",
                message, fovea_limit_by(FOVEA_OPTION_ARCHIVE_MEMORY));
    }
    if (strstr(message, "Unrecognized archive format")) {
        bool is_part = unpacker->input.start > 0;
        return fovea_unpack_fail(unpacker,
                is_part ? FOVEA_ERR_ARCHIVE : FOVEA_ERR_ARCHIVE_UNSUPPORTED,
                is_part ? "no member begins here"
                        : "it is no tar archive, as it is or packed with gzip "
                          "or zstd");
    }
    return fovea_unpack_fail(unpacker, FOVEA_ERR_ARCHIVE, "%.200s", message);
}
