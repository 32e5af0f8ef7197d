/* The end of a job: every mix of markers, and whatever the queue says of the rest. */
#include <stdio.h>
#include <string.h>

#include "base/sha256.h"
#include "jobs/job_finish.h"
#include "queue/kind.h"
#include "shards/key.h"
#include "shards/markers.h"
#include "support/test.h"
#include "support/tree.h"

enum {
    N_SHARDS = 8,
    N_ITEMS = 10
};

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define TAG   "1111111111111111111111111111111111111111111111111111111111111111"

static char root[] = "/dev/shm/fovea-finish-XXXXXX";

TREE_FIXTURE_IN_MEMORY(root)

/* -- a queue that says what it is told to say */

struct fake {
    struct fovea_queue queue;
    bool has_job;
    char tag[FOVEA_QUEUE_TAG_SIZE];
    enum fovea_queue_place places[N_SHARDS];
    unsigned n_published[N_SHARDS];
    unsigned n_purged[N_SHARDS];
    unsigned n_finds;
    uint64_t n_new;
    uint64_t n_there;
    enum fovea_status publish_status;
    bool loses_job; /* once it is asked where a shard is */
};

static struct fake fake;

static enum fovea_status
no_job(struct fovea_error *err)
{
    err->code = FOVEA_ERR_NO_JOB;
    (void)snprintf(err->message, sizeof err->message, "no such job");
    return FOVEA_ERR_NO_JOB;
}

static enum fovea_status
create(struct fovea_queue *queue, const struct fovea_queue_job *job,
        struct fovea_error *err)
{
    (void)queue;
    if (fake.has_job && strcmp(fake.tag, job->tag) != 0) {
        err->code = FOVEA_ERR_JOB_EXISTS;
        return FOVEA_ERR_JOB_EXISTS;
    }
    fake.has_job = true;
    (void)snprintf(fake.tag, sizeof fake.tag, "%s", job->tag);
    return FOVEA_OK;
}

static enum fovea_status
look(struct fovea_queue *queue, struct fovea_queue_job *job_out,
        struct fovea_error *err)
{
    (void)queue;
    if (!fake.has_job) {
        return no_job(err);
    }
    *job_out = (struct fovea_queue_job){ .ack_wait_ns = 1, .n_replicas = 1 };
    (void)snprintf(job_out->tag, sizeof job_out->tag, "%s", fake.tag);
    return FOVEA_OK;
}

static enum fovea_status
count(struct fovea_queue *queue, struct fovea_queue_counts *counts_out,
        struct fovea_error *err)
{
    (void)queue;
    *counts_out = (struct fovea_queue_counts){ .n_waiting = 0 };
    for (size_t i = 0; i < N_SHARDS; i++) {
        counts_out->n_waiting += fake.places[i] == FOVEA_QUEUE_WAITING;
        counts_out->n_handed_out += fake.places[i] == FOVEA_QUEUE_HANDED_OUT;
    }
    return fake.has_job ? FOVEA_OK : no_job(err);
}

static enum fovea_status
publish(struct fovea_queue *queue, uint64_t shard, const char *message,
        size_t size, struct fovea_error *err)
{
    (void)queue;
    assert_true(shard < N_SHARDS && message[size - 1] == '}');
    if (fake.publish_status) {
        err->code = fake.publish_status;
        return fake.publish_status;
    }
    if (fake.places[shard] == FOVEA_QUEUE_ABSENT) {
        fake.places[shard] = FOVEA_QUEUE_WAITING;
        fake.n_published[shard]++;
        fake.n_new++;
    } else {
        fake.n_there++;
    }
    return FOVEA_OK;
}

static enum fovea_status
publish_end(struct fovea_queue *queue, uint64_t *n_new_out,
        uint64_t *n_there_out, struct fovea_error *err)
{
    (void)queue;
    (void)err;
    *n_new_out = fake.n_new;
    *n_there_out = fake.n_there;
    fake.n_new = 0;
    fake.n_there = 0;
    return FOVEA_OK;
}

static enum fovea_status
purge(struct fovea_queue *queue, uint64_t shard, struct fovea_error *err)
{
    (void)queue;
    (void)err;
    fake.places[shard] = FOVEA_QUEUE_ABSENT;
    fake.n_purged[shard]++;
    return FOVEA_OK;
}

static enum fovea_status
place(struct fovea_queue *queue, uint64_t shard,
        enum fovea_queue_place *place_out, struct fovea_error *err)
{
    (void)queue;
    fake.n_finds++;
    if (fake.loses_job) {
        fake.has_job = false;
        return no_job(err);
    }
    *place_out = fake.places[shard];
    return FOVEA_OK;
}

static const struct fovea_queue_kind kind = {
    .create = create,
    .look = look,
    .count = count,
    .publish = publish,
    .publish_end = publish_end,
    .purge = purge,
    .place = place,
};

/* -- an output with markers */

static struct fovea_objects *objects;
static struct fovea_manifest_shard shards[N_SHARDS];
static struct fovea_manifest manifest;
static const struct fovea_objects_settings store;
static struct fovea_job_finish finish;

static void
begin(void)
{
    struct fovea_error error;
    fake = (struct fake){ .queue = { .kind = &kind, .job = "j" },
        .has_job = true,
        .tag = TAG };
    manifest = (struct fovea_manifest){
        .frozen = { .weights = ZEROS,
                .dtype = "f32",
                .pixels = "pil",
                .model = (char *)(uintptr_t) "m",
                .version = "0.1.0" },
        .shards = shards,
        .n_shards = N_SHARDS,
        .n_items = N_SHARDS * N_ITEMS,
        .sha256 = TAG,
    };
    for (size_t i = 0; i < N_SHARDS; i++) {
        shards[i] = (struct fovea_manifest_shard){
            .first = i * N_ITEMS,
            .count = N_ITEMS,
            .names = ZEROS,
        };
        fake.places[i] = FOVEA_QUEUE_WAITING;
    }
    assert_int_equal(fovea_objects_open(root, NULL, &objects, &error),
            FOVEA_OK);
    finish = (struct fovea_job_finish){
        .place = { .queue = &fake.queue,
                .name = "j",
                .output = root,
                .manifest = &manifest,
                .store = &store },
        .objects = objects,
        .look = FOVEA_SHARD_LOOK_STAT,
        .n_threads = 3,
        .ack_wait_ns = 1,
        .n_replicas = 1,
    };
}

static void
end(void)
{
    fovea_job_finish_end(&finish);
    fovea_objects_close(objects);
}

static void
put(const char *key, const char *text, size_t size)
{
    struct fovea_error error;
    bool was_there = false;
    assert_int_equal(fovea_objects_remove(objects, key, &error), FOVEA_OK);
    assert_int_equal(fovea_objects_put_new_bytes(objects, key, text, size,
                             &was_there, &error),
            FOVEA_OK);
}

static void
remove_object(enum fovea_shard_object object, uint64_t number)
{
    struct fovea_error error;
    char key[FOVEA_SHARD_KEY_SIZE];
    fovea_shard_key(object, number, key);
    assert_int_equal(fovea_objects_remove(objects, key, &error), FOVEA_OK);
}

static bool
is_there(enum fovea_shard_object object, uint64_t number)
{
    struct fovea_error error;
    struct fovea_object_info info;
    char key[FOVEA_SHARD_KEY_SIZE];
    fovea_shard_key(object, number, key);
    return fovea_objects_stat(objects, key, &info, &error) == FOVEA_OK;
}

/* Its files and its marker. */
static void
mark_done(uint64_t number)
{
    char key[FOVEA_SHARD_KEY_SIZE];
    struct fovea_text text = { 0 };
    struct fovea_shard_done done = {
        .number = number,
        .n_inputs = N_ITEMS,
        .n_rows = N_ITEMS - 2,
        .n_errors = 1,
        .n_skipped = 1,
        .weights = ZEROS,
        .dtype = "f32",
        .pixels = "pil",
        .isa = "avx2",
        .version = "0.1.0",
    };
    for (size_t i = 0; i < FOVEA_N_SHARD_FILES; i++) {
        fovea_shard_key(fovea_shard_file_object(i), number, key);
        put(key, "file", 4);
        done.files[i].size = 4;
        (void)snprintf(done.files[i].sha256, sizeof done.files[i].sha256, "%s",
                ZEROS);
    }
    fovea_shard_done_write(&done, &text);
    fovea_shard_key(FOVEA_SHARD_DONE, number, key);
    put(key, text.data, text.size);
    fovea_text_finish(&text);
}

static void
mark_failed(uint64_t number)
{
    struct fovea_error error;
    struct fovea_shard_failure failure = {
        .number = number,
        .n_attempts = 5,
        .code = FOVEA_ERR_IO,
        .message = "of a disk",
    };
    assert_int_equal(fovea_shard_fail(objects, &failure, &error), FOVEA_OK);
}

static struct fovea_job_tally
round_of(void)
{
    struct fovea_error error = { .code = FOVEA_OK };
    struct fovea_job_tally tally;
    assert_int_equal(fovea_job_finish_round(&finish, &tally, &error), FOVEA_OK);
    assert_int_equal(tally.n_shards, N_SHARDS);
    assert_int_equal(tally.n_done + tally.n_failed + tally.n_missing, N_SHARDS);
    assert_int_equal(tally.n_waiting + tally.n_handed_out + tally.n_published,
            tally.n_missing);
    return tally;
}

static void
all_is_done(void **state)
{
    (void)state;
    begin();
    for (uint64_t i = 0; i < N_SHARDS; i++) {
        mark_done(i);
    }
    fake.has_job = false; /* not needed any more */
    struct fovea_job_tally tally = round_of();
    assert_int_equal(tally.n_done, N_SHARDS);
    assert_false(tally.was_made);
    assert_int_equal(finish.sums.n_inputs, N_SHARDS * N_ITEMS);
    assert_int_equal(finish.sums.n_rows, N_SHARDS * (N_ITEMS - 2));
    assert_int_equal(finish.sums.n_errors, N_SHARDS);
    assert_int_equal(finish.sums.n_skipped, N_SHARDS);
    /* They are not counted twice. */
    (void)round_of();
    assert_int_equal(finish.sums.n_inputs, N_SHARDS * N_ITEMS);
    end();
}

/* Of each kind one. */
static void
every_mix(void **state)
{
    (void)state;
    begin();
    mark_done(0);
    mark_failed(1);
    mark_done(2);
    mark_failed(2); /* both */
    fake.places[0] = FOVEA_QUEUE_SETTLED;
    fake.places[1] = FOVEA_QUEUE_SETTLED;
    fake.places[2] = FOVEA_QUEUE_SETTLED;
    fake.places[3] = FOVEA_QUEUE_SETTLED;    /* lost after its end was said */
    fake.places[4] = FOVEA_QUEUE_ABSENT;     /* lost by the broker */
    fake.places[5] = FOVEA_QUEUE_HANDED_OUT; /* a node has it */
    struct fovea_job_tally tally = round_of();
    assert_int_equal(tally.n_done, 2);
    assert_int_equal(tally.n_failed, 1);
    assert_int_equal(tally.n_missing, 5);
    assert_int_equal(tally.n_published, 2);
    assert_int_equal(tally.n_handed_out, 1);
    assert_int_equal(tally.n_waiting, 2);
    static const unsigned published[N_SHARDS] = { [3] = 1, [4] = 1 };
    assert_memory_equal(fake.n_published, published, sizeof published);
    assert_memory_equal(fake.n_purged, published, sizeof published);
    /* Done wins: the other marker has gone, of that shard alone. */
    assert_false(is_there(FOVEA_SHARD_FAILED, 2));
    assert_true(is_there(FOVEA_SHARD_DONE, 2));
    assert_true(is_there(FOVEA_SHARD_FAILED, 1));
    /* Nothing is published a second time while it is under way. */
    tally = round_of();
    assert_int_equal(tally.n_published, 0);
    assert_memory_equal(fake.n_published, published, sizeof published);
    for (uint64_t i = 3; i < N_SHARDS; i++) {
        mark_done(i);
        fake.places[i] = FOVEA_QUEUE_SETTLED;
    }
    tally = round_of();
    assert_int_equal(tally.n_missing, 0);
    assert_int_equal(tally.n_done, 7);
    assert_int_equal(tally.n_failed, 1);
    end();
}

static void
files_that_are_not_their_markers(void **state)
{
    (void)state;
    begin();
    for (uint64_t i = 0; i < N_SHARDS; i++) {
        mark_done(i);
        fake.places[i] = FOVEA_QUEUE_SETTLED;
    }
    remove_object(FOVEA_SHARD_ROWS, 3);
    mark_failed(3); /* stays: what is done is not good */
    char key[FOVEA_SHARD_KEY_SIZE];
    fovea_shard_key(FOVEA_SHARD_METADATA, 5, key);
    put(key, "another size", 12);
    fovea_shard_key(FOVEA_SHARD_DONE, 6, key);
    put(key, "{}", 2);
    struct fovea_job_tally tally = round_of();
    assert_int_equal(tally.n_damaged, 3);
    assert_int_equal(tally.n_done, N_SHARDS - 3);
    assert_int_equal(tally.n_missing, 3);
    assert_int_equal(tally.n_published, 3);
    assert_true(is_there(FOVEA_SHARD_FAILED, 3));
    for (uint64_t i = 3; i < 7; i++) {
        mark_done(i);
    }
    tally = round_of();
    assert_int_equal(tally.n_missing, 0);
    assert_int_equal(finish.sums.n_inputs, N_SHARDS * N_ITEMS);
    assert_false(is_there(FOVEA_SHARD_FAILED, 3));
    end();
}

static void
the_broker_has_lost_it(void **state)
{
    (void)state;
    begin();
    mark_done(7);
    mark_failed(6);
    fake.has_job = false;
    memset(fake.places, 0, sizeof fake.places); /* absent */
    struct fovea_job_tally tally = round_of();
    assert_true(tally.was_made);
    assert_string_equal(fake.tag, TAG);
    assert_int_equal(tally.n_published, 6);
    assert_int_equal(fake.n_published[7] + fake.n_published[6], 0);
    end();
}

/* Between two requests of a round; who waits for the end tries again. */
static void
the_broker_loses_it_just_now(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_job_tally tally;
    begin();
    fake.loses_job = true;
    assert_int_equal(fovea_job_finish_round(&finish, &tally, &error),
            FOVEA_ERR_QUEUE);
    assert_true(fovea_status_retryable(FOVEA_ERR_QUEUE));
    fake.loses_job = false;
    tally = round_of();
    assert_true(tally.was_made);
    end();
}

static void
who_waits_does_not_ask_for_each_again(void **state)
{
    (void)state;
    begin();
    (void)round_of();
    assert_int_equal(fake.n_finds, N_SHARDS);
    struct fovea_job_tally tally = round_of();
    assert_int_equal(tally.n_waiting, N_SHARDS);
    assert_int_equal(fake.n_finds, N_SHARDS);
    /* One fewer under way than missing: somewhere one is lost. */
    fake.places[2] = FOVEA_QUEUE_SETTLED;
    tally = round_of();
    assert_int_equal(tally.n_published, 1);
    assert_int_equal(fake.n_published[2], 1);
    end();
}

static void
another_manifest(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_job_tally tally;
    uint64_t n = 0;
    begin();
    (void)snprintf(fake.tag, sizeof fake.tag, "%s", ZEROS);
    assert_int_equal(fovea_job_finish_round(&finish, &tally, &error),
            FOVEA_ERR_JOB_EXISTS);
    assert_int_equal(fovea_job_retry(&finish.place, objects, NULL, &n, &error),
            FOVEA_ERR_JOB_EXISTS);
    end();
}

static void
what_fails_is_told(void **state)
{
    (void)state;
    struct fovea_error error;
    struct fovea_job_tally tally;
    begin();
    fake.places[1] = FOVEA_QUEUE_ABSENT;
    fake.publish_status = FOVEA_ERR_QUEUE;
    assert_int_equal(fovea_job_finish_round(&finish, &tally, &error),
            FOVEA_ERR_QUEUE);
    fake.publish_status = FOVEA_OK;
    assert_int_equal(round_of().n_published, 1);
    end();
}

static void
failed_ones_are_tried_again(void **state)
{
    (void)state;
    struct fovea_error error;
    uint8_t chosen[N_SHARDS] = { [2] = 1, [4] = 1 };
    uint64_t n = 0;
    begin();
    mark_failed(1);
    mark_failed(2);
    mark_failed(3);
    mark_done(3);
    for (size_t i = 0; i < N_SHARDS; i++) {
        fake.places[i] = FOVEA_QUEUE_SETTLED;
    }
    assert_int_equal(
            fovea_job_retry(&finish.place, objects, chosen, &n, &error),
            FOVEA_OK);
    assert_int_equal(n, 1);
    assert_int_equal(fake.n_published[2], 1);
    assert_false(is_there(FOVEA_SHARD_FAILED, 2));
    assert_true(is_there(FOVEA_SHARD_FAILED, 1));
    assert_int_equal(fovea_job_retry(&finish.place, objects, NULL, &n, &error),
            FOVEA_OK);
    assert_int_equal(n, 1);
    assert_int_equal(fake.n_published[1], 1);
    assert_int_equal(fake.n_published[3], 0);
    assert_false(is_there(FOVEA_SHARD_ATTEMPTS, 1));
    /* Without a job nothing is forgiven. */
    mark_failed(5);
    fake.has_job = false;
    assert_int_equal(fovea_job_retry(&finish.place, objects, NULL, &n, &error),
            FOVEA_ERR_NO_JOB);
    assert_true(is_there(FOVEA_SHARD_FAILED, 5));
    end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(all_is_done, empty_root),
        cmocka_unit_test_teardown(every_mix, empty_root),
        cmocka_unit_test_teardown(files_that_are_not_their_markers, empty_root),
        cmocka_unit_test_teardown(the_broker_has_lost_it, empty_root),
        cmocka_unit_test_teardown(the_broker_loses_it_just_now, empty_root),
        cmocka_unit_test_teardown(who_waits_does_not_ask_for_each_again,
                empty_root),
        cmocka_unit_test_teardown(another_manifest, empty_root),
        cmocka_unit_test_teardown(what_fails_is_told, empty_root),
        cmocka_unit_test_teardown(failed_ones_are_tried_again, empty_root),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
