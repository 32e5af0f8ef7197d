/*
 * Many lanes of 64 bits side by side, so that the multiplications of one do not
 * wait for those of another. A step takes in a word so that no two states of a
 * lane become one: what differs in one word of a lane differs in the end. The
 * rotation brings high bits down, where multiplication alone would leave them.
 */
#include "base/checksum.h"

#include <string.h>

enum {
    N_LANES = 32,
    STEP_SIZE = N_LANES * sizeof(uint64_t),
    ROTATION = 29,
};

/* Odd, half of their bits set, none simple. */
static const uint64_t factor = 0x9e3779b97f4a7c15U;
static const uint64_t last_factor = 0xd6e8feb86659fd93U;

static uint64_t
mix(uint64_t state, uint64_t word)
{
    uint64_t product = (state ^ word) * factor;
    return product << ROTATION | product >> (64 - ROTATION);
}

uint64_t
fovea_checksum(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    uint64_t lanes[N_LANES];
    uint64_t words[N_LANES];
    for (size_t i = 0; i < N_LANES; i++) {
        lanes[i] = last_factor * (i + 1);
    }
    size_t left = size;
    for (; left >= STEP_SIZE; left -= STEP_SIZE, at += STEP_SIZE) {
        memcpy(words, at, STEP_SIZE);
        for (size_t i = 0; i < N_LANES; i++) {
            lanes[i] = mix(lanes[i], words[i]);
        }
    }
    memset(words, 0, sizeof words);
    memcpy(words, at, left);
    for (size_t i = 0; i < N_LANES; i++) {
        lanes[i] = mix(lanes[i], words[i]);
    }
    uint64_t sum = mix(last_factor, size);
    for (size_t i = 0; i < N_LANES; i++) {
        sum = mix(sum, lanes[i]);
        sum ^= sum >> 31;
    }
    return sum;
}
