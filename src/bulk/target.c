/* Where -o leads: see target.h. */
#include "bulk/target.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/macros.h"

static struct fovea_file_id
id_of(const struct stat *info)
{
    return (struct fovea_file_id){ true, info->st_dev, info->st_ino };
}

static const char *
flag_of(const struct fovea_target *target)
{
    return target->form->flag ? target->form->flag : "-o";
}

enum fovea_status
fovea_target_refuse(const char *flag, const char *path, struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_NOT_A_FILE,
            "%s %s: is there already and is not a regular file", flag, path);
}

/* Fill in what stands at a path. */
static enum fovea_status
look_at(struct fovea_target_file *file, const char *flag,
        struct fovea_error *err)
{
    struct stat info;
    if (lstat(file->path, &info)) {
        return FOVEA_OK; /* opening it says what is wrong, if anything */
    }
    file->id = id_of(&info);
    file->led = file->id;
    if (S_ISLNK(info.st_mode) && stat(file->path, &info)) {
        return FOVEA_OK; /* leads nowhere */
    }
    file->led = id_of(&info);
    return S_ISREG(info.st_mode) ? FOVEA_OK
                                 : fovea_target_refuse(flag, file->path, err);
}

static enum fovea_status
look_at_all(struct fovea_target *target, struct fovea_error *err)
{
    struct fovea_target_file *files = target->files;
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; i < target->n_files && !status; i++) {
        status = look_at(&files[i], flag_of(target), err);
    }
    if (status) {
        return status;
    }
    const char *paths[FOVEA_TARGET_MAX_FILES];
    for (size_t i = 0; i < target->n_files; i++) {
        paths[i] = files[i].path;
    }
    for (size_t i = 0; i < target->n_files; i++) {
        files[i].is_ours =
                files[i].id.is_there && target->form->is_ours(paths, i);
    }
    for (size_t i = 0; i < target->n_files; i++) {
        if (files[i].id.is_there && !files[i].is_ours && !target->overwrite) {
            return fovea_fail(err, FOVEA_ERR_OUTPUT_REFUSED,
                    "%s is there and is not known to be written by fovea: give "
                    "%s another name, or add --overwrite to replace it",
                    files[i].path, flag_of(target));
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
name_files(struct fovea_target *target, const char *path,
        struct fovea_error *err)
{
    const char *const *files = target->form->files;
    for (size_t i = 0; files[i]; i++) {
        char *name = NULL;
        FOVEA_ASSERT(i < FOVEA_TARGET_MAX_FILES);
        if (asprintf(&name, "%s%s", path, files[i]) < 0) {
            return fovea_fail_memory(err, strlen(path), "a path");
        }
        target->files[target->n_files++].path = name;
    }
    return FOVEA_OK;
}

enum fovea_status
fovea_target_look(const char *path, const struct fovea_target_form *form,
        bool overwrite, struct fovea_target *target_out,
        struct fovea_error *err)
{
    struct fovea_target target = { .form = form, .overwrite = overwrite };
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

enum fovea_status
fovea_target_open(const struct fovea_target *target, size_t index,
        struct fovea_atomic_file *file_out, struct fovea_error *err)
{
    const struct fovea_target_file *file = &target->files[index];
    enum fovea_status status =
            fovea_atomic_file_open(file->path, file_out, err);
    if (!status && !target->overwrite) {
        fovea_atomic_file_expect(file_out, &file->id);
    }
    return status;
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
                    "replace: give %s another name, or leave that input out",
                    path, file->path, flag_of(target));
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
