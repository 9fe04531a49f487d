// SPDX-License-Identifier: GPL-2.0
/*
 * point.c - curve points, signatures and public keys as they stand in signed
 * data and certificates, and which of them must be hashed in another form
 * than they came in (certificate.h has the declarations).
 */
#include "agent/its/certificate.h"

#include <errno.h>

#define POINT_LEN 32

static void read_point(struct coer *coer, struct its_point *ret_point)
{
	struct its_point point = { .at = coer->at };
	u32 form = coer_choice(coer);

	point.form = (enum its_point_form)form;
	if (form > ITS_UNCOMPRESSED)
		coer_fail(coer, -EBADMSG);
	if (form != ITS_FILL)
		point.x = coer_bytes(coer, POINT_LEN);
	if (form == ITS_UNCOMPRESSED)
		point.y = coer_bytes(coer, POINT_LEN);
	*ret_point = point;
}

static void add_patch(const struct its_point *point, u8 tag, struct its_patch *patches, u32 *patch_count)
{
	struct its_patch patch = { point->at, 1 + POINT_LEN, tag };

	if (!patches || !point->x || point->at[0] == tag)
		return;
	if (point->form == ITS_UNCOMPRESSED)
		patch.len += POINT_LEN;
	patches[(*patch_count)++] = patch;
}

/* Keys are hashed compressed. An x-only key names no point; it stays as it is and nothing verifies with it. */
static void add_key_patch(const struct coer *coer, const struct its_point *point, struct its_patch *patches,
			  u32 *patch_count)
{
	if (!coer->error && point->form == ITS_UNCOMPRESSED)
		add_patch(point, 0x80 | (point->y[POINT_LEN - 1] & 1 ? ITS_COMPRESSED_Y1 : ITS_COMPRESSED_Y0), patches,
			  patch_count);
}

/* Signature and PublicVerificationKey share the numbers of the two 256-bit curves; extensions are other algorithms. */
static enum its_curve read_curve(struct coer *coer)
{
	u32 choice = coer_choice(coer);

	if (choice > 1)
		coer_fail(coer, -EOPNOTSUPP);
	return coer->error ? ITS_CURVE_NONE : choice ? ITS_CURVE_BRAINPOOL_P256R1 : ITS_CURVE_NIST_P256;
}

void its_signature_read(struct coer *coer, struct its_signature *ret_signature, struct its_patch *patches,
			u32 *patch_count)
{
	ret_signature->curve = read_curve(coer);
	read_point(coer, &ret_signature->r);
	if (!coer->error && ret_signature->r.form == ITS_FILL)
		coer_fail(coer, -EBADMSG);
	ret_signature->s = coer_bytes(coer, POINT_LEN);
	if (!coer->error)
		add_patch(&ret_signature->r, 0x80 | ITS_X_ONLY, patches, patch_count);
}

/* PublicVerificationKey. */
void its_verification_key_read(struct coer *coer, struct its_certificate *certificate)
{
	certificate->curve = read_curve(coer);
	read_point(coer, &certificate->key);
	add_key_patch(coer, &certificate->key, certificate->patches, &certificate->patch_count);
}

/* PublicEncryptionKey: the symmetric algorithm it goes with, then the key. */
void its_encryption_key_read(struct coer *coer, struct its_patch *patches, u32 *patch_count)
{
	struct its_point point;

	if (coer_enumerated(coer)) /* aes128Ccm is all of the first edition */
		coer_fail(coer, -EOPNOTSUPP);
	read_curve(coer);
	read_point(coer, &point);
	add_key_patch(coer, &point, patches, patch_count);
}
