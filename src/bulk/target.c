/* Where -o leads: see target.h. */
#include "bulk/target.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/macros.h"
#include "store/npy.h"

/* Every ending of a name that means something to -o. */
static const struct {
    const char *ending;
    enum fovea_form form;
} forms[] = {
    { ".npy", FOVEA_FORM_ARRAY },
    { ".jsonl", FOVEA_FORM_LINES },
    { ".ndjson", FOVEA_FORM_LINES },
};

static enum fovea_status
find_form(const char *path, bool arrays_only, enum fovea_form *form_out,
        struct fovea_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < FOVEA_ARRAY_LEN(forms); i++) {
        if (strcasecmp(dot, forms[i].ending) == 0 &&
                (forms[i].form == FOVEA_FORM_ARRAY || !arrays_only)) {
            *form_out = forms[i].form;
            return FOVEA_OK;
        }
    }
    return fovea_fail(err, FOVEA_ERR_OUTPUT_REFUSED,
            "-o %s: results are written to a name that ends in .npy%s; the "
            "inputs come behind it",
            path,
            arrays_only ? "" : " (NumPy) or .jsonl or .ndjson (JSON lines)");
}

/* Up to size bytes of a file's beginning; how many. */
static size_t
read_head(const char *path, char *head, size_t size)
{
    FOVEA_AUTO_FD int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    size_t done = 0;
    ssize_t n = fd < 0 ? 0 : 1;
    while (n > 0 && done < size) {
        n = read(fd, head + done, size - done);
        done += n > 0 ? (size_t)n : 0;
    }
    return done;
}

/* Whether a file begins with a line that output.c has written. */
static bool
is_our_list(const char *path)
{
    enum {
        /* A name that is all escapes, its bytes and what is looked for. */
        HEAD_SIZE = 6 * 4096 + 64
    };
    static const char begin[] = "{\"input\":\"";
    static const char *const next[] = {
        ",\"row\":",
        ",\"error\":{",
        ",\"embedding\":[",
        ",\"input_hex\":\"",
#define X(name, bit, string, text) ",\"" string "\":true,",
#include "fovea/note.def"
#undef X
    };
    FOVEA_AUTO_FREE char *head = calloc(1, HEAD_SIZE + 1);
    size_t size = head ? read_head(path, head, HEAD_SIZE) : 0;
    if (size < sizeof begin || memcmp(head, begin, sizeof begin - 1) != 0) {
        return false;
    }
    const char *at = head + sizeof begin - 1;
    while (*at && *at != '"') {
        at += at[0] == '\\' && at[1] ? 2 : 1;
    }
    for (size_t i = 0; *at && i < FOVEA_ARRAY_LEN(next); i++) {
        if (strncmp(at + 1, next[i], strlen(next[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* Whether a file begins as an array of ours and has a list of ours beside it. */
static bool
is_our_array(const char *path, const char *list_path)
{
    char head[FOVEA_NPY_HEADER_SIZE];
    return read_head(path, head, sizeof head) == sizeof head &&
            fovea_npy_is_ours(head) && is_our_list(list_path);
}

static struct fovea_file_id
id_of(const struct stat *info)
{
    return (struct fovea_file_id){ true, info->st_dev, info->st_ino };
}

/* Fill in what stands at a path. */
static enum fovea_status
look_at(struct fovea_target_file *file, struct fovea_error *err)
{
    struct stat info;
    if (lstat(file->path, &info)) {
        return FOVEA_OK; /* who opens it says what is wrong, if anything */
    }
    file->id = id_of(&info);
    file->led = file->id;
    if (S_ISLNK(info.st_mode) && stat(file->path, &info)) {
        return FOVEA_OK; /* leads nowhere */
    }
    file->led = id_of(&info);
    if (!S_ISREG(info.st_mode)) {
        return fovea_fail(err, FOVEA_ERR_NOT_A_FILE,
                "-o %s: is there already and is not a regular file",
                file->path);
    }
    return FOVEA_OK;
}

static enum fovea_status
look_at_all(struct fovea_target *target, struct fovea_error *err)
{
    struct fovea_target_file *files = target->files;
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; i < target->n_files && !status; i++) {
        status = look_at(&files[i], err);
    }
    if (status) {
        return status;
    }
    struct fovea_target_file *list = &files[target->n_files - 1];
    list->is_ours = list->id.is_there && is_our_list(list->path);
    if (list != files) {
        files->is_ours =
                files->id.is_there && is_our_array(files->path, list->path);
    }
    for (size_t i = 0; i < target->n_files; i++) {
        if (files[i].id.is_there && !files[i].is_ours && !target->overwrite) {
            return fovea_fail(err, FOVEA_ERR_OUTPUT_REFUSED,
                    "%s is there and is not known to be written by fovea: give "
                    "-o another name, or add --overwrite to replace it",
                    files[i].path);
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
name_files(struct fovea_target *target, const char *path,
        struct fovea_error *err)
{
    static const char *const endings[] = { "", ".jsonl" };
    size_t n = target->form == FOVEA_FORM_ARRAY ? 2 : 1;
    for (size_t i = 0; i < n; i++) {
        char *name = NULL;
        if (asprintf(&name, "%s%s", path, endings[i]) < 0) {
            return fovea_fail_memory(err, strlen(path), "a path");
        }
        target->files[target->n_files++].path = name;
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_target_look(const char *path, bool arrays_only, bool overwrite,
        struct fovea_target *target_out, struct fovea_error *err)
{
    struct fovea_target target = { .overwrite = overwrite };
    struct stat info;
    if (stat(path, &info) || S_ISREG(info.st_mode)) {
        enum fovea_status status =
                find_form(path, arrays_only, &target.form, err);
        if (status) {
            return status;
        }
    }
    enum fovea_status status = name_files(&target, path, err);
    if (!status) {
        status = look_at_all(&target, err);
    }
    if (status) {
        fovea_target_finish(&target);
        return status;
    }
    *target_out = target;
    return FOVEA_OK;
}

bool
fovea_target_is_there(const struct fovea_target *target)
{
    for (size_t i = 0; i < target->n_files; i++) {
        if (target->files[i].id.is_there) {
            return true;
        }
    }
    return false;
}

enum fovea_status
fovea_target_check_input(const struct fovea_target *target, const char *path,
        bool found, struct fovea_error *err)
{
    struct stat info;
    if (!fovea_target_is_there(target) || stat(path, &info)) {
        return FOVEA_OK;
    }
    for (size_t i = 0; i < target->n_files; i++) {
        const struct fovea_target_file *file = &target->files[i];
        if (file->led.is_there && file->led.device == info.st_dev &&
                file->led.inode == info.st_ino && !(found && file->is_ours)) {
            return fovea_fail(err, FOVEA_ERR_OUTPUT_REFUSED,
                    "the input %s is the file %s, which the results would "
                    "replace: give -o another name, or leave that input out",
                    path, file->path);
        }
    }
    return FOVEA_OK;
}

void
fovea_target_finish(struct fovea_target *target)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(target->files); i++) {
        free(target->files[i].path);
    }
    *target = (struct fovea_target){ .n_files = 0 };
}
