// SPDX-License-Identifier: GPL-2.0
/*
 * its_capture.c - capture files by libpcap. Vehicles' radios are captured as
 * IEEE 802.11 data frames with an LLC/SNAP header; those are rewritten as
 * Ethernet, which is what the gate itself sees.
 */
#include "tools/voltgate/its_capture.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/its/geonet.h"
#include "agent/time_text.h"

#define ETHERNET_LEN 14
#define SNAP_LEN 8
#define RADIOTAP_FLAGS_BIT 1
#define RADIOTAP_TSFT_BIT 0
#define RADIOTAP_EXT_BIT 31
#define RADIOTAP_FCS_AT_END 0x10
#define FCS_LEN 4

struct its_capture {
	pcap_t *pcap;
	char path[256];
	int link;
	u64 number;
	u8 bytes[ITS_CAPTURE_FRAME_MAX];
};

int its_capture_open(const char *path, struct its_capture **ret_capture, struct its_capture_error *ret_error)
{
	struct its_capture *capture = calloc(1, sizeof(*capture));
	char reason[PCAP_ERRBUF_SIZE] = "";

	if (!capture) {
		snprintf(ret_error->text, sizeof(ret_error->text), "memory ran out");
		return -ENOMEM;
	}
	snprintf(capture->path, sizeof(capture->path), "%s", path);
	capture->pcap = pcap_open_offline(path, reason);
	if (!capture->pcap) {
		snprintf(ret_error->text, sizeof(ret_error->text), "%.200s cannot be read as a capture: %s", path,
			 reason);
		its_capture_close(capture);
		return -EBADMSG;
	}
	capture->link = pcap_datalink(capture->pcap);
	if (capture->link != DLT_EN10MB && capture->link != DLT_IEEE802_11 && capture->link != DLT_IEEE802_11_RADIO) {
		const char *name = pcap_datalink_val_to_name(capture->link);

		snprintf(ret_error->text, sizeof(ret_error->text),
			 "%.200s has link type %s (%d); Ethernet, IEEE802_11 and IEEE802_11_RADIO can be read", path,
			 name ? name : "unknown", capture->link);
		its_capture_close(capture);
		return -EPROTONOSUPPORT;
	}
	*ret_capture = capture;
	return 0;
}

void its_capture_close(struct its_capture *capture)
{
	if (!capture)
		return;
	if (capture->pcap)
		pcap_close(capture->pcap);
	free(capture);
}

static u32 little_endian(const u8 *bytes, u32 len)
{
	u32 value = 0;

	while (len--)
		value = value << 8 | bytes[len];
	return value;
}

/* Takes off the radiotap header and, where it says there is one, the checksum at the end. */
static bool strip_radiotap(struct coer_slice *packet)
{
	u32 len, present, words = 1, at;

	if (packet->len < 8)
		return false;
	len = little_endian(packet->at + 2, 2);
	if (len < 8 || len > packet->len)
		return false;
	present = little_endian(packet->at + 4, 4);
	while (4 + 4 * words <= len - 4 && little_endian(packet->at + 4 * words, 4) & 1u << RADIOTAP_EXT_BIT)
		words++;
	at = 4 + 4 * words;
	if (present & 1u << RADIOTAP_TSFT_BIT)
		at = ((at + 7) & ~7u) + 8; /* an aligned 64-bit clock stands before the flags */
	if (present & 1u << RADIOTAP_FLAGS_BIT && at < len && packet->at[at] & RADIOTAP_FCS_AT_END &&
	    packet->len >= len + FCS_LEN)
		packet->len -= FCS_LEN;
	packet->at += len;
	packet->len -= len;
	return true;
}

/* 802.11 data frame with LLC/SNAP to Ethernet; NULL slice where it is none. */
static struct coer_slice from_wifi(struct its_capture *capture, struct coer_slice packet)
{
	static const u8 snap[] = { 0xaa, 0xaa, 0x03, 0x00, 0x00, 0x00 };
	const struct coer_slice none = { NULL, 0 };
	u32 header = 24, body;

	if (packet.len < header || (packet.at[0] & 0x0c) != 0x08 ||
	    packet.at[0] & 0x40) /* data, and not one without a body */
		return none;
	if ((packet.at[1] & 3) == 3)
		header += 6; /* a fourth address */
	if (packet.at[0] & 0x80)
		header += packet.at[1] & 0x80 ? 6 : 2; /* QoS, perhaps with HT control */
	if (packet.at[1] & 0x40 || packet.len < header + SNAP_LEN || memcmp(packet.at + header, snap, sizeof(snap)))
		return none; /* encrypted, or not SNAP */
	body = packet.len - header - SNAP_LEN;
	if (body + ETHERNET_LEN > sizeof(capture->bytes))
		return none;
	memcpy(capture->bytes, packet.at + 4, 6);
	memcpy(capture->bytes + 6, packet.at + 10, 6);
	memcpy(capture->bytes + 12, packet.at + header + 6, 2);
	memcpy(capture->bytes + ETHERNET_LEN, packet.at + header + SNAP_LEN, body);
	return (struct coer_slice){ capture->bytes, body + ETHERNET_LEN };
}

static struct coer_slice to_ethernet(struct its_capture *capture, struct coer_slice packet)
{
	if (capture->link == DLT_EN10MB)
		return packet;
	if (capture->link == DLT_IEEE802_11_RADIO && !strip_radiotap(&packet))
		return (struct coer_slice){ NULL, 0 };
	return from_wifi(capture, packet);
}

int its_capture_next(struct its_capture *capture, struct its_capture_frame *ret_frame,
		     struct its_capture_error *ret_error)
{
	struct pcap_pkthdr *header;
	struct coer_slice frame;
	const u8 *bytes;
	int got = pcap_next_ex(capture->pcap, &header, &bytes);

	if (got == PCAP_ERROR_BREAK)
		return 0;
	if (got != 1) {
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "%.200s is damaged or cut off after frame %llu: %s; capture it again, or repair it with a "
			 "capture editor",
			 capture->path, (unsigned long long)capture->number, pcap_geterr(capture->pcap));
		return -EBADMSG;
	}
	memset(ret_frame, 0, sizeof(*ret_frame));
	ret_frame->number = ++capture->number;
	ret_frame->time = time_text_of_unix((u64)header->ts.tv_sec * 1000000 + (u64)header->ts.tv_usec);
	frame = to_ethernet(capture, (struct coer_slice){ bytes, header->caplen });
	if (!frame.at || !its_outer_is(frame.at, frame.len))
		return 1;
	ret_frame->is_its = true;
	ret_frame->bytes = frame.at;
	ret_frame->len = frame.len;
	ret_frame->missing = header->len > header->caplen ? header->len - header->caplen : 0;
	return 1;
}
