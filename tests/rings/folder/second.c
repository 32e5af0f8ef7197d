/* And that calls the first. */
#include "folder/calls.h"

void
fovea_second(void)
{
    fovea_first();
}
