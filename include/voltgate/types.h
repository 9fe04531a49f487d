/* SPDX-License-Identifier: GPL-2.0 */
/*
 * types.h - the few words that the shared core needs from its compiler.
 *
 * The headers of this folder are compiled three times: into voltgate.ko
 * (kernel C), into voltgate.bpf.o (clang -target bpf) and into user space.
 * This one gives all three the same integer names, byte-order helpers and
 * inlining; no other header of the folder asks which compiler it meets.
 */
#ifndef VOLTGATE_TYPES_H
#define VOLTGATE_TYPES_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/string.h>
#include <linux/compiler.h>
#include <asm/byteorder.h>
#define vg_be16(x) be16_to_cpu((__force __be16)(x))
#define vg_be32(x) be32_to_cpu((__force __be32)(x))
#define vg_be64(x) be64_to_cpu((__force __be64)(x))
#define vg_le64(x) le64_to_cpu((__force __le64)(x))
#define VG_READ_ONCE(x) READ_ONCE(x)
#else
#include <linux/types.h>
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s64 s64;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define vg_be16(x) __builtin_bswap16((u16)(x))
#define vg_be32(x) __builtin_bswap32((u32)(x))
#define vg_be64(x) __builtin_bswap64((u64)(x))
#define vg_le64(x) ((u64)(x))
#else
#define vg_be16(x) ((u16)(x))
#define vg_be32(x) ((u32)(x))
#define vg_be64(x) ((u64)(x))
#define vg_le64(x) __builtin_bswap64((u64)(x))
#endif
#define VG_READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#ifdef __bpf__
#define memcpy __builtin_memcpy
#define memset __builtin_memset
#ifndef bool
#define bool _Bool
#define true 1
#define false 0
#endif
#ifndef NULL
#define NULL ((void *)0)
#endif
#else
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#endif
#endif

/* The BPF verifier accepts no call under a spin lock, so the core is inlined whole. */
#define VG_INLINE static inline __attribute__((always_inline, unused))
#define VG_PACKED __attribute__((packed))

/* Hides from clang what it knows of a number, where it would drop a test that the BPF verifier needs. */
#ifdef __bpf__
#define VG_OPAQUE(number) asm volatile("" : "+r"(number))
#else
#define VG_OPAQUE(number) ((void)0)
#endif

/*
 * The eight bytes at @bytes, at any alignment, as they stand. clang -target bpf
 * makes eight loads of a copy whose alignment it does not know; the verifier
 * lets a program read words from a packet wherever the machine can.
 */
VG_INLINE u64 vg_load64(const void *bytes)
{
#ifdef __bpf__
	return *(const u64 *)bytes;
#else
	u64 word;

	memcpy(&word, bytes, sizeof(word));
	return word;
#endif
}

/* One assertion that all three compilers know; used for every layout that crosses a boundary. */
#define VG_ASSERT_SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type " must have " #bytes " bytes")

#endif
