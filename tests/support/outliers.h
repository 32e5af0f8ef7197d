/* Outliers as trained towers have them, in random weights. */
#ifndef FOVEA_SUPPORT_OUTLIERS_H
#define FOVEA_SUPPORT_OUTLIERS_H

#include "checkpoint/checkpoint.h"

/**
 * From now on five channels of every layer's two norms are 20 to 60 times as large,
 * and the columns of the weights behind them so much smaller that twice their share
 * is left.
 *
 * @param checkpoint  Of random weights; of names as transformers' have them.
 */
void outliers_plant(struct fovea_checkpoint *checkpoint);

#endif
