/*
 * A place for objects, for tests in Python: one call a run, its result as a line of
 * JSON.
 *
 *     objects_tool PLACE CALL KEY ...
 *
 *     put KEY TEXT | replace KEY VERSION TEXT | get KEY | stat KEY | digest KEY
 *     list FOLDER | remove KEY
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "objects/objects.h"

static enum fovea_status
visit(void *context, const char *name, uint64_t size, struct fovea_error *err)
{
    struct fovea_text *line = context;
    (void)err;
    fovea_text_format(line, "%s[",
            line->data[line->size - 1] == '[' ? "" : ",");
    fovea_text_json_string(line, name);
    fovea_text_format(line, ",%" PRIu64 "]", size);
    return FOVEA_OK;
}

static void
add_info(struct fovea_text *line, const struct fovea_object_info *info)
{
    fovea_text_format(line,
            ",\"size\":%" PRIu64 ",\"sha256\":\"%s\","
            "\"version\":",
            info->size, info->sha256);
    fovea_text_json_string(line, info->version);
}

static enum fovea_status
read_key(struct fovea_objects *objects, const char *what, const char *key,
        struct fovea_text *line, struct fovea_error *err)
{
    struct fovea_object_info info = { .size = 0 };
    struct fovea_text bytes = { 0 };
    enum fovea_status status = strcmp(what, "get") == 0
            ? fovea_objects_get(objects, key, 1000, &bytes, &info, err)
            : strcmp(what, "stat") == 0
            ? fovea_objects_stat(objects, key, &info, err)
            : fovea_objects_digest(objects, key, &info, err);
    if (!status) {
        add_info(line, &info);
        fovea_text_format(line, ",\"text\":");
        fovea_text_json_bytes(line, bytes.data ? bytes.data : "", bytes.size);
    }
    fovea_text_finish(&bytes);
    return status;
}

static enum fovea_status
call(struct fovea_objects *objects, char **words, struct fovea_text *line,
        struct fovea_error *err)
{
    const char *what = words[0];
    const char *key = words[1];
    if (strcmp(what, "put") == 0) {
        bool was_there = false;
        enum fovea_status status = fovea_objects_put_new_bytes(objects, key,
                words[2], strlen(words[2]), &was_there, err);
        fovea_text_format(line, ",\"was_there\":%s",
                was_there ? "true" : "false");
        return status;
    }
    if (strcmp(what, "replace") == 0) {
        return fovea_objects_replace_bytes(objects, key, words[2], words[3],
                strlen(words[3]), err);
    }
    if (strcmp(what, "list") == 0) {
        fovea_text_format(line, ",\"found\":[");
        enum fovea_status status =
                fovea_objects_list(objects, key, visit, line, err);
        fovea_text_format(line, "]");
        return status;
    }
    return strcmp(what, "remove") == 0
            ? fovea_objects_remove(objects, key, err)
            : read_key(objects, what, key, line, err);
}

int
main(int argc, char **argv)
{
    struct fovea_error err = { .code = FOVEA_OK };
    struct fovea_objects *objects = NULL;
    struct fovea_text line = { 0 };
    if (argc < 4) {
        return 2;
    }
    fovea_text_format(&line, "{\"end\":true");
    enum fovea_status status =
            fovea_objects_open(argv[1], NULL, &objects, &err);
    if (!status) {
        status = call(objects, argv + 2, &line, &err);
    }
    fovea_text_format(&line,
            ",\"status\":\"%s\",\"message\":", fovea_status_name(status));
    fovea_text_json_string(&line, status ? err.message : "");
    (void)printf("%s}\n", line.data);
    fovea_text_finish(&line);
    fovea_objects_close(objects);
    return 0;
}
