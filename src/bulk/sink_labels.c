/* The labels that inputs have, the best first, to standard output. */
#include <stdlib.h>

#include "base/error.h"
#include "base/notes.h"
#include "bulk/input_name.h"
#include "bulk/labelling.h"
#include "bulk/result_line.h"
#include "bulk/sink.h"
#include "bulk/stdout_text.h"

struct sink {
    const struct fovea_labelling *labelling; /* its owner's */
    struct fovea_label_score *scores;        /* [n], of the one at work */
    size_t n_shown;
    struct fovea_text text; /* lines that are not yet written */
};

/* Of a sigmoid all scores may be small, and are told apart all the same. */
static const double least_plain = 0.001;

static void
finish(void *state)
{
    struct sink *sink = state;
    free(sink->scores);
    fovea_text_finish(&sink->text);
}

static enum fovea_status
open_labels(const struct fovea_sink_settings *settings, void *state,
        struct fovea_error *err)
{
    struct sink *sink = state;
    const struct fovea_labelling *labelling = settings->labelling;
    sink->labelling = labelling;
    sink->n_shown = labelling->n_best && labelling->n_best < labelling->n
            ? labelling->n_best
            : labelling->n;
    sink->scores = calloc(labelling->n, sizeof *sink->scores);
    return sink->scores
            ? FOVEA_OK
            : fovea_fail_memory(err, labelling->n * sizeof *sink->scores,
                      "the labels' scores");
}

/* {"input":"a.jpg","labels":[{"label":"a cat","score":0.9},...]} */
static void
add_line(struct sink *sink, const struct fovea_row_result *result)
{
    struct fovea_text *text = &sink->text;
    fovea_text_add(text, "{", 1);
    fovea_entry_json(text, result->entry);
    fovea_notes_json(text, result->error->notes, result->error->message);
    fovea_text_format(text, ",\"labels\":[");
    for (size_t i = 0; i < sink->n_shown; i++) {
        fovea_text_format(text, "%s{\"label\":", i ? "," : "");
        fovea_text_json_string(text,
                sink->labelling->labels[sink->scores[i].index]);
        fovea_text_format(text, ",\"score\":");
        fovea_text_json_float(text, (float)sink->scores[i].score);
        fovea_text_add(text, "}", 1);
    }
    fovea_text_add(text, "]}\n", 3);
}

/* The name, and below it a line a label. */
static void
add_paragraph(struct sink *sink, const struct fovea_row_result *result)
{
    struct fovea_text *text = &sink->text;
    fovea_text_printable(text, result->entry->path);
    fovea_notes_words(text, result->error->notes);
    fovea_text_add(text, "\n", 1);
    for (size_t i = 0; i < sink->n_shown; i++) {
        double score = sink->scores[i].score;
        fovea_text_format(text, score < least_plain ? "  %7.1e  " : "  %7.4f  ",
                score);
        fovea_text_printable(text,
                sink->labelling->labels[sink->scores[i].index]);
        fovea_text_add(text, "\n", 1);
    }
}

static enum fovea_status
add_results(void *state, const struct fovea_row_result *results, size_t n,
        struct fovea_error *err)
{
    struct sink *sink = state;
    const struct fovea_labelling *labelling = sink->labelling;
    for (size_t i = 0; i < n; i++) {
        if (results[i].error->code) {
            if (!labelling->for_people) {
                fovea_result_line_bad(&results[i], &sink->text);
            }
            continue;
        }
        fovea_labels_rank(results[i].row, labelling->texts, labelling->n,
                labelling->dimension, &labelling->scale, false, sink->scores);
        (labelling->for_people ? add_paragraph : add_line)(sink, &results[i]);
    }
    return fovea_text_failed(&sink->text)
            ? fovea_fail_memory(err, sink->text.capacity, "the results")
            : FOVEA_OK;
}

static enum fovea_status
checkpoint(void *state, int attention_fd, struct fovea_error *err)
{
    struct sink *sink = state;
    return fovea_stdout_text_write(&sink->text, attention_fd, err);
}

const struct fovea_sink_kind fovea_sink_labels = {
    .is_live = true,
    .state_size = sizeof(struct sink),
    .open = open_labels,
    .write = add_results,
    .checkpoint = checkpoint,
    .finish = finish,
};
