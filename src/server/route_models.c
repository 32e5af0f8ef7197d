/* GET /v1/models: OpenAI's list, with what else is worth knowing of a model. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "server/handlers.h"
#include "server/served.h"
#include "server/view.h"
#include "spec/dtype.h"

/* Infinity's clients know one owner of models, and ask at its path. */
static const char *
owner(const struct fovea_http_exchange *exchange)
{
    static const char path[] = "/models";
    return strncmp(exchange->target, path, sizeof path - 1) == 0 ? "infinity"
                                                                 : "fovea";
}

/* Of its weights, as an SPDX expression; NULL: it is not known. */
static const char *
licence(const struct fovea_served *served)
{
    const struct fovea_catalogue_entry *entry = NULL;
    for (size_t i = 0; (entry = fovea_catalogue(i)); i++) {
        if (strcmp(entry->key, served->info->key) == 0) {
            return entry->licence;
        }
    }
    return NULL;
}

static void
add_model(const struct fovea_http_exchange *exchange,
        const struct fovea_served *served, const struct fovea_pool_stats *stats,
        struct fovea_text *text)
{
    const struct fovea_server *server = fovea_server_of(exchange);
    const struct fovea_model_info *info = served->info;
    const struct fovea_model_stats *images =
            fovea_view_model(stats, served, FOVEA_VIEW_IMAGES);
    const struct fovea_model_stats *texts =
            fovea_view_model(stats, served, FOVEA_VIEW_TEXTS);
    uint32_t n_queued = images->n_queued + texts->n_queued;
    uint32_t max_queue =
            server->settings.library.max_queue * (info->has_text ? 2 : 1);
    fovea_text_format(text, "{\"id\":");
    fovea_text_json_string(text, served->name);
    fovea_text_format(text,
            ",\"object\":\"model\",\"created\":%" PRId64
            ",\"owned_by\":\"%s\",\"backend\":\"fovea\""
            ",\"capabilities\":[\"image_embed\"%s],\"family\":\"%s\""
            ",\"dimension\":%" PRIu32 ",\"dtype\":\"%s\""
            ",\"dtype_reason\":",
            (int64_t)time(NULL) -
                    (fovea_clock_ns() - server->started_ns) / FOVEA_NS_PER_S,
            owner(exchange), info->has_text ? ",\"embed\",\"classify\"" : "",
            info->family, info->embedding_dimension,
            fovea_dtype_word(info->dtype));
    fovea_text_json_string(text, info->dtype_reason);
    fovea_text_format(text,
            ",\"context_length\":%" PRIu32
            ",\"preprocessor\":\"%s\",\"pixels\":\"%s\""
            ",\"image_width_px\":%" PRIu32 ",\"image_height_px\":%" PRIu32
            ",\"patch_size_px\":%" PRIu32 ",\"workers\":%" PRIu32
            ",\"max_workers\":%u",
            info->context_length, info->preprocessor, info->pixels,
            info->image_width_px, info->image_height_px, info->patch_size_px,
            images->n_workers + texts->n_workers,
            server->settings.library.max_workers);
    fovea_text_format(text, ",\"licence\":");
    if (licence(served)) {
        fovea_text_json_string(text, licence(served));
    } else {
        fovea_text_format(text, "null");
    }
    fovea_text_format(text,
            ",\"memory\":{\"shared_bytes\":%" PRIu64
            ",\"per_worker_bytes\":%" PRIu64 ",\"text_shared_bytes\":%" PRIu64
            ",\"text_per_worker_bytes\":%" PRIu64
            ",\"est_memory_allocation_mb\":%" PRIu64
            "},\"stats\":{\"queue_fraction\":%.4f,\"queue_absolute\":%" PRIu32
            ",\"results_pending\":%" PRIu32 ",\"batch_size\":%u}}",
            info->shared_bytes, info->per_worker_bytes, info->text_shared_bytes,
            info->text_per_worker_bytes, info->est_memory_allocation_mb,
            (double)n_queued / max_queue, n_queued,
            n_queued + images->n_in_flight + texts->n_in_flight,
            server->settings.library.max_batch);
}

static void
write_text(struct fovea_http_exchange *exchange,
        const struct fovea_pool_stats *stats, struct fovea_text *text)
{
    const struct fovea_server *server = fovea_server_of(exchange);
    fovea_text_format(text, "{\"object\":\"list\",\"data\":[");
    for (size_t i = 0; i < server->n_models; i++) {
        if (i > 0) {
            fovea_text_add(text, ",", 1);
        }
        add_model(exchange, &server->models[i], stats, text);
    }
    fovea_text_format(text, "]}");
}

static void
write_one(struct fovea_http_exchange *exchange,
        const struct fovea_pool_stats *stats, struct fovea_text *text)
{
    char id[FOVEA_HTTP_PATH_SIZE];
    fovea_http_exchange_variable(exchange, 0, id);
    add_model(exchange, fovea_served_find(fovea_server_of(exchange), id), stats,
            text);
}

void
fovea_handle_model(struct fovea_http_exchange *exchange)
{
    char id[FOVEA_HTTP_PATH_SIZE];
    fovea_http_exchange_variable(exchange, 0, id);
    if (fovea_served_find(fovea_server_of(exchange), id)) {
        fovea_view_show(exchange, write_one);
    } else {
        fovea_http_answer_fail(&exchange->answer, FOVEA_ERR_UNKNOWN_MODEL,
                "model", FOVEA_UNKNOWN_MODEL_TEXT, id);
    }
}

void
fovea_handle_models(struct fovea_http_exchange *exchange)
{
    fovea_view_show(exchange, write_text);
}
