/*
 * See tile_machine.h. Tile instructions have a three-byte VEX prefix:
 *
 *   c4  RXBmmmmm  WvvvvLpp  opcode  ModRM  [SIB  displacement]
 *
 * R, X, B and vvvv are stored inverted; mmmmm is 2 (0F38), W and L are 0.
 */
#include "support/tile_machine.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "engine/cpu/tile_unit.h"
#include "support/tile_model.h"

enum {
    VEX = 0xc4,
    MAP_0F38 = 2,
    /* pp */
    PREFIX_NONE = 0,
    PREFIX_66 = 1,
    PREFIX_F3 = 2,
    PREFIX_F2 = 3,
    /* opcodes */
    OP_CONFIG = 0x49,
    OP_MEMORY = 0x4b,
    OP_DOT_BF16 = 0x5c,
    OP_DOT_BYTES = 0x5e,
    /* ModRM */
    MODE_REGISTER = 3,
    RM_SIB = 4,
    BASE_NONE = 5, /* with mode 0: a displacement alone */
    INDEX_NONE = 4,
};

struct instruction {
    unsigned opcode;
    unsigned prefix;
    unsigned vvvv;
    unsigned mode;
    unsigned reg;
    unsigned rm;
    const uint8_t *end; /* behind it */
    uint64_t address;   /* base and displacement */
    uint64_t stride;    /* scaled index: of the address, but for tiles' rows */
};

static _Thread_local struct tile_unit unit;
static _Thread_local struct tile_counts counts;
static bool is_real;
static bool is_wrong;

/* In the order in which instructions number them. */
static uint64_t
register_of(const ucontext_t *context, unsigned number)
{
    static const int places[] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP,
        REG_RBP, REG_RSI, REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12,
        REG_R13, REG_R14, REG_R15 };
    return (uint64_t)context->uc_mcontext.gregs[places[number]];
}

static int64_t
read_displacement(const uint8_t **at, size_t size)
{
    int8_t byte;
    int32_t word;
    const uint8_t *from = *at;
    *at += size;
    if (size == 1) {
        memcpy(&byte, from, sizeof byte);
        return byte;
    }
    memcpy(&word, from, sizeof word);
    return word;
}

/* What stands behind ModRM, for an operand in memory. */
static void
read_operand(struct instruction *op, const ucontext_t *context,
        const uint8_t *vex)
{
    const unsigned x = (vex[1] & 0x40U) ? 0 : 8;
    const unsigned b = (vex[1] & 0x20U) ? 0 : 8;
    const uint8_t *at = op->end;
    unsigned base = op->rm;
    if (op->rm == RM_SIB) {
        const unsigned index = ((at[0] >> 3) & 7U) + x;
        if (index != INDEX_NONE) {
            op->stride = register_of(context, index) << (at[0] >> 6);
        }
        base = at[0] & 7U;
        at++;
    }
    if (op->mode == 0 && base == BASE_NONE) {
        op->address = (uint64_t)read_displacement(&at, 4);
        if (op->rm != RM_SIB) {
            op->address += (uint64_t)(uintptr_t)at; /* of what follows */
        }
    } else {
        op->address = register_of(context, base + b);
        if (op->mode > 0) {
            op->address +=
                    (uint64_t)read_displacement(&at, op->mode == 1 ? 1 : 4);
        }
    }
    op->end = at;
}

static bool
decode(const uint8_t *at, const ucontext_t *context, struct instruction *op_out)
{
    if (at[0] != VEX || (at[1] & 0x1fU) != MAP_0F38 || (at[2] & 0x84U) != 0) {
        return false;
    }
    *op_out = (struct instruction){
        .opcode = at[3],
        .prefix = at[2] & 3U,
        .vvvv = (~(unsigned)at[2] >> 3) & 15U,
        .mode = at[4] >> 6,
        .reg = (at[4] >> 3) & 7U,
        .rm = at[4] & 7U,
        .end = at + 5,
    };
    if (op_out->mode != MODE_REGISTER) {
        read_operand(op_out, context, at);
    }
    return true;
}

/* An address of the program's, as a pointer. */
static void *
pointer_to(uint64_t address)
{
    void *pointer;
    memcpy(&pointer, &address, sizeof pointer);
    return pointer;
}

static bool
run_config(const struct instruction *op)
{
    if (op->mode == MODE_REGISTER) {
        if (op->prefix == PREFIX_F2 && op->rm == 0) {
            return tile_model_zero(&unit, op->reg);
        }
        if (op->prefix == PREFIX_NONE && op->reg == 0 && op->rm == 0) {
            tile_model_release(&unit);
            return true;
        }
        return false;
    }
    void *config = pointer_to(op->address + op->stride);
    if (op->reg != 0) {
        return false;
    }
    if (op->prefix == PREFIX_NONE) {
        counts.configs++;
        return tile_model_configure(&unit, config);
    }
    if (op->prefix == PREFIX_66) {
        tile_model_store_config(&unit, config);
        return true;
    }
    return false;
}

static bool
run_memory(const struct instruction *op)
{
    if (op->mode == MODE_REGISTER || op->rm != RM_SIB) {
        return false;
    }
    void *base = pointer_to(op->address);
    const ptrdiff_t stride = (ptrdiff_t)op->stride;
    if (op->prefix == PREFIX_F2 || op->prefix == PREFIX_66) {
        counts.loads++;
        counts.load_bytes +=
                (uint64_t)unit.rows[op->reg] * unit.row_bytes[op->reg];
        return tile_model_load(&unit, op->reg, base, stride);
    }
    counts.stores++;
    return op->prefix == PREFIX_F3 &&
            tile_model_store(&unit, op->reg, base, stride);
}

static bool
run(const struct instruction *op)
{
    static const struct tile_signs signs[] = {
        [PREFIX_NONE] = { false, false },
        [PREFIX_66] = { false, true },
        [PREFIX_F3] = { true, false },
        [PREFIX_F2] = { true, true },
    };
    switch (op->opcode) {
    case OP_CONFIG:
        return run_config(op);
    case OP_MEMORY:
        return run_memory(op);
    case OP_DOT_BF16:
        counts.products++;
        return op->mode == MODE_REGISTER && op->prefix == PREFIX_F3 &&
                tile_model_dot_bf16(&unit, op->reg, op->rm, op->vvvv);
    case OP_DOT_BYTES:
        counts.products++;
        unit.data[op->reg][0][0] ^= is_wrong;
        return op->mode == MODE_REGISTER &&
                tile_model_dot_bytes(&unit, op->reg, op->rm, op->vvvv,
                        signs[op->prefix]);
    default:
        return false;
    }
}

/* As many in a row as there are: entering the handler costs more than most of
   them. Whatever is none of ours, or is one that the CPU would refuse, happens again
   without the handler. */
static void
on_illegal(int number, siginfo_t *info, void *context_)
{
    ucontext_t *context = context_;
    const uint64_t start = (uint64_t)context->uc_mcontext.gregs[REG_RIP];
    const uint8_t *at = pointer_to(start);
    struct instruction op;
    (void)info;
    counts.signals++;
    while (decode(at, context, &op) && run(&op)) {
        at = op.end;
    }
    if (at == (const uint8_t *)pointer_to(start)) {
        struct sigaction standard = { .sa_handler = SIG_DFL };
        (void)sigaction(number, &standard, NULL);
    }
    context->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)at;
}

bool
tile_machine_is_real(void)
{
    return is_real;
}

void
tile_machine_set_wrong(bool is_wrong_)
{
    is_wrong = is_wrong_;
}

bool
tile_machine_start(void)
{
    struct sigaction action = { .sa_sigaction = on_illegal,
        .sa_flags = SA_SIGINFO | SA_NODEFER };
    if (!fovea_tile_unit_has_vectors()) {
        return false;
    }
    is_real = fovea_tile_unit_is_granted();
    return is_real || sigaction(SIGILL, &action, NULL) == 0;
}

struct tile_counts
tile_machine_take_counts(void)
{
    struct tile_counts taken = counts;
    counts = (struct tile_counts){ 0 };
    return taken;
}
