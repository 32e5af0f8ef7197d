/*
 * Texts of a file, or of standard input, as a source: see list.h. A file that
 * cannot be opened is a bad input.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "bulk/list.h"
#include "bulk/list_file.h"
#include "bulk/source.h"
#include "option/limits.h"

struct source {
    const char *path; /* NULL once it is open */
    struct fovea_list list;
    size_t max_text_bytes;
};

static bool
takes(const struct fovea_source_settings *settings,
        const struct fovea_input_word *word)
{
    (void)settings;
    return word->kind == FOVEA_WORD_TEXT_FILE;
}

/* A pipe cannot be read again. */
static bool
repeats(const struct fovea_input_word *word)
{
    struct stat info;
    return strcmp(word->word, "-") != 0 && stat(word->word, &info) == 0 &&
            S_ISREG(info.st_mode);
}

static enum fovea_status
open_texts(const struct fovea_source_settings *settings,
        const struct fovea_input_word *word, void *state,
        struct fovea_error *err)
{
    (void)err;
    struct source *source = state;
    source->path = word->word;
    source->max_text_bytes = settings->max_text_bytes;
    source->list = (struct fovea_list){
        .fd = -1,
        .separator = settings->separator,
        .is_texts = true,
        .name = fovea_list_file_name(word->word),
        .max_text = settings->max_text_bytes,
    };
    return FOVEA_OK;
}

/* A bad input that stands for the file. */
static enum fovea_status
report_file(struct source *source, const char *path,
        const struct fovea_error *problem, struct fovea_entry *entry_out,
        struct fovea_error *err)
{
    char *copy = strdup(path);
    if (!copy) {
        return fovea_fail_memory(err, strlen(path), "a name");
    }
    source->list.at_end = true;
    source->list.has_begun = true;
    *entry_out = (struct fovea_entry){ .path = copy, .problem = *problem };
    return FOVEA_OK;
}

static enum fovea_status
take_text(const struct source *source, const char *text, size_t size,
        bool is_long, struct fovea_entry *entry_out, struct fovea_error *err)
{
    size_t kept = is_long ? FOVEA_LIST_HEAD : size;
    char *copy = malloc(kept + 1);
    if (!copy) {
        return fovea_fail_memory(err, kept, "a text");
    }
    memcpy(copy, text, kept);
    copy[kept] = '\0';
    *entry_out = (struct fovea_entry){
        .path = copy,
        .is_text = true,
        .size = size,
        .list = source->list.name,
        .line = source->list.n,
    };
    if (is_long) {
        (void)fovea_fail(&entry_out->problem, FOVEA_ERR_TEXT_TOO_LARGE,
                "the text has %zu bytes, more than the limit of %zu %s", size,
                source->max_text_bytes,
                fovea_limit_by(FOVEA_OPTION_TEXT_BYTES));
    }
    return FOVEA_OK;
}

static enum fovea_status
next(void *state, enum fovea_source_step *step_out,
        struct fovea_entry *entry_out, struct fovea_error *err)
{
    struct source *source = state;
    const char *path = source->path;
    struct fovea_error problem;
    source->path = NULL;
    if (path && fovea_list_file_open(path, &source->list.fd, &problem)) {
        *step_out = FOVEA_SOURCE_ENTRY;
        return report_file(source, path, &problem, entry_out, err);
    }
    enum fovea_list_step step = FOVEA_LIST_END;
    char *text = NULL;
    size_t size = 0;
    enum fovea_status status =
            fovea_list_next(&source->list, &step, &text, &size, err);
    bool has_text = step == FOVEA_LIST_NAME || step == FOVEA_LIST_LONG;
    if (!status && has_text) {
        status = take_text(source, text, size, step == FOVEA_LIST_LONG,
                entry_out, err);
    }
    *step_out = has_text              ? FOVEA_SOURCE_ENTRY
            : step == FOVEA_LIST_WAIT ? FOVEA_SOURCE_WAIT
                                      : FOVEA_SOURCE_END;
    return status;
}

static int
wait_fd(const void *state)
{
    const struct source *source = state;
    return source->list.fd;
}

static void
finish(void *state)
{
    struct source *source = state;
    fovea_list_finish(&source->list);
    fovea_list_file_close(source->list.fd);
}

const struct fovea_source_kind fovea_source_texts = {
    .takes = takes,
    .repeats = repeats,
    .state_size = sizeof(struct source),
    .open = open_texts,
    .next = next,
    .wait_fd = wait_fd,
    .finish = finish,
};
