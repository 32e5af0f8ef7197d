/*
 * What a broker costs: the messages of many nodes, without their work.
 *
 *     nats-server -a 127.0.0.1 -p 4333 -js -sd FOLDER & bench_queue
 *         nats://127.0.0.1:4333 $! NODES SHARDS [SHARD_SECONDS]
 *
 * Makes a job there, publishes SHARDS of it, lets NODES, each with a connection of its
 * own that only waits, ask for them by some dozen connections that carry what all of
 * them say, and takes the job away again. A shard that takes SHARD_SECONDS (100: 10,000
 * images at 100 a second) is kept and reported on as `fovea work` does it. A line a step:
 * messages and their payload, what it took of the broker's CPU, and the broker's memory
 * then; last, what that makes a
 * second of such nodes.
 */
#include <inttypes.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <nats/nats.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/macros.h"
#include "base/number.h"
#include "queue/queue.h"

#define JOB     "bench-queue"
#define STREAM  "FOVEA_bench-queue"
#define TAG     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define PULL    "$JS.API.CONSUMER.MSG.NEXT." STREAM ".nodes"
#define ACK     "$JS.ACK."
#define LASTING "{\"batch\":1,\"expires\":30000000000}"
#define BRIEF   "{\"batch\":1,\"expires\":1000000000}"

enum {
    N_CARRIERS = 16,
    MAX_NODES = 100000,
    MAX_SHARDS = 10000000,
    MESSAGE_BYTES = 500, /* of a shard */
    REPORT_BYTES = 400,
    KEEP_SECONDS = 10, /* a third of ack_wait */
    REPORT_SECONDS = 5,
    IDLE_SECONDS = 30, /* that a request for a shard lasts */
    SUBJECT = 192,
};

/* All nodes; what callbacks of the client library count is guarded by mu. */
struct swarm {
    size_t n_nodes;
    size_t n_keeps; /* of each shard */
    pid_t broker;
    natsConnection *carriers[N_CARRIERS];
    natsSubscription *inboxes[N_CARRIERS];
    int *sockets; /* one a node */
    pthread_mutex_t mu;
    pthread_cond_t changed;
    uint64_t n_settled;
    uint64_t n_expired;
    uint64_t n_heard;
};

/* What the broker had used before a step, and what was sent and received. */
struct mark {
    int64_t cpu_ns;
    int64_t wall_ns;
    uint64_t messages;
    uint64_t bytes;
};

static const char blank[MESSAGE_BYTES];

static void
need(natsStatus status, const char *what)
{
    if (status != NATS_OK) {
        (void)fprintf(stderr, "bench_queue: %s: %s\n", what,
                natsStatus_GetText(status));
        exit(1);
    }
}

static void
need_fovea(enum fovea_status status, const struct fovea_error *error)
{
    if (status) {
        (void)fprintf(stderr, "bench_queue: %s\n", error->message);
        exit(1);
    }
}

static int64_t
cpu_ns(pid_t pid)
{
    clockid_t clock;
    struct timespec now = { .tv_sec = 0 };
    if (clock_getcpuclockid(pid, &clock) != 0 ||
            clock_gettime(clock, &now) != 0) {
        (void)fprintf(stderr, "bench_queue: no process %d\n", (int)pid);
        exit(1);
    }
    return now.tv_sec * FOVEA_NS_PER_S + now.tv_nsec;
}

static uint64_t
resident_kib(pid_t pid)
{
    char path[64];
    char line[256];
    uint64_t kib = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        const char *digits = line + strcspn(line, "0123456789\n");
        if (strncmp(line, "VmRSS:", 6) == 0) {
            (void)!fovea_number_scan(&digits, &kib);
        }
    }
    if (file) {
        (void)fclose(file);
    }
    return kib;
}

static struct mark
look(const struct swarm *swarm)
{
    struct mark mark = { .cpu_ns = cpu_ns(swarm->broker),
        .wall_ns = fovea_clock_ns() };
    natsStatistics *figures = NULL;
    need(natsStatistics_Create(&figures), "statistics");
    for (size_t i = 0; i < N_CARRIERS; i++) {
        uint64_t in = 0;
        uint64_t out = 0;
        uint64_t in_bytes = 0;
        uint64_t out_bytes = 0;
        need(natsConnection_GetStats(swarm->carriers[i], figures),
                "statistics");
        need(natsStatistics_GetCounts(figures, &in, &in_bytes, &out, &out_bytes,
                     NULL),
                "statistics");
        mark.messages += in + out;
        mark.bytes += in_bytes + out_bytes;
    }
    natsStatistics_Destroy(figures);
    return mark;
}

/* A line; gives the broker's CPU for each of n, in microseconds. */
static double
tell(const struct swarm *swarm, const struct mark *before, const char *what,
        size_t n)
{
    struct mark now = look(swarm);
    double cpu_us = (double)(now.cpu_ns - before->cpu_ns) / 1e3 / (double)n;
    char carried[64] = "";
    if (now.messages > before->messages) {
        (void)snprintf(carried, sizeof carried, "%.1f messages of %.0f bytes",
                (double)(now.messages - before->messages) / (double)n,
                (double)(now.bytes - before->bytes) /
                        (double)(now.messages - before->messages));
    }
    printf("  %8zu %-26s %-28s %7.1f us CPU %8.2f s %8" PRIu64 " KiB\n", n,
            what, carried, cpu_us,
            (double)(now.wall_ns - before->wall_ns) / (double)FOVEA_NS_PER_S,
            resident_kib(swarm->broker));
    (void)fflush(stdout);
    return cpu_us;
}

/* Inboxes of one carrier are of one pattern: a shard comes under its own subject, so
   which of the carrier's nodes asked cannot be told, and does not matter. */
static void
ask(const struct swarm *swarm, size_t carrier, const char *how)
{
    char inbox[SUBJECT];
    (void)snprintf(inbox, sizeof inbox, "_INBOX.bench.%zu.shard", carrier);
    need(natsConnection_PublishRequestString(swarm->carriers[carrier], PULL,
                 inbox, how),
            "a request for a shard");
}

static size_t
carrier_of(const struct swarm *swarm, const natsConnection *connection)
{
    size_t i = 0;
    while (swarm->carriers[i] != connection) {
        i++;
    }
    return i;
}

static void
settle(const struct swarm *swarm, size_t carrier, const char *handle)
{
    char answer[SUBJECT];
    natsConnection *connection = swarm->carriers[carrier];
    for (size_t i = 0; i < swarm->n_keeps; i++) {
        need(natsConnection_PublishString(connection, handle, "+WPI"),
                "a keep");
    }
    (void)snprintf(answer, sizeof answer, "_INBOX.bench.%zu.done", carrier);
    need(natsConnection_PublishRequestString(connection, handle, answer,
                 "+ACK"),
            "an acknowledgement");
}

/* What comes to a node: a shard, the broker's word that it took one back as done, or
   that there is none. */
static void
on_message(natsConnection *connection, natsSubscription *inbox,
        natsMsg *message, void *context)
{
    (void)inbox;
    struct swarm *swarm = context;
    size_t carrier = carrier_of(swarm, connection);
    const char *end = strrchr(natsMsg_GetSubject(message), '.');
    const char *handle = natsMsg_GetReply(message);
    if (handle && strncmp(handle, ACK, strlen(ACK)) == 0) {
        settle(swarm, carrier, handle);
    } else {
        bool is_settled = strcmp(end, ".done") == 0;
        (void)pthread_mutex_lock(&swarm->mu);
        *(is_settled ? &swarm->n_settled : &swarm->n_expired) += 1;
        (void)pthread_cond_signal(&swarm->changed);
        (void)pthread_mutex_unlock(&swarm->mu);
        if (is_settled) {
            ask(swarm, carrier, LASTING);
        }
    }
    natsMsg_Destroy(message);
}

static void
on_report(natsConnection *carrier, natsSubscription *inbox, natsMsg *message,
        void *context)
{
    (void)carrier;
    (void)inbox;
    struct swarm *swarm = context;
    (void)pthread_mutex_lock(&swarm->mu);
    swarm->n_heard++;
    (void)pthread_cond_signal(&swarm->changed);
    (void)pthread_mutex_unlock(&swarm->mu);
    natsMsg_Destroy(message);
}

static void
wait_for(struct swarm *swarm, const uint64_t *count, uint64_t n)
{
    (void)pthread_mutex_lock(&swarm->mu);
    while (*count < n) {
        (void)pthread_cond_wait(&swarm->changed, &swarm->mu);
    }
    (void)pthread_mutex_unlock(&swarm->mu);
}

static void
flush(const struct swarm *swarm)
{
    for (size_t i = 0; i < N_CARRIERS; i++) {
        need(natsConnection_Flush(swarm->carriers[i]), "flushing");
    }
}

static void
connect_carriers(struct swarm *swarm, const char *url)
{
    natsOptions *options = NULL;
    need(natsOptions_Create(&options), "options");
    need(natsOptions_SetURL(options, url), url);
    for (size_t i = 0; i < N_CARRIERS; i++) {
        char inbox[SUBJECT];
        (void)snprintf(inbox, sizeof inbox, "_INBOX.bench.%zu.>", i);
        need(natsConnection_Connect(&swarm->carriers[i], options), url);
        need(natsConnection_Subscribe(&swarm->inboxes[i], swarm->carriers[i],
                     inbox, on_message, swarm),
                "an inbox");
        need(natsSubscription_SetPendingLimits(swarm->inboxes[i], -1, -1),
                "an inbox");
    }
    natsOptions_Destroy(options);
}

/* A connection as a node's, which waits: what it costs the broker to have it. */
static int
connect_node(const char *host, const char *port, size_t node)
{
    struct addrinfo *address = NULL;
    char text[512];
    int fd = -1;
    int length = snprintf(text, sizeof text,
            "CONNECT {\"verbose\":false,\"pedantic\":false,\"name\":\"fovea\","
            "\"lang\":\"C\",\"protocol\":1}\r\nSUB _INBOX.node.%zu.* 1\r\nPING\r\n",
            node);
    if (getaddrinfo(host, port, NULL, &address) == 0) {
        fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || connect(fd, address->ai_addr, address->ai_addrlen) != 0 ||
                send(fd, text, (size_t)length, MSG_NOSIGNAL) != length) {
            perror("bench_queue: a connection");
            exit(1);
        }
        freeaddrinfo(address);
    }
    /* Its INFO, and PONG: the broker has it. */
    size_t size = 0;
    char answer[4096];
    do {
        ssize_t n = recv(fd, answer + size, sizeof answer - 1 - size, 0);
        if (n <= 0) {
            (void)fputs("bench_queue: a connection ended\n", stderr);
            exit(1);
        }
        size += (size_t)n;
        answer[size] = '\0';
    } while (!strstr(answer, "PONG"));
    return fd;
}

static void
connect_nodes(struct swarm *swarm, const char *url)
{
    char host[256];
    const char *begin = strstr(url, "://");
    const char *colon = begin ? strrchr(begin + 3, ':') : NULL;
    if (!colon) {
        (void)fputs("bench_queue: the URL has no port\n", stderr);
        exit(2);
    }
    (void)snprintf(host, sizeof host, "%.*s", (int)(colon - begin - 3),
            begin + 3);
    struct rlimit files;
    (void)getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
    for (size_t i = 0; i < swarm->n_nodes; i++) {
        swarm->sockets[i] = connect_node(host, colon + 1, i);
    }
}

/* An empty job; close its queue. */
static struct fovea_queue *
make_job(const char *url)
{
    struct fovea_error error;
    struct fovea_queue *queue = NULL;
    const struct fovea_queue_settings settings = { .url = url };
    const struct fovea_queue_job job = { .tag = TAG,
        .ack_wait_ns = 3600 * FOVEA_NS_PER_S,
        .n_replicas = 1 };
    need_fovea(fovea_queue_open(&settings, JOB, &queue, &error), &error);
    need_fovea(fovea_queue_create(queue, &job, &error), &error);
    return queue;
}

/* All shards of a job of its own; gives the broker's CPU a shard. */
static double
do_shards(struct swarm *swarm, const char *url, size_t n_shards, size_t n_keeps,
        double *publish_us_out)
{
    struct fovea_error error;
    struct fovea_queue *queue = make_job(url);
    uint64_t n_new = 0;
    uint64_t n_there = 0;
    struct mark mark = look(swarm);
    for (size_t i = 0; i < n_shards; i++) {
        need_fovea(fovea_queue_publish(queue, i, blank, sizeof blank, &error),
                &error);
    }
    need_fovea(fovea_queue_publish_end(queue, &n_new, &n_there, &error),
            &error);
    *publish_us_out = tell(swarm, &mark, "shards published", n_shards);

    char what[64];
    (void)snprintf(what, sizeof what, "shards done, %zu keeps", n_keeps);
    swarm->n_keeps = n_keeps;
    swarm->n_settled = swarm->n_expired = 0;
    mark = look(swarm);
    for (size_t i = 0; i < swarm->n_nodes; i++) {
        ask(swarm, i % N_CARRIERS, LASTING);
    }
    wait_for(swarm, &swarm->n_settled, n_shards);
    double cpu_us = tell(swarm, &mark, what, n_shards);

    /* Nodes' requests that wait would get the next job's shards. */
    need_fovea(fovea_queue_remove(queue, &error), &error);
    fovea_queue_close(queue);
    return cpu_us;
}

/* Requests that end with nothing; gives the broker's CPU for one. */
static double
do_idle(struct swarm *swarm, const char *url)
{
    struct fovea_error error;
    struct fovea_queue *queue = make_job(url);
    swarm->n_expired = 0;
    struct mark mark = look(swarm);
    for (size_t i = 0; i < swarm->n_nodes; i++) {
        ask(swarm, i % N_CARRIERS, BRIEF);
    }
    wait_for(swarm, &swarm->n_expired, swarm->n_nodes);
    double cpu_us =
            tell(swarm, &mark, "requests without a shard", swarm->n_nodes);
    need_fovea(fovea_queue_remove(queue, &error), &error);
    fovea_queue_close(queue);
    return cpu_us;
}

/* A report of each node, that one reader hears; gives the broker's CPU for one. */
static double
do_reports(struct swarm *swarm)
{
    natsSubscription *reader = NULL;
    need(natsConnection_Subscribe(&reader, swarm->carriers[0],
                 "fovea." JOB ".node.*", on_report, swarm),
            "a reader");
    need(natsSubscription_SetPendingLimits(reader, -1, -1), "a reader");
    flush(swarm);
    swarm->n_heard = 0;
    struct mark mark = look(swarm);
    for (size_t i = 0; i < swarm->n_nodes; i++) {
        char subject[SUBJECT];
        (void)snprintf(subject, sizeof subject, "fovea." JOB ".node.n%zu", i);
        need(natsConnection_Publish(swarm->carriers[i % N_CARRIERS], subject,
                     blank, REPORT_BYTES),
                "a report");
    }
    wait_for(swarm, &swarm->n_heard, swarm->n_nodes);
    double cpu_us = tell(swarm, &mark, "reports, one reader", swarm->n_nodes);
    natsSubscription_Destroy(reader);
    return cpu_us;
}

static void
run(struct swarm *swarm, const char *url, size_t n_shards, size_t shard_seconds)
{
    double publish_us = 0;
    double again_us = 0;
    size_t n_keeps = shard_seconds / KEEP_SECONDS;
    connect_carriers(swarm, url);
    struct mark mark = look(swarm);
    connect_nodes(swarm, url);
    (void)tell(swarm, &mark, "nodes connected", swarm->n_nodes);
    double bare_us = do_shards(swarm, url, n_shards, 0, &publish_us);
    double kept_us = do_shards(swarm, url, n_shards, n_keeps, &again_us);
    double idle_us = do_idle(swarm, url);
    double report_us = do_reports(swarm);

    double shards = (double)swarm->n_nodes / (double)shard_seconds;
    double reports = (double)swarm->n_nodes / REPORT_SECONDS;
    double idle = (double)swarm->n_nodes / IDLE_SECONDS;
    printf("a shard: %.1f us to publish, %.1f us to hand out and take back, "
           "%.1f us with %zu keeps\n",
            publish_us, bare_us, kept_us, n_keeps);
    printf("%zu nodes at work, shards of %zu s: %.0f shards and %.0f reports a "
           "second, %.1f %% of a core\n",
            swarm->n_nodes, shard_seconds, shards, reports,
            (shards * kept_us + reports * report_us) / 1e4);
    printf("%zu idle nodes: %.0f requests and %.0f reports a second, %.1f %% "
           "of a core\n",
            swarm->n_nodes, idle, reports,
            (idle * idle_us + reports * report_us) / 1e4);
}

static bool
number(const char *text, uint64_t most, size_t *number_out)
{
    uint64_t value = 0;
    bool is_good =
            fovea_number_parse(text, &value) && value > 0 && value <= most;
    *number_out = (size_t)value;
    return is_good;
}

int
main(int argc, char **argv)
{
    struct swarm swarm = { .n_nodes = 0 };
    size_t pid = 0;
    size_t n_shards = 0;
    size_t shard_seconds = 100;
    if (argc < 5 || argc > 6 || !number(argv[2], INT32_MAX, &pid) ||
            !number(argv[3], MAX_NODES, &swarm.n_nodes) ||
            !number(argv[4], MAX_SHARDS, &n_shards) ||
            (argc == 6 && !number(argv[5], UINT32_MAX, &shard_seconds))) {
        (void)fputs("usage: bench_queue URL BROKER_PID NODES SHARDS "
                    "[SHARD_SECONDS]\n",
                stderr);
        return 2;
    }
    swarm.broker = (pid_t)pid;
    swarm.sockets = calloc(swarm.n_nodes, sizeof *swarm.sockets);
    if (!swarm.sockets) {
        perror("bench_queue");
        return 1;
    }
    (void)pthread_mutex_init(&swarm.mu, NULL);
    (void)pthread_cond_init(&swarm.changed, NULL);
    run(&swarm, argv[1], n_shards, shard_seconds);
    for (size_t i = 0; i < N_CARRIERS; i++) {
        natsSubscription_Destroy(swarm.inboxes[i]);
        natsConnection_Destroy(swarm.carriers[i]);
    }
    for (size_t i = 0; i < swarm.n_nodes; i++) {
        (void)close(swarm.sockets[i]);
    }
    free(swarm.sockets);
    return 0;
}
