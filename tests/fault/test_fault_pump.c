/*
 * Many inputs to many rows when memory runs out: every allocation of sources,
 * pump and sinks in turn. The stream between them pretends.
 */
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/error.h"
#include "base/macros.h"
#include "bulk/pump.h"
#include "bulk/ranking.h"
#include "bulk/sinks.h"
#include "support/fake_stream.h"
#include "support/fault.h"
#include "support/test.h"
#include "support/tree.h"

enum {
    N_INPUTS = 7, /* those below, with what is in the folder */
    N_BAD = 2
};

static const struct fovea_input_word words[] = { { .word = "1" },
    { .word = "folder" }, { .word = "2" }, { .word = "7" } };
static const char *const hidden[] = { "*.txt" };
static char root[] = "/tmp/fovea-fault-pump-XXXXXX";

static const struct fault_rules rules = { .own_only = true };

static void
work(const struct fovea_item *item, struct fovea_error *result, float *row)
{
    const char *name = item->data;
    *row = 1;
    if (name[strlen(name) - 1] == '7') {
        (void)fovea_fail(result, FOVEA_ERR_IMAGE_CORRUPT, "damaged");
    }
}

static int
make_root(void **state)
{
    (void)state;
    static const char *const paths[] = { "/folder/3", "/folder/deeper/4",
        "/folder/deeper/5", "/folder/7", "/folder/not.txt" };
    if (!mkdtemp(root) || chdir(root)) {
        return -1;
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(paths); i++) {
        if (tree_put(root, paths[i], "")) {
            return -1;
        }
    }
    return 0;
}

static int
remove_root(void **state)
{
    (void)state;
    return tree_empty(root) || rmdir(root);
}

static void
ignore_start(void *context)
{
    (void)context;
}

static void
ignore_end(void *context, const struct fovea_row_batch *batch,
        const struct fovea_error *error)
{
    (void)context;
    (void)batch;
    (void)error;
}

/* Where results go: a name for -o, or the ranking. */
struct output {
    const char *path;
    struct fovea_ranking *ranking;
};

static enum fovea_status
pump(const struct fovea_sink *sink, const struct fovea_inputs_settings *inputs,
        struct fovea_error *err)
{
    FOVEA_AUTO_FD int stop_fd = eventfd(0, EFD_CLOEXEC);
    struct fovea_pump_counters counters = { 0 };
    const struct fovea_pump_settings settings = {
        .inputs = inputs,
        .sink = sink,
        .n_batch = 3,
        .stop_fd = stop_fd,
        .counters = &counters,
        .before_write = ignore_start,
        .after_write = ignore_end,
    };
    fake_stream_reset(2, work);
    enum fovea_status status = fovea_pump(&settings, err);
    if (!status) {
        status = fovea_sink_commit(sink, err);
    }
    if (!status) {
        assert_int_equal(counters.n_done, N_INPUTS);
        assert_int_equal(counters.n_bad, N_BAD);
    }
    assert_int_equal(fake_stream.n_open, 0);
    return status;
}

static enum fovea_status
run(const void *context, struct fovea_error *err)
{
    const struct output *output = context;
    const struct fovea_sink_kind *kind = &fovea_sink_ranking;
    struct fovea_target target = { 0 };
    struct fovea_sink sink;
    const struct fovea_filter filter = { .exclude = { hidden, 1 } };
    const struct fovea_inputs_settings inputs = {
        .words = words,
        .n_words = FOVEA_ARRAY_LEN(words),
        .source = { .separator = '\n', .filter = &filter },
        .target = &target,
    };
    enum fovea_status status = output->path
            ? fovea_sinks_find(output->path, FOVEA_STREAM_EMBED, true, &kind,
                      &target, err)
            : FOVEA_OK;
    if (!status) {
        status = fovea_inputs_check(&inputs, err);
    }
    const struct fovea_sink_settings settings = {
        .layout = { "<f4", 1, { 1 }, sizeof(float) },
        .target = &target,
        .ranking = output->ranking,
    };
    if (!status) {
        status = fovea_sink_open(kind, &settings, &sink, err);
        if (!status) {
            status = pump(&sink, &inputs, err);
            fovea_sink_finish(&sink);
        }
    }
    fovea_target_finish(&target);
    return status;
}

static void
files_survive_the_loss_of_memory(void **state)
{
    (void)state;
    static const char *const paths[] = { "x.npy", "x.jsonl" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(paths); i++) {
        const struct output output = { .path = paths[i] };
        assert_true(fault_each_allocation(run, &output, rules) > N_INPUTS);
        assert_int_equal(access(paths[i], F_OK), 0);
    }
}

static enum fovea_status
rank(const void *context, struct fovea_error *err)
{
    static const float query[] = { 1 };
    struct fovea_ranking ranking;
    (void)context;
    fovea_ranking_init(&ranking, query, 1, 0);
    const struct output output = { .ranking = &ranking };
    enum fovea_status status = run(&output, err);
    if (!status) {
        assert_int_equal(ranking.neighbours.n, N_INPUTS - N_BAD);
    }
    fovea_ranking_finish(&ranking);
    return status;
}

static void
rankings_survive_the_loss_of_memory(void **state)
{
    (void)state;
    assert_true(fault_each_allocation(rank, NULL, rules) > N_INPUTS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_survive_the_loss_of_memory),
        cmocka_unit_test(rankings_survive_the_loss_of_memory),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
