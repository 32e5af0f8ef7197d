/*
 * GET /v1/indexes/NAME/duplicates: groups of pictures that are the same again.
 *
 * To compare all pictures of a large index takes minutes, and the groups come in
 * pages. So they are kept, as text, until somebody asks anew: "next" says of which
 * comparison it goes on.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fovea/fovea.h"

#include "base/number.h"
#include "find/duplicates.h"
#include "index/sets.h"
#include "server/arguments.h"
#include "server/groups.h"
#include "server/handlers.h"
#include "server/index_task.h"
#include "server/picture_write.h"
#include "sys/cpu.h"

enum {
    DEFAULT_LIMIT = 50
};

/* That of `fovea duplicates`. */
static double
default_threshold(void)
{
    double threshold = 1;
    const char *word = fovea_option_rows[FOVEA_OPTION_THRESHOLD].option.initial;
    FOVEA_ASSERT(fovea_number_fraction(word, &threshold));
    return threshold;
}

struct duplicates_task {
    struct fovea_index_task task; /* first */
    double threshold;
    uint64_t limit;
    uint64_t number; /* of the comparison that it goes on with; 0: a new one */
    uint64_t first;  /* group of the page */
};

static bool
is_cancelled(void *context)
{
    return fovea_index_task_is_over(context);
}

static void
write_duplicate(const struct duplicates_task *task,
        const struct fovea_duplicate *duplicate, bool is_best,
        struct fovea_text *text)
{
    const struct fovea_server *server = fovea_server_of(task->task.exchange);
    fovea_text_format(text, "{\"object\":\"item\",\"score\":");
    fovea_text_json_float(text, duplicate->score);
    fovea_text_format(text, ",\"best\":%s,\"largest\":%s,\"oldest\":%s,",
            is_best ? "true" : "false",
            duplicate->is_largest ? "true" : "false",
            duplicate->is_oldest ? "true" : "false");
    fovea_picture_write(&duplicate->picture, server->settings.show_paths, text);
    fovea_text_add(text, "}", 1);
}

static enum fovea_status
keep(void *context, const struct fovea_duplicate_group *group,
        struct fovea_error *err)
{
    struct duplicates_task *task = context;
    struct fovea_groups_kept *kept = &task->task.index->groups;
    struct fovea_text text = { 0 };
    fovea_text_format(&text,
            "{\"object\":\"group\",\"reason\":\"%s\",\"items\":[",
            fovea_best_reason_words(group->reason));
    for (size_t i = 0; i < group->n; i++) {
        fovea_text_add(&text, ",", i > 0);
        write_duplicate(task, &group->pictures[i], i == 0, &text);
    }
    fovea_text_format(&text, "]}");
    enum fovea_status status = fovea_groups_keep(kept, &text, err);
    fovea_text_finish(&text);
    return status;
}

static enum fovea_status
compare(struct duplicates_task *task, struct fovea_index_folder *folder)
{
    struct fovea_groups_kept *kept = &task->task.index->groups;
    struct fovea_error *err = &task->task.complaint.error;
    struct fovea_duplicates_totals totals = { 0 };
    const struct fovea_index_set *sets = NULL;
    size_t n = 0;
    fovea_groups_forget(kept);
    enum fovea_status status = fovea_index_sets(folder, &sets, &n, err);
    const struct fovea_duplicates_request request = {
        .set = n > 0 ? &sets[0] : NULL,
        .threshold = (float)task->threshold,
        .n_threads = fovea_cpu_count(),
        .temporary_folder = "/var/tmp",
        .is_cancelled = is_cancelled,
        .see = keep,
        .context = task,
    };
    if (!status) {
        status = fovea_duplicates(folder, &request, &totals, err);
    }
    if (status) {
        fovea_groups_forget(kept);
        return status;
    }
    kept->threshold = task->threshold;
    kept->n_groups = totals.n_groups;
    kept->n_compared = totals.n_compared;
    kept->spare_bytes = totals.spare_bytes;
    (void)snprintf(kept->model, sizeof kept->model, "%s",
            n > 0 ? sets[0].key.model : "");
    return FOVEA_OK;
}

static void
write_page(const struct duplicates_task *task)
{
    const struct fovea_server_index *index = task->task.index;
    const struct fovea_groups_kept *kept = &index->groups;
    struct fovea_http_answer *answer = &task->task.exchange->answer;
    struct fovea_text *text = &answer->text;
    uint64_t end = task->first;
    fovea_text_format(text,
            "{\"object\":\"list\",\"index\":\"%s\",\"model\":", index->name);
    fovea_text_json_string(text,
            fovea_server_index_model_name(fovea_server_of(task->task.exchange),
                    index, kept->model));
    fovea_text_format(text, ",\"threshold\":%.6g,\"data\":[", kept->threshold);
    for (; end < kept->n && end - task->first < task->limit; end++) {
        fovea_text_add(text, ",", end > task->first);
        fovea_groups_write(kept, end, text);
    }
    fovea_text_format(text,
            "],\"groups\":%" PRIu64 ",\"compared\":%" PRIu64
            ",\"spare_bytes\":%" PRIu64 ",\"next\":",
            kept->n_groups, kept->n_compared, kept->spare_bytes);
    if (end < kept->n) {
        fovea_text_format(text, "\"%" PRIu64 ".%" PRIu64 "\"}", kept->number,
                end);
    } else {
        fovea_text_format(text, "null}");
    }
    fovea_http_answer_done(answer);
}

static void
run(struct fovea_index_task *bare)
{
    struct duplicates_task *task = (struct duplicates_task *)bare;
    struct fovea_server_handle *handle = NULL;
    struct fovea_groups_kept *kept = &bare->index->groups;
    if (task->number == 0 || task->number != kept->number ||
            task->threshold != kept->threshold) {
        if (fovea_server_index_begin(bare->index, &handle,
                    &bare->complaint.error)) {
            return;
        }
        enum fovea_status status = compare(task, handle->folder);
        fovea_server_index_end(bare->index, handle, status == FOVEA_OK);
        if (status) {
            return;
        }
    }
    write_page(task);
}

/* "NUMBER.FIRST", as it was given. */
static bool
read_after(const char *text, struct duplicates_task *task)
{
    return !text || !*text ||
            (fovea_number_scan(&text, &task->number) && *text == '.' &&
                    fovea_number_parse(text + 1, &task->first));
}

static bool
read_arguments(struct fovea_http_exchange *exchange,
        struct duplicates_task *task)
{
    const char *threshold = fovea_http_exchange_argument(exchange, "threshold");
    const char *after = fovea_http_exchange_argument(exchange, "after");
    struct fovea_http_answer *answer = &exchange->answer;
    task->threshold = default_threshold();
    if (threshold && *threshold &&
            (!fovea_number_fraction(threshold, &task->threshold) ||
                    !(task->threshold >= -1 && task->threshold <= 1))) {
        fovea_http_answer_fail(answer, FOVEA_ERR_ARGUMENT, "threshold",
                "threshold must be a number from -1 to 1, not \"%.30s\"",
                threshold);
        return false;
    }
    if (!read_after(after, task)) {
        fovea_http_answer_fail(answer, FOVEA_ERR_ARGUMENT, "after",
                "after must be what \"next\" was, not \"%.30s\"", after);
        return false;
    }
    return fovea_arguments_limit(exchange, DEFAULT_LIMIT, &task->limit);
}

void
fovea_handle_duplicates(struct fovea_http_exchange *exchange)
{
    struct duplicates_task *task =
            fovea_index_task_create(exchange, sizeof *task, run);
    if (task && !read_arguments(exchange, task)) {
        free(task);
    } else if (task) {
        fovea_index_task_start(exchange, FOVEA_DESK_DUPLICATES, &task->task);
    }
}
