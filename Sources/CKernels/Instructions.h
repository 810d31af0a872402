// How a loop is compiled for each set of instructions under a name of its own, so that a caller can ask for one.
#ifndef KERNELS_INSTRUCTIONS_H
#define KERNELS_INSTRUCTIONS_H

#include "CKernels.h"

#if defined(__x86_64__)
#define TARGET_V3 __attribute__((target("arch=x86-64-v3")))
#define TARGET_V4 __attribute__((target("arch=x86-64-v4")))

/// Calls the variant of `name` that `instructions` asks for.
#define WITH_INSTRUCTIONS(instructions, name, ...)                   \
    switch (instructions) {                                          \
    case kernels_instructions_v4: return name##_v4(__VA_ARGS__);     \
    case kernels_instructions_v3: return name##_v3(__VA_ARGS__);     \
    default: return name##_base(__VA_ARGS__);                        \
    }

/// Defines the variants of `name`; `wide` is what an inlined loop may shape its blocks by.
#define VARIANTS(result, name, parameters, ...)                                              \
    static result name##_base parameters { enum { wide = 0 }; return name##_loop(__VA_ARGS__); }             \
    TARGET_V3 static result name##_v3 parameters { enum { wide = 0 }; return name##_loop(__VA_ARGS__); }     \
    TARGET_V4 static result name##_v4 parameters { enum { wide = 1 }; return name##_loop(__VA_ARGS__); }
#else
#define WITH_INSTRUCTIONS(instructions, name, ...) \
    (void)instructions;                            \
    return name##_base(__VA_ARGS__);
#define VARIANTS(result, name, parameters, ...) \
    static result name##_base parameters { enum { wide = 0 }; return name##_loop(__VA_ARGS__); }
#endif

#endif
