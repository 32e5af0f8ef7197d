/* See ranking.h. */
#include "bulk/ranking.h"

#include <string.h>

#include "base/error.h"
#include "base/notes.h"
#include "bulk/input_name.h"

enum {
    SLACK = 1024, /* so many more than the best are kept between two sorts */
};

static void
finish_ranked(struct fovea_ranked *ranked)
{
    free(ranked->name);
    free(ranked->note);
}

void
fovea_ranking_finish(struct fovea_ranking *ranking)
{
    for (size_t i = 0; i < ranking->n_ranked; i++) {
        finish_ranked(&ranking->ranked[i]);
    }
    free(ranking->ranked);
    fovea_text_finish(&ranking->bad);
}

static float
cosine(const float *a, const float *b, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)a[i] * (double)b[i];
    }
    return (float)(sum < -1.0 ? -1.0 : sum > 1.0 ? 1.0 : sum);
}

/* The more alike first, then in the order of the inputs. */
static int
compare(const void *one, const void *other)
{
    const struct fovea_ranked *a = one;
    const struct fovea_ranked *b = other;
    if (a->cosine > b->cosine || a->cosine < b->cosine) {
        return a->cosine > b->cosine ? -1 : 1;
    }
    return a->place < b->place ? -1 : 1;
}

void
fovea_ranking_settle(struct fovea_ranking *ranking)
{
    if (ranking->n_ranked > 0) {
        qsort(ranking->ranked, ranking->n_ranked, sizeof *ranking->ranked,
                compare);
    }
    while (ranking->n_best > 0 && ranking->n_ranked > ranking->n_best) {
        finish_ranked(&ranking->ranked[--ranking->n_ranked]);
    }
}

static bool
grow(struct fovea_ranking *ranking)
{
    if (ranking->n_ranked < ranking->capacity) {
        return true;
    }
    size_t capacity = ranking->capacity * 2 + SLACK;
    struct fovea_ranked *ranked =
            reallocarray(ranking->ranked, capacity, sizeof *ranked);
    if (!ranked) {
        return false;
    }
    ranking->ranked = ranked;
    ranking->capacity = capacity;
    return true;
}

static enum fovea_status
add_good(struct fovea_ranking *ranking, const struct fovea_row_result *result,
        struct fovea_error *err)
{
    if (ranking->n_best > 0 && ranking->n_ranked >= ranking->n_best + SLACK) {
        fovea_ranking_settle(ranking);
    }
    struct fovea_ranked ranked = {
        .name = strdup(result->entry->path),
        .note = result->error->notes ? strdup(result->error->message) : NULL,
        .notes = result->error->notes,
        .cosine = cosine(ranking->query, result->row, ranking->dimension),
        .place = ranking->n_seen,
    };
    if (!ranked.name || (ranked.notes && !ranked.note) || !grow(ranking)) {
        finish_ranked(&ranked);
        return fovea_fail_memory(err, sizeof *ranking->ranked, "the ranking");
    }
    ranking->ranked[ranking->n_ranked++] = ranked;
    return FOVEA_OK;
}

enum fovea_status
fovea_ranking_add(void *context, const struct fovea_row_result *results,
        size_t n, struct fovea_error *err)
{
    struct fovea_ranking *ranking = context;
    for (size_t i = 0; i < n; i++) {
        ranking->n_seen++;
        if (results[i].error->code) {
            fovea_output_add_line(&results[i], &ranking->bad);
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
    for (size_t i = 0; i < ranking->n_ranked; i++) {
        const struct fovea_ranked *ranked = &ranking->ranked[i];
        fovea_text_format(text, "%5zu  %7.4f  ", i + 1, (double)ranked->cosine);
        fovea_text_printable(text, ranked->name);
        fovea_notes_words(text, ranked->notes);
        fovea_text_add(text, "\n", 1);
    }
}

void
fovea_ranking_json(const struct fovea_ranking *ranking, struct fovea_text *text)
{
    for (size_t i = 0; i < ranking->n_ranked; i++) {
        const struct fovea_ranked *ranked = &ranking->ranked[i];
        fovea_text_format(text, "{\"rank\":%zu,\"cosine\":", i + 1);
        fovea_text_json_float(text, ranked->cosine);
        fovea_text_add(text, ",", 1);
        fovea_input_name_json(text, ranked->name);
        fovea_notes_json(text, ranked->notes, ranked->note);
        fovea_text_add(text, "}\n", 2);
    }
    if (ranking->bad.size > 0) {
        fovea_text_add(text, ranking->bad.data, ranking->bad.size);
    }
}
