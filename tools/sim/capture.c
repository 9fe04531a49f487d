// SPDX-License-Identifier: GPL-2.0
/* capture.c - libpcap's reader, with every doubt about a file put into words. */
#include <errno.h>
#include <stdarg.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include "tools/sim/capture.h"

struct capture {
	pcap_t *pcap;
	u64 number;
	char name[200];
};

__attribute__((format(printf, 3, 4))) static int damaged(struct capture_error *ret_error, const char *name,
							 const char *format, ...)
{
	int at = snprintf(ret_error->text, sizeof(ret_error->text), "%.180s: ", name);
	va_list args;

	va_start(args, format);
	vsnprintf(ret_error->text + at, sizeof(ret_error->text) - (size_t)at, format, args);
	va_end(args);
	return -EBADMSG;
}

int capture_open_stream(FILE *stream, const char *name, struct capture **ret_capture, struct capture_error *ret_error)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	char why[PCAP_ERRBUF_SIZE];
	int link;

	if (!capture) {
		fclose(stream);
		return damaged(ret_error, name, "out of memory."), -ENOMEM;
	}
	snprintf(capture->name, sizeof(capture->name), "%s", name);
	capture->pcap = pcap_fopen_offline_with_tstamp_precision(stream, PCAP_TSTAMP_PRECISION_MICRO, why);
	if (!capture->pcap) {
		fclose(stream);
		free(capture);
		return damaged(ret_error, name, "is no pcap or pcapng file: %.120s.", why);
	}
	link = pcap_datalink(capture->pcap);
	if (link != DLT_EN10MB) {
		const char *word = pcap_datalink_val_to_name(link);

		capture_close(capture);
		return damaged(ret_error, name,
			       "holds frames of link type %d (%s), not Ethernet; only Ethernet frames can be played.",
			       link, word ? word : "unknown");
	}
	*ret_capture = capture;
	return 0;
}

int capture_open(const char *path, struct capture **ret_capture, struct capture_error *ret_error)
{
	FILE *stream = fopen(path, "re");
	int ret;

	if (stream)
		return capture_open_stream(stream, path, ret_capture, ret_error);
	ret = -errno;
	damaged(ret_error, path, "cannot be opened: %s.", strerror(-ret));
	return ret;
}

int capture_next(struct capture *capture, struct capture_frame *ret_frame, struct capture_error *ret_error)
{
	struct pcap_pkthdr *header;
	int found;

	found = pcap_next_ex(capture->pcap, &header, &ret_frame->bytes);
	if (found == PCAP_ERROR_BREAK)
		return 0;
	capture->number++;
	if (found != 1)
		return damaged(ret_error, capture->name, "damaged at frame %llu: %.120s.",
			       (unsigned long long)capture->number, pcap_geterr(capture->pcap));
	if (header->caplen != header->len)
		return damaged(
			ret_error, capture->name,
			"frame %llu was captured in part only (%u of %u bytes); capture with a longer snapshot length.",
			(unsigned long long)capture->number, header->caplen, header->len);
	if (header->caplen < 14 || header->caplen > CAPTURE_FRAME_MAX)
		return damaged(ret_error, capture->name, "frame %llu has %u bytes; an Ethernet frame has 14 to %d.",
			       (unsigned long long)capture->number, header->caplen, CAPTURE_FRAME_MAX);
	if (header->ts.tv_sec < 0 || header->ts.tv_usec < 0 || header->ts.tv_usec > 999999)
		return damaged(ret_error, capture->name, "frame %llu has an impossible time stamp.",
			       (unsigned long long)capture->number);
	ret_frame->len = header->caplen;
	ret_frame->time_us = (u64)header->ts.tv_sec * 1000000 + (u64)header->ts.tv_usec;
	ret_frame->number = capture->number;
	return 1;
}

void capture_close(struct capture *capture)
{
	if (!capture)
		return;
	pcap_close(capture->pcap); /* closes the stream too */
	free(capture);
}
