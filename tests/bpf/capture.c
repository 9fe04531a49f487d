// SPDX-License-Identifier: GPL-2.0
/* capture.c - see capture.h. */
#include "capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <pcap/pcap.h>

int capture_walk_car(int (*each)(void *arg, const u8 *bytes, u32 len), void *arg)
{
	const char *shared = getenv("SHARED");
	char path[4096], error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u8 *bytes;
	pcap_t *pcap;

	snprintf(path, sizeof(path), "%s/data/its/vw-golf8.pcap", shared ? shared : "../shared");
	pcap = pcap_open_offline(path, error);
	if (!pcap)
		return -1;
	while (pcap_next_ex(pcap, &header, &bytes) == 1)
		if (header->caplen == header->len && each(arg, bytes, header->caplen))
			break;
	pcap_close(pcap);
	return 0;
}
