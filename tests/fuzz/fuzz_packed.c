/*
 * Files of packed weights: nothing but the very bytes that belong to a tower is
 * taken for its weights.
 *
 * An input is laid over a good file: a first byte says how, 0 as the whole
 * file, 1 at the offset that the next two bytes give, any other by exclusive or
 * at that offset, so that most of a good header stays.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macros.h"
#include "checkpoint/random.h"
#include "engine/cpu/machine.h"
#include "engine/cpu/packed.h"
#include "fuzz.h"
#include "support/tower.h"
#include "sys/memfd.h"

enum {
    MAX_SIZE = 1 << 17
};

static const struct fovea_tower config =
        TOWER(16, 16, 1, 2, 8, 4, 8, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F);

struct file {
    uint8_t bytes[MAX_SIZE];
    size_t size;
};

static struct file good;

static void
make_good(void)
{
    struct fovea_checkpoint *checkpoint = NULL;
    struct fovea_weights *weights = NULL;
    struct fovea_error error;
    int fd = -1;
    (void)fovea_machine_set_threads(1);
    FOVEA_ASSERT(fovea_checkpoint_create_random(&config, 1, &checkpoint,
                         &error) == FOVEA_OK);
    FOVEA_ASSERT(fovea_packed_create(&config, checkpoint, FOVEA_PRECISION_F32,
                         &weights, &fd, &error) == FOVEA_OK);
    FOVEA_ASSERT(weights->mapping_size <= sizeof good.bytes);
    good.size = weights->mapping_size;
    memcpy(good.bytes, weights->mapping, good.size);
    fovea_weights_destroy(weights);
    fovea_checkpoint_close(checkpoint);
    (void)close(fd);
}

static void
lay_over(struct file *file, const uint8_t *data, size_t size)
{
    if (size < 3 || data[0] == 0) {
        size_t n = size > 0 ? size - 1 : 0;
        file->size = n < sizeof file->bytes ? n : sizeof file->bytes;
        if (file->size > 0) {
            memcpy(file->bytes, data + 1, file->size);
        }
        return;
    }
    *file = good;
    size_t offset = (size_t)data[1] << 8 | data[2];
    for (size_t i = 3; i < size && offset < file->size; i++, offset++) {
        file->bytes[offset] = data[0] == 1
                ? data[i]
                : (uint8_t)(file->bytes[offset] ^ data[i]);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct file file;
    struct fovea_weights *weights = NULL;
    struct fovea_error error;
    int fd = -1;
    if (good.size == 0) {
        make_good();
    }
    lay_over(&file, data, size);
    FOVEA_ASSERT(fovea_memfd_from_bytes("fuzz", file.bytes, file.size, &fd,
                         &error) == FOVEA_OK);
    enum fovea_status status = fovea_packed_map(&config, FOVEA_PRECISION_F32,
            fd, true, &weights, &error);
    bool is_good = file.size == good.size &&
            memcmp(file.bytes, good.bytes, good.size) == 0;
    FOVEA_ASSERT(is_good == (status == FOVEA_OK));
    FOVEA_ASSERT(status == FOVEA_OK || status == FOVEA_ERR_MODEL_WEIGHTS);
    fovea_weights_destroy(weights);
    (void)close(fd);
    return 0;
}
