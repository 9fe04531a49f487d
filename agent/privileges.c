// SPDX-License-Identifier: GPL-2.0
/*
 * privileges.c - gives up what the agent no longer needs: privileges.h.
 */
#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/privileges.h"

int privileges_find(const char *user, const char *group, struct privileges *ret_privileges,
		    struct privileges_error *ret_error)
{
	const struct passwd *account = *user ? getpwnam(user) : NULL;
	const struct group *entry = *group ? getgrnam(group) : NULL;

	*ret_privileges = (struct privileges){ getuid(), getgid(), 0 };
	if (!*user || geteuid())
		return 0;
	if (!account || (*group && !entry)) {
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "There is no %s '%s' to run as. Make it with 'systemd-sysusers' from the packaged "
			 "voltgate.conf, or name "
			 "another with 'user' and 'group' in [agent].",
			 account ? "group" : "user", account ? group : user);
		return -ENOENT;
	}
	*ret_privileges = (struct privileges){ account->pw_uid, entry ? entry->gr_gid : account->pw_gid, 1 };
	return 0;
}

int privileges_make_folder(const struct privileges *privileges, const char *path, struct privileges_error *ret_error)
{
	int err = 0;

	if (!mkdir(path, 0750)) {
		if (privileges->change && chown(path, privileges->uid, privileges->gid))
			err = -errno;
	} else if (errno != EEXIST) {
		err = -errno;
	}
	if (err)
		snprintf(ret_error->text, sizeof(ret_error->text),
			 "Cannot make the folder %s: %s. Make it, and give it to the agent's user.", path,
			 strerror(-err));
	return err;
}

int privileges_drop(const struct privileges *privileges, bool net_admin, struct privileges_error *ret_error)
{
	int err = 0;

	capng_clear(CAPNG_SELECT_BOTH);
	if (net_admin)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN);
	if (privileges->change)
		err = capng_change_id((int)privileges->uid, (int)privileges->gid,
				      CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING);
	else
		err = capng_apply(geteuid() ? CAPNG_SELECT_CAPS : CAPNG_SELECT_BOTH);
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	if (!err)
		return 0;
	snprintf(ret_error->text, sizeof(ret_error->text),
		 "Cannot give up privileges (step %d): %s. Start the agent as root or with CAP_NET_ADMIN, CAP_BPF and "
		 "CAP_PERFMON.",
		 err, strerror(errno));
	return -EPERM;
}
