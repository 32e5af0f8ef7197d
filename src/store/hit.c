/* See hit.h. */
#include "store/hit.h"

#include <stdlib.h>

void
fovea_hits_finish(struct fovea_hits *hits)
{
    free(hits->hits);
    *hits = (struct fovea_hits){ 0 };
}
