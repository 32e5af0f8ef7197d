/* What words on the command line ask `fovea search` for: pictures or words. */
#ifndef FOVEA_CLI_QUERY_WORDS_H
#define FOVEA_CLI_QUERY_WORDS_H

#include "fovea/status.h"

#include "base/text.h"
#include "cli/args.h"

enum fovea_query_kind {
    FOVEA_QUERY_TEXT,
    FOVEA_QUERY_FILE,
    FOVEA_QUERY_URL,
    FOVEA_QUERY_STDIN, /* an image on standard input */
};

struct fovea_query_word {
    const char *word; /* borrowed */
    enum fovea_query_kind kind;
    bool is_minus; /* subtracted */
};

/** All zero is empty. */
struct fovea_query_words {
    struct fovea_query_word *all; /* in the order of the command line */
    size_t n;
    bool has_text;
    bool has_stdin;
};

/**
 * Tell what the words are: http(s)://... is a URL, - an image on standard input, a
 * name of a file that is there a picture, anything else words. --text and --image
 * say so themselves, --minus takes what a word takes.
 *
 * A name of an image that is not there is an error rather than words, and so is a
 * folder's with a slash in it.
 *
 * @param words  Of fovea_args_parse_ordered().
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT, also without any word, or with none that
 *         is added; FOVEA_ERR_FILE_NOT_FOUND; FOVEA_ERR_NO_MEMORY. It is to be
 *         finished in any case.
 */
FOVEA_NODISCARD enum fovea_status fovea_query_words_read(
        const struct fovea_arg_word *words, size_t n,
        struct fovea_query_words *query_out, struct fovea_error *err);

void fovea_query_words_finish(struct fovea_query_words *query);

/** Say it in one line for people: "a red bicycle" + beach.jpg - "people". */
void fovea_query_words_say(const struct fovea_query_words *query,
        struct fovea_text *text);

#endif
