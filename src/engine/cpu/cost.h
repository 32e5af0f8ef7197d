/* When the CPU engine computes in bfloat16. */
#ifndef FOVEA_ENGINE_CPU_COST_H
#define FOVEA_ENGINE_CPU_COST_H

/* Narrower towers compute in float32 whatever is asked: they take no time worth
   saving, and their few channels do not average rounding errors out (a tower of
   64 fell to a cosine of 0.9906 on one of 160 photographs; 192 has 0.9997). */
enum {
    FOVEA_MIN_BF16_WIDTH = 256
};

/* In front of the block of packed weights. */
enum {
    FOVEA_PACKED_HEADER_SIZE = 4096
};

#endif
