/* The inputs of a run: see entries.h. */
#include "bulk/entries.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/macros.h"
#include "bulk/list.h"

struct fovea_entries {
    struct fovea_entries_source source;
    size_t next_word;
    bool in_list;
    struct fovea_list list;
    struct fovea_walk *walk; /* of the directory we are in, or NULL */
};

enum fovea_status
fovea_entries_create(const struct fovea_entries_source *source,
        struct fovea_entries **entries_out, struct fovea_error *err)
{
    struct fovea_entries *entries = calloc(1, sizeof *entries);
    if (!entries) {
        return fovea_fail_memory(err, sizeof *entries, "the inputs");
    }
    entries->source = *source;
    entries->list.fd = STDIN_FILENO;
    entries->list.separator = source->separator;
    *entries_out = entries;
    return FOVEA_OK;
}

void
fovea_entries_destroy(struct fovea_entries *entries)
{
    if (entries) {
        fovea_list_finish(&entries->list);
        fovea_walk_destroy(entries->walk);
        free(entries);
    }
}

/* Take the next name: a word, or one of the list while we are in it. */
static enum fovea_status
next_name(struct fovea_entries *entries, enum fovea_entries_step *step_out,
        const char **name_out, size_t *size_out, struct fovea_error *err)
{
    for (;;) {
        if (entries->in_list) {
            enum fovea_list_step step = FOVEA_LIST_END;
            char *name = NULL;
            enum fovea_status status = fovea_list_next(&entries->list, &step,
                    &name, size_out, err);
            if (status || step != FOVEA_LIST_END) {
                *name_out = name;
                *step_out = step == FOVEA_LIST_NAME ? FOVEA_ENTRIES_ENTRY
                                                    : FOVEA_ENTRIES_WAIT;
                return status;
            }
            entries->in_list = false;
        }
        if (entries->next_word == entries->source.n_words) {
            *step_out = FOVEA_ENTRIES_END;
            return FOVEA_OK;
        }
        const char *word = entries->source.words[entries->next_word++];
        if (strcmp(word, "-") == 0 && !entries->source.image) {
            entries->in_list = true;
        } else {
            *name_out = word;
            *size_out = strlen(word);
            *step_out = FOVEA_ENTRIES_ENTRY;
            return FOVEA_OK;
        }
    }
}

/* Make an entry of a name, or begin to walk if it is a directory. */
static enum fovea_status
begin_name(struct fovea_entries *entries, const char *name, size_t size,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    struct stat info;
    bool has_nul = strlen(name) != size;
    if (!has_nul && stat(name, &info) == 0 && S_ISDIR(info.st_mode)) {
        return fovea_walk_create(name, entries->source.filter, &entries->walk,
                err);
    }
    struct fovea_entry entry = { .path = strdup(name) };
    if (!entry.path) {
        return fovea_fail_memory(err, size, "a name");
    }
    if (has_nul) {
        (void)fovea_fail(&entry.problem, FOVEA_ERR_ARGUMENT,
                "the name has a NUL byte in it; if the list is NUL-separated, "
                "add -0");
    }
    *entry_out = entry;
    return FOVEA_OK;
}

/* The word that was given out last, if it stands for the image. */
static const char *
word_of_image(const struct fovea_entries *entries)
{
    const struct fovea_entries_source *source = &entries->source;
    const char *word =
            entries->next_word > 0 ? source->words[entries->next_word - 1] : "";
    return source->image && strcmp(word, "-") == 0 ? word : NULL;
}

static enum fovea_status
begin_image(struct fovea_entries *entries, struct fovea_entry *entry_out,
        struct fovea_error *err)
{
    const struct fovea_stdin_image *image = entries->source.image;
    *entry_out = (struct fovea_entry){
        .path = strdup("-"),
        .image = image,
        .problem = image->problem,
    };
    return entry_out->path ? FOVEA_OK : fovea_fail_memory(err, 1, "a name");
}

static enum fovea_status
next_entry(struct fovea_entries *entries, enum fovea_entries_step *step_out,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    for (;;) {
        if (entries->walk) {
            bool found = false;
            enum fovea_status status =
                    fovea_walk_next(entries->walk, entry_out, &found, err);
            if (status || found) {
                *step_out = FOVEA_ENTRIES_ENTRY;
                return status;
            }
            fovea_walk_destroy(FOVEA_TAKE(entries->walk));
        }
        const char *name = NULL;
        size_t size = 0;
        enum fovea_status status =
                next_name(entries, step_out, &name, &size, err);
        if (status || *step_out != FOVEA_ENTRIES_ENTRY) {
            return status;
        }
        if (name == word_of_image(entries)) {
            return begin_image(entries, entry_out, err);
        }
        status = begin_name(entries, name, size, entry_out, err);
        if (status || !entries->walk) {
            return status;
        }
    }
}

enum fovea_status
fovea_entries_next(struct fovea_entries *entries,
        enum fovea_entries_step *step_out, struct fovea_entry *entry_out,
        struct fovea_error *err)
{
    enum fovea_status status = next_entry(entries, step_out, entry_out, err);
    const struct fovea_target *target = entries->source.target;
    if (status || *step_out != FOVEA_ENTRIES_ENTRY || !target ||
            entry_out->image) {
        return status;
    }
    status = fovea_target_check_input(target, entry_out->path, entry_out->found,
            err);
    if (status) {
        fovea_entry_finish(entry_out);
    }
    return status;
}

enum fovea_status
fovea_entries_check(const struct fovea_entries_source *source,
        struct fovea_error *err)
{
    if (!source->target || !fovea_target_is_there(source->target)) {
        return FOVEA_OK;
    }
    FOVEA_AUTO_FREE const char **words =
            calloc(source->n_words + 1, sizeof *words);
    struct fovea_entries_source now = *source;
    struct fovea_entries *entries = NULL;
    if (!words) {
        return fovea_fail_memory(err, source->n_words, "the inputs");
    }
    now.words = words;
    now.n_words = 0;
    for (size_t i = 0; i < source->n_words; i++) {
        if (strcmp(source->words[i], "-") != 0) {
            words[now.n_words++] = source->words[i];
        }
    }
    enum fovea_entries_step step = FOVEA_ENTRIES_ENTRY;
    enum fovea_status status = fovea_entries_create(&now, &entries, err);
    while (!status && step == FOVEA_ENTRIES_ENTRY) {
        struct fovea_entry entry = { 0 };
        status = fovea_entries_next(entries, &step, &entry, err);
        fovea_entry_finish(&entry);
    }
    fovea_entries_destroy(entries);
    return status;
}
