// SPDX-License-Identifier: GPL-2.0
/*
 * core_bpf_test.c - the vectors of tests/vectors/core.txt through the shared
 * core as clang -target bpf and the kernel's JIT make it, by test-run. The
 * object made from core.bpf.c lies beside this program.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/ktap.h"
#include "kmod/selftest_vectors.h"
#include "core_case.h"

#define VECTOR_COUNT(table) (sizeof(table) / sizeof((table)[0]))

static struct core_case *c;
static int program_fd;

/* Runs what the map's value asks for. False if the program did not run. */
static bool run(enum core_op op)
{
	static u8 frame[64];
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame));

	c->op = op;
	return !bpf_prog_test_run_opts(program_fd, &opts) && opts.retval == XDP_DROP;
}

static bool check_siphash(const struct vg_vector_siphash *v)
{
	vg_siphash_key_decode(v->key, &c->key);
	memcpy(c->bytes, vg_vector_bytes + v->start, v->len);
	c->len = v->len;
	return run(CORE_SIPHASH) && vg_siphash_tag_equal(&c->tag, v->tag);
}

static bool check_vid(const struct vg_vector_vid *v)
{
	memcpy(c->bytes, v->header, sizeof(v->header));
	c->len = v->len;
	return run(CORE_VID) && c->result == v->accepted && c->fields.session == v->session &&
	       c->fields.sequence == v->sequence && c->fields.generated == v->generated &&
	       c->fields.payload_len == v->payload_len && c->fields.type == v->type;
}

/* A step's result: bit 0 of the read-only question, bit 1 of the one that takes. */
static bool check_steps(const struct vg_vector_steps *v, enum core_op op, u64 when_taken, u64 when_not)
{
	u32 i;

	memset(&c->window, 0, sizeof(c->window));
	c->budget.empty_ns = 0;
	c->rate.cost_ns = v->cost_ns;
	c->rate.burst_ns = v->burst_ns;
	for (i = 0; i < v->count; i++) {
		const struct vg_vector_step *step = &vg_vector_steps_pool[v->start + i];

		c->args[0] = step->value;
		if (!run(op) || c->result != (step->taken ? when_taken : when_not))
			return false;
	}
	return true;
}

static bool check_replay(const struct vg_vector_steps *v)
{
	return check_steps(v, CORE_REPLAY, 2, 1);
}

static bool check_budget(const struct vg_vector_steps *v)
{
	return check_steps(v, CORE_BUDGET, 3, 0);
}

static bool check_fresh(const struct vg_vector_fresh *v)
{
	c->args[0] = v->now;
	c->args[1] = v->generated;
	c->args[2] = v->stale_us;
	c->args[3] = v->future_us;
	return run(CORE_FRESH) && c->result == v->reason;
}

static bool check_time64(const struct vg_vector_time64 *v)
{
	c->args[0] = v->utc_us;
	c->args[1] = v->leap_seconds;
	c->args[2] = v->offset_us;
	return run(CORE_TIME64) && c->result == v->time64;
}

static bool check_record(const struct vg_vector_record *v)
{
	memset(&c->record, 0, sizeof(c->record));
	c->record.time = v->time;
	c->record.session = v->session;
	c->record.sequence = v->sequence;
	c->record.kind = v->kind;
	c->record.type = v->type;
	c->record.reason = v->reason;
	c->record.grade = v->grade;
	c->record.flags = v->flags;
	memcpy(c->record.digest, v->digest, VG_HASH_LEN);
	return run(CORE_RECORD) && !memcmp(&c->record, v->bytes, sizeof(v->bytes));
}

#define CHECK_ALL(word)                                                                                    \
	do {                                                                                               \
		u32 i, wrong = 0;                                                                          \
		for (i = 0; i < VECTOR_COUNT(vg_vectors_##word); i++)                                      \
			wrong += !check_##word(&vg_vectors_##word[i]);                                     \
		ktap_ok(!wrong, #word ": %u of %zu vectors fail", wrong, VECTOR_COUNT(vg_vectors_##word)); \
	} while (0)

static void test_vectors(void)
{
	CHECK_ALL(siphash);
	CHECK_ALL(vid);
	CHECK_ALL(replay);
	CHECK_ALL(budget);
	CHECK_ALL(fresh);
	CHECK_ALL(time64);
	CHECK_ALL(record);
}

static int load(const char *path, struct bpf_object **ret_object)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	int map_fd;

	if (!object)
		return -errno;
	*ret_object = object;
	if (bpf_object__load(object))
		return -errno;
	program_fd = bpf_program__fd(bpf_object__find_program_by_name(object, "core_run"));
	map_fd = bpf_object__find_map_fd_by_name(object, "core_cases");
	c = mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);
	return c == MAP_FAILED ? -errno : 0;
}

int main(int argc, char **argv)
{
	struct bpf_object *object = NULL;
	char path[4096];
	int err;

	(void)argc;
	snprintf(path, sizeof(path), "%.*s/core.bpf.o", (int)(strrchr(argv[0], '/') - argv[0]), argv[0]);
	ktap_plan(0);
	libbpf_set_print(NULL);
	err = load(path, &object);
	if (err == -EPERM)
		ktap_skip("core vectors in BPF", "loading a BPF program was refused: run as root, or allow bpf()");
	else if (ktap_ok(!err, "the program with the core is loaded (error %d)", err))
		test_vectors();
	bpf_object__close(object);
	return ktap_exit();
}
