/* See index_hits.h. */
#include "runtime/index_hits.h"

#include <stdio.h>

#include "base/error.h"

struct found {
    struct fovea_index_hit hit;
    struct fovea_image_facts facts;
};

struct holder {
    struct fovea_index_hits hits; /* first: what the caller has */
    struct fovea_findings findings;
    struct found *found;                /* [n] */
    const struct fovea_index_hit **all; /* [n] */
    struct fovea_index_place *places;   /* of all */
    char model[FOVEA_INDEX_KEY_SIZE];
};

static void
free_holder(struct holder *holder)
{
    fovea_findings_finish(&holder->findings);
    free(holder->found);
    free(holder->all);
    free(holder->places);
    free(holder);
}

static enum fovea_status
create(size_t n, size_t n_places, struct holder **holder_out,
        struct fovea_error *err)
{
    struct holder *holder = calloc(1, sizeof *holder);
    if (!holder) {
        return fovea_fail_memory(err, sizeof *holder, "hits");
    }
    holder->found = calloc(n + 1, sizeof *holder->found);
    holder->all = calloc(n + 1, sizeof *holder->all);
    holder->places = calloc(n_places + 1, sizeof *holder->places);
    if (!holder->found || !holder->all || !holder->places) {
        free_holder(holder);
        return fovea_fail_memory(err, n * sizeof *holder->found, "hits");
    }
    *holder_out = holder;
    return FOVEA_OK;
}

static void
describe(const struct fovea_index_content *content,
        struct fovea_image_facts *facts)
{
    facts->struct_size = sizeof *facts;
    if (content->width_px > 0) {
        facts->format = content->format;
        facts->taken_s =
                content->has_taken ? content->taken_s : FOVEA_TAKEN_UNKNOWN;
        facts->width_px = content->width_px;
        facts->height_px = content->height_px;
    }
}

static void
fill(const struct fovea_find_hit *from, struct fovea_index_place *places,
        struct found *found)
{
    const struct fovea_picture *picture = &from->picture;
    for (size_t i = 0; i < picture->n_places; i++) {
        places[i].id = picture->places[i].name;
        places[i].path = picture->places[i].path;
    }
    describe(&picture->content, &found->facts);
    found->hit = (struct fovea_index_hit){
        .struct_size = sizeof found->hit,
        .score = (double)from->score,
        .places = places,
        .n_places = picture->n_places,
        .facts = &found->facts,
        .digest = picture->content.digest,
        .size_bytes = picture->content.size_bytes,
    };
}

enum fovea_status
fovea_index_hits_make(struct fovea_findings *findings, const char *model,
        struct fovea_index_hits **hits_out, struct fovea_error *err)
{
    struct holder *holder = NULL;
    size_t n_places = 0;
    for (size_t i = 0; i < findings->n; i++) {
        n_places += findings->hits[i].picture.n_places;
    }
    enum fovea_status status = create(findings->n, n_places, &holder, err);
    if (status || !holder) {
        return status;
    }
    holder->findings = *findings;
    *findings = (struct fovea_findings){ .n = 0 };
    struct fovea_index_place *places = holder->places;
    for (size_t i = 0; i < holder->findings.n; i++) {
        fill(&holder->findings.hits[i], places, &holder->found[i]);
        places += holder->findings.hits[i].picture.n_places;
        holder->all[i] = &holder->found[i].hit;
    }
    (void)snprintf(holder->model, sizeof holder->model, "%s", model);
    holder->hits = (struct fovea_index_hits){
        .struct_size = sizeof holder->hits,
        .all = holder->all,
        .n = holder->findings.n,
        .model = holder->model,
        .n_searched = holder->findings.n_scanned,
        .n_reranked = holder->findings.n_reranked,
    };
    *hits_out = &holder->hits;
    return FOVEA_OK;
}

void
fovea_index_hits_close(struct fovea_index_hits *hits)
{
    if (hits) {
        free_holder((struct holder *)hits);
    }
}
