/* See complaints.h. */
#include "cli/complaints.h"

#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "bulk/input_name.h"
#include "cli/cli.h"

/* Whether one of the words of a list is this one, in letters of either case. */
static bool
has_word(const char *list, const char *word)
{
    size_t size = strlen(word);
    while (*list) {
        size_t n = strcspn(list, " ");
        if (n == size && strncasecmp(list, word, n) == 0) {
            return true;
        }
        list += n + (list[n] == ' ');
    }
    return false;
}

/* Whether its name says that it is an image, whatever it is: a file that was
   lost or damaged at its beginning must not be passed over in silence. */
static bool
is_named_like_an_image(const char *path)
{
    static const char *const lists[] = {
#define FOVEA_FORMAT(name, codec, text, title, endings) endings,
#include "base/format.def"
    };
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < FOVEA_ARRAY_LEN(lists); i++) {
        if (has_word(lists[i], dot + 1)) {
            return true;
        }
    }
    return false;
}

static void
tell(const char *name, const struct fovea_error *error, const char *what)
{
    size_t size = strlen(name);
    bool says_name = strncmp(error->message, name, size) == 0 &&
            strchr(": ", error->message[size]);
    fovea_cli_report("%s%s%s%s", what, says_name ? "" : name,
            says_name ? "" : ": ", error->message);
}

/* One line of those that there is a limit of. */
static void
tell_some(struct fovea_complaints *complaints, const char *name,
        const struct fovea_error *error, const char *what,
        struct fovea_progress *progress)
{
    if (complaints->n > complaints->limit || !complaints->limit) {
        return;
    }
    fovea_progress_clear(progress);
    if (complaints->n++ == complaints->limit) {
        fovea_cli_report("more bad inputs are not shown here; all of them are "
                         "in the results");
    } else {
        tell(name, error, what);
    }
}

void
fovea_complaints_bad(struct fovea_complaints *complaints, const char *name,
        const struct fovea_error *error, struct fovea_progress *progress)
{
    tell_some(complaints, name, error, "", progress);
}

void
fovea_complaints_skipped(struct fovea_complaints *complaints, const char *name,
        const struct fovea_error *error, struct fovea_progress *progress)
{
    static const char what[] = "skipped: ";
    if (complaints->list_skipped) {
        fovea_progress_clear(progress);
        tell(name, error, what);
    } else if (is_named_like_an_image(name)) {
        tell_some(complaints, name, error, what, progress);
    }
}

/* A result in words; it has none without memory. */
static void
tell_result(struct fovea_complaints *complaints,
        const struct fovea_row_result *result, bool is_skipped,
        struct fovea_progress *progress)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text name = { 0 };
    fovea_entry_words(&name, result->entry);
    const char *words = fovea_text_failed(&name) ? "" : name.data;
    if (is_skipped) {
        fovea_complaints_skipped(complaints, words, result->error, progress);
    } else {
        fovea_complaints_bad(complaints, words, result->error, progress);
    }
}

void
fovea_complaints_tell(struct fovea_complaints *complaints,
        const struct fovea_row_batch *batch, struct fovea_progress *progress)
{
    for (size_t i = 0; i < batch->n_results && !complaints->skips_bad; i++) {
        if (batch->results[i].error->code) {
            tell_result(complaints, &batch->results[i], false, progress);
        }
    }
    for (size_t i = 0; i < batch->n_skipped; i++) {
        tell_result(complaints, &batch->skipped[i], true, progress);
    }
}
