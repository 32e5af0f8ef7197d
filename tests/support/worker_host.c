/* See worker_host.h. */
#include "worker_host.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "option/limits.h"
#include "test.h"

enum {
    DEADLINE_MS = 300000
};

struct worker_program worker_program;

void
worker_arguments(int argc, char **argv)
{
    if (argc != 3) {
        (void)fprintf(stderr, "usage: %s WORKER enabled|disabled\n", argv[0]);
        exit(2);
    }
    worker_program.path = argv[1];
    worker_program.sandbox = strcmp(argv[2], "enabled") == 0
            ? FOVEA_SANDBOX_ON
            : FOVEA_SANDBOX_OFF;
}

void
worker_path(const char *rest, char path_out[WORKER_PATH_SIZE])
{
    const char *root = getenv("FOVEA_SOURCE_ROOT");
    int n = snprintf(path_out, WORKER_PATH_SIZE, "%s/%s", root ? root : ".",
            rest);
    assert_in_range(n, 1, WORKER_PATH_SIZE - 1);
}

/* In the child: only what may be done between fork and exec. */
static void
become_worker(int channel, int log_fd)
{
    /* First out of the way of the numbers that they are to get. */
    int high_channel = fcntl(channel, F_DUPFD_CLOEXEC, 10);
    int high_log = fcntl(log_fd, F_DUPFD_CLOEXEC, 10);
    if (dup2(high_channel, FOVEA_CHANNEL_FD) >= 0 &&
            dup2(high_log, FOVEA_LOG_FD) >= 0) {
        (void)execl(worker_program.path, "fovea-worker", (char *)NULL);
    }
    _exit(127);
}

struct worker_host
worker_spawn(void)
{
    struct worker_host host = { .buffer = malloc(FOVEA_FRAME_MAX_SIZE) };
    int channel[2];
    int log_ends[2];
    assert_non_null(host.buffer);
    assert_int_equal(
            socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel), 0);
    assert_int_equal(pipe2(log_ends, O_CLOEXEC), 0);
    host.pid = fork();
    assert_true(host.pid >= 0);
    if (host.pid == 0) {
        become_worker(channel[1], log_ends[1]);
    }
    (void)close(channel[1]);
    (void)close(log_ends[1]);
    host.channel = channel[0];
    host.log_fd = log_ends[0];
    return host;
}

struct worker_host
worker_start(void)
{
    struct worker_host host = worker_spawn();
    struct fovea_frame frame;
    worker_receive(&host, FOVEA_FRAME_HELLO, &frame);
    assert_true(fovea_hello_read(&frame, &host.hello));
    assert_int_equal(host.hello.protocol, FOVEA_PROTOCOL_VERSION);
    fovea_frame_finish(&frame);
    return host;
}

static void
wait_readable(int fd, short events)
{
    struct pollfd item = { .fd = fd, .events = events };
    int n = 0;
    do {
        n = poll(&item, 1, DEADLINE_MS);
    } while (n < 0 && errno == EINTR);
    if (n != 1) {
        fail_msg("the worker says nothing");
    }
}

void
worker_expect_exit(struct worker_host *host, enum fovea_worker_exit expected)
{
    /* The log's other end closes when the process is gone. */
    char text[1024] = "";
    size_t used = 0;
    for (;;) {
        wait_readable(host->log_fd, POLLIN);
        char *at = text + used;
        ssize_t n = read(host->log_fd, at, sizeof text - 1 - used);
        if (n <= 0) {
            break;
        }
        used += (size_t)n;
        used = used < sizeof text - 1 ? used : 0;
    }
    int status = 0;
    assert_int_equal(waitpid(host->pid, &status, 0), host->pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != (int)expected) {
        fail_msg("the worker ended with status 0x%x, expected exit %d: %s",
                (unsigned)status, (int)expected, text);
    }
    (void)close(host->log_fd);
    if (host->channel >= 0) {
        (void)close(host->channel);
    }
    free(host->buffer);
}

void
worker_end(struct worker_host *host, enum fovea_worker_exit expected)
{
    (void)close(host->channel);
    host->channel = -1;
    worker_expect_exit(host, expected);
}

struct fovea_load
worker_load_of(const char *name)
{
    static const struct fovea_limits defaults;
    struct fovea_load load = {
        .kind = FOVEA_WORK_EMBED,
        .dtype = FOVEA_DTYPE_F32,
        .sandbox = worker_program.sandbox,
        .n_threads = 1,
        .max_batch = 8,
        .limits = fovea_limits_resolve(&defaults),
        .thumbnail_px = 256,
        .max_granted_bytes = FOVEA_DEFAULT_MAX_DECODE_BYTES,
    };
    char rest[128];
    (void)snprintf(rest, sizeof rest, "tests/golden/models/%s", name);
    worker_path(rest, load.directory);
    return load;
}

static void
send_frame(struct worker_host *host, enum fovea_frame_type type, uint64_t id,
        const struct fovea_writer *writer, const int *fds, size_t n_fds)
{
    struct fovea_error error;
    assert_false(writer->overflow);
    assert_ok(fovea_frame_send(host->channel, type, id, writer->bytes,
                      writer->size, fds, n_fds, &error),
            &error);
}

void
worker_send_load(struct worker_host *host, const struct fovea_load *load,
        int fd)
{
    static uint8_t bytes[FOVEA_FRAME_MAX_PAYLOAD];
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_load_write(load, &writer);
    send_frame(host, FOVEA_FRAME_LOAD, 0, &writer, &fd, fd >= 0 ? 1 : 0);
}

void
worker_receive(struct worker_host *host, enum fovea_frame_type type,
        struct fovea_frame *frame_out)
{
    enum fovea_received received = FOVEA_RECEIVED_NOTHING;
    struct fovea_error error;
    wait_readable(host->channel, POLLIN);
    assert_ok(fovea_frame_receive(host->channel, host->buffer, &received,
                      frame_out, &error),
            &error);
    if (received != FOVEA_RECEIVED_FRAME) {
        fail_msg("the worker ended instead of saying %s",
                fovea_frame_type_name(type));
    }
    if (frame_out->type != type) {
        struct fovea_failed failed = { .message = "" };
        if (frame_out->type == FOVEA_FRAME_FAILED) {
            (void)!fovea_failed_read(frame_out, &failed);
        }
        fail_msg("the worker said %s, not %s: %s",
                fovea_frame_type_name(frame_out->type),
                fovea_frame_type_name(type), failed.message);
    }
}

struct fovea_ready
worker_load(struct worker_host *host, const struct fovea_load *load, int fd,
        int *packed_out)
{
    struct fovea_frame frame;
    struct fovea_ready ready;
    worker_send_load(host, load, fd);
    worker_receive(host, FOVEA_FRAME_READY, &frame);
    assert_true(fovea_ready_read(&frame, &ready));
    int packed = frame.n_fds > 0 ? fovea_frame_take_fd(&frame, 0) : -1;
    fovea_frame_finish(&frame);
    if (packed_out) {
        *packed_out = packed;
    } else if (packed >= 0) {
        (void)close(packed);
    }
    bool can_seal = worker_program.sandbox == FOVEA_SANDBOX_ON;
    bool is_wanted = load->sandbox != FOVEA_SANDBOX_OFF;
    assert_int_equal(ready.is_sandboxed, can_seal && is_wanted);
    assert_int_equal(ready.remark[0] != '\0', !can_seal && is_wanted);
    return ready;
}

struct fovea_failed
worker_fail(struct worker_host *host, const struct fovea_load *load, int fd)
{
    struct fovea_frame frame;
    struct fovea_failed failed;
    worker_send_load(host, load, fd);
    worker_receive(host, FOVEA_FRAME_FAILED, &frame);
    assert_true(fovea_failed_read(&frame, &failed));
    fovea_frame_finish(&frame);
    return failed;
}

void
worker_send_job(struct worker_host *host, uint64_t id, const int *fds, size_t n,
        bool raw, int output)
{
    struct fovea_job_frame job = { .n = (uint32_t)n };
    int all[FOVEA_FRAME_MAX_FDS];
    static uint8_t bytes[FOVEA_FRAME_MAX_PAYLOAD];
    struct fovea_writer writer;
    for (size_t i = 0; i < n; i++) {
        struct stat facts;
        assert_int_equal(fstat(fds[i], &facts), 0);
        job.items[i].size = (uint64_t)facts.st_size;
        job.items[i].flags.raw = raw;
        all[i] = fds[i];
    }
    all[n] = output;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_job_write(&job, &writer);
    send_frame(host, FOVEA_FRAME_JOB, id, &writer, all,
            n + (output >= 0 ? 1 : 0));
}

static void
receive_answer(struct worker_host *host, struct fovea_frame *frame_out)
{
    enum fovea_received received = FOVEA_RECEIVED_NOTHING;
    struct fovea_error error;
    wait_readable(host->channel, POLLIN);
    assert_ok(fovea_frame_receive(host->channel, host->buffer, &received,
                      frame_out, &error),
            &error);
    assert_int_equal(received, FOVEA_RECEIVED_FRAME);
}

void
worker_grant(struct worker_host *host, const struct fovea_frame *frame)
{
    struct fovea_need need;
    uint8_t bytes[sizeof host->grant + 16];
    struct fovea_writer writer;
    assert_int_equal(frame->type, FOVEA_FRAME_NEED);
    assert_true(fovea_need_read(frame, &need));
    host->n_needs++;
    host->needed_bytes = need.bytes;
    host->grant.index = need.index;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_grant_write(&host->grant, &writer);
    send_frame(host, FOVEA_FRAME_GRANT, frame->id, &writer, NULL, 0);
}

void
worker_receive_job(struct worker_host *host, uint64_t id, size_t n,
        size_t dimension, struct fovea_result *results, float *vectors)
{
    bool was_decoded[FOVEA_MAX_BATCH] = { false };
    bool was_answered[FOVEA_MAX_BATCH] = { false };
    float *vector = malloc((dimension + 1) * sizeof *vector);
    assert_non_null(vector);
    for (size_t left = n; left > 0;) {
        struct fovea_frame frame;
        struct fovea_decoded decoded;
        struct fovea_result result;
        receive_answer(host, &frame);
        assert_int_equal(frame.id, id);
        assert_int_equal(frame.n_fds, 0);
        if (frame.type == FOVEA_FRAME_DECODED) {
            assert_true(fovea_decoded_read(&frame, &decoded));
            assert_true(decoded.index < n && decoded.decode_ns > 0);
            assert_false(was_decoded[decoded.index]);
            was_decoded[decoded.index] = true;
            continue;
        }
        if (frame.type == FOVEA_FRAME_NEED) {
            worker_grant(host, &frame);
            continue;
        }
        assert_int_equal(frame.type, FOVEA_FRAME_RESULT);
        assert_true(fovea_result_read(&frame, dimension, &result, vector));
        assert_true(result.index < n && !was_answered[result.index]);
        was_answered[result.index] = true;
        /* Who got a row was pixels before; who failed says why. */
        if (result.status == FOVEA_OK) {
            assert_true(was_decoded[result.index]);
            if (dimension > 0) {
                memcpy(vectors + result.index * dimension, vector,
                        dimension * sizeof *vector);
            }
        } else {
            assert_true(result.message[0] != '\0');
        }
        results[result.index] = result;
        left--;
    }
    free(vector);
}

void
worker_embed(struct worker_host *host, const char *const *paths, size_t n,
        bool raw, size_t dimension, struct fovea_result *results,
        float *vectors)
{
    int fds[FOVEA_MAX_BATCH] = { -1 };
    assert_in_range(n, 1, FOVEA_MAX_BATCH);
    for (size_t i = 0; i < n; i++) {
        char path[WORKER_PATH_SIZE];
        worker_path(paths[i], path);
        fds[i] = open(path, O_RDONLY | O_CLOEXEC);
        assert_true(fds[i] >= 0);
    }
    worker_send_job(host, 77, fds, n, raw, -1);
    for (size_t i = 0; i < n; i++) {
        (void)close(fds[i]);
    }
    worker_receive_job(host, 77, n, dimension, results, vectors);
}
