/* Parts that the hidden layer of an MLP may be cut into. */
#ifndef FOVEA_ENGINE_CPU_MLP_PARTS_H
#define FOVEA_ENGINE_CPU_MLP_PARTS_H

#include <stdint.h>

/** As few as keep each within the width that is best; 1 if it is already, or cannot
 *  be cut evenly. */
uint32_t fovea_mlp_parts(uint32_t mlp);

#endif
