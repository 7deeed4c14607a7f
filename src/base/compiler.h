/* The only place with compiler extensions. */
#ifndef LN_BASE_COMPILER_H_
#define LN_BASE_COMPILER_H_

#if defined(__GNUC__)
#define LN_PRINTF(format_index, first_arg) __attribute__((format(printf, format_index, first_arg)))
#define LN_LIKELY(x) __builtin_expect(!!(x), 1)
#define LN_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define LN_NOINLINE __attribute__((noinline))
/* The vector `x` is used several times: load it once, not anew by every instruction. */
#if defined(__x86_64__)
#define LN_KEEP(x) __asm__("" : "+v"(x))
#else
#define LN_KEEP(x) ((void)0)
#endif
/* The number `x` is in a register of its own: loops that look it up in a table are no vectors, whose lanes GCC 12 would
 * take apart and put together one by one. */
#define LN_ALONE(x) __asm__("" : "+r"(x))
/* What lies at `p` is to be loaded anew, not kept, where there are more vectors than registers. */
#define LN_ANEW(p) __asm__("" : "+r"(p))
/* Asks for the line at an address, which may lie outside of all objects; FAR: no nearer than the second cache. */
#define LN_PREFETCH(address) __builtin_prefetch(address)
#define LN_PREFETCH_FAR(address) __builtin_prefetch(address, 0, 2)
/* LN_INLINE: bodies of kernels, made anew for each set of constants. LN_UNROLL: in front of a loop of few, constant
 * turns whose array of vectors must become registers. Under the sanitizers neither asks for anything: with their checks
 * the bodies take compilers minutes, and nothing is gained. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LN_INLINE static inline __attribute__((unused))
#define LN_UNROLL
#else
#define LN_INLINE static inline __attribute__((always_inline))
#define LN_UNROLL _Pragma("GCC unroll 32")
#endif
/* In front of a loop none of whose turns reads what another one writes. */
#if defined(__clang__)
#define LN_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define LN_INDEPENDENT _Pragma("GCC ivdep")
#endif
/* The registers that the system keeps (XCR0's lower half), where the processor says that it may be asked. */
#if defined(__x86_64__)
#define LN_KEPT_REGISTERS(bits) __asm__("xgetbv" : "=a"(bits) : "c"(0) : "edx")
#endif
#if defined(__x86_64__) || defined(__i386__)
#define LN_PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define LN_PAUSE() __asm__ __volatile__("yield")
#else
#define LN_PAUSE() ((void)0)
#endif
#else
#define LN_PAUSE() ((void)0)
#define LN_PRINTF(format_index, first_arg)
#define LN_LIKELY(x) (x)
#define LN_UNLIKELY(x) (x)
#define LN_INLINE static inline
#define LN_NOINLINE
#define LN_UNROLL
#define LN_INDEPENDENT
#define LN_KEEP(x) ((void)0)
#define LN_ALONE(x) ((void)0)
#define LN_PREFETCH(address) ((void)0)
#define LN_PREFETCH_FAR(address) ((void)0)
#endif

#endif
