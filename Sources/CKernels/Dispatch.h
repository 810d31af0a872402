// How the loops are compiled: once for each generation of processors that has wider registers.
#ifndef KERNELS_DISPATCH_H
#define KERNELS_DISPATCH_H

#if defined(__x86_64__) && defined(__linux__)
#define KERNEL __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define KERNEL
#endif

#endif
