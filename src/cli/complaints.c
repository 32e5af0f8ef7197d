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
tell(const struct fovea_row_result *result, const char *what)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text name = { 0 };
    const char *message = result->error->message;
    fovea_entry_words(&name, result->entry);
    if (fovea_text_failed(&name) ||
            (strncmp(message, name.data, name.size) == 0 &&
                    message[name.size] == ':')) {
        fovea_cli_report("%s%s", what, message);
    } else {
        fovea_cli_report("%s%s: %s", what, name.data, message);
    }
}

/* One line of those that there is a limit of. */
static void
tell_some(struct fovea_complaints *complaints,
        const struct fovea_row_result *result, const char *what,
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
        tell(result, what);
    }
}

void
fovea_complaints_tell(struct fovea_complaints *complaints,
        const struct fovea_row_batch *batch, struct fovea_progress *progress)
{
    for (size_t i = 0; i < batch->n_results && !complaints->skips_bad; i++) {
        if (batch->results[i].error->code) {
            tell_some(complaints, &batch->results[i], "", progress);
        }
    }
    for (size_t i = 0; i < batch->n_skipped; i++) {
        const struct fovea_row_result *result = &batch->skipped[i];
        if (complaints->list_skipped) {
            fovea_progress_clear(progress);
            tell(result, "skipped: ");
        } else if (is_named_like_an_image(result->entry->path)) {
            tell_some(complaints, result, "skipped: ", progress);
        }
    }
}
