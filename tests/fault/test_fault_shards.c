/*
 * A run in shards when memory runs out: every allocation of the manifest, of a shard's
 * run and of its publishing in turn. Whatever fails, no marker tells of files that are
 * not there. The stream pretends.
 */
#include <unistd.h>

#include "base/macros.h"
#include "support/fault.h"
#include "support/shard_scene.h"
#include "support/test.h"
#include "support/tree.h"

static char root[] = "/dev/shm/fovea-fault-shards-XXXXXX";

TREE_FIXTURE_IN_MEMORY(root)

static const struct fault_rules rules = { .own_only = true };

static const char *const words[] = { "1", "bad 2", "later 3", "4", "5" };

static struct fovea_frozen frozen;

static enum fovea_status
do_shards(struct shard_scene *scene, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    for (uint64_t i = 0; !status && i < scene->manifest.n_shards; i++) {
        struct fovea_shard_done done;
        const struct fovea_shard_run run = shard_scene_run(scene, i);
        enum fovea_shard_verdict verdict = fovea_shard_run(&run, &done, err);
        status = verdict == FOVEA_SHARD_VERDICT_DONE ? FOVEA_OK : err->code;
        if (!status && i == 0) {
            assert_int_equal(done.n_rows, 3);
            assert_int_equal(done.n_errors, 1);
        }
    }
    return status;
}

static enum fovea_status
run(const void *context, struct fovea_error *err)
{
    struct shard_scene scene = { .objects = NULL };
    (void)context;
    assert_int_equal(tree_empty(root), 0);
    shard_scene_pretend();
    enum fovea_status status =
            fovea_objects_open("out", NULL, &scene.objects, err);
    if (!status) {
        status = shard_scene_make(scene.objects, &frozen, words,
                FOVEA_ARRAY_LEN(words), NULL, &scene.manifest, err);
    }
    if (!status) {
        status = do_shards(&scene, err);
    }
    fovea_manifest_finish(&scene.manifest);
    fovea_objects_close(scene.objects);
    return status;
}

/* After the last failure and the run that got through, all is there and whole. */
static void
a_run_survives_the_loss_of_memory(void **state)
{
    (void)state;
    struct shard_scene scene = { .objects = NULL };
    struct fovea_error error;
    frozen = shard_scene_frozen();
    assert_true(fault_each_allocation(run, NULL, rules) > 50);
    assert_ok(fovea_objects_open("out", NULL, &scene.objects, &error), &error);
    assert_ok(fovea_manifest_read(scene.objects, &scene.manifest, &error),
            &error);
    for (uint64_t i = 0; i < scene.manifest.n_shards; i++) {
        enum fovea_shard_state found = FOVEA_SHARD_STATE_OPEN;
        assert_ok(fovea_shard_look(scene.objects, &scene.manifest, i,
                          FOVEA_SHARD_LOOK_READ, &found, NULL, &error),
                &error);
        assert_int_equal(found, FOVEA_SHARD_STATE_DONE);
    }
    shard_scene_end(&scene);
    fovea_frozen_finish(&frozen);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_run_survives_the_loss_of_memory,
                empty_root),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
