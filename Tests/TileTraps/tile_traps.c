#if defined(__x86_64__) && defined(__linux__)
#define _GNU_SOURCE
#endif

#include "include/TileTraps.h"

#if defined(__x86_64__) && defined(__linux__)

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#include "../../Sources/CKernels/tile_emulation.h"

static _Thread_local tile_registers registers;
static _Thread_local size_t count;
static struct sigaction previous;

/// In the order of their numbers in an instruction.
static const int general_registers[16] = {
    REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
    REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

static int32_t read_int32(const uint8_t *p) {
    int32_t x;
    memcpy(&x, p, sizeof x);
    return x;
}

/// Does the instruction at `code`; returns its length, or 0 for any other than these of AMX. All have a
/// three-byte VEX prefix: the registers' fourth bits, the opcode map, and W, vvvv, L and pp.
static size_t emulate(const uint8_t *code, greg_t *gregs) {
    enum { NONE = 0, OPERAND_SIZE = 1, F3 = 2, F2 = 3 };
    if (code[0] != 0xC4 || (code[1] & 0x1F) != 2 || (code[2] & 0x84) != 0) return 0;
    const int reg_high = ~code[1] >> 7 & 1, index_high = ~code[1] >> 6 & 1,
              base_high = ~code[1] >> 5 & 1;
    const int vvvv = ~code[2] >> 3 & 15, prefix = code[2] & 3;
    const uint8_t opcode = code[3], modrm = code[4];
    const int mod = modrm >> 6, reg = modrm >> 3 & 7, rm = modrm & 7;
    size_t length = 5;

    if (mod == 3) {
        if (reg_high) return 0;
        if (opcode == 0x49 && prefix == NONE && modrm == 0xC0 && vvvv == 0) {
            tile_release(&registers);
        } else if (opcode == 0x49 && prefix == F2 && rm == 0 && vvvv == 0) {
            tile_zero(&registers, reg);
        } else if (opcode == 0x5C && prefix == F3) {
            // tdpbf16ps tmm1, tmm2, tmm3: reg, rm, vvvv.
            tile_dot(&registers, reg, rm, vvvv);
        } else if (opcode == 0x5E && prefix == OPERAND_SIZE) {
            // tdpbusd, the same.
            tile_dot_bytes(&registers, reg, rm, vvvv);
        } else {
            return 0;
        }
        return length;
    }

    uint64_t address = 0, stride = 0;
    bool relative = false;
    int displacement = mod == 1 ? 1 : mod == 2 ? 4 : 0;
    if (rm == 4) {
        const uint8_t sib = code[length++];
        const int base = (sib & 7) | base_high << 3, index = (sib >> 3 & 7) | index_high << 3;
        if (index != 4) stride = (uint64_t)gregs[general_registers[index]] << (sib >> 6);
        if ((sib & 7) == 5 && mod == 0) {
            displacement = 4;
        } else {
            address = (uint64_t)gregs[general_registers[base]];
        }
    } else if (rm == 5 && mod == 0) {
        relative = true;
        displacement = 4;
    } else {
        address = (uint64_t)gregs[general_registers[rm | base_high << 3]];
    }
    if (displacement == 1) address += (uint64_t)(int64_t)(int8_t)code[length];
    if (displacement == 4) address += (uint64_t)(int64_t)read_int32(code + length);
    length += (size_t)displacement;
    if (relative) address += (uint64_t)(uintptr_t)(code + length);

    void *const memory = (void *)(uintptr_t)address;
    if (vvvv != 0) return 0;
    if (opcode == 0x49 && prefix == NONE && reg == 0) {
        tile_configure(&registers, (const uint8_t *)memory + stride);
    } else if (opcode == 0x4B && prefix == F2 && rm == 4 && !reg_high) {
        tile_load(&registers, reg, memory, stride);
    } else if (opcode == 0x4B && prefix == F3 && rm == 4 && !reg_high) {
        tile_store(&registers, reg, memory, stride);
    } else {
        return 0;
    }
    return length;
}

static void handle(int signal, siginfo_t *info, void *context) {
    greg_t *const gregs = ((ucontext_t *)context)->uc_mcontext.gregs;
    const size_t length = emulate((const uint8_t *)(uintptr_t)gregs[REG_RIP], gregs);
    (void)info;
    if (length == 0) {
        // Another illegal instruction: it faults again, as it would without us.
        sigaction(signal, &previous, NULL);
        return;
    }
    gregs[REG_RIP] += (greg_t)length;
    count++;
}

bool tile_traps_exist(void) { return true; }

size_t tile_traps_run(void (*body)(void *), void *context) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    sigemptyset(&action.sa_mask);
    count = 0;
    sigaction(SIGILL, &action, &previous);
    body(context);
    sigaction(SIGILL, &previous, NULL);
    return count;
}

#else

bool tile_traps_exist(void) { return false; }

size_t tile_traps_run(void (*body)(void *), void *context) {
    body(context);
    return 0;
}

#endif
