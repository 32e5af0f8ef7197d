/*
 * Files of names: every line that is read is the same when it is written and read
 * again, names of any bytes among them; reading ends.
 */
#include <string.h>

#include "base/macros.h"
#include "fuzz.h"
#include "shards/names.h"

static void
check_line(const struct fovea_shard_name *name)
{
    struct fovea_text text = { 0 };
    struct fovea_shard_name again;
    struct fovea_error error;
    bool is_end = false;
    fovea_shard_name_write(name, &text);
    struct fovea_names_reader reader = {
        .at = text.data,
        .end = text.data + text.size,
    };
    FOVEA_ASSERT(!fovea_names_read(&reader, &is_end, &again, &error));
    FOVEA_ASSERT(!is_end && reader.at == reader.end);
    FOVEA_ASSERT(strcmp(again.name, name->name) == 0);
    FOVEA_ASSERT(
            again.found == name->found && again.is_archive == name->is_archive);
    FOVEA_ASSERT(again.first == name->first && again.count == name->count &&
            again.offset == name->offset && again.size == name->size);
    FOVEA_ASSERT(again.problem.code == name->problem.code);
    fovea_shard_name_finish(&again);
    fovea_text_finish(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    struct fovea_names_reader reader = { .at = bytes, .end = bytes + size };
    struct fovea_error error = { .code = FOVEA_OK };
    enum fovea_status status = FOVEA_OK;
    bool is_end = false;
    while (!status && !is_end) {
        struct fovea_shard_name name;
        status = fovea_names_read(&reader, &is_end, &name, &error);
        if (!status && !is_end) {
            check_line(&name);
            fovea_shard_name_finish(&name);
        }
    }
    FOVEA_ASSERT(
            !status || (status == FOVEA_ERR_SHARDS_DIFFER && error.message[0]));
    FOVEA_ASSERT(fovea_names_are_good(bytes, size) == (!status && size > 0));
    return 0;
}
