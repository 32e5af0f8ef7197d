/*
 * Calls before and after the seal. Each case runs in a process of its own: the
 * call must work there, then the process is sealed, then the same call must be
 * refused with EPERM, or end the process with SIGSYS, or still work.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/sandbox.h"
#include "support/test.h"
#include "wire/frame.h"

enum {
    MIB = 1 << 20,
    MAX_MEMORY = 64 * MIB,
    MORE_MEMORY = 32 * MIB,
    MAX_FILE = 4096,
    MAX_FILES = 64,
    /* Exit codes of a case beside 0 (allowed) and errno values. */
    EXIT_BEFORE = 200, /* the call did not even work before the seal */
    EXIT_SEAL = 201,
};

/* What the cases use; made anew for each, in its process. */
static struct {
    int channel[2]; /* [0]: the sealed one's */
    int other[2];   /* a channel that is not its */
    int log[2];     /* [1]: its */
    int pipe[2];
    int file; /* memory, 8 KiB */
    int datagram;
    int leash[2];
    pid_t child; /* waits for the end of its leash */
} have;

static const struct sockaddr_un *
address(void)
{
    static struct sockaddr_un name = { .sun_family = AF_UNIX };
    (void)snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "fovea-%d",
            (int)getpid());
    return &name;
}

static void
must(bool good)
{
    if (!good) {
        _exit(EXIT_BEFORE);
    }
}

static void
prepare(void)
{
    fovea_sandbox_drop_capabilities();
    must(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, have.channel));
    must(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, have.other));
    must(!pipe2(have.log, O_CLOEXEC) && !pipe2(have.pipe, O_CLOEXEC) &&
            !pipe2(have.leash, O_CLOEXEC));
    have.file = memfd_create("file", MFD_CLOEXEC);
    must(have.file >= 0 && !ftruncate(have.file, 8192));
    int named = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    must(named >= 0 &&
            !bind(named, (const struct sockaddr *)address(),
                    sizeof(struct sockaddr_un)));
    have.datagram = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    must(have.datagram >= 0);
    have.child = fork();
    must(have.child >= 0);
    if (have.child == 0) {
        (void)close(have.leash[1]);
        char byte;
        (void)!read(have.leash[0], &byte, 1);
        _exit(0);
    }
}

static int
seal(void)
{
    const struct fovea_sandbox_profile profile = {
        .channel_fd = have.channel[0],
        .log_fd = have.log[1],
        .memory_bytes = MAX_MEMORY,
        .max_more_bytes = MORE_MEMORY,
        .max_file_bytes = MAX_FILE,
        .max_files = MAX_FILES,
    };
    struct fovea_error error;
    if (fovea_sandbox_seal(&profile, &error)) {
        (void)fprintf(stderr, "# %s\n", error.message);
        return -1;
    }
    return 0;
}

/* 0, or errno of what returned -1. */
static int
outcome(long result)
{
    return result == -1 ? errno : 0;
}

/* 0, or errno of what returned a descriptor or -1. */
static int
descriptor(int fd)
{
    int error = outcome(fd);
    if (fd >= 0) {
        (void)close(fd);
    }
    return error;
}

/* The result of a child that was begun before or could not be. */
static int
child_ended(pid_t pid)
{
    int status = 0;
    if (pid < 0) {
        return errno;
    }
    while (waitpid(pid, &status, 0) < 0) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_BEFORE;
}

static int
try_open(void)
{
    return descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

static int
try_raw_open(void)
{
    return descriptor((int)syscall(SYS_open, "/dev/null", O_RDONLY));
}

static int
try_stat(void)
{
    struct stat info;
    return outcome(stat("/dev/null", &info));
}

static int
try_access(void)
{
    return outcome(access("/dev/null", R_OK));
}

static int
try_readlink(void)
{
    char path[64];
    return outcome(readlink("/proc/self/exe", path, sizeof path));
}

static int
try_socket(void)
{
    return descriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int
try_connect(void)
{
    return outcome(connect(have.datagram, (const struct sockaddr *)address(),
            sizeof(struct sockaddr_un)));
}

static bool is_sealed;

static int
try_execve(void)
{
    char *arguments[] = { (char[]){ "true" }, NULL };
    if (is_sealed) {
        return outcome(execve("/bin/true", arguments, arguments + 1));
    }
    pid_t pid = fork();
    if (pid == 0) {
        (void)execve("/bin/true", arguments, arguments + 1);
        _exit(errno);
    }
    return child_ended(pid);
}

static int
try_fork(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    return child_ended(pid);
}

static int
try_raw_fork(void)
{
    pid_t pid = (pid_t)syscall(SYS_fork);
    if (pid == 0) {
        _exit(0);
    }
    return child_ended(pid);
}

static int
try_vfork(void)
{
    pid_t pid = vfork(); /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
    if (pid == 0) {
        _exit(0);
    }
    return child_ended(pid);
}

static int
try_spawn(void)
{
    char *arguments[] = { (char[]){ "true" }, NULL };
    pid_t pid = -1;
    int error = posix_spawn(&pid, "/bin/true", NULL, NULL, arguments,
            arguments + 1);
    return error ? error : child_ended(pid);
}

static int
try_ptrace(void)
{
    if (is_sealed) {
        return outcome(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
    }
    pid_t pid = fork();
    if (pid == 0) {
        _exit(outcome(ptrace(PTRACE_TRACEME, 0, NULL, NULL)));
    }
    return child_ended(pid);
}

static int
try_read_memory_of_another(void)
{
    int from = 7;
    int to = 0;
    struct iovec here = { &to, sizeof to };
    struct iovec there = { &from, sizeof from };
    return outcome(process_vm_readv(have.child, &here, 1, &there, 1, 0));
}

static int
try_kill(void)
{
    return outcome(kill(have.child, 0));
}

static int
try_tgkill(void)
{
    return outcome(syscall(SYS_tgkill, have.child, have.child, 0));
}

/* One that does nothing where nobody asked for it. */
static int
try_tgkill_itself(void)
{
    return outcome(syscall(SYS_tgkill, getpid(), gettid(), SIGURG));
}

static int
try_executable_memory(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC,
            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return errno;
    }
    return outcome(munmap(page, 4096));
}

static int
try_making_executable(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return EXIT_BEFORE;
    }
    int error = outcome(mprotect(page, 4096, PROT_READ | PROT_EXEC));
    (void)munmap(page, 4096);
    return error;
}

static int
try_write_elsewhere(void)
{
    return outcome(write(have.pipe[1], "x", 1) < 0 ? -1 : 0);
}

static int
try_write_to_channel(void)
{
    return outcome(write(have.channel[0], "x", 1) < 0 ? -1 : 0);
}

static int
try_write_to_output(void)
{
    return outcome(write(STDOUT_FILENO, "", 0));
}

static int
try_send_elsewhere(void)
{
    return fovea_frame_send(have.other[0], FOVEA_FRAME_HELLO, 0, NULL, 0, NULL,
                   0, NULL)
            ? errno
            : 0;
}

static int
try_receive_elsewhere(void)
{
    struct msghdr message = { .msg_iovlen = 0 };
    return outcome(recvmsg(have.other[0], &message, MSG_DONTWAIT) < 0 &&
                            errno != EAGAIN
                    ? -1
                    : 0);
}

static int
try_ioctl(void)
{
    int n = 0;
    return outcome(ioctl(have.pipe[0], FIONREAD, &n));
}

static int
try_dumpable(void)
{
    return outcome(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int
try_changing_limits(void)
{
    struct rlimit limit;
    int error = outcome(getrlimit(RLIMIT_CPU, &limit));
    return error ? error : outcome(setrlimit(RLIMIT_CPU, &limit));
}

static int
try_limits_of_another(void)
{
    struct rlimit limit;
    return outcome(prlimit(have.child, RLIMIT_CPU, NULL, &limit));
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void *
open_behind_gate(void *argument)
{
    int *result = argument;
    (void)pthread_mutex_lock(&gate);
    *result = try_open();
    (void)pthread_mutex_unlock(&gate);
    return NULL;
}

/* By a thread that was there before the seal. */
static int
try_open_in_thread(void)
{
    static pthread_t thread;
    static int result = EXIT_BEFORE;
    if (!is_sealed) {
        (void)pthread_mutex_lock(&gate);
        return pthread_create(&thread, NULL, open_behind_gate, &result);
    }
    (void)pthread_mutex_unlock(&gate);
    (void)pthread_join(thread, NULL);
    return result;
}

static void *
answer(void *argument)
{
    return argument;
}

static int
try_thread(void)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, answer, NULL);
    return error ? error : pthread_join(thread, NULL);
}

/* Not by way of the C library; it could not run before the seal either. */
static int
try_raw_thread(void)
{
    return is_sealed ? outcome(syscall(SYS_clone,
                               CLONE_THREAD | CLONE_SIGHAND | CLONE_VM |
                                       CLONE_FILES | CLONE_FS,
                               NULL, NULL, NULL, 0))
                     : 0;
}

static int
try_thread_apart(void)
{
    return is_sealed
            ? outcome(syscall(SYS_clone,
                      CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWUSER,
                      NULL, NULL, NULL, 0))
            : 0;
}

static int
try_thread_name(void)
{
    return outcome(prctl(PR_SET_NAME, "decoder", 0, 0, 0));
}

static int
try_membarrier(void)
{
    return outcome(syscall(SYS_membarrier, 0, 0, 0));
}

static int
try_mapping_a_file(void)
{
    void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, have.file, 0);
    return page == MAP_FAILED ? errno : outcome(munmap(page, 4096));
}

/* Of a page, while it is there. */
static int
on_a_page(int (*call)(void *page))
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) {
        return EXIT_BEFORE;
    }
    int error = call(page);
    (void)munmap(page, 4096);
    return error;
}

static int
advise_otherwise(void *page)
{
    return outcome(madvise(page, 4096, MADV_DONTFORK));
}

static int
try_other_advice(void)
{
    return on_a_page(advise_otherwise);
}

static int
move_over(void *page)
{
    static uint8_t place[8192] __attribute__((aligned(4096)));
    return mremap(page, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, place) ==
                    MAP_FAILED
            ? errno
            : 0;
}

static int
try_moving_memory(void)
{
    return on_a_page(move_over);
}

static int
try_moving_waiters(void)
{
    static uint32_t from;
    static uint32_t to;
    return outcome(syscall(SYS_futex, &from, FUTEX_REQUEUE_PRIVATE, 1,
            (void *)1, &to, 0));
}

static int
try_inheriting_priority(void)
{
    static uint32_t lock;
    lock = 0;
    return outcome(
            syscall(SYS_futex, &lock, FUTEX_LOCK_PI_PRIVATE, 0, NULL, NULL, 0));
}

/* Refused from then on, with EPERM. */
static const struct {
    const char *name;
    int (*call)(void);
} refused[] = {
    { "open", try_open },
    { "open, the old call", try_raw_open },
    { "open in another thread", try_open_in_thread },
    { "stat", try_stat },
    { "access", try_access },
    { "readlink", try_readlink },
    { "socket", try_socket },
    { "connect", try_connect },
    { "execve", try_execve },
    { "fork", try_fork },
    { "fork, the old call", try_raw_fork },
    { "vfork", try_vfork },
    { "posix_spawn", try_spawn },
    { "ptrace", try_ptrace },
    { "process_vm_readv", try_read_memory_of_another },
    { "kill of another", try_kill },
    { "tgkill of another", try_tgkill },
    { "tgkill of itself", try_tgkill_itself },
    { "a thread", try_thread },
    { "a thread, the old call", try_raw_thread },
    { "a thread in a namespace of its own", try_thread_apart },
    { "a thread's name", try_thread_name },
    { "membarrier", try_membarrier },
    { "mapping a file", try_mapping_a_file },
    { "madvise of another kind", try_other_advice },
    { "mremap to a chosen place", try_moving_memory },
    { "futex: moving waiters", try_moving_waiters },
    { "futex: inheriting priority", try_inheriting_priority },
    { "executable memory", try_executable_memory },
    { "making memory executable", try_making_executable },
    { "write to another descriptor", try_write_elsewhere },
    { "write to the channel", try_write_to_channel },
    { "write to standard output", try_write_to_output },
    { "sendmsg on another socket", try_send_elsewhere },
    { "recvmsg on another socket", try_receive_elsewhere },
    { "ioctl", try_ioctl },
    { "prctl", try_dumpable },
    { "setrlimit", try_changing_limits },
};

static int
try_umask(void)
{
    return outcome((long)umask(077));
}

static int
try_dup(void)
{
    return descriptor(fcntl(have.file, F_DUPFD_CLOEXEC, 0));
}

static int
try_socketpair(void)
{
    int pair[2];
    int error =
            outcome(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
    return error ? error : descriptor(pair[0]) + descriptor(pair[1]);
}

static int
try_send_to(void)
{
    return outcome(send(have.other[0], "x", 1, 0) < 0 ? -1 : 0);
}

static int
try_memfd(void)
{
    return descriptor(memfd_create("x", MFD_CLOEXEC));
}

static int
try_chdir(void)
{
    return outcome(chdir("/"));
}

static int
try_truncate(void)
{
    return outcome(ftruncate(have.file, 8192));
}

static int
try_queue_signal(void)
{
    siginfo_t info = { .si_code = SI_QUEUE };
    return outcome(syscall(SYS_rt_sigqueueinfo, have.child, 0, &info));
}

static int
try_shared_memory(void)
{
    void *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? errno : outcome(munmap(page, 4096));
}

static int
try_no_such_call(void)
{
    return syscall(100000) == -1 ? 0 : EXIT_BEFORE;
}

/* Killed by SIGSYS from then on. */
static const struct {
    const char *name;
    int (*call)(void);
} killed[] = {
    { "umask", try_umask },
    { "dup", try_dup },
    { "socketpair", try_socketpair },
    { "sendto", try_send_to },
    { "memfd_create", try_memfd },
    { "chdir", try_chdir },
    { "ftruncate", try_truncate },
    { "rt_sigqueueinfo", try_queue_signal },
    { "limits of another", try_limits_of_another },
    { "shared memory", try_shared_memory },
    { "a call that does not exist", try_no_such_call },
};

static pthread_mutex_t bell = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t rung = PTHREAD_COND_INITIALIZER;
static bool may_go;

static void *
wait_for_bell(void *argument)
{
    struct timespec soon;
    (void)pthread_mutex_lock(&bell);
    (void)clock_gettime(CLOCK_REALTIME, &soon);
    (void)pthread_cond_timedwait(&rung, &bell, &soon);
    while (!may_go) {
        (void)pthread_cond_wait(&rung, &bell);
    }
    (void)pthread_mutex_unlock(&bell);
    return argument;
}

/* Those that were started before: waiting, waking, ending. */
static int
try_threads(void)
{
    static pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        if (!is_sealed &&
                pthread_create(&threads[i], NULL, wait_for_bell, NULL)) {
            return EXIT_BEFORE;
        }
    }
    if (!is_sealed) {
        return 0;
    }
    (void)pthread_mutex_lock(&bell);
    may_go = true;
    (void)pthread_cond_broadcast(&rung);
    (void)pthread_mutex_unlock(&bell);
    for (size_t i = 0; i < 4; i++) {
        int error = pthread_join(threads[i], NULL);
        if (error) {
            return error;
        }
    }
    return 0;
}

static int
advise(void *page)
{
    return madvise(page, 4096, MADV_DONTNEED) ? errno : 0;
}

static int
try_advice(void)
{
    return on_a_page(advise);
}

static int
try_memory(void)
{
    for (size_t size = 1; size <= (size_t)16 * MIB; size *= 4) {
        char *volatile memory = malloc(size);
        if (!memory) {
            return ENOMEM;
        }
        memset(memory, 1, size);
        char *more = realloc(memory, size * 2);
        free(more ? more : memory);
        if (!more) {
            return ENOMEM;
        }
    }
    return 0;
}

static int
try_channel(void)
{
    static uint8_t buffer[FOVEA_FRAME_MAX_SIZE];
    static const uint8_t payload[70000];
    struct fovea_frame frame;
    enum fovea_received received = FOVEA_RECEIVED_NOTHING;
    if (fovea_frame_send(have.channel[0], FOVEA_FRAME_RESULT, 1, payload,
                sizeof payload, NULL, 0, NULL)) {
        return errno;
    }
    /* What the host sent before. */
    if (fovea_frame_receive(have.channel[0], buffer, &received, &frame, NULL)) {
        return errno;
    }
    struct stat info;
    if (received != FOVEA_RECEIVED_FRAME || frame.n_fds != 1 ||
            fstat(frame.fds[0], &info) || info.st_size != 8192) {
        return EXIT_BEFORE;
    }
    fovea_frame_finish(&frame);
    return 0;
}

static int
try_files(void)
{
    char bytes[16];
    struct stat info;
    if (pwrite(have.file, "0123456789", 10, 100) != 10 ||
            pread(have.file, bytes, 10, 100) != 10 ||
            lseek(have.file, 105, SEEK_SET) != 105 ||
            read(have.file, bytes, 5) != 5 || bytes[0] != '5' ||
            fstat(have.file, &info) || info.st_size != 8192 ||
            fcntl(have.file, F_GETFL) < 0 || fcntl(have.file, F_GETFD) < 0 ||
            fcntl(have.file, F_GET_SEALS) < 0) {
        return errno ? errno : EXIT_BEFORE;
    }
    return 0;
}

static int
try_log(void)
{
    struct iovec part = { (char[]){ "line\n" }, 5 };
    return write(have.log[1], "line\n", 5) == 5 &&
                    writev(have.log[1], &part, 1) == 5 &&
                    write(STDERR_FILENO, "", 0) == 0
            ? 0
            : errno;
}

static int
compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static int
try_facts(void)
{
    struct timespec time;
    struct utsname name;
    struct rlimit limit;
    cpu_set_t cpus;
    uint64_t number = 0;
    static int numbers[5000];
    qsort(numbers, 5000, sizeof numbers[0], compare);
    time = (struct timespec){ .tv_nsec = 1000 };
    return syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time) ||
                    nanosleep(&(struct timespec){ .tv_nsec = 1000 }, NULL) ||
                    uname(&name) || getrlimit(RLIMIT_AS, &limit) ||
                    sched_getaffinity(0, sizeof cpus, &cpus) ||
                    getrandom(&number, sizeof number, 0) != sizeof number ||
                    getpid() < 1 || gettid() < 1 || sched_yield()
            ? errno
            : 0;
}

static int
try_too_much_memory(void)
{
    if (!is_sealed) {
        return 0;
    }
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    const int uses = PROT_READ | PROT_WRITE;
    void *fits = mmap(NULL, MAX_MEMORY / 2, uses, flags, -1, 0);
    void *too_much = mmap(NULL, MAX_MEMORY, uses, flags, -1, 0);
    bool is_bounded =
            fits != MAP_FAILED && too_much == MAP_FAILED && errno == ENOMEM;
    void *space = mmap(NULL, UINT64_C(1) << 30, PROT_NONE, flags, -1, 0);
    return is_bounded && space == MAP_FAILED ? 0 : EXIT_BEFORE;
}

/* More of it, as far as the profile goes, and no further. */
static int
try_granted_memory(void)
{
    if (!is_sealed) {
        return 0;
    }
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    const int uses = PROT_READ | PROT_WRITE;
    uint64_t before = fovea_sandbox_memory();
    void *too_much = mmap(NULL, MAX_MEMORY + MIB, uses, flags, -1, 0);
    fovea_sandbox_set_memory(before + MORE_MEMORY);
    void *fits = mmap(NULL, MAX_MEMORY + MIB, uses, flags, -1, 0);
    bool is_granted = too_much == MAP_FAILED && fits != MAP_FAILED &&
            fovea_sandbox_memory() == before + MORE_MEMORY;
    (void)munmap(fits, MAX_MEMORY + MIB);
    fovea_sandbox_set_memory(UINT64_MAX);
    bool is_bounded = fovea_sandbox_memory() == before + MORE_MEMORY;
    fovea_sandbox_set_memory(before);
    fits = mmap(NULL, MAX_MEMORY + MIB, uses, flags, -1, 0);
    return is_granted && is_bounded && fits == MAP_FAILED ? 0 : EXIT_BEFORE;
}

static int
try_too_long_file(void)
{
    if (!is_sealed) {
        return 0;
    }
    return pwrite(have.file, "ab", 2, MAX_FILE - 1) == 1 &&
                    pwrite(have.file, "c", 1, MAX_FILE) == -1 && errno == EFBIG
            ? 0
            : EXIT_BEFORE;
}

static int
try_limits(void)
{
    if (!is_sealed) {
        return 0;
    }
    struct rlimit core;
    struct rlimit files;
    struct rlimit locked;
    return !getrlimit(RLIMIT_CORE, &core) && core.rlim_max == 0 &&
                    !getrlimit(RLIMIT_NOFILE, &files) &&
                    files.rlim_cur == MAX_FILES &&
                    files.rlim_max == MAX_FILES &&
                    !getrlimit(RLIMIT_MEMLOCK, &locked) && locked.rlim_max == 0
            ? 0
            : EXIT_BEFORE;
}

/* Works before and after. */
static const struct {
    const char *name;
    int (*call)(void);
} kept[] = {
    { "threads", try_threads },
    { "memory", try_memory },
    { "pages given back", try_advice },
    { "the channel", try_channel },
    { "files", try_files },
    { "the log", try_log },
    { "facts", try_facts },
    { "no more memory than the limit", try_too_much_memory },
    { "more memory where it is granted", try_granted_memory },
    { "no longer file than the limit", try_too_long_file },
    { "limits", try_limits },
};

/* Run in a process: what the call comes to once that is sealed. Its wait
   status. */
static int
sealed_result(int (*call)(void))
{
    (void)fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prepare();
        for (int i = 0; i < 2; i++) {
            must(!fovea_frame_send(have.channel[1], FOVEA_FRAME_JOB, 1, NULL, 0,
                    &have.file, 1, NULL));
        }
        must(call() == 0);
        if (seal()) {
            _exit(EXIT_SEAL);
        }
        is_sealed = true;
        errno = 0;
        _exit(call());
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void
refuses_what_libraries_try(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        int status = sealed_result(refused[i].call);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != EPERM) {
            fail_msg("%s: wait status 0x%x", refused[i].name, status);
        }
    }
}

static void
kills_for_everything_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof killed / sizeof killed[0]; i++) {
        int status = sealed_result(killed[i].call);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS) {
            fail_msg("%s: wait status 0x%x", killed[i].name, status);
        }
    }
}

static void
keeps_what_work_takes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        int status = sealed_result(kept[i].call);
        if (status != 0) {
            fail_msg("%s: wait status 0x%x", kept[i].name, status);
        }
    }
}

static int
try_abort(void)
{
    if (is_sealed) {
        abort();
    }
    return 0;
}

static void
lets_a_process_abort(void **state)
{
    (void)state;
    int status = sealed_result(try_abort);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* Here for want of a descriptor. */
static void
says_when_it_cannot(void **state)
{
    (void)state;
    struct fovea_error error;
    const struct fovea_sandbox_profile profile = { .log_fd = -1 };
    if (!FOVEA_HAS_SANDBOX) {
        assert_fails(fovea_sandbox_seal(&profile, &error), &error,
                FOVEA_ERR_SANDBOX, "built without");
        return;
    }
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct rlimit none = { 0, 0 };
        (void)setrlimit(RLIMIT_NOFILE, &none); /* no /proc */
        _exit(fovea_sandbox_seal(&profile, &error) == FOVEA_ERR_SANDBOX &&
                                strstr(error.message, "cannot seal")
                        ? 0
                        : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_when_it_cannot),
        cmocka_unit_test(refuses_what_libraries_try),
        cmocka_unit_test(kills_for_everything_else),
        cmocka_unit_test(keeps_what_work_takes),
        cmocka_unit_test(lets_a_process_abort),
    };
    const struct CMUnitTest unsealed[] = {
        cmocka_unit_test(says_when_it_cannot),
    };
    return FOVEA_HAS_SANDBOX
            ? cmocka_run_group_tests_name("sandbox_calls", tests, NULL, NULL)
            : cmocka_run_group_tests_name("sandbox_calls", unsealed, NULL,
                      NULL);
}
