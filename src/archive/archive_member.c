/* A member: see archive.h. */
#include <stdlib.h>

#include "archive/archive.h"

void
fovea_archive_member_finish(struct fovea_archive_member *member)
{
    free(member->name);
    free(member->bytes);
    *member = (struct fovea_archive_member){ .name = NULL };
}
