/*
 * Packing weights into shared memory and mapping them when memory or the disk
 * fails.
 */
#include <unistd.h>

#include "base/macros.h"
#include "checkpoint/random.h"
#include "engine/cpu/machine.h"
#include "engine/cpu/packed.h"
#include "support/fault.h"
#include "support/test.h"
#include "support/tower.h"
#include "sys/memfd.h"

/* oneDNN keeps what it has compiled, and ends the process when one of its own
   allocations fails. */
static const struct fault_rules rules = { .own_only = true, .may_keep = true };

/* The last two have what is folded while packing. */
static const struct fovea_tower towers[] = {
    TOWER(8, 16, 1, 2, 8, 4, 4, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F),
    SIGLIP_TOWER(8, 16, 1, 2, 8, 4),
    DINOV2_TOWER(8, 16, 1, 2, 8, 4, 12, 1),
};

/* With a layer that is packed as 8 bits, and a hidden layer in parts. */
static const struct fovea_tower deep =
        TOWER(8, 832, 2, 2, 8, 4, 4, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F);

struct made {
    const struct fovea_tower *tower;
    enum fovea_precision precision;
    struct fovea_checkpoint *checkpoint;
    struct fovea_weights *weights;
    int fd;
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
create(const void *context, struct fovea_error *err)
{
    const struct made *made = context;
    struct fovea_weights *weights = NULL;
    int fd = -1;
    enum fovea_status status = fovea_packed_create(made->tower,
            made->checkpoint, made->precision, &weights, &fd, err);
    if (!status) {
        assert_memory_equal(weights->mapping, made->weights->mapping,
                made->weights->mapping_size);
        fovea_weights_destroy(weights);
        (void)close(fd);
    }
    assert_int_equal(lowest_free_fd(), made->next_fd);
    return status;
}

static enum fovea_status
map_foreign(const void *context, struct fovea_error *err)
{
    const struct made *made = context;
    struct fovea_weights *weights = NULL;
    enum fovea_status status = fovea_packed_map(made->tower, made->precision,
            made->fd, true, &weights, err);
    if (!status) {
        assert_memory_equal(weights->mapping, made->weights->mapping,
                made->weights->mapping_size);
        fovea_weights_destroy(weights);
    }
    return status;
}

static void
check_tower(const struct fovea_tower *tower, enum fovea_precision precision)
{
    struct made made = { .tower = tower, .precision = precision, .fd = -1 };
    struct fovea_error error;
    assert_ok(
            fovea_checkpoint_create_random(tower, 1, &made.checkpoint, &error),
            &error);
    assert_ok(fovea_packed_create(tower, made.checkpoint, precision,
                      &made.weights, &made.fd, &error),
            &error);
    made.next_fd = lowest_free_fd();
    assert_true(fault_each_allocation(create, &made, rules) > 3);
    assert_true(fault_each_allocation(map_foreign, &made, rules) > 3);
    assert_true(fault_each_read(map_foreign, &made, rules) > 0);
    fovea_weights_destroy(made.weights);
    fovea_checkpoint_close(made.checkpoint);
    (void)close(made.fd);
}

static void
packing_and_mapping_fail_cleanly(void **state)
{
    (void)state;
    (void)fovea_machine_set_threads(1);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(towers); i++) {
        check_tower(&towers[i], FOVEA_PRECISION_F32);
    }
    check_tower(&deep,
            fovea_machine_has_vnni() ? FOVEA_PRECISION_INT8_F32
                                     : FOVEA_PRECISION_INT8_WEIGHTS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packing_and_mapping_fail_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
