/*
 * A queue as its callers use it, told by lines:
 *
 *     queue_tool URL JOB [--token-file F] [--nkey F] [--creds F] [--ca F] [--cert F]
 *             [--key F] [--timeout MS]
 *
 * Each line of standard input is a call, each of standard output what came of it: "ok"
 * and values, or the name of a status and its message. Deliveries are called by their
 * place in the order in which they came.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "queue/queue.h"

enum {
    MAX_DELIVERIES = 4096,
    MAX_LINE = 80 << 10
};

struct tool {
    struct fovea_queue *queue;
    struct fovea_queue_delivery deliveries[MAX_DELIVERIES];
    size_t n;
};

static void
say(enum fovea_status status, const struct fovea_error *error)
{
    if (status) {
        (void)printf("%s %s\n", fovea_status_name(status), error->message);
    } else {
        (void)printf("ok\n");
    }
}

/* Wait until something new is there, or the time has come. */
static bool
wait_for_news(struct fovea_queue *queue, int64_t until_ns)
{
    int64_t left_ns = until_ns - fovea_clock_ns();
    struct pollfd on = { .fd = fovea_queue_descriptor(queue),
        .events = POLLIN };
    if (left_ns <= 0) {
        return false;
    }
    /* Also what is due by time alone is looked for. */
    int64_t wait_ms = left_ns / FOVEA_NS_PER_MS;
    (void)poll(&on, 1, wait_ms < 200 ? (int)wait_ms + 1 : 200);
    fovea_queue_seen(queue);
    return true;
}

static void
fetch(struct tool *tool, int64_t wait_ms)
{
    struct fovea_error error;
    bool has_one = false;
    int64_t until_ns = fovea_later(fovea_clock_ns(), wait_ms * FOVEA_NS_PER_MS);
    enum fovea_status status = FOVEA_OK;
    struct fovea_queue_delivery *delivery = &tool->deliveries[tool->n];
    do {
        status = fovea_queue_fetch(tool->queue, delivery, &has_one, &error);
    } while (!status && !has_one && wait_for_news(tool->queue, until_ns));
    if (status) {
        say(status, &error);
    } else if (!has_one) {
        (void)printf("none\n");
    } else {
        (void)printf("ok %zu %" PRIu64 " %" PRIu64 " %zu %s\n", tool->n++,
                delivery->shard, delivery->n_deliveries, delivery->size,
                delivery->message);
    }
}

static void
hear(struct tool *tool, int64_t wait_ms)
{
    struct fovea_queue_report report;
    int64_t until_ns = fovea_later(fovea_clock_ns(), wait_ms * FOVEA_NS_PER_MS);
    bool has_one = false;
    do {
        has_one = fovea_queue_heard(tool->queue, &report);
    } while (!has_one && wait_for_news(tool->queue, until_ns));
    if (has_one) {
        (void)printf("ok %s %s\n", report.node, report.text);
        fovea_queue_report_finish(&report);
    } else {
        (void)printf("none\n");
    }
}

static bool
print_name(void *context, const char *name)
{
    (void)context;
    (void)printf(" %s", name);
    return true;
}

/* Calls about the job. False: none of them. */
static bool
about_job(struct tool *tool, char **words)
{
    struct fovea_error error;
    struct fovea_queue_job job = { .n_replicas = 1 };
    enum fovea_status status = FOVEA_OK;
    if (strcmp(words[0], "create") == 0) {
        (void)snprintf(job.tag, sizeof job.tag, "%s", words[1]);
        job.ack_wait_ns = strtoll(words[2], NULL, 10) * FOVEA_NS_PER_MS;
        status = fovea_queue_create(tool->queue, &job, &error);
        say(status, &error);
    } else if (strcmp(words[0], "look") == 0) {
        status = fovea_queue_look(tool->queue, &job, &error);
        if (status) {
            say(status, &error);
        } else {
            (void)printf("ok %s %" PRId64 " %" PRIu32 "\n", job.tag,
                    job.ack_wait_ns / FOVEA_NS_PER_MS, job.n_replicas);
        }
    } else if (strcmp(words[0], "remove") == 0) {
        status = fovea_queue_remove(tool->queue, &error);
        say(status, &error);
    } else if (strcmp(words[0], "list") == 0) {
        (void)printf("names");
        status = fovea_queue_list(tool->queue, print_name, NULL, &error);
        (void)printf("\n");
        say(status, &error);
    } else if (strcmp(words[0], "count") == 0) {
        struct fovea_queue_counts counts;
        status = fovea_queue_count(tool->queue, &counts, &error);
        if (status) {
            say(status, &error);
        } else {
            (void)printf("ok %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
                    counts.n_waiting, counts.n_handed_out, counts.n_redelivered,
                    counts.n_asking);
        }
    } else {
        return false;
    }
    return true;
}

static bool
about_shards(struct tool *tool, char **words)
{
    static const char *const places[] = {
        [FOVEA_QUEUE_ABSENT] = "absent",
        [FOVEA_QUEUE_WAITING] = "waiting",
        [FOVEA_QUEUE_HANDED_OUT] = "out",
        [FOVEA_QUEUE_SETTLED] = "settled",
    };
    struct fovea_error error;
    enum fovea_status status = FOVEA_OK;
    uint64_t shard = words[1] ? strtoull(words[1], NULL, 10) : 0;
    if (strcmp(words[0], "publish") == 0) {
        status = fovea_queue_publish(tool->queue, shard, words[2],
                strlen(words[2]), &error);
        say(status, &error);
    } else if (strcmp(words[0], "many") == 0) { /* all below N */
        for (uint64_t i = 0; i < shard && !status; i++) {
            status = fovea_queue_publish(tool->queue, i, words[2],
                    strlen(words[2]), &error);
        }
        say(status, &error);
    } else if (strcmp(words[0], "end") == 0) {
        uint64_t n_new = 0;
        uint64_t n_there = 0;
        status = fovea_queue_publish_end(tool->queue, &n_new, &n_there, &error);
        if (status) {
            say(status, &error);
        } else {
            (void)printf("ok %" PRIu64 " %" PRIu64 "\n", n_new, n_there);
        }
    } else if (strcmp(words[0], "purge") == 0) {
        status = fovea_queue_purge(tool->queue, shard, &error);
        say(status, &error);
    } else if (strcmp(words[0], "place") == 0) {
        enum fovea_queue_place place = FOVEA_QUEUE_ABSENT;
        status = fovea_queue_find(tool->queue, shard, &place, &error);
        if (status) {
            say(status, &error);
        } else {
            (void)printf("ok %s\n", places[place]);
        }
    } else {
        return false;
    }
    return true;
}

static bool
about_deliveries(struct tool *tool, char **words)
{
    struct fovea_error error;
    size_t at = words[1] ? strtoull(words[1], NULL, 10) : 0;
    struct fovea_queue_delivery *delivery =
            &tool->deliveries[at < MAX_DELIVERIES ? at : 0];
    if (strcmp(words[0], "keep") == 0) {
        fovea_queue_keep(tool->queue, delivery);
    } else if (strcmp(words[0], "later") == 0) {
        fovea_queue_later(tool->queue, delivery,
                strtoll(words[2], NULL, 10) * FOVEA_NS_PER_MS);
    } else if (strcmp(words[0], "drop") == 0) {
        fovea_queue_drop(tool->queue, delivery);
    } else if (strcmp(words[0], "done") == 0) {
        enum fovea_status status =
                fovea_queue_done(tool->queue, delivery, &error);
        say(status, &error);
        return true;
    } else {
        return false;
    }
    (void)printf("ok\n");
    return true;
}

static void
call(struct tool *tool, char **words)
{
    struct fovea_error error;
    if (about_job(tool, words) || about_shards(tool, words) ||
            about_deliveries(tool, words)) {
        return;
    }
    if (strcmp(words[0], "fetch") == 0) {
        fetch(tool, strtoll(words[1], NULL, 10));
    } else if (strcmp(words[0], "heard") == 0) {
        hear(tool, strtoll(words[1], NULL, 10));
    } else if (strcmp(words[0], "stop") == 0) {
        fovea_queue_stop_fetching(tool->queue);
        (void)printf("ok\n");
    } else if (strcmp(words[0], "report") == 0) {
        fovea_queue_send_report(tool->queue, words[1], words[2],
                strlen(words[2]));
        (void)printf("ok\n");
    } else if (strcmp(words[0], "asked") == 0) {
        (void)printf("ok %d\n", fovea_queue_asked(tool->queue));
    } else if (strcmp(words[0], "ask") == 0) {
        enum fovea_status status = fovea_queue_ask(tool->queue, &error);
        say(status, &error);
    } else if (strcmp(words[0], "away") == 0) {
        (void)printf("ok %d\n", fovea_queue_away_ns(tool->queue) > 0);
    } else if (strcmp(words[0], "refused") == 0) {
        (void)printf("ok %" PRIu64 "\n", fovea_queue_n_refused(tool->queue));
    } else {
        (void)printf("unknown %s\n", words[0]);
    }
}

/* Verb, word, rest of the line. */
static void
cut(char *line, char **words)
{
    line[strcspn(line, "\n")] = '\0';
    words[0] = strsep(&line, " ");
    words[1] = line ? strsep(&line, " ") : NULL;
    words[2] = line;
}

static int
read_flags(int argc, char **argv, struct fovea_queue_settings *settings)
{
    struct {
        const char *flag;
        const char **value;
    } flags[] = {
        { "--token-file", &settings->token_file },
        { "--nkey", &settings->nkey_file },
        { "--creds", &settings->creds_file },
        { "--ca", &settings->ca_file },
        { "--cert", &settings->cert_file },
        { "--key", &settings->key_file },
    };
    for (int i = 3; i + 1 < argc; i += 2) {
        bool is_known = strcmp(argv[i], "--timeout") == 0;
        if (is_known) {
            settings->timeout_ns =
                    strtoll(argv[i + 1], NULL, 10) * FOVEA_NS_PER_MS;
        }
        for (size_t k = 0; k < FOVEA_ARRAY_LEN(flags); k++) {
            if (strcmp(argv[i], flags[k].flag) == 0) {
                *flags[k].value = argv[i + 1];
                is_known = true;
            }
        }
        if (!is_known) {
            return 1;
        }
    }
    return argc < 3;
}

int
main(int argc, char **argv)
{
    static struct tool tool;
    static char line[MAX_LINE];
    struct fovea_error error;
    struct fovea_queue_settings settings = { .url = argc > 1 ? argv[1] : "" };
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    if (read_flags(argc, argv, &settings)) {
        return 2;
    }
    enum fovea_status status = fovea_queue_open(&settings,
            argv[2][0] ? argv[2] : NULL, &tool.queue, &error);
    say(status, &error);
    if (status) {
        return 1;
    }
    while (fgets(line, sizeof line, stdin)) {
        char *words[3];
        cut(line, words);
        call(&tool, words);
    }
    for (size_t i = 0; i < tool.n; i++) {
        fovea_queue_delivery_finish(&tool.deliveries[i]);
    }
    fovea_queue_close(tool.queue);
    return 0;
}
