/* SPDX-License-Identifier: GPL-2.0 */
/*
 * privileges.h - from root to the agent's own user with CAP_NET_ADMIN alone.
 */
#ifndef VOLTGATE_PRIVILEGES_H
#define VOLTGATE_PRIVILEGES_H

#include <stdbool.h>
#include <sys/types.h>

struct privileges {
	uid_t uid;
	gid_t gid;
	int change; /* 0: stays who it is */
};

struct privileges_error {
	char text[320];
};

/* Looks @user and @group up; "" or a process that is not root stays who it is. -ENOENT. */
int privileges_find(const char *user, const char *group, struct privileges *ret_privileges,
		    struct privileges_error *ret_error);
/* Makes the folder @path (0750) for them if it is absent; its parent must exist. */
int privileges_make_folder(const struct privileges *privileges, const char *path, struct privileges_error *ret_error);
/*
 * Becomes that user, keeps CAP_NET_ADMIN only if @net_admin (attaching by
 * netlink needs it), empties the bounding set and sets no_new_privs. For good.
 */
int privileges_drop(const struct privileges *privileges, bool net_admin, struct privileges_error *ret_error);

#endif
