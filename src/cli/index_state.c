/* See index_state.h. */
#include "cli/index_state.h"

#include <inttypes.h>
#include <time.h>

#include "cli/cli.h"
#include "index/run.h"

enum {
    SECONDS_A_DAY = 86400,
    OLD_DAYS = 30, /* since when it is said */
};

void
fovea_index_state_report(struct fovea_index_folder *folder)
{
    struct fovea_index_run run;
    struct fovea_error error;
    if (fovea_index_run_get(folder, &run, &error)) {
        return; /* it may be one that is filled by a program */
    }
    int64_t days = ((int64_t)time(NULL) -
                           (run.finished_s ? run.finished_s : run.updated_s)) /
            SECONDS_A_DAY;
    if (run.is_going && run.n_total > 0) {
        fovea_cli_report("the index is being made: %" PRIu64 " of %" PRIu64
                         " files are done",
                run.n_done, run.n_total);
    } else if (run.is_going) {
        fovea_cli_report("the index is being made: some pictures are not in it "
                         "yet");
    } else if (run.finished_s == 0) {
        fovea_cli_report("the last run of fovea index did not come to its end: "
                         "pictures may be missing until it is run again");
    } else if (days >= OLD_DAYS) {
        fovea_cli_report("the index was made %" PRId64
                         " days ago: fovea index brings it up to date",
                days);
    }
}
