/* How a node stands: see node_board.h. */
#include "jobs/node_board.h"

void
fovea_node_board_init(struct fovea_node_board *board, int64_t now_ns)
{
    *board = (struct fovea_node_board){ .posted_ns = now_ns };
    (void)pthread_mutex_init(&board->mu, NULL);
}

void
fovea_node_board_finish(struct fovea_node_board *board)
{
    (void)pthread_mutex_destroy(&board->mu);
}

void
fovea_node_board_post(struct fovea_node_board *board,
        const struct fovea_node_report *report, bool hangs, int64_t now_ns)
{
    (void)pthread_mutex_lock(&board->mu);
    board->report = *report;
    board->hangs = hangs;
    board->posted_ns = now_ns;
    (void)pthread_mutex_unlock(&board->mu);
}

bool
fovea_node_board_read(struct fovea_node_board *board,
        struct fovea_node_report *report_out, int64_t now_ns)
{
    (void)pthread_mutex_lock(&board->mu);
    *report_out = board->report;
    bool is_well =
            !board->hangs && now_ns - board->posted_ns <= FOVEA_NODE_ROUND_NS;
    (void)pthread_mutex_unlock(&board->mu);
    return is_well;
}
