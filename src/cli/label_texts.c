/* See label_texts.h. */
#include "cli/label_texts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "labels/labels.h"

/* What is embedded, and what comes of it. */
struct batch {
    size_t n;
    char **texts;
    struct fovea_item *items;
    struct fovea_error *results;
};

static void
batch_finish(struct batch *batch)
{
    for (size_t i = 0; batch->texts && i < batch->n; i++) {
        free(batch->texts[i]);
    }
    free(batch->texts);
    free(batch->items);
    free(batch->results);
}

static enum fovea_status
batch_init(struct batch *batch, const struct fovea_label_list *list,
        const char *template, struct fovea_error *err)
{
    *batch = (struct batch){
        .n = list->n,
        .texts = calloc(list->n, sizeof *batch->texts),
        .items = calloc(list->n, sizeof *batch->items),
        .results = calloc(list->n, sizeof *batch->results),
    };
    bool is_whole = batch->texts && batch->items && batch->results;
    for (size_t i = 0; i < list->n && is_whole; i++) {
        batch->texts[i] = fovea_labels_text(template, list->labels[i]);
        is_whole = batch->texts[i] != NULL;
        if (is_whole) {
            batch->items[i] = (struct fovea_item){
                .kind = FOVEA_ITEM_TEXT,
                .data = batch->texts[i],
                .size = strlen(batch->texts[i]),
            };
        }
    }
    return is_whole ? FOVEA_OK
                    : fovea_fail_memory(err, list->n * sizeof *batch->results,
                              "the labels");
}

/* "labels.txt:7: what was wrong" */
static void
put_place(const struct fovea_label_list *list, size_t index,
        struct fovea_error *error)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text place = { 0 };
    fovea_label_list_place(list, index, &place);
    if (!fovea_text_failed(&place)) {
        fovea_error_prefix(error, "%s", place.data);
    }
}

static void
report_notes(const struct fovea_label_list *list, struct batch *batch)
{
    struct fovea_error *first = NULL;
    size_t n = 0;
    for (size_t i = 0; i < batch->n; i++) {
        if (batch->results[i].notes && n++ == 0) {
            first = &batch->results[i];
            put_place(list, i, first);
        }
    }
    if (n > 1) {
        fovea_cli_report("%s; and so of %zu more labels", first->message,
                n - 1);
    } else if (n > 0) {
        fovea_cli_report("%s", first->message);
    }
}

enum fovea_status
fovea_label_texts_embed(const struct fovea_run_request *request,
        const struct fovea_label_list *list, struct fovea_model *model,
        float *texts, struct fovea_error *err)
{
    FOVEA_AUTO(batch_finish) struct batch batch;
    enum fovea_status status =
            batch_init(&batch, list, request->label_template, err);
    if (!status) {
        status = fovea_embed_batch(model, batch.items, batch.n, 0, texts,
                batch.results, err);
    }
    for (size_t i = 0; i < batch.n && !status; i++) {
        if (batch.results[i].code) {
            put_place(list, i, &batch.results[i]);
            *err = batch.results[i];
            status = err->code;
        }
    }
    if (!status && !request->quiet) {
        report_notes(list, &batch);
    }
    return status;
}
