/* How far a job is: nodes by their reports, shards by their markers, and what both
   come to. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "jobs/job_progress.h"
#include "shards/key.h"
#include "support/test.h"
#include "support/tree.h"

#define S FOVEA_NS_PER_S

enum {
    N_SHARDS = 5
};

static void
hear(struct fovea_job_nodes *nodes, const char *name, double rate,
        int64_t now_ns)
{
    struct fovea_node_report said = { .state = FOVEA_NODE_WORKING };
    said.rate = rate;
    struct fovea_text text = { .size = 0 };
    fovea_node_report_write(&said, &text);
    struct fovea_queue_report report = { .text = text.data, .size = text.size };
    (void)snprintf(report.node, sizeof report.node, "%s", name);
    struct fovea_error error;
    assert_int_equal(fovea_job_nodes_hear(nodes, &report, now_ns, &error),
            FOVEA_OK);
    fovea_text_finish(&text);
}

static void
nodes_are_known_by_name(void **state)
{
    (void)state;
    struct fovea_job_nodes nodes = { .n = 0 };
    char name[8];
    for (int i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof name, "n%02d", (i * 37) % 100);
        hear(&nodes, name, 1, 10 * S);
    }
    hear(&nodes, "n50", 4, 11 * S);
    assert_int_equal(nodes.n, 100);
    for (size_t i = 1; i < nodes.n; i++) {
        assert_true(strcmp(nodes.all[i - 1]->name, nodes.all[i]->name) < 0);
    }
    assert_int_equal(nodes.all[50]->heard_ns, 11 * S);
    assert_true(fovea_job_nodes_rate(&nodes) == 103);
    fovea_job_nodes_finish(&nodes);
    assert_int_equal(nodes.n, 0);
}

static void
who_is_silent_is_forgotten(void **state)
{
    (void)state;
    struct fovea_job_nodes nodes = { .n = 0 };
    hear(&nodes, "a", 1, 0);
    hear(&nodes, "b", 2, 1);
    hear(&nodes, "c", 4, 2);
    fovea_job_nodes_forget(&nodes, FOVEA_JOB_NODE_SILENCE_NS);
    assert_int_equal(nodes.n, 3);
    hear(&nodes, "a", 1, 3);
    fovea_job_nodes_forget(&nodes, FOVEA_JOB_NODE_SILENCE_NS + 2);
    assert_int_equal(nodes.n, 2);
    assert_string_equal(nodes.all[0]->name, "a");
    assert_string_equal(nodes.all[1]->name, "c");
    fovea_job_nodes_finish(&nodes);
}

static void
what_is_no_report_changes_nothing(void **state)
{
    (void)state;
    struct fovea_job_nodes nodes = { .n = 0 };
    hear(&nodes, "a", 1, 5);
    char text[] = "{\"state\":\"working\"}";
    struct fovea_queue_report report = { "a", text, sizeof text - 1 };
    struct fovea_error error;
    assert_int_equal(fovea_job_nodes_hear(&nodes, &report, 9, &error),
            FOVEA_ERR_JOB_MESSAGE);
    (void)snprintf(report.node, sizeof report.node, "b");
    assert_int_equal(fovea_job_nodes_hear(&nodes, &report, 9, &error),
            FOVEA_ERR_JOB_MESSAGE);
    assert_int_equal(nodes.n, 1);
    assert_int_equal(nodes.all[0]->heard_ns, 5);
    fovea_job_nodes_finish(&nodes);
}

static void
there_is_an_end_to_nodes(void **state)
{
    (void)state;
    struct fovea_job_nodes nodes = { .n = 0 };
    char name[16];
    for (int i = 0; i < FOVEA_JOB_MAX_NODES; i++) {
        (void)snprintf(name, sizeof name, "n%05d", i);
        hear(&nodes, name, 0, 0);
    }
    struct fovea_node_report said = { .state = FOVEA_NODE_IDLE };
    struct fovea_text text = { .size = 0 };
    fovea_node_report_write(&said, &text);
    struct fovea_queue_report report = { "one-more", text.data, text.size };
    struct fovea_error error;
    assert_int_equal(fovea_job_nodes_hear(&nodes, &report, 1, &error),
            FOVEA_ERR_JOB_MESSAGE);
    assert_int_equal(nodes.n, FOVEA_JOB_MAX_NODES);
    hear(&nodes, "n00007", 3, 1); /* who is known is still heard */
    fovea_text_finish(&text);
    fovea_job_nodes_finish(&nodes);
}

/* -- markers */

struct place {
    char path[64];
    struct fovea_objects *objects;
    struct fovea_manifest_shard shards[N_SHARDS];
    struct fovea_manifest manifest;
};

static void
put(struct place *place, enum fovea_shard_object object, uint64_t number)
{
    char key[FOVEA_SHARD_KEY_SIZE];
    bool was_there = false;
    struct fovea_error error;
    fovea_shard_key(object, number, key);
    assert_int_equal(fovea_objects_put_new_bytes(place->objects, key, "{}", 2,
                             &was_there, &error),
            FOVEA_OK);
}

static void
begin(struct place *place)
{
    *place = (struct place){ .path = "/tmp/fovea-progress-XXXXXX" };
    assert_non_null(mkdtemp(place->path));
    struct fovea_error error;
    assert_int_equal(
            fovea_objects_open(place->path, NULL, &place->objects, &error),
            FOVEA_OK);
    for (size_t i = 0; i < N_SHARDS; i++) {
        place->shards[i].count = 10;
    }
    place->shards[1].count = FOVEA_SHARD_UNCOUNTED;
    place->manifest.shards = place->shards;
    place->manifest.n_shards = N_SHARDS;
}

static void
end(struct place *place)
{
    fovea_objects_close(place->objects);
    assert_int_equal(tree_empty(place->path), 0);
    assert_int_equal(rmdir(place->path), 0);
}

static void
markers_are_counted_and_done_wins(void **state)
{
    (void)state;
    struct place place;
    begin(&place);
    struct fovea_job_progress progress = {
        .objects = place.objects,
        .manifest = &place.manifest,
    };
    struct fovea_job_markers *markers = &progress.markers;
    struct fovea_error error;
    progress.counts.n_waiting = 5;
    assert_int_equal(fovea_job_progress_state(&progress), FOVEA_JOB_GOING);
    assert_int_equal(fovea_job_markers_read(markers, place.objects,
                             &place.manifest, &error),
            FOVEA_OK);
    assert_int_equal(markers->n_done + markers->n_failed, 0);
    put(&place, FOVEA_SHARD_DONE, 0);
    put(&place, FOVEA_SHARD_DONE, 1);
    put(&place, FOVEA_SHARD_FAILED, 1);
    put(&place, FOVEA_SHARD_FAILED, 3);
    put(&place, FOVEA_SHARD_DONE, N_SHARDS); /* of no shard */
    bool was_there;
    assert_int_equal(fovea_objects_put_new_bytes(place.objects, "done/2.json",
                             "{}", 2, &was_there, &error),
            FOVEA_OK); /* no marker's name */
    assert_int_equal(fovea_job_markers_read(markers, place.objects,
                             &place.manifest, &error),
            FOVEA_OK);
    assert_int_equal(markers->n_done, 2);
    assert_int_equal(markers->n_failed, 1);
    assert_int_equal(markers->n_items_done, 10);
    assert_int_equal(markers->states[1], FOVEA_JOB_SHARD_DONE);
    assert_int_equal(markers->states[3], FOVEA_JOB_SHARD_FAILED);
    fovea_job_markers_finish(markers);
    end(&place);
}

static void
only_markers_say_that_a_job_is_complete(void **state)
{
    (void)state;
    struct place place;
    begin(&place);
    struct fovea_job_progress progress = { .counts = { .n_handed_out = 1 } };
    assert_int_equal(fovea_job_progress_state(&progress), FOVEA_JOB_GOING);
    progress.counts.n_handed_out = 0;
    assert_int_equal(fovea_job_progress_state(&progress), FOVEA_JOB_IDLE);
    progress.objects = place.objects;
    progress.manifest = &place.manifest;
    struct fovea_error error;
    for (uint64_t i = 0; i < N_SHARDS; i++) {
        assert_int_equal(fovea_job_markers_read(&progress.markers,
                                 place.objects, &place.manifest, &error),
                FOVEA_OK);
        assert_int_equal(fovea_job_progress_state(&progress), FOVEA_JOB_IDLE);
        put(&place, i == 2 ? FOVEA_SHARD_FAILED : FOVEA_SHARD_DONE, i);
    }
    /* The broker may still hand out what is done. */
    progress.counts.n_waiting = 7;
    assert_int_equal(fovea_job_markers_read(&progress.markers, place.objects,
                             &place.manifest, &error),
            FOVEA_OK);
    assert_int_equal(fovea_job_progress_state(&progress), FOVEA_JOB_FAILED);
    put(&place, FOVEA_SHARD_DONE, 2);
    assert_int_equal(fovea_job_markers_read(&progress.markers, place.objects,
                             &place.manifest, &error),
            FOVEA_OK);
    assert_int_equal(fovea_job_progress_state(&progress), FOVEA_JOB_COMPLETE);
    fovea_job_markers_finish(&progress.markers);
    end(&place);
}

static void
a_list_that_fails_leaves_what_was_seen(void **state)
{
    (void)state;
    struct place place;
    begin(&place);
    struct fovea_job_markers markers = { .states = NULL };
    struct fovea_error error;
    put(&place, FOVEA_SHARD_DONE, 4);
    assert_int_equal(fovea_job_markers_read(&markers, place.objects,
                             &place.manifest, &error),
            FOVEA_OK);
    /* A file where a folder should be. */
    char path[96];
    (void)snprintf(path, sizeof path, "%s/failed", place.path);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_int_not_equal(fovea_job_markers_read(&markers, place.objects,
                                 &place.manifest, &error),
            FOVEA_OK);
    assert_int_equal(markers.n_done, 1);
    assert_int_equal(markers.states[4], FOVEA_JOB_SHARD_DONE);
    fovea_job_markers_finish(&markers);
    end(&place);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_are_known_by_name),
        cmocka_unit_test(who_is_silent_is_forgotten),
        cmocka_unit_test(what_is_no_report_changes_nothing),
        cmocka_unit_test(there_is_an_end_to_nodes),
        cmocka_unit_test(markers_are_counted_and_done_wins),
        cmocka_unit_test(only_markers_say_that_a_job_is_complete),
        cmocka_unit_test(a_list_that_fails_leaves_what_was_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
