// SPDX-License-Identifier: GPL-2.0
/* welcome.c - a welcome to and from its bytes: welcome.h. */
#include <errno.h>
#include <sodium.h>

#include "agent/handshake/welcome.h"
#include "ledger/cursor.h"
#include "voltgate/record.h"

static void welcome_header(u64 time, struct vg_vid *ret_header)
{
	*ret_header = (struct vg_vid){ .version = VG_VID_VERSION, .type = VG_VID_WELCOME };
	ret_header->payload_len = vg_be16(WELCOME_PAYLOAD_LEN);
	ret_header->generated = vg_be64(time);
}

int welcome_make(struct noise *noise, const struct welcome *welcome, u8 ret_vid[WELCOME_LEN])
{
	u8 plain[WELCOME_PLAIN_LEN];
	struct writer writer;
	struct vg_vid header;
	int len;

	writer_init(&writer, plain, sizeof(plain));
	writer_u64(&writer, welcome->session);
	writer_u64(&writer, welcome->expires);
	writer_u64(&writer, welcome->time);
	writer_u8(&writer, welcome->grade);
	writer_bytes(&writer, welcome->attestor, sizeof(welcome->attestor));
	writer_u64(&writer, welcome->epoch);
	writer_bytes(&writer, welcome->channel, sizeof(welcome->channel));
	writer_bytes(&writer, welcome->station, sizeof(welcome->station));
	memset(ret_vid, 0, WELCOME_LEN);
	welcome_header(welcome->time, &header);
	memcpy(ret_vid, &header, sizeof(header));
	len = noise_write(noise, plain, sizeof(plain), ret_vid + VG_VID_HEADER_LEN, WELCOME_PAYLOAD_LEN);
	sodium_memzero(plain, sizeof(plain));
	return len < 0 ? len : 0;
}

static void welcome_decode(const u8 plain[WELCOME_PLAIN_LEN], struct welcome *ret_welcome)
{
	struct reader reader;

	reader_init(&reader, plain, WELCOME_PLAIN_LEN);
	ret_welcome->session = reader_u64(&reader);
	ret_welcome->expires = reader_u64(&reader);
	ret_welcome->time = reader_u64(&reader);
	ret_welcome->grade = reader_u8(&reader);
	reader_copy(&reader, ret_welcome->attestor, sizeof(ret_welcome->attestor));
	ret_welcome->epoch = reader_u64(&reader);
	reader_copy(&reader, ret_welcome->channel, sizeof(ret_welcome->channel));
	reader_copy(&reader, ret_welcome->station, sizeof(ret_welcome->station));
}

/* What the header says is checked too, with what was sealed: no byte of a welcome can be another. */
int welcome_read(struct noise *noise, const void *vid, size_t len, struct welcome *ret_welcome)
{
	const u8 *bytes = vid;
	u8 plain[WELCOME_PLAIN_LEN];
	struct vg_vid header;
	int err;

	if (len != WELCOME_LEN || bytes[1] != VG_VID_WELCOME ||
	    !sodium_is_zero(bytes + VG_VID_HEADER_LEN + WELCOME_PAYLOAD_LEN, VG_VID_TAG_LEN))
		return -EBADMSG;
	err = noise_read(noise, bytes + VG_VID_HEADER_LEN, WELCOME_PAYLOAD_LEN, plain, sizeof(plain));
	if (err < 0)
		return -EBADMSG;
	welcome_decode(plain, ret_welcome);
	sodium_memzero(plain, sizeof(plain));
	welcome_header(ret_welcome->time, &header);
	if (memcmp(bytes, &header, sizeof(header)) || !ret_welcome->session ||
	    ret_welcome->expires <= ret_welcome->time ||
	    (ret_welcome->grade != VG_GRADE_PLAIN && ret_welcome->grade != VG_GRADE_ATTESTED))
		return -EBADMSG;
	return 0;
}
