/*
 * The cache of packed weights when memory or the disk fails: nothing half
 * written is found, nothing is left open.
 */
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/macros.h"
#include "checkpoint/random.h"
#include "pool/cache.h"
#include "runtime/weights_digest.h"
#include "support/fault.h"
#include "support/test.h"
#include "support/tree.h"
#include "sys/memfd.h"

#define KEY "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

enum {
    SIZE = (4 << 20) + 5
};

static const struct fovea_tower tiny = {
    .width = 8,
    .mlp = 16,
    .n_layers = 1,
    .n_heads = 2,
    .side_px = 8,
    .patch_px = 4,
    .has_class_token = true,
    .has_pre_norm = true,
    .has_projection = true,
    .dimension = 4,
    .eps = 1e-5F,
};

struct made {
    char root[32];
    char model[64];
    char digest[FOVEA_CACHE_KEY_SIZE];
    int fd;      /* what is stored */
    int next_fd; /* the lowest number that is free */
};

static int
lowest_free_fd(void)
{
    int fd = dup(STDIN_FILENO);
    assert_true(fd >= 0);
    (void)close(fd);
    return fd;
}

static enum fovea_status
init(const struct made *made, const char *name, struct fovea_cache *cache,
        struct fovea_error *err)
{
    char path[64];
    (void)snprintf(path, sizeof path, "%s/%s", made->root, name);
    return fovea_cache_init(cache, path, UINT64_MAX, err);
}

/* What a descriptor leads to is whole. */
static void
check_whole(int fd)
{
    struct stat info;
    assert_int_equal(fstat(fd, &info), 0);
    assert_int_equal(info.st_size, SIZE);
    (void)close(fd);
}

static enum fovea_status
store_and_open(const void *context, struct fovea_error *err)
{
    const struct made *made = context;
    struct fovea_cache cache = { NULL, 0 };
    int fd = -1;
    bool is_stored = false;
    enum fovea_status status = init(made, "cache", &cache, err);
    if (!status) {
        status = fovea_cache_store(&cache, KEY, made->fd, &is_stored, err);
    }
    if (!status) {
        status = fovea_cache_open(&cache, KEY, &fd, err);
    }
    if (fd >= 0) {
        check_whole(fd);
    } else {
        assert_true(status != FOVEA_OK);
    }
    (void)!fovea_cache_remove(&cache, KEY, NULL);
    fovea_cache_finish(&cache);
    assert_int_equal(lowest_free_fd(), made->next_fd);
    return status;
}

static enum fovea_status
digest(const void *context, struct fovea_error *err)
{
    const struct made *made = context;
    struct fovea_cache cache = { NULL, 0 };
    char found[FOVEA_CACHE_KEY_SIZE];
    char memos[64];
    (void)snprintf(memos, sizeof memos, "%s/digests", made->root);
    (void)tree_empty(memos);
    enum fovea_status status = init(made, "digests", &cache, err);
    if (!status) {
        status = fovea_weights_digest(&cache, made->model, FOVEA_MODALITY_IMAGE,
                found, err);
    }
    if (!status) {
        assert_string_equal(found, made->digest);
    }
    fovea_cache_finish(&cache);
    assert_int_equal(lowest_free_fd(), made->next_fd);
    return status;
}

static void
the_cache_fails_cleanly(void **state)
{
    (void)state;
    static const struct fault_rules any = { .may_skip_reads = true };
    /* libcrypto keeps what it fetched; jansson takes a lack of memory for a
       fault of the text. */
    static const struct fault_rules own = { .own_only = true,
        .may_keep = true,
        .may_skip_reads = true };
    struct made made = { .root = "/tmp/fovea-fault-XXXXXX", .fd = -1 };
    struct fovea_error error;
    struct fovea_checkpoint *checkpoint = NULL;
    struct fovea_cache none;
    assert_non_null(mkdtemp(made.root));
    (void)snprintf(made.model, sizeof made.model, "%s/model", made.root);
    assert_ok(fovea_checkpoint_create_random(&tiny, 1, &checkpoint, &error),
            &error);
    assert_ok(fovea_checkpoint_save(checkpoint, &tiny, made.model, &error),
            &error);
    fovea_checkpoint_close(checkpoint);
    assert_ok(fovea_cache_init(&none, "", 1, &error), &error);
    assert_ok(fovea_weights_digest(&none, made.model, FOVEA_MODALITY_IMAGE,
                      made.digest, &error),
            &error);
    uint8_t *bytes = calloc(1, SIZE);
    assert_non_null(bytes);
    assert_ok(fovea_memfd_from_bytes("packed", bytes, SIZE, &made.fd, &error),
            &error);
    free(bytes);

    made.next_fd = lowest_free_fd();
    assert_true(fault_each_allocation(store_and_open, &made, any) > 3);
    assert_true(fault_each_read(store_and_open, &made, any) > 2);
    assert_true(fault_each_allocation(digest, &made, own) > 3);
    assert_true(fault_each_read(digest, &made, own) > 10);
    (void)close(made.fd);
    assert_int_equal(tree_empty(made.root), 0);
    assert_int_equal(rmdir(made.root), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cache_fails_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
