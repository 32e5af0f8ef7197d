/* See unpacker_order.h. */
#include "wire/unpacker_order.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"

_Static_assert(sizeof(struct fovea_unpacker_order) ==
                FOVEA_UNPACKER_N_NUMBERS * sizeof(uint64_t),
        "nothing but numbers");

void
fovea_unpacker_order_write(const struct fovea_unpacker_order *order, char *name,
        struct fovea_unpacker_arguments *arguments_out)
{
    uint64_t numbers[FOVEA_UNPACKER_N_NUMBERS];
    memcpy(numbers, order, sizeof numbers);
    arguments_out->all[0] = name;
    for (size_t i = 0; i < FOVEA_UNPACKER_N_NUMBERS; i++) {
        (void)snprintf(arguments_out->numbers[i], FOVEA_UNPACKER_NUMBER_SIZE,
                "%" PRIu64, numbers[i]);
        arguments_out->all[i + 1] = arguments_out->numbers[i];
    }
    arguments_out->all[FOVEA_UNPACKER_N_NUMBERS + 1] = NULL;
}

bool
fovea_unpacker_order_read(int argc, char *const *argv,
        struct fovea_unpacker_order *order_out)
{
    uint64_t numbers[FOVEA_UNPACKER_N_NUMBERS];
    if (argc != FOVEA_UNPACKER_N_NUMBERS + 1) {
        return false;
    }
    for (size_t i = 0; i < FOVEA_UNPACKER_N_NUMBERS; i++) {
        if (!fovea_number_parse(argv[i + 1], &numbers[i])) {
            return false;
        }
    }
    memcpy(order_out, numbers, sizeof *order_out);
    return order_out->counts <= 1 && order_out->sandbox >= FOVEA_SANDBOX_ON &&
            order_out->sandbox <= FOVEA_SANDBOX_OFF;
}
