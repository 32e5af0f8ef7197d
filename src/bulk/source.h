/*
 * Where inputs come from: what a kind of source is.
 *
 * Each kind is a file, source_*.c, and a row of source.def. A word of the
 * command line, or a name of a list, is opened by the first kind that takes it;
 * what none takes is a name of an input. One thread at a time.
 */
#ifndef FOVEA_BULK_SOURCE_H
#define FOVEA_BULK_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "fovea/export.h"
#include "fovea/status.h"

#include "archive/archive.h"
#include "bulk/entry.h"
#include "bulk/filter.h"
#include "bulk/stdin_image.h"

/** How a word was given. */
enum fovea_word_kind {
    FOVEA_WORD_NAME,      /* - is a list or an image on standard input */
    FOVEA_WORD_LISTED,    /* a name of a list, where - is a file */
    FOVEA_WORD_TEXT,      /* a text itself */
    FOVEA_WORD_TEXT_FILE, /* a file of texts; - is standard input */
    FOVEA_WORD_LIST,      /* a list of names: a file, a URL; - as well */
};

/** A part of an archive, instead of all of it. */
struct fovea_input_part {
    struct fovea_archive_part part;
    const char *version; /* that it must be; NULL: any */
};

struct fovea_input_word {
    const char *word; /* outlives the run, unless it is listed */
    enum fovea_word_kind kind;
    const struct fovea_input_part *part; /* of what is an archive; NULL: all */
};

/** Whether it is the word -, which stands for standard input. */
static inline bool
fovea_word_is_stdin(const struct fovea_input_word *word)
{
    return word->kind == FOVEA_WORD_NAME && strcmp(word->word, "-") == 0;
}

/** What inputs are gone through for. */
enum fovea_source_purpose {
    FOVEA_PURPOSE_READ,
    FOVEA_PURPOSE_COUNT, /* FOVEA_ERR_CANCELLED: they cannot be counted */
    FOVEA_PURPOSE_NAMES, /* an archive is an input by its own name */
};

/** What a run says about all of its sources; borrowed until they finish. */
struct fovea_source_settings {
    enum fovea_source_purpose purpose;
    struct fovea_archive_limits archive; /* bounds of each */
    const struct fovea_options *options; /* of archives, too; NULL: defaults */
    char separator;                      /* of lists: '\n' or '\0' */
    const struct fovea_filter *filter;   /* of what is found; or NULL */
    const struct fovea_stdin_image *image; /* NULL: "-" is a list */
    size_t max_text_bytes;                 /* of those in a file */
};

enum fovea_source_step {
    FOVEA_SOURCE_ENTRY,
    FOVEA_SOURCE_NAME, /* the entry's path is a name: another kind's, perhaps */
    FOVEA_SOURCE_WAIT, /* there is nothing yet: poll wait_fd */
    FOVEA_SOURCE_END,
};

struct fovea_source_kind {
    bool is_list; /* of names: it gives no other inputs */
    /* Whether it opens this word. */
    bool (*takes)(const struct fovea_source_settings *settings,
            const struct fovea_input_word *word);
    /* Whether reading it again gives the same inputs; NULL: it does. */
    bool (*repeats)(const struct fovea_input_word *word);
    bool reads_file;   /* that the word names: results may not replace it */
    size_t state_size; /* of what the calls below know it by */
    /* Nothing is read yet. The state is all zero; finish is called whatever this
       returns: FOVEA_OK, FOVEA_ERR_NO_MEMORY. */
    enum fovea_status (*open)(const struct fovea_source_settings *settings,
            const struct fovea_input_word *word, void *state,
            struct fovea_error *err);
    /* The next input, without waiting for one. entry_out is all zero before,
       and set, for the caller to finish, with _ENTRY and _NAME only. A failure
       ends the run; what is wrong with one input is the entry's problem. */
    enum fovea_status (*next)(void *state, enum fovea_source_step *step_out,
            struct fovea_entry *entry_out, struct fovea_error *err);
    /* Readable once next has more; NULL of a kind that never waits. */
    int (*wait_fd)(const void *state);
    void (*finish)(void *state);
};

#define X(name) extern const struct fovea_source_kind fovea_source_##name;
#include "bulk/source.def"
#undef X

#endif
