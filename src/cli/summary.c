/* See summary.h. */
#include "cli/summary.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/notes.h"
#include "cli/cli.h"

static void
add_number(struct fovea_text *text, uint64_t n, const char *what)
{
    fovea_text_format(text, "%" PRIu64 " %s%s", n, what, n == 1 ? "" : "s");
}

void
fovea_summarise(const char *past, const struct fovea_run_totals *totals)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    const struct fovea_row_counts *counts = &totals->counts;
    if (past) {
        uint64_t n_good = totals->n_done - counts->n_bad - counts->n_skipped;
        uint64_t n_images = n_good - counts->n_texts;
        fovea_text_format(&text, "%s ", past);
        if (n_images || !counts->n_texts) {
            add_number(&text, n_images, "image");
        }
        if (counts->n_texts) {
            fovea_text_format(&text, n_images ? " and " : "");
            add_number(&text, counts->n_texts, "text");
        }
        fovea_text_format(&text, " in %.1f s (%.*f/s)", totals->seconds,
                totals->rate < 10 ? 1 : 0, totals->rate);
        if (counts->n_bad) {
            fovea_text_format(&text, ", %" PRIu64 " bad", counts->n_bad);
        }
        fovea_notes_counted(&text, counts->n_noted);
    }
    if (counts->n_skipped) {
        fovea_text_format(&text, "%s%" PRIu64 " skipped: not %s",
                past ? ", " : "", counts->n_skipped,
                counts->n_skipped == 1 ? "an image" : "images");
    }
    if (text.size > 0 && !fovea_text_failed(&text)) {
        fovea_cli_report("%s", text.data);
    }
}

enum fovea_status
fovea_nothing_found(const struct fovea_inputs_settings *inputs,
        const struct fovea_run_totals *totals, struct fovea_error *err)
{
    uint64_t n_skipped = totals->counts.n_skipped;
    const struct fovea_filter *filter = inputs->source.filter;
    bool is_filtered = filter->include.n > 0 || filter->exclude.n > 0;
    const char *others = inputs->n_words > 1 ? " and the others" : "";
    const struct fovea_input_word *first = &inputs->words[0];
    bool is_stdin = strcmp(first->word, "-") == 0;
    if (n_skipped > 0) {
        return fovea_fail(err, FOVEA_ERR_FILE_NOT_FOUND,
                "no inputs: no images in %s%s; %" PRIu64
                " skipped (-v lists them)",
                first->word, others, n_skipped);
    }
    if (first->kind == FOVEA_WORD_TEXT_FILE) {
        return fovea_fail(err, FOVEA_ERR_FILE_NOT_FOUND,
                "no inputs: no texts %s%s%s", is_stdin ? "" : "in ",
                is_stdin ? "on standard input" : first->word, others);
    }
    if (inputs->n_words == 1 && is_stdin) {
        return fovea_fail(err, FOVEA_ERR_FILE_NOT_FOUND,
                "no inputs: the list on standard input is empty");
    }
    return fovea_fail(err, FOVEA_ERR_FILE_NOT_FOUND,
            "no inputs: no files in %s%s%s", first->word, others,
            is_filtered ? " that --include and --exclude leave" : "");
}
