/* Failing allocations and reads: see fault.h. */
#include "fault.h"

#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>

#include "base/macros.h"

/* What stands behind malloc() once it is ours: the C library's own functions,
 * or those of a sanitizer. */
#if defined(__has_feature)
#    if __has_feature(address_sanitizer)
#        define BEHIND(name) __interceptor_##name
#    endif
#endif
#if !defined(BEHIND) && defined(__SANITIZE_ADDRESS__)
#    define BEHIND(name) __interceptor_##name
#endif
/* A sanitizer's strdup() does not come to our malloc(), but is freed by our
 * free(): there its own search for leaks is what counts. */
#if defined(BEHIND)
static const bool balances = false;
#else
#    define BEHIND(name) __libc_##name
static const bool balances = true;
#endif

void *BEHIND(malloc)(size_t size);
void *BEHIND(calloc)(size_t n, size_t size);
void *BEHIND(realloc)(void *old, size_t size);
void *BEHIND(memalign)(size_t alignment, size_t size);
void BEHIND(free)(void *pointer);
ssize_t __real_pread64(int fd, void *buffer, size_t size, off_t offset);
ssize_t __wrap_pread64(int fd, void *buffer, size_t size, off_t offset);
char *__wrap_strdup(const char *text);
int __wrap_asprintf(char **text_out, const char *format, ...)
        FOVEA_PRINTF(2, 3);
int __wrap___asprintf_chk(char **text_out, int flag, const char *format, ...)
        FOVEA_PRINTF(3, 4);

/* A fault that is waiting: 1 is the next call, 0 is none. */
struct trap {
    atomic_size_t left;
    atomic_bool sprung;
};

/* The program's own code, between the linker's two marks. */
extern const char __executable_start[];
extern const char etext[];

static struct trap allocation_trap;
static struct trap read_trap;
static atomic_bool own_only;
static atomic_llong n_live; /* allocations minus frees */

static bool
springs(struct trap *trap)
{
    size_t left = atomic_load(&trap->left);
    while (left > 0 &&
            !atomic_compare_exchange_weak(&trap->left, &left, left - 1)) {
    }
    if (left == 1) {
        atomic_store(&trap->sprung, true);
    }
    return left == 1;
}

static bool
allocation_fails(const void *caller)
{
    uintptr_t address = (uintptr_t)caller;
    bool is_ours = address >= (uintptr_t)__executable_start &&
            address < (uintptr_t)etext;
    if ((atomic_load(&own_only) && !is_ours) || !springs(&allocation_trap)) {
        return false;
    }
    errno = ENOMEM;
    return true;
}

static void *
count(void *memory)
{
    if (memory) {
        atomic_fetch_add(&n_live, 1);
    }
    return memory;
}

__attribute__((visibility("default"))) void *
malloc(size_t size)
{
    if (allocation_fails(__builtin_return_address(0))) {
        return NULL;
    }
    return count(BEHIND(malloc)(size));
}

__attribute__((visibility("default"))) void *
calloc(size_t n, size_t size)
{
    if (allocation_fails(__builtin_return_address(0))) {
        return NULL;
    }
    return count(BEHIND(calloc)(n, size));
}

__attribute__((visibility("default"))) void *
realloc(void *old, size_t size)
{
    if (allocation_fails(__builtin_return_address(0))) {
        return NULL;
    }
    void *memory = BEHIND(realloc)(old, size);
    return old ? memory : count(memory);
}

__attribute__((visibility("default"))) int
posix_memalign(void **memory_out, size_t alignment, size_t size)
{
    if (allocation_fails(__builtin_return_address(0))) {
        return ENOMEM;
    }
    void *memory = count(BEHIND(memalign)(alignment, size));
    if (!memory) {
        return ENOMEM;
    }
    *memory_out = memory;
    return 0;
}

__attribute__((visibility("default"))) void
free(void *pointer)
{
    if (pointer) {
        atomic_fetch_sub(&n_live, 1);
    }
    BEHIND(free)(pointer);
}

ssize_t
__wrap_pread64(int fd, void *buffer, size_t size, off_t offset)
{
    if (springs(&read_trap)) {
        errno = EIO;
        return -1;
    }
    return __real_pread64(fd, buffer, size, offset);
}

static void
fail_test(const char *what, size_t k, enum fovea_status status,
        const struct fovea_error *error)
{
    (void)fprintf(stderr, "fault %zu: %s: %s: %s\n", k, what,
            fovea_status_name(status), status ? error->message : "");
    abort();
}

static bool
is_balanced(long long n_live_before)
{
    return !balances || atomic_load(&n_live) == n_live_before;
}

/* One run with the k-th call failing; whether the fault was met. */
static bool
run_once(struct trap *trap, size_t k, fault_case *run, const void *context,
        struct fault_rules rules)
{
    struct fovea_error error = { .code = FOVEA_OK };
    bool reads = trap == &read_trap;
    enum fovea_status expected = reads ? FOVEA_ERR_IO : FOVEA_ERR_NO_MEMORY;
    long long before = atomic_load(&n_live);
    atomic_store(&trap->sprung, false);
    atomic_store(&own_only, rules.own_only);
    atomic_store(&trap->left, k);
    enum fovea_status status = run(context, &error);
    atomic_store(&trap->left, 0);
    bool sprung = atomic_load(&trap->sprung);
    if (status && !sprung) {
        fail_test("failed without a fault", k, status, &error);
    }
    /* A library may do without an allocation; the case checks the result. */
    if (status && status != expected && status != rules.also) {
        fail_test("another status than expected", k, status, &error);
    }
    if (!status && sprung && reads && !rules.may_skip_reads) {
        fail_test("a failed read was not noticed", k, status, &error);
    }
    if (status && (error.code != status || !error.message[0])) {
        fail_test("the error record is not filled", k, status, &error);
    }
    if (!rules.may_keep && !is_balanced(before)) {
        fail_test("memory is left", k, status, &error);
    }
    return sprung;
}

static size_t
fault_each(struct trap *trap, fault_case *run, const void *context,
        struct fault_rules rules)
{
    size_t k = 1;
    while (run_once(trap, k, run, context, rules)) {
        k++;
    }
    return k - 1;
}

size_t
fault_each_allocation(fault_case *run, const void *context,
        struct fault_rules rules)
{
    return fault_each(&allocation_trap, run, context, rules);
}

size_t
fault_each_read(fault_case *run, const void *context, struct fault_rules rules)
{
    return fault_each(&read_trap, run, context, rules);
}

/* What the C library allocates for us counts as ours, where it is asked for that
   way: with a malloc() that is called from this program. */
char *
__wrap_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    return copy ? memcpy(copy, text, size) : NULL;
}

static int __attribute__((format(printf, 2, 0)))
print_copy(char **text_out, const char *format, va_list arguments)
{
    FOVEA_AUTO_FREE char *text = NULL;
    int size = vasprintf(&text, format, arguments);
    FOVEA_ASSERT(size >= 0);
    *text_out = __wrap_strdup(text);
    return *text_out ? size : -1;
}

int
__wrap_asprintf(char **text_out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = print_copy(text_out, format, arguments);
    va_end(arguments);
    return size;
}

int
__wrap___asprintf_chk(char **text_out, int flag, const char *format, ...)
{
    va_list arguments;
    (void)flag;
    va_start(arguments, format);
    int size = print_copy(text_out, format, arguments);
    va_end(arguments);
    return size;
}
