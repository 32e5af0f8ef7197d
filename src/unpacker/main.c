/*
 * fovea-unpacker: started by whoever reads an archive, one process each, to go
 * through a tar where nothing else is within reach. People use `fovea`.
 *
 * It begins with the archive as descriptor 0, a file or a pipe, and a pipe to its
 * host as 1. It never outlives its host: the kernel kills it when the thread that
 * started it ends, and otherwise it sees that nobody reads.
 *
 * This file is compiled for any x86-64: sys/cpu_floor.h.
 */
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "base/macros.h"
#include "sys/cpu_floor.h"
#include "sys/oom_score.h"
#include "unpacker/fail.h"
#include "unpacker/seal.h"
#include "unpacker/unpack.h"
#include "wire/exit.h"

/* Whether the host is there; it may have ended before it could be watched. */
static bool
has_host(void)
{
    struct pollfd output = { .fd = FOVEA_UNPACKER_OUTPUT_FD };
    return poll(&output, 1, 0) >= 0 && !(output.revents & POLLERR);
}

/* Keys and terminals concern the host. */
static void
ignore_signals(void)
{
    static const int ignored[] = { SIGINT, SIGHUP, SIGPIPE };
    const struct sigaction ignore = { .sa_handler = SIG_IGN };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(ignored); i++) {
        (void)sigaction(ignored[i], &ignore, NULL);
    }
}

static void
work(struct fovea_unpacker *unpacker)
{
    fovea_teller_init(&unpacker->teller, FOVEA_UNPACKER_OUTPUT_FD);
    if (!fovea_tar_input_init(&unpacker->input, FOVEA_UNPACKER_INPUT_FD,
                unpacker->order.offset, &unpacker->teller)) {
        (void)fovea_unpack_fail(unpacker, FOVEA_ERR_ARCHIVE,
                "it ends before this place");
        fovea_tell_failure(&unpacker->teller, &unpacker->failure);
    } else if (fovea_unpacker_seal(unpacker)) {
        fovea_unpack(unpacker);
    }
}

int
main(int argc, char **argv)
{
    static struct fovea_unpacker unpacker;
    if (fovea_cpu_refuse("fovea-unpacker")) {
        return FOVEA_WORKER_EXIT_CPU;
    }
    if (!fovea_unpacker_order_read(argc, argv, &unpacker.order)) {
        (void)fputs("fovea-unpacker is a part of fovea, which starts it\n",
                stderr);
        return FOVEA_WORKER_EXIT_USAGE;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!has_host()) {
        return FOVEA_WORKER_EXIT_ORPHAN;
    }
    ignore_signals();
    fovea_oom_score_raise();
    /* Names are bytes, and most of them UTF-8: nothing is converted.
       There is one thread. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    work(&unpacker);
    return FOVEA_WORKER_EXIT_OK;
}
