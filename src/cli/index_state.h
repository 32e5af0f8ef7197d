/* What people are told of an index that they search: how old it is, and whether it
   is whole. */
#ifndef FOVEA_CLI_INDEX_STATE_H
#define FOVEA_CLI_INDEX_STATE_H

#include "index/folder.h"

/** Report on stderr if the last run of `fovea index` goes on, did not come to its
 *  end, or is long ago. The folders themselves are not looked at. */
void fovea_index_state_report(struct fovea_index_folder *folder);

#endif
