/* See ranking.h. */
#include "bulk/ranking.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/notes.h"
#include "bulk/input_name.h"
#include "bulk/result_line.h"

struct ranked {
    char *name;
    char *note;     /* the sentence; NULL: there are no notes */
    uint32_t notes; /* of enum fovea_note */
};

static void
free_ranked(void *item)
{
    struct ranked *ranked = item;
    free(ranked->name);
    free(ranked->note);
    free(ranked);
}

void
fovea_ranking_init(struct fovea_ranking *ranking, const float *query,
        size_t dimension, size_t n_best)
{
    *ranking = (struct fovea_ranking){
        .neighbours = {
            .query = query,
            .dimension = dimension,
            .n_best = n_best,
            .free_item = free_ranked,
        },
    };
}

void
fovea_ranking_finish(struct fovea_ranking *ranking)
{
    fovea_neighbours_finish(&ranking->neighbours);
    fovea_text_finish(&ranking->bad);
}

void
fovea_ranking_settle(struct fovea_ranking *ranking)
{
    fovea_neighbours_settle(&ranking->neighbours);
}

static enum fovea_status
add_good(struct fovea_ranking *ranking, const struct fovea_row_result *result,
        struct fovea_error *err)
{
    const struct fovea_error *error = result->error;
    struct ranked *ranked = calloc(1, sizeof *ranked);
    if (ranked) {
        ranked->name = strdup(result->entry->path);
        ranked->note = error->notes ? strdup(error->message) : NULL;
        ranked->notes = error->notes;
    }
    if (!ranked || !ranked->name || (ranked->notes && !ranked->note)) {
        if (ranked) {
            free_ranked(ranked);
        }
        return fovea_fail_memory(err, sizeof *ranked, "the ranking");
    }
    return fovea_neighbours_add(&ranking->neighbours, result->row, ranked, err);
}

enum fovea_status
fovea_ranking_add(struct fovea_ranking *ranking,
        const struct fovea_row_result *results, size_t n,
        struct fovea_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (results[i].error->code) {
            fovea_result_line_bad(&results[i], &ranking->bad);
            continue;
        }
        enum fovea_status status = add_good(ranking, &results[i], err);
        if (status) {
            return status;
        }
    }
    return fovea_text_failed(&ranking->bad)
            ? fovea_fail_memory(err, ranking->bad.capacity, "the bad inputs")
            : FOVEA_OK;
}

void
fovea_ranking_table(const struct fovea_ranking *ranking,
        struct fovea_text *text)
{
    fovea_text_format(text, "%5s  %7s  %s\n", "RANK", "COSINE", "INPUT");
    for (size_t i = 0; i < ranking->neighbours.n; i++) {
        const struct fovea_neighbour *near = &ranking->neighbours.all[i];
        const struct ranked *ranked = near->item;
        fovea_text_format(text, "%5zu  %7.4f  ", i + 1, (double)near->cosine);
        fovea_text_printable(text, ranked->name);
        fovea_notes_words(text, ranked->notes);
        fovea_text_add(text, "\n", 1);
    }
}

void
fovea_ranking_json(const struct fovea_ranking *ranking, struct fovea_text *text)
{
    for (size_t i = 0; i < ranking->neighbours.n; i++) {
        const struct fovea_neighbour *near = &ranking->neighbours.all[i];
        const struct ranked *ranked = near->item;
        fovea_text_format(text, "{\"rank\":%zu,\"cosine\":", i + 1);
        fovea_text_json_float(text, near->cosine);
        fovea_text_add(text, ",", 1);
        fovea_input_name_json(text, ranked->name);
        fovea_notes_json(text, ranked->notes, ranked->note);
        fovea_text_add(text, "}\n", 2);
    }
    if (ranking->bad.size > 0) {
        fovea_text_add(text, ranking->bad.data, ranking->bad.size);
    }
}
