// SPDX-License-Identifier: GPL-2.0
/*
 * loader_test.c - loading, attaching, detaching, sharing and refusing, in a
 * network namespace of its own with two pairs of virtual Ethernet interfaces;
 * and what a session takes in memory.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <sys/socket.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <cap-ng.h>
#include <xdp/libxdp.h>
#include "rig.h"
#include "tests/ktap.h"

#define SESSIONS 100000

static struct rig rig;

static void other_path(char *ret_path, size_t size)
{
	const char *object = rig_object();

	snprintf(ret_path, size, "%.*s/tests/bpf/other.bpf.o", (int)(strrchr(object, '/') - object), object);
}

/* Runs `ip` with @words; iproute2's, and not by a shell: small guests have an `ip` of their own that knows less. */
static bool ip(const char *words)
{
	char *arguments[16] = { "ip" }, copy[128];
	int count = 1, status = 1;
	pid_t child;

	snprintf(copy, sizeof(copy), "%s", words);
	for (arguments[count] = strtok(copy, " "); arguments[count] && count < 14; arguments[count] = strtok(NULL, " "))
		count++;
	child = fork();
	if (!child) {
		execv("/usr/bin/ip", arguments);
		execvp("ip", arguments);
		_exit(127);
	}
	waitpid(child, &status, 0);
	return !status;
}

/* A namespace of mounts as well, so that a bpffs of our own can be mounted; both end with this process. */
static bool stage_set(void)
{
	return !unshare(CLONE_NEWNET | CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL) && ip("link add vg0 type veth peer name vg1") &&
	       ip("link set vg0 up") && ip("link set vg1 up") && ip("link add vg2 type veth peer name vg3") &&
	       ip("link set vg2 up") && ip("link set lo up");
}

/* Where the module is: its program loads, passes what is foreign and drops what is malformed. */
static void test_attested(struct loader *loader, const struct loader_error *error)
{
	struct frame frame;
	u8 junk[48] = { 9 };

	if (!ktap_ok(loader && loader_grade(loader) == VG_GRADE_ATTESTED, "attested is loaded%s%s", loader ? "" : ": ",
		     loader ? "" : error->text))
		return;
	frame_plain(&frame, false, junk, sizeof(junk));
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame.bytes, .data_size_in = frame.len, .repeat = 1);
	ktap_ok(!bpf_prog_test_run_opts(loader_program_fd(loader), &run) && run.retval == XDP_DROP,
		"the attested program drops what is malformed");
	frame.bytes[frame.udp_at + 3] ^= 1;
	ktap_ok(!bpf_prog_test_run_opts(loader_program_fd(loader), &run) && run.retval == XDP_PASS,
		"the attested program passes what is foreign");
	ktap_ok(loader_map_fd(loader, LOADER_MAP_SESSIONS) == -1, "it has no maps of the plain grade");
}

static void test_diagnosis(void)
{
	struct loader_options options = { .object = rig_object(), .grade = VG_GRADE_ATTESTED };
	struct loader_diagnosis diagnosis;
	struct loader_error error = { "" };
	struct loader *loader = NULL;
	int err;

	loader_diagnose(&diagnosis);
	ktap_ok(diagnosis.sentence[0] && diagnosis.kernel_btf, "diagnosis: %s", diagnosis.sentence);
	err = loader_open(&options, &loader, &error);
	if (diagnosis.grade == VG_GRADE_ATTESTED)
		test_attested(loader, &error);
	else
		ktap_ok(err == -EOPNOTSUPP && !loader, "attested is refused: %s", error.text);
	loader_close(loader);
	options.grade = 0;
	options.object = "/nonexistent.bpf.o";
	ktap_ok(loader_open(&options, &loader, &error) == -ENOENT, "%s", error.text);
	options.object = "/bin/true";
	ktap_ok(loader_open(&options, &loader, &error) < 0, "%s", error.text);
}

/* What of the object is the attested program's is there and asks for all three kfuncs. */
static void test_attested_object(void)
{
	static const char *const kfuncs[] = { "vg_authenticate", "vg_denied", "vg_note" };
	struct bpf_object *object = bpf_object__open_file(rig_object(), NULL);
	struct bpf_program *program = bpf_object__find_program_by_name(object, VG_PROGRAM_ATTESTED);
	u32 found = 0, i;

	for (i = 0; i < 3; i++)
		found += btf__find_by_name_kind(bpf_object__btf(object), kfuncs[i], BTF_KIND_FUNC) > 0;
	ktap_ok(program && bpf_program__insn_cnt(program) > 100 && found == 3,
		"vg_gate_attested is there and calls %u kfuncs", found);
	bpf_object__close(object);
}

static void test_privilege(void)
{
	struct loader_options options = { .object = rig_object(), .grade = VG_GRADE_PLAIN };
	struct loader_error error = { "" };
	struct loader *loader;
	pid_t child = fork();
	int status = 1;

	if (!child) {
		capng_clear(CAPNG_SELECT_BOTH);
		capng_apply(CAPNG_SELECT_BOTH);
		_exit(loader_open(&options, &loader, &error) == -EPERM && strstr(error.text, "CAP_BPF") ? 0 : 1);
	}
	waitpid(child, &status, 0);
	ktap_ok(!status, "without capabilities loading is refused with what is needed");
}

/* As the agent after it dropped its privileges: CAP_NET_ADMIN is enough to attach, detach, add and end sessions. */
static int act_unprivileged(void)
{
	struct gate_session session = { .id = 99, .expires = rig_now(&rig) + 1000000000 };
	struct loader_error error;

	capng_clear(CAPNG_SELECT_BOTH);
	capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN);
	if (capng_apply(CAPNG_SELECT_BOTH))
		return 1;
	if (loader_attach(rig.loader, "vg0", LOADER_MODE_AUTO, false, NULL, &error) ||
	    loader_detach(rig.loader, "vg0", &error))
		return 2;
	if (rig.gate->ops->session_add(rig.gate, &session) || rig.gate->ops->session_revoke(rig.gate, 99))
		return 3;
	return rig.last_why == VG_REVOKED && ingress_clock_stepped(rig.ingress) == 0 ? 0 : 4;
}

static void test_net_admin(void)
{
	pid_t child = fork();
	int status = 1;

	if (!child)
		_exit(act_unprivileged());
	waitpid(child, &status, 0);
	ktap_ok(!status, "with CAP_NET_ADMIN alone: attach, detach, sessions, clock (%d)", WEXITSTATUS(status));
}

static void test_attach(void)
{
	struct loader_attachment attachment;
	struct loader_error error = { "" };

	ktap_ok(!loader_attach(rig.loader, "vg0", LOADER_MODE_AUTO, false, &attachment, &error) &&
			attachment.mode == LOADER_MODE_NATIVE && attachment.program_id == loader_program_id(rig.loader),
		"%s%s", attachment.sentence, error.text);
	ktap_ok(loader_attach(rig.loader, "vg0", LOADER_MODE_AUTO, false, NULL, &error) == -EALREADY, "%s", error.text);
	ktap_ok(!loader_attach(rig.loader, "lo", LOADER_MODE_AUTO, false, &attachment, &error) &&
			attachment.mode == LOADER_MODE_GENERIC,
		"%s", attachment.sentence);
	ktap_ok(!loader_detach(rig.loader, "lo", &error), "generic is detached");
	ktap_ok(loader_attach(rig.loader, "lo", LOADER_MODE_NATIVE, false, NULL, &error) == -EOPNOTSUPP, "%s",
		error.text);
	ktap_ok(loader_attach(rig.loader, "nosuch", LOADER_MODE_AUTO, false, NULL, &error) == -ENODEV, "%s",
		error.text);
	ktap_ok(loader_detach(rig.loader, "lo", &error) == -ENOENT, "%s", error.text);
	ktap_ok(!loader_detach_all(rig.loader, &error) && !loader_attachment(rig.loader, 0), "all detached");
}

/* Somebody else's program on the interface: named, and left alone. */
static void test_occupied(struct bpf_object *other)
{
	int fd = bpf_program__fd(bpf_object__find_program_by_name(other, "other_count"));
	int vg0 = if_nametoindex("vg0");
	struct loader_error error = { "" };

	bpf_xdp_attach(vg0, fd, 0, NULL);
	ktap_ok(loader_attach(rig.loader, "vg0", LOADER_MODE_AUTO, false, NULL, &error) == -EBUSY &&
			strstr(error.text, "other_count"),
		"%s", error.text);
	bpf_xdp_detach(vg0, 0, NULL);
	loader_attach(rig.loader, "vg0", LOADER_MODE_AUTO, false, NULL, &error);
	bpf_xdp_attach(vg0, fd, 0, NULL);
	ktap_ok(loader_detach(rig.loader, "vg0", &error) == -ESTALE && !loader_attachment(rig.loader, 0), "%s",
		error.text);
	bpf_xdp_detach(vg0, 0, NULL);
	loader_attach(rig.loader, "vg2", LOADER_MODE_AUTO, false, NULL, &error);
	ip("link del vg2");
	ktap_ok(!loader_detach(rig.loader, "vg2", &error), "an interface that is gone is detached from");
}

static u64 other_packets(struct bpf_object *other)
{
	u64 packets = 0;
	u32 zero = 0;

	bpf_map_lookup_elem(bpf_object__find_map_fd_by_name(other, "other_packets"), &zero, &packets);
	return packets;
}

/* Sends frames into vg1, so that they come out of vg0, where the programs are. */
static void send_frames(const struct frame *frame, u32 count)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_ifindex = if_nametoindex("vg1"), .sll_halen = 6 };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	while (fd >= 0 && count--)
		sendto(fd, frame->bytes, frame->len, 0, (struct sockaddr *)&to, sizeof(to));
	close(fd);
}

/* True if what is on vg0 is there without a dispatcher. */
static bool is_alone(void)
{
	struct xdp_multiprog *programs = xdp_multiprog__get_from_ifindex(if_nametoindex("vg0"));
	bool alone = libxdp_get_error(programs) || xdp_multiprog__is_legacy(programs);

	if (!libxdp_get_error(programs))
		xdp_multiprog__close(programs);
	return alone;
}

/* Both programs see the frames: ours refuses them, the other, which runs first, counts them. */
static void test_coexist(void)
{
	DECLARE_LIBXDP_OPTS(xdp_program_opts, options);
	struct loader_attachment attachment = { .sentence = "" };
	struct loader_error error = { "" };
	struct frame frame;
	struct xdp_program *other;
	struct bpf_object *object;
	u64 before;
	u8 junk[48] = { 9 };
	char path[4200];
	int i, err;

	other_path(path, sizeof(path));
	object = bpf_object__open_file(path, NULL);
	options.obj = object;
	options.prog_name = "other_count";
	other = xdp_program__create(&options);
	xdp_program__set_run_prio(other, 10);
	xdp_program__set_chain_call_enabled(other, true, XDP_PASS);
	err = xdp_program__attach(other, if_nametoindex("vg0"), XDP_MODE_NATIVE, 0);
	if (err) {
		ktap_skip("sharing an interface", "libxdp cannot attach even the other program here");
		return;
	}
	err = loader_attach(rig.loader, "vg0", LOADER_MODE_NATIVE, true, &attachment, &error);
	if (is_alone()) {
		ktap_ok(err == -EBUSY && strstr(error.text, "dispatcher"), "%s", error.text);
		ktap_skip("two programs on one interface",
			  "this kernel refuses libxdp's dispatcher, even for xdp-loader; a Debian 12 kernel takes it");
		xdp_program__detach(other, if_nametoindex("vg0"), XDP_MODE_NATIVE, 0);
		xdp_program__close(other);
		bpf_object__close(object);
		return;
	}
	ktap_ok(!err, "%s%s", attachment.sentence, error.text);
	frame_plain(&frame, false, junk, sizeof(junk));
	rig_counts(&rig, rig.counts);
	before = rig.counts[VG_MALFORMED];
	send_frames(&frame, 100);
	for (i = 0; i < 200 && rig.counts[VG_MALFORMED] < before + 100; i++) {
		usleep(5000);
		rig_counts(&rig, rig.counts);
	}
	ktap_ok(rig.counts[VG_MALFORMED] == before + 100 && other_packets(object) >= 100,
		"of 100 frames ours refused %llu, and the other program saw them first",
		(unsigned long long)(rig.counts[VG_MALFORMED] - before));
	ktap_ok(!loader_detach(rig.loader, "vg0", &error), "ours is taken out%s", error.text[0] ? error.text : "");
	before = other_packets(object);
	send_frames(&frame, 10);
	for (i = 0; i < 200 && other_packets(object) < before + 10; i++)
		usleep(5000);
	ktap_ok(other_packets(object) >= before + 10, "the other program is still there");
	xdp_program__detach(other, if_nametoindex("vg0"), XDP_MODE_NATIVE, 0);
	xdp_program__close(other);
	bpf_object__close(object);
}

/* Bytes that the kernel says the map takes ("memlock" of its fdinfo; exact from 6.4 on). */
static u64 map_memory(int fd)
{
	char path[64], line[256];
	unsigned long long bytes = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	if (file)
		fclose(file);
	return bytes;
}

static void test_session_memory(void)
{
	struct loader_options options = { .object = rig_object(), .grade = VG_GRADE_PLAIN, .max_sessions = 1 << 17 };
	struct vg_plain_session session = { 0 };
	struct loader_error error;
	struct loader *loader;
	u64 empty, full, id;
	int fd;

	if (loader_open(&options, &loader, &error)) {
		ktap_ok(false, "%s", error.text);
		return;
	}
	fd = loader_map_fd(loader, LOADER_MAP_SESSIONS);
	empty = map_memory(fd);
	for (id = 1; id <= SESSIONS; id++) {
		session.auth.id = id;
		bpf_map_update_elem(fd, &id, &session, BPF_ANY);
	}
	full = map_memory(fd);
	loader_close(loader);
	if (empty && full == empty) {
		ktap_skip("memory of a session", "before 6.4 the kernel does not count what a map really takes");
		return;
	}
	ktap_ok(empty && full > empty && (full - empty) / SESSIONS + 16 <= loader_session_bytes(),
		"a session takes %llu bytes and its bucket 16; %u are stated, 320 allowed",
		(unsigned long long)((full - empty) / SESSIONS), loader_session_bytes());
}

int main(void)
{
	struct bpf_object *other;
	char path[4200];
	int exit_code;

	if (rig_open(&rig, &exit_code))
		return exit_code;
	test_diagnosis();
	test_attested_object();
	test_session_memory();
	test_privilege();
	if (!stage_set()) {
		ktap_skip("attaching",
			  "no network namespace can be made here; run as root outside of a locked container");
		rig_close(&rig);
		return ktap_exit();
	}
	test_attach();
	test_net_admin();
	other_path(path, sizeof(path));
	other = bpf_object__open_file(path, NULL);
	if (bpf_object__load(other))
		ktap_ok(false, "the other program %s is loaded", path);
	else
		test_occupied(other);
	bpf_object__close(other);
	test_coexist();
	rig_close(&rig);
	return ktap_exit();
}
