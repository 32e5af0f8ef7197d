/* See query_words.h. */
#include "cli/query_words.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/error.h"
#include "bulk/entry.h"

/* Whether a name ends as those of images do. */
static bool
is_image_name(const char *name)
{
    /* A blank in front and behind of each row's. */
    static const char endings[] = " "
#define FOVEA_FORMAT(name, codec, text, title, its_endings) its_endings " "
#include "base/format.def"
            ;
    const char *slash = strrchr(name, '/');
    const char *dot = strrchr(slash ? slash : name, '.');
    if (!dot || !dot[1] || strpbrk(dot, " \t")) {
        return false;
    }
    size_t size = strlen(dot + 1);
    for (const char *at = endings; (at = strcasestr(at, dot + 1)); at++) {
        if (at[-1] == ' ' && at[size] == ' ') {
            return true;
        }
    }
    return false;
}

static enum fovea_status
tell_kind(const char *word, enum fovea_query_kind *kind_out,
        struct fovea_error *err)
{
    struct stat info;
    if (fovea_is_url(word)) {
        *kind_out = FOVEA_QUERY_URL;
        return FOVEA_OK;
    }
    if (strcmp(word, "-") == 0) {
        *kind_out = FOVEA_QUERY_STDIN;
        return FOVEA_OK;
    }
    bool is_there = stat(word, &info) == 0;
    if (is_there && S_ISDIR(info.st_mode) && strchr(word, '/')) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%s: is a folder; a query is a picture, or words (--text if "
                "these are some)",
                word);
    }
    if (!is_there && is_image_name(word)) {
        return fovea_fail(err, FOVEA_ERR_FILE_NOT_FOUND,
                "%s: no such file (--text if these are words)", word);
    }
    *kind_out = is_there && !S_ISDIR(info.st_mode) ? FOVEA_QUERY_FILE
                                                   : FOVEA_QUERY_TEXT;
    return FOVEA_OK;
}

static enum fovea_status
read_word(const struct fovea_arg_word *word, struct fovea_query_word *query,
        struct fovea_error *err)
{
    const struct fovea_option_row *row = word->row;
    query->word = word->word;
    query->is_minus = row == &fovea_option_rows[FOVEA_OPTION_MINUS];
    if (row == &fovea_option_rows[FOVEA_OPTION_SEARCH_TEXT]) {
        query->kind = FOVEA_QUERY_TEXT;
        return FOVEA_OK;
    }
    if (row == &fovea_option_rows[FOVEA_OPTION_SEARCH_IMAGE]) {
        query->kind = fovea_is_url(word->word) ? FOVEA_QUERY_URL
                : strcmp(word->word, "-") == 0 ? FOVEA_QUERY_STDIN
                                               : FOVEA_QUERY_FILE;
        return FOVEA_OK;
    }
    return tell_kind(word->word, &query->kind, err);
}

enum fovea_status
fovea_query_words_read(const struct fovea_arg_word *words, size_t n,
        struct fovea_query_words *query_out, struct fovea_error *err)
{
    size_t n_stdin = 0;
    size_t n_added = 0;
    *query_out = (struct fovea_query_words){
        .all = calloc(n + 1, sizeof *query_out->all),
    };
    if (!query_out->all) {
        return fovea_fail_memory(err, n, "the query");
    }
    for (size_t i = 0; i < n; i++) {
        struct fovea_query_word *query = &query_out->all[query_out->n++];
        enum fovea_status status = read_word(&words[i], query, err);
        if (status) {
            return status;
        }
        n_added += !query->is_minus;
        n_stdin += query->kind == FOVEA_QUERY_STDIN;
        query_out->has_text |= query->kind == FOVEA_QUERY_TEXT;
    }
    query_out->has_stdin = n_stdin > 0;
    if (n_stdin > 1) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "- can be given only once");
    }
    return n_added > 0 ? FOVEA_OK
                       : fovea_fail(err, FOVEA_ERR_ARGUMENT,
                                 n > 0 ? "no QUERY: --minus takes something "
                                         "away from a query, and there is none"
                                       : "no QUERY: give words, or a picture");
}

void
fovea_query_words_finish(struct fovea_query_words *query)
{
    free(query->all);
}

void
fovea_query_words_say(const struct fovea_query_words *query,
        struct fovea_text *text)
{
    for (size_t i = 0; i < query->n; i++) {
        const struct fovea_query_word *word = &query->all[i];
        const char *quote = word->kind == FOVEA_QUERY_TEXT ? "\"" : "";
        fovea_text_format(text, "%s%s",
                word->is_minus ? (i > 0 ? " - " : "- ") : (i > 0 ? " + " : ""),
                quote);
        fovea_text_printable(text,
                word->kind == FOVEA_QUERY_STDIN ? "standard input"
                                                : word->word);
        fovea_text_format(text, "%s", quote);
    }
}
