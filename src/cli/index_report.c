/* See index_report.h. */
#include "cli/index_report.h"

#include <inttypes.h>

#include "base/macros.h"
#include "bulk/input_name.h"

static void
add(struct fovea_text *text, uint64_t n, const char *what)
{
    if (n > 0) {
        fovea_text_format(text, ", %" PRIu64 " %s", n, what);
    }
}

void
fovea_index_report_words(const struct fovea_index_report *report,
        struct fovea_text *text)
{
    const struct fovea_counts *counts = report->counts;
    uint64_t n_embedded = atomic_load(&counts->n_embedded);
    fovea_text_format(text, "%s: embedded %" PRIu64 " %s in %.1f s",
            report->index, n_embedded, n_embedded == 1 ? "image" : "images",
            report->seconds);
    if (report->rate > 0) {
        fovea_text_format(text, " (%.*f/s)", report->rate < 10 ? 1 : 0,
                report->rate);
    }
    add(text, atomic_load(&counts->n_same), "unchanged");
    add(text, atomic_load(&counts->n_known), "known by their bytes");
    add(text, atomic_load(&counts->n_removed), "removed");
    add(text, atomic_load(&counts->n_gone) - atomic_load(&counts->n_removed),
            "missing and kept");
    add(text, atomic_load(&counts->n_bad), "bad");
    add(text, atomic_load(&counts->n_known_bad), "bad or no images as before");
    add(text, atomic_load(&counts->n_unsettled), "changed meanwhile");
    add(text, atomic_load(&counts->n_skipped), "skipped: not images");
}

void
fovea_index_report_json(const struct fovea_index_report *report,
        struct fovea_text *text)
{
    const struct fovea_counts *counts = report->counts;
    const struct {
        const char *name;
        uint64_t n;
    } all[] = {
        { "unchanged", atomic_load(&counts->n_same) },
        { "read", atomic_load(&counts->n_done) },
        { "embedded", atomic_load(&counts->n_embedded) },
        { "known", atomic_load(&counts->n_known) },
        { "skipped", atomic_load(&counts->n_skipped) },
        { "bad", atomic_load(&counts->n_bad) },
        { "bad_before", atomic_load(&counts->n_known_bad) },
        { "changed_meanwhile", atomic_load(&counts->n_unsettled) },
        { "gone", atomic_load(&counts->n_gone) },
        { "removed", atomic_load(&counts->n_removed) },
        { "unread_folders", atomic_load(&counts->n_unread) },
        { "commits", atomic_load(&counts->n_commits) },
    };
    fovea_text_format(text, "{\"index\":");
    fovea_text_json_string(text, report->index);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(all); i++) {
        fovea_text_format(text, ",\"%s\":%" PRIu64, all[i].name, all[i].n);
    }
    fovea_text_format(text, ",\"seconds\":%.3f}\n", report->seconds);
}

void
fovea_index_problem_json(struct fovea_text *text, const char *name,
        const struct fovea_error *error)
{
    fovea_text_format(text, "{");
    fovea_input_name_json(text, name);
    fovea_text_format(text, ",\"error\":{\"code\":\"%s\",\"message\":",
            fovea_status_name(error->code));
    fovea_text_json_string(text, error->message);
    fovea_text_format(text, "}}\n");
}
