/* Calls the second. */
#include "folder/calls.h"

void
fovea_first(void)
{
    fovea_second();
}
