// SPDX-License-Identifier: GPL-2.0
/* capture_test.c - captures good and bad, and the refreshing of times. */
#include <errno.h>
#include <stdlib.h>
#include "tests/ktap.h"
#include "tests/sim/packet.h"
#include "tools/sim/capture.h"
#include "tools/sim/refresh.h"

#define FRAME 60

struct file_header {
	u32 magic;
	u16 major, minor;
	u32 zone, accuracy, snap, link;
};

struct frame_header {
	u32 seconds, microseconds, captured, length;
};

struct file {
	u8 bytes[4096];
	size_t len;
};

static void put(struct file *file, const void *bytes, size_t len)
{
	memcpy(file->bytes + file->len, bytes, len);
	file->len += len;
}

static void file_begin(struct file *file, u32 link)
{
	struct file_header header = { 0xa1b2c3d4, 2, 4, 0, 0, 65535, link };

	file->len = 0;
	put(file, &header, sizeof(header));
}

static void file_frame(struct file *file, u32 seconds, u32 captured, u32 length)
{
	struct frame_header header = { seconds, 5, captured, length };
	u8 frame[FRAME] = { 0 };

	put(file, &header, sizeof(header));
	put(file, frame, captured < FRAME ? captured : FRAME);
}

/* Frames read before the end or the error; the error's sentence stays in @ret_error. */
static int file_read(struct file *file, int *ret_frames, struct capture_error *ret_error)
{
	FILE *stream = fmemopen(file->bytes, file->len, "r");
	struct capture_frame frame;
	struct capture *capture;
	int ret;

	*ret_frames = 0;
	ret_error->text[0] = '\0';
	ret = capture_open_stream(stream, "car.pcap", &capture, ret_error);
	if (ret)
		return ret;
	while ((ret = capture_next(capture, &frame, ret_error)) > 0)
		++*ret_frames;
	capture_close(capture);
	return ret;
}

static void refused(struct file *file, int frames_before, const char *what, const char *sentence)
{
	struct capture_error error;
	int frames, ret = file_read(file, &frames, &error);

	ktap_ok(ret < 0 && frames == frames_before && strstr(error.text, sentence) && strstr(error.text, "car.pcap"),
		"%s: %s", what, error.text);
}

static void test_bad_files(void)
{
	struct file file = { .len = 0 };

	put(&file, "this is no capture at all, it is text", 37);
	refused(&file, 0, "text", "is no pcap or pcapng file");
	file_begin(&file, 1);
	file.len = 10;
	refused(&file, 0, "a header cut short", "is no pcap or pcapng file");
	file_begin(&file, 127);
	refused(&file, 0, "another link type", "not Ethernet");
	file_begin(&file, 1);
	file_frame(&file, 1, FRAME, FRAME);
	file_frame(&file, 2, 20, FRAME);
	refused(&file, 1, "a frame captured in part", "frame 2 was captured in part only (20 of 60 bytes)");
	file_begin(&file, 1);
	file_frame(&file, 1, FRAME, FRAME);
	file.len -= 7;
	refused(&file, 0, "a file cut short", "damaged at frame 1");
	file_begin(&file, 1);
	file_frame(&file, 1, 4, 4);
	refused(&file, 0, "a frame shorter than its header", "frame 1 has 4 bytes");
}

static void test_good_file(void)
{
	struct capture_error error;
	struct file file;
	int frames, i;

	file_begin(&file, 1);
	for (i = 0; i < 5; i++)
		file_frame(&file, (u32)i, FRAME, FRAME);
	ktap_ok(!file_read(&file, &frames, &error) && frames == 5, "five frames are read %s", error.text);
	ktap_ok(capture_open("/nonexistent/car.pcap", &(struct capture *){ NULL }, &error) == -ENOENT &&
			strstr(error.text, "/nonexistent/car.pcap: cannot be opened"),
		"a file that is not there: %s", error.text);
}

static void test_refresh(void)
{
	static const u8 start[] = { 2, 0,  0,	 0,    0,    1,	   2,  0,  0, 0, 0,  2,	 8, 0, 0x45, 0,
				    0, 76, 0,	 0,    0,    0,	   64, 17, 0, 0, 10, 7,	 0, 2, 10,   7,
				    0, 1,  0xba, 0xb9, 0xba, 0xb8, 0,  56, 0, 0, 1,  16, 0, 0 };
	u8 frame[14 + 20 + 8 + 48] = { 0 }, before[sizeof(frame)];
	struct packet packet;
	u32 sum, i, changed = 0;

	memcpy(frame, start, sizeof(start));
	packet_read(frame, sizeof(frame), &packet);
	sum = packet_sum(packet_sum(17 + 56, frame + 26, 8), frame + 34, 56);
	frame[40] = (u8)(~sum >> 8);
	frame[41] = (u8)~sum;
	memcpy(before, frame, sizeof(frame));
	ktap_ok(refresh_frame(frame, sizeof(frame), 0x0102030405060708ULL), "a packet's time is found");
	for (i = 0; i < sizeof(frame); i++)
		changed += frame[i] != before[i] && !(i >= 66 && i < 74) && i != 40 && i != 41;
	ktap_ok(!changed && frame[66] == 1 && frame[73] == 8, "its eight bytes are replaced, no others");
	sum = packet_sum(packet_sum(17 + 56, frame + 26, 8), frame + 34, 56);
	ktap_ok(sum == 0xffff, "its UDP checksum is right again");
	frame[37] = 9; /* another port */
	ktap_ok(!refresh_frame(frame, sizeof(frame), 1), "a packet to another port is left alone");
}

int main(void)
{
	ktap_plan(0);
	test_good_file();
	test_bad_files();
	test_refresh();
	return ktap_exit();
}
