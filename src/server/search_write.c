/* See search_write.h. */
#include "server/search_write.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/dates.h"
#include "find/combine.h"
#include "find/find.h"
#include "index/rows.h"
#include "index/sets.h"
#include "option/limits.h"
#include "server/discreet.h"
#include "server/index.h"
#include "server/picture_write.h"

/* A search under way; all of it freed by finish(). */
struct search {
    const struct fovea_server_job *job;
    struct fovea_index_folder *folder;
    const struct fovea_index_set *set; /* the snapshot's */
    float *vectors;                    /* [n][dimension of the set] */
    float *weights;                    /* [n] */
    float *query;                      /* [dimension of the set] */
    int64_t *without;                  /* contents that were asked with */
    size_t n_without;
    struct fovea_findings findings;
    struct fovea_http_complaint complaint;
};

static void
finish(struct search *search)
{
    free(search->vectors);
    free(search->weights);
    free(search->query);
    free(search->without);
    fovea_findings_finish(&search->findings);
}

static bool
is_cancelled(void *context)
{
    const struct search *search = context;
    const struct fovea_server_job *job = search->job;
    return atomic_load_explicit(&job->is_cancelled, memory_order_relaxed) ||
            (job->deadline_ns != FOVEA_NEVER &&
                    fovea_clock_ns() >= job->deadline_ns);
}

static enum fovea_status
allocate(struct search *search, struct fovea_error *err)
{
    size_t n = search->job->request.n_items;
    size_t dimension = search->set->key.dimension;
    search->vectors = calloc(n, dimension * sizeof *search->vectors);
    search->weights = calloc(n, sizeof *search->weights);
    search->query = calloc(dimension, sizeof *search->query);
    search->without = calloc(n, sizeof *search->without);
    return search->vectors && search->weights && search->query &&
                    search->without
            ? FOVEA_OK
            : fovea_fail_memory(err, n * dimension, "a query");
}

/* The vector of an item of the index, which is not to be found then. */
static enum fovea_status
add_known(struct search *search, const char *id, float *vector,
        struct fovea_error *err)
{
    int64_t content = 0;
    uint64_t row = 0;
    enum fovea_status status =
            fovea_picture_id_find(search->folder, id, &content, err);
    if (!status) {
        search->without[search->n_without++] = content;
        status = fovea_index_content_row(search->folder, search->set, content,
                &row, err);
    }
    return status ? status
                  : fovea_index_row_vector(search->set, row, vector, err);
}

static enum fovea_status
gather(struct search *search)
{
    const struct fovea_server_job *job = search->job;
    const struct fovea_embed_request *request = &job->request;
    size_t dimension = search->set->key.dimension;
    struct fovea_error *err = &search->complaint.error;
    enum fovea_status status = allocate(search, err);
    for (size_t i = 0; i < request->n_items && !status; i++) {
        const struct fovea_request_item *item = &request->items[i];
        float *vector = search->vectors + i * dimension;
        search->weights[i] = item->weight;
        if (item->id) {
            status = add_known(search, item->id, vector, err);
        } else {
            memcpy(vector, job->vectors + i * dimension,
                    dimension * sizeof *vector);
        }
        if (status) {
            fovea_embed_request_param(request, i, search->complaint.param);
        }
    }
    return status ? status
                  : fovea_query_combine(search->vectors, search->weights,
                            request->n_items, dimension, search->query, err);
}

static enum fovea_status
find(struct search *search)
{
    const struct fovea_request_search *asked = &search->job->request.search;
    struct fovea_error *err = &search->complaint.error;
    struct fovea_date_range dates = { .has_since = false };
    enum fovea_status status = fovea_date_range_parse(asked->since,
            "filter.since", asked->until, "filter.until", &dates, err);
    if (status) {
        return status;
    }
    const struct fovea_index_filter filter = {
        .globs = (const char *const *)asked->paths.all,
        .n_globs = asked->paths.n,
        .not_globs = (const char *const *)asked->not_paths.all,
        .n_not_globs = asked->not_paths.n,
        .dates = dates,
    };
    const struct fovea_find_request request = {
        .query = search->query,
        .n_best = asked->n,
        .min_score = asked->min_score,
        .filter = &filter,
        .without = search->without,
        .n_without = search->n_without,
        .is_cancelled = is_cancelled,
        .context = search,
    };
    return fovea_find(search->folder, search->set, &request, &search->findings,
            err);
}

/* Whether the job's model made one of the vectors; others are the index's. */
static bool
has_embedded(const struct fovea_embed_request *request)
{
    size_t i = 0;
    while (i < request->n_items && request->items[i].id) {
        i++;
    }
    return i < request->n_items;
}

static enum fovea_status
run(struct search *search)
{
    const struct fovea_server_job *job = search->job;
    struct fovea_error *err = &search->complaint.error;
    enum fovea_status status = fovea_index_set_find(search->folder,
            job->request.search.set, &search->set, err);
    if (status == FOVEA_ERR_INDEX_MODEL) {
        fovea_error_clear(err);
        return fovea_fail(err, status,
                "the vectors that were to be searched are not in the index any "
                "more");
    }
    if (!status && has_embedded(&job->request) &&
            search->set->key.dimension !=
                    job->served->info->embedding_dimension) {
        status = fovea_fail(err, FOVEA_ERR_INDEX_MODEL,
                "the index has vectors of %" PRIu32 " numbers, and %s gives "
                "%" PRIu32 ": it is another model than the one of the index",
                search->set->key.dimension, job->served->name,
                job->served->info->embedding_dimension);
    }
    if (!status) {
        status = gather(search);
    }
    return status ? status : find(search);
}

static void
write_hits(const struct search *search, const char *model,
        struct fovea_text *text)
{
    const struct fovea_server_job *job = search->job;
    const struct fovea_findings *findings = &search->findings;
    bool show_paths = fovea_server_of(job->exchange)->settings.show_paths;
    fovea_text_format(text, "{\"object\":\"list\",\"index\":");
    fovea_text_json_string(text, job->request.search.index);
    fovea_text_format(text, ",\"model\":");
    fovea_text_json_string(text, model);
    fovea_text_format(text, ",\"data\":[");
    for (size_t i = 0; i < findings->n; i++) {
        fovea_text_format(text,
                "%s{\"object\":\"hit\",\"score\":", i > 0 ? "," : "");
        fovea_text_json_float(text, findings->hits[i].score);
        fovea_text_add(text, ",", 1);
        fovea_picture_write(&findings->hits[i].picture, show_paths, text);
        fovea_text_add(text, "}", 1);
    }
    fovea_text_format(text,
            "],\"searched\":%" PRIu64 ",\"reranked\":%" PRIu64 ",\"id\":",
            findings->n_scanned, findings->n_reranked);
    fovea_text_json_string(text, job->exchange->id);
    fovea_text_format(text, ",\"created\":%" PRId64 "}", (int64_t)time(NULL));
}

void
fovea_server_search_write(const struct fovea_server_job *job,
        struct fovea_http_answer *answer)
{
    struct fovea_server *server = fovea_server_of(job->exchange);
    struct search search = { .job = job, .complaint = { .param = "" } };
    struct fovea_server_handle *handle = NULL;
    struct fovea_server_index *index = fovea_server_index_find(server,
            job->request.search.index, &search.complaint);
    enum fovea_status status = index
            ? fovea_server_index_begin(index, &handle, &search.complaint.error)
            : search.complaint.error.code;
    if (!status) {
        search.folder = handle->folder;
        status = run(&search);
        if (!status) {
            write_hits(&search,
                    fovea_server_index_model_name(server, index,
                            search.set->key.model),
                    &answer->text);
        }
        fovea_server_index_end(index, handle, status == FOVEA_OK);
    }
    if (status == FOVEA_ERR_CANCELLED) {
        (void)fovea_http_complain(&search.complaint, FOVEA_ERR_DEADLINE, "",
                "the request's time was over before the search was done %s",
                fovea_limit_by(FOVEA_OPTION_DEADLINE));
    }
    if (status) {
        fovea_discreet_log(job->exchange, &search.complaint.error,
                &(bool){ false });
        fovea_http_answer_error(answer, &search.complaint);
    } else {
        fovea_http_answer_done(answer);
    }
    finish(&search);
}
