/* SPDX-License-Identifier: GPL-2.0 */
/*
 * wallet_folder.h - a wallet as "voltgate wallet create" leaves it: the key of
 * client.key, the credential and its signature of enrol.tx.
 */
#ifndef VOLTGATE_VEHICLE_WALLET_FOLDER_H
#define VOLTGATE_VEHICLE_WALLET_FOLDER_H

#include "tools/libvehicle/voltgate-vehicle.h"

struct wallet_folder_error {
	char text[400];
};

/* 0 or -errno with a sentence. The caller wipes with voltgate_wallet_done(). */
int wallet_folder_read(const char *folder, struct voltgate_wallet *ret_wallet, struct wallet_folder_error *ret_error);

#endif
