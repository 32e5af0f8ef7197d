/* Queries of an index: see index_handle.h and find/find.h. */
#include <math.h>
#include <string.h>

#include "base/dates.h"
#include "base/error.h"
#include "base/sized.h"
#include "find/combine.h"
#include "find/find.h"
#include "index/items.h"
#include "index/rows.h"
#include "runtime/index_hits.h"
#include "runtime/index_models.h"
#include "runtime/request_run.h"

enum {
    USUAL_HITS = 10,
};

/* A query under way. */
struct search {
    struct fovea_index *index;
    const struct fovea_index_query *query;
    struct fovea_index_filter filter;
    struct fovea_index_set_key key; /* of the set that is searched */
    float *vectors;                 /* [n_terms][dimension] */
    float *weights;                 /* [n_terms] */
    float *sum;                     /* [dimension] */
    int64_t *without;               /* contents of the terms' ids */
    size_t n_without;
};

static enum fovea_status
check_term(const struct fovea_index_term *term, size_t number,
        struct fovea_error *err)
{
    int n = (term->item != NULL) + (term->id != NULL) + (term->vector != NULL);
    if (n != 1) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "terms[%zu] has %d of an item, an id and a vector, and takes "
                "one of them",
                number, n);
    }
    if (!isfinite(term->weight)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the weight of terms[%zu] is not a number", number);
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(term->reserved); i++) {
        if (term->reserved[i]) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "reserved[%zu] of terms[%zu] is not zero", i, number);
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
check_query(const struct fovea_index_query *query, struct fovea_error *err)
{
    if (!query->terms || query->n_terms == 0) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the query has no terms: nothing says what to search for");
    }
    if ((query->n_globs > 0 && !query->globs) ||
            (query->n_not_globs > 0 && !query->not_globs)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "globs is NULL");
    }
    if (!(query->min_score >= -1 && query->min_score <= 1)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "min_score is not from -1 to 1");
    }
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; i < query->n_terms && !status; i++) {
        status = check_term(&query->terms[i], i, err);
    }
    return status;
}

static enum fovea_status
make_filter(const struct fovea_index_query *query,
        struct fovea_index_filter *filter_out, struct fovea_error *err)
{
    *filter_out = (struct fovea_index_filter){
        .globs = query->globs,
        .n_globs = query->n_globs,
        .not_globs = query->not_globs,
        .n_not_globs = query->n_not_globs,
    };
    return fovea_date_range_parse(query->since, "since", query->until, "until",
            &filter_out->dates, err);
}

static bool
has_words(const struct fovea_index_query *query)
{
    for (size_t i = 0; i < query->n_terms; i++) {
        const struct fovea_item *item = query->terms[i].item;
        if (item && item->kind == FOVEA_ITEM_TEXT) {
            return true;
        }
    }
    return false;
}

static enum fovea_status
choose_set(struct search *search, struct fovea_error *err)
{
    const struct fovea_index_set *set = NULL;
    fovea_index_enter(search->index);
    enum fovea_status status = fovea_find_set(search->index->folder,
            search->query->model, has_words(search->query), &set, err);
    if (!status) {
        search->key = set->key;
    }
    fovea_index_leave(search->index);
    return status;
}

static enum fovea_status
make_room(struct search *search, struct fovea_error *err)
{
    size_t n = search->query->n_terms;
    size_t dimension = search->key.dimension;
    search->vectors = calloc(n, dimension * sizeof *search->vectors);
    search->weights = calloc(n, sizeof *search->weights);
    search->sum = calloc(dimension, sizeof *search->sum);
    search->without = calloc(n, sizeof *search->without);
    return search->vectors && search->weights && search->sum && search->without
            ? FOVEA_OK
            : fovea_fail_memory(err, n * dimension * sizeof(float), "a query");
}

static float *
vector_of(const struct search *search, size_t number)
{
    return search->vectors + number * search->key.dimension;
}

/* Without the lock: workers are waited for. */
static enum fovea_status
embed_terms(struct search *search, struct fovea_error *err)
{
    struct fovea_model *model = NULL;
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; i < search->query->n_terms && !status; i++) {
        const struct fovea_index_term *term = &search->query->terms[i];
        double weight = term->weight;
        search->weights[i] = weight < 0 || weight > 0 ? (float)weight : 1.0F;
        if (term->vector) {
            memcpy(vector_of(search, i), term->vector,
                    search->key.dimension * sizeof(float));
        }
        if (!term->item) {
            continue;
        }
        if (!model) {
            status =
                    fovea_index_model(search->index, &search->key, &model, err);
        }
        if (!status) {
            status = fovea_request_run(model, term->item, FOVEA_WORK_EMBED, 0,
                    vector_of(search, i), err);
        }
    }
    return status;
}

/* Under the lock, in a snapshot. */
static enum fovea_status
look_up_terms(struct search *search, const struct fovea_index_set *set,
        struct fovea_error *err)
{
    struct fovea_index_folder *folder = search->index->folder;
    enum fovea_status status = FOVEA_OK;
    for (size_t i = 0; i < search->query->n_terms && !status; i++) {
        const struct fovea_index_item *item = NULL;
        uint64_t row = 0;
        if (!search->query->terms[i].id) {
            continue;
        }
        status = fovea_index_item_get(folder, search->query->terms[i].id, &item,
                err);
        if (!status) {
            search->without[search->n_without++] = item->content;
            status = fovea_index_content_row(folder, set, item->content, &row,
                    err);
        }
        if (!status) {
            status =
                    fovea_index_row_vector(set, row, vector_of(search, i), err);
        }
    }
    return status;
}

static enum fovea_status
find(struct search *search, struct fovea_findings *findings,
        struct fovea_error *err)
{
    const struct fovea_index_query *query = search->query;
    struct fovea_index_folder *folder = search->index->folder;
    const struct fovea_index_set *set = NULL;
    enum fovea_status status =
            fovea_index_set_find(folder, search->key.model, &set, err);
    if (!status) {
        status = look_up_terms(search, set, err);
    }
    if (!status) {
        status = fovea_query_combine(search->vectors, search->weights,
                query->n_terms, search->key.dimension, search->sum, err);
    }
    if (status) {
        return status;
    }
    bool has_min = query->min_score < 0 || query->min_score > 0;
    const struct fovea_find_request request = {
        .query = search->sum,
        .n_best = query->n_best ? query->n_best : USUAL_HITS,
        .min_score = has_min ? (float)query->min_score : -1.0F,
        .filter = &search->filter,
        .without = search->without,
        .n_without = search->n_without,
    };
    return fovea_find(folder, set, &request, findings, err);
}

static enum fovea_status
find_at_one_moment(struct search *search, struct fovea_findings *findings,
        struct fovea_error *err)
{
    struct fovea_index_folder *folder = search->index->folder;
    fovea_index_enter(search->index);
    enum fovea_status status = fovea_index_snapshot_begin(folder, err);
    if (!status) {
        status = find(search, findings, err);
        fovea_index_snapshot_end(folder);
    }
    fovea_index_leave(search->index);
    return status;
}

static enum fovea_status
run(struct search *search, struct fovea_index_hits **hits_out,
        struct fovea_error *err)
{
    struct fovea_findings findings = { .n = 0 };
    enum fovea_status status = make_filter(search->query, &search->filter, err);
    if (!status) {
        status = choose_set(search, err);
    }
    if (!status) {
        status = make_room(search, err);
    }
    if (!status) {
        status = embed_terms(search, err);
    }
    if (!status) {
        status = find_at_one_moment(search, &findings, err);
    }
    if (!status) {
        status = fovea_index_hits_make(&findings, search->key.model, hits_out,
                err);
    }
    fovea_findings_finish(&findings);
    free(search->vectors);
    free(search->weights);
    free(search->sum);
    free(search->without);
    return status;
}

enum fovea_status
fovea_index_search(struct fovea_index *index,
        const struct fovea_index_query *query,
        struct fovea_index_hits **hits_out, struct fovea_error *err)
{
    struct fovea_index_query all = { .struct_size = 0 };
    enum fovea_status status = fovea_index_check_handle(index, err);
    if (!status && (!query || !hits_out)) {
        status = fovea_fail(err, FOVEA_ERR_ARGUMENT, "an argument is NULL");
    }
    if (!status) {
        status = fovea_sized_take(query, "fovea_index_query",
                "FOVEA_INDEX_QUERY_INIT", &all, sizeof all, err);
    }
    if (!status) {
        status = check_query(&all, err);
    }
    if (status) {
        return status;
    }
    struct search search = { .index = index, .query = &all };
    return run(&search, hits_out, err);
}
