/* SPDX-License-Identifier: GPL-2.0 */
/*
 * its_maker.h - makes what ITS stations send: certificates of roots,
 * authorities and stations (tickets), and signed frames, in every form the
 * standard allows. For the simulator and tests only: its signing arithmetic
 * takes no care of side channels.
 *
 * Written apart from the reader in agent/its, so that each checks the other.
 * Times are Time64. Not thread-safe.
 */
#ifndef VOLTGATE_SIM_ITS_MAKER_H
#define VOLTGATE_SIM_ITS_MAKER_H

#include "agent/its/verifier.h"

#define ITS_MAKER_CERTIFICATE_MAX 1024
#define ITS_MAKER_FRAME_MAX 2048
#define ITS_MAKER_PSIDS 4
#define ITS_MAKER_CAM 36
#define ITS_MAKER_DENM 37

enum its_maker_role { ITS_MAKER_ROOT, ITS_MAKER_AUTHORITY, ITS_MAKER_TICKET };
enum its_maker_form { ITS_MAKER_COMPRESSED, ITS_MAKER_X_ONLY, ITS_MAKER_UNCOMPRESSED };
enum its_maker_region {
	ITS_MAKER_NOWHERE,
	ITS_MAKER_CIRCLE,
	ITS_MAKER_RECTANGLE,
	ITS_MAKER_POLYGON,
	ITS_MAKER_COUNTRY
};
enum its_maker_id { ITS_MAKER_ID_NONE, ITS_MAKER_ID_NAME, ITS_MAKER_ID_BINARY, ITS_MAKER_ID_LINKAGE };

/* What a certificate is to say. Zeros are a sensible default but for curve, times and psids. */
struct its_maker_certificate {
	enum its_maker_role role;
	enum its_curve curve;
	u64 valid_from; /* rounded down to a second */
	u16 duration;
	u8 duration_unit; /* 0 microseconds, 1 milliseconds, 2 seconds, 3 minutes, 4 hours, 5 sixty hours, 6 years */
	u32 psids[ITS_MAKER_PSIDS]; /* a ticket may sign them, an authority have them signed; a root without any: all */
	u32 psid_count;
	const u8 *ssp; /* bitmap of each psid: a ticket's value, an authority's value with all bits in the mask; NULL:
			  none */
	u32 ssp_len;
	enum its_maker_id id;
	enum its_maker_region
		region;		 /* circle: around @latitude and @longitude; rectangle: @radius_m as degrees / 1e5 */
	int latitude, longitude; /* 1e-7 degree */
	u16 radius_m;
	enum its_maker_form key_form; /* compressed or uncompressed */
	enum its_maker_form r_form;
	bool encryption_key; /* carries one, in key_form */
	bool assurance;
	bool request_permissions;
	bool rollover;
	bool flags;    /* the 2022 edition's addition */
	bool implicit; /* the type only: nobody can verify it */
};

/* A key and its certificate. */
struct its_identity;

/* @issuer NULL: self-signed. 0, -EINVAL, -ENOMEM, -EIO (OpenSSL failed). */
int its_identity_new(const struct its_maker_certificate *wanted, const struct its_identity *issuer,
		     struct its_identity **ret_identity);
void its_identity_free(struct its_identity *identity); /* wipes the key */
/* Its certificate in COER; the identity's. */
const u8 *its_identity_certificate(const struct its_identity *identity, u32 *ret_len);
/* Its HashedId8. */
const u8 *its_identity_id(const struct its_identity *identity);

enum its_maker_signer { ITS_MAKER_BY_DIGEST, ITS_MAKER_BY_CERTIFICATE, ITS_MAKER_BY_CHAIN, ITS_MAKER_BY_SELF };

/* What a frame is to be. Zeros but for psid and generated make a CAM-like single-hop broadcast signed by digest. */
struct its_maker_message {
	u32 psid;      /* ITS_MAKER_DENM: a GeoBroadcast with a generation location and an expiry; else a single-hop
			  broadcast */
	u64 generated; /* 0: left out */
	enum its_maker_signer signer;
	const struct its_identity *authority; /* chain: the signer's issuer; requested: the certificate to show */
	int latitude, longitude;	      /* of the sender */
	u32 serial;			      /* makes frames differ */
	u32 payload_len;		      /* of the application's message; 0: 40 bytes */
	enum its_maker_form r_form;
	u64 expiry; /* 0: none (a DENM: generated + 10 s) */
	bool learning_request;
	bool missing_crl;
	bool encryption_key; /* in key_form */
	enum its_maker_form key_form;
	bool inline_request;
	bool requested_certificate; /* authority's */
	bool contributed;
	bool external_hash; /* beside the payload */
	bool vlan;
	bool foreign_address; /* a GeoNetworking address that does not come from the certificate */
};

/* The frame from its Ethernet header on. Its length, or -ENOSPC, -EINVAL, -EIO. */
int its_maker_frame(const struct its_identity *identity, const struct its_maker_message *message, u8 *ret_frame,
		    u32 capacity);

/* How to alter a right frame. */
enum its_maker_alteration {
	ITS_MAKER_ALTER_PAYLOAD,   /* its-forged */
	ITS_MAKER_ALTER_SIGNATURE, /* its-forged */
	ITS_MAKER_ALTER_TRUNCATE,  /* its-malformed */
	ITS_MAKER_ALTER_UNSIGNED,  /* its-unsigned: says that no secured packet follows */
	ITS_MAKER_ALTER_VERSION,   /* its-malformed: of Ieee1609Dot2Data */
	ITS_MAKER_ALTER_HASH,	   /* its-unsupported: says SHA-384 */
};
/* In place; the new length. @frame as its_maker_frame() made it, without VLAN tag. */
u32 its_maker_alter(u8 *frame, u32 len, enum its_maker_alteration alteration);

#endif
