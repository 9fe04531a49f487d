// SPDX-License-Identifier: GPL-2.0
/*
 * its_maker.c - makes signed frames: Ethernet, GeoNetworking basic header,
 * Ieee1609Dot2Data, and in it GeoNetworking, BTP-B and an application message
 * (filler: nothing here reads CAMs).
 */
#include "tools/sim/its_maker.h"

#include <errno.h>

#include "tools/sim/its_identity.h"

#define ETHERNET_LEN 14
#define PAYLOAD_DEFAULT 40
#define PAYLOAD_MAX 1400
#define EXPIRY_DEFAULT_US 10000000
#define EXTERNAL "data that is elsewhere"

/* GN_ADDR: type passenger car and, as on real units, the end of the certificate's HashedId8. */
static void write_address(struct its_write *write, const struct its_identity *identity, bool foreign)
{
	its_write_number(write, 0x1400, 2);
	its_write_number(write, foreign ? 0x02 : 0xfe, 1);
	if (foreign)
		its_write_number(write, 0x0102030405, 5);
	else
		its_write_bytes(write, identity->hash + 27, 5);
}

static void write_position(struct its_write *write, const struct its_identity *identity,
			   const struct its_maker_message *message)
{
	write_address(write, identity, message->foreign_address);
	its_write_number(write, message->generated / 1000, 4);
	its_write_number(write, (u32)message->latitude, 4);
	its_write_number(write, (u32)message->longitude, 4);
	its_write_number(write, 0x8000 | 1000, 2); /* accurate, 10 m/s */
	its_write_number(write, 900, 2);	   /* east */
}

/* GeoNetworking, BTP-B and the message. */
static void write_packet(struct its_write *write, const struct its_identity *identity,
			 const struct its_maker_message *message)
{
	u32 payload = message->payload_len ? message->payload_len : PAYLOAD_DEFAULT, i;
	bool denm = message->psid == ITS_MAKER_DENM;

	its_write_number(write, 0x20, 1);		/* BTP-B */
	its_write_number(write, denm ? 0x40 : 0x50, 1); /* circular GeoBroadcast, single-hop broadcast */
	its_write_number(write, 0x0280, 2);
	its_write_number(write, 4 + payload, 2);
	its_write_number(write, denm ? 0x0a00 : 0x0100, 2);
	if (denm)
		its_write_number(write, (u64)message->serial << 16, 4);
	write_position(write, identity, message);
	if (denm) {
		its_write_number(write, (u32)message->latitude, 4);
		its_write_number(write, (u32)message->longitude, 4);
		its_write_number(write, 500ULL << 48, 8); /* 500 m around it */
	} else {
		its_write_number(write, 0xa0000000, 4);
	}
	its_write_number(write, denm ? 2002 : 2001, 2);
	its_write_number(write, 0, 2);
	its_write_number(write, 0x0200 | (denm ? 1 : 2), 2); /* ITS PDU header: version, message, station */
	its_write_bytes(write, identity->hash + 28, 4);
	for (i = 6; i < payload; i++)
		its_write_number(write, (message->serial * 2654435761u + i * 40503u) >> 8, 1);
}

static void write_additions(struct its_write *write, const struct its_maker_message *message)
{
	const struct its_identity *authority = message->authority;
	u8 present = (message->inline_request ? 0x80 : 0) | (message->requested_certificate ? 0x40 : 0) |
		     (message->contributed ? 0x10 : 0);

	its_write_octets(write, (const u8[]){ 4, present }, 2);
	if (message->inline_request)
		its_write_octets(write, "\x01\x02\xaa\xbb\xcc\xdd\xee\xff", 8);
	if (message->requested_certificate)
		its_write_octets(write, authority->certificate, authority->certificate_len);
	if (message->contributed) /* one block of contributor 2 (ETSI) with one extension */
		its_write_octets(write, "\x01\x01\x02\x01\x01\x03\x01\x01\x2a", 9);
}

static void write_header(struct its_write *write, const struct its_identity *identity,
			 const struct its_maker_message *message)
{
	bool denm = message->psid == ITS_MAKER_DENM;
	u64 expiry = message->expiry ? message->expiry : denm ? message->generated + EXPIRY_DEFAULT_US : 0;
	bool additions = message->inline_request || message->requested_certificate || message->contributed;

	its_write_number(write,
			 (additions ? 0x80 : 0) | (message->generated ? 0x40 : 0) | (expiry ? 0x20 : 0) |
				 (denm ? 0x10 : 0) | (message->learning_request ? 0x08 : 0) |
				 (message->missing_crl ? 0x04 : 0) | (message->encryption_key ? 0x02 : 0),
			 1);
	its_write_unsigned(write, message->psid);
	if (message->generated)
		its_write_number(write, message->generated, 8);
	if (expiry)
		its_write_number(write, expiry, 8);
	if (denm) {
		its_write_number(write, (u32)message->latitude, 4);
		its_write_number(write, (u32)message->longitude, 4);
		its_write_number(write, 4096 + 1000, 2);
	}
	if (message->learning_request)
		its_write_number(write, 0xabcdef, 3);
	if (message->missing_crl)
		its_write_number(write, 0, 1 + 3 + 2);
	if (message->encryption_key) {
		its_write_choice(write, 0); /* public */
		its_write_number(write, 0, 1);
		its_write_choice(write, identity->key.curve == ITS_CURVE_BRAINPOOL_P256R1);
		its_write_key(write, &identity->key.public_point, message->key_form);
	}
	if (additions)
		write_additions(write, message);
}

static void write_to_be_signed(struct its_write *write, const struct its_identity *identity,
			       const struct its_maker_message *message)
{
	u8 bytes[PAYLOAD_MAX + 128], hash[32];
	struct its_write packet = { .bytes = bytes, .capacity = sizeof(bytes) };

	write_packet(&packet, identity, message);
	write->overflow |= packet.overflow;
	its_write_number(write, message->external_hash ? 0x60 : 0x40, 1);
	its_write_number(write, 3, 1);
	its_write_choice(write, 0);
	its_write_octets(write, packet.bytes, packet.len);
	if (message->external_hash) {
		its_maker_hash((const u8 *)EXTERNAL, sizeof(EXTERNAL), NULL, hash);
		its_write_choice(write, 0);
		its_write_bytes(write, hash, sizeof(hash));
	}
	write_header(write, identity, message);
}

static void write_signer(struct its_write *write, const struct its_identity *identity,
			 const struct its_maker_message *message)
{
	switch (message->signer) {
	case ITS_MAKER_BY_DIGEST:
		its_write_choice(write, 0);
		its_write_bytes(write, identity->hash + 24, 8);
		break;
	case ITS_MAKER_BY_CERTIFICATE:
	case ITS_MAKER_BY_CHAIN:
		its_write_choice(write, 1);
		its_write_unsigned(write, message->signer == ITS_MAKER_BY_CHAIN ? 2 : 1);
		its_write_bytes(write, identity->certificate, identity->certificate_len);
		if (message->signer == ITS_MAKER_BY_CHAIN)
			its_write_bytes(write, message->authority->certificate, message->authority->certificate_len);
		break;
	case ITS_MAKER_BY_SELF:
		its_write_choice(write, 2);
		break;
	}
}

static void write_frame_start(struct its_write *write, const struct its_identity *identity,
			      const struct its_maker_message *message)
{
	u8 address[8];
	struct its_write mac = { .bytes = address, .capacity = sizeof(address) };

	write_address(&mac, identity, message->foreign_address);
	its_write_bytes(write, "\xff\xff\xff\xff\xff\xff", 6);
	its_write_bytes(write, address + 2, 6);
	if (message->vlan)
		its_write_number(write, 0x81000007, 4);
	its_write_number(write, 0x8947, 2);
	its_write_number(write, 0x12000501, 4); /* version 1, secured; lifetime 1 s, one hop */
	its_write_number(write, 3, 1);
	its_write_choice(write, 1);    /* signedData */
	its_write_number(write, 0, 1); /* sha256 */
}

int its_maker_frame(const struct its_identity *identity, const struct its_maker_message *message, u8 *ret_frame,
		    u32 capacity)
{
	u8 canonical[ITS_MAKER_FRAME_MAX], hash[32];
	struct its_write signed_bytes = { .bytes = canonical, .capacity = sizeof(canonical), .canonical = true };
	struct its_write write = { .bytes = ret_frame, .capacity = capacity };
	struct its_signature_made made;
	int error;

	if (message->payload_len > PAYLOAD_MAX ||
	    ((message->signer == ITS_MAKER_BY_CHAIN || message->requested_certificate) && !message->authority))
		return -EINVAL;
	write_to_be_signed(&signed_bytes, identity, message);
	its_maker_hash(canonical, signed_bytes.len, message->signer == ITS_MAKER_BY_SELF ? NULL : identity->hash, hash);
	error = its_sign(&identity->key, hash, &made);
	if (error)
		return error;
	write_frame_start(&write, identity, message);
	write_to_be_signed(&write, identity, message);
	write_signer(&write, identity, message);
	its_write_signature(&write, identity->key.curve, &made, message->r_form);
	return write.overflow || signed_bytes.overflow ? -ENOSPC : (int)write.len;
}

u32 its_maker_alter(u8 *frame, u32 len, enum its_maker_alteration alteration)
{
	switch (alteration) {
	case ITS_MAKER_ALTER_PAYLOAD: /* the last byte of a short message and beyond its headers */
		frame[ETHERNET_LEN + 4 + 70] ^= 1;
		break;
	case ITS_MAKER_ALTER_SIGNATURE:
		frame[len - 1] ^= 1;
		break;
	case ITS_MAKER_ALTER_TRUNCATE:
		return len - 1;
	case ITS_MAKER_ALTER_UNSIGNED:
		frame[ETHERNET_LEN] = 0x11;
		break;
	case ITS_MAKER_ALTER_VERSION:
		frame[ETHERNET_LEN + 4] = 2;
		break;
	case ITS_MAKER_ALTER_HASH:
		frame[ETHERNET_LEN + 6] = 1;
		break;
	}
	return len;
}
