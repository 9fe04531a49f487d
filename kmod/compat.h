/* SPDX-License-Identifier: GPL-2.0 */
/*
 * compat.h - the differences between kernel versions, all of them, from 6.1
 * on. No other file of the module asks for the version.
 */
#ifndef VOLTGATE_KMOD_COMPAT_H
#define VOLTGATE_KMOD_COMPAT_H

#include <linux/version.h>
#include <linux/types.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/hrtimer.h>
#include <crypto/blake2s.h>

#ifndef CONFIG_64BIT
#error the exact counters of voltgate need a 64-bit kernel
#endif

/* 6.9 wants kernel functions for BPF in a set of their own kind and refuses the old one. */
#ifdef BTF_KFUNCS_START
#define VG_KFUNCS_START(name) BTF_KFUNCS_START(name)
#define VG_KFUNCS_END(name) BTF_KFUNCS_END(name)
#else
#define VG_KFUNCS_START(name) BTF_SET8_START(name)
#define VG_KFUNCS_END(name) BTF_SET8_END(name)
#endif

/* 6.2 brought the word; before, the compiler must be kept from dropping or copying the function. */
#ifndef __bpf_kfunc
#define __bpf_kfunc __used noinline
#endif

/* 6.13 joined hrtimer_init() and the setting of the function; 6.15 removed the old way. */
static inline void vg_hrtimer_setup(struct hrtimer *timer, enum hrtimer_restart (*function)(struct hrtimer *))
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(timer, function, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
#else
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	timer->function = function;
#endif
}

/* BLAKE2s-256 without a key; 6.19 turned the order of the parameters round. */
static inline void vg_blake2s(const u8 *message, size_t len, u8 ret_digest[BLAKE2S_HASH_SIZE])
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
	blake2s(NULL, 0, message, len, ret_digest, BLAKE2S_HASH_SIZE);
#else
	blake2s(ret_digest, message, NULL, BLAKE2S_HASH_SIZE, len, 0);
#endif
}

#endif
