/* How much of workers' logs is passed on: see log_budget.h. */
#include "pool/log_budget.h"

/* One more. False: there were as many already. */
static bool
take(struct fovea_log_window *window, unsigned most, int64_t now_ns)
{
    if (now_ns - window->start_ns >= FOVEA_LOG_WINDOW_NS) {
        *window = (struct fovea_log_window){ .start_ns = now_ns };
    }
    if (window->n >= most) {
        return false;
    }
    window->n++;
    return true;
}

void
fovea_log_budget_init(struct fovea_log_budget *budget)
{
    *budget = (struct fovea_log_budget){ .n_for_work = FOVEA_LOG_LINES_LOAD };
}

void
fovea_log_budget_items(struct fovea_log_budget *budget, unsigned n_items)
{
    budget->n_for_work = n_items * FOVEA_LOG_LINES_ITEM;
}

bool
fovea_log_budget_take(struct fovea_log_budget *budget,
        struct fovea_log_window *all, int64_t now_ns)
{
    if (budget->n_for_work > 0 &&
            take(&budget->lines, FOVEA_LOG_LINES_WORKER, now_ns) &&
            take(all, FOVEA_LOG_LINES_ALL, now_ns)) {
        budget->n_for_work--;
        return true;
    }
    if (budget->n_left_out == 0) {
        budget->left_out_ns = now_ns;
    }
    budget->n_left_out++;
    return false;
}

int64_t
fovea_log_budget_due_ns(const struct fovea_log_budget *budget)
{
    return budget->n_left_out > 0
            ? fovea_later(budget->left_out_ns, FOVEA_LOG_WINDOW_NS)
            : FOVEA_NEVER;
}

uint64_t
fovea_log_budget_left_out(struct fovea_log_budget *budget, int64_t now_ns,
        bool is_over)
{
    if (!is_over && now_ns < fovea_log_budget_due_ns(budget)) {
        return 0;
    }
    uint64_t n = budget->n_left_out;
    budget->n_left_out = 0;
    return n;
}

bool
fovea_log_budget_read(struct fovea_log_budget *budget, int64_t now_ns)
{
    return !take(&budget->reads, FOVEA_LOG_READS, now_ns);
}
