#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Installs the Debian packages that building and testing need and that are not
# there yet (packages.txt). As root it installs them; else it prints the exact
# line to run and exits 2. Does nothing, quickly, when all is there.
set -eu

list=$(dirname "$0")/packages.txt

if ! command -v dpkg-query >/dev/null 2>&1; then
	echo "depends: this is not a Debian system; install what $list names by hand." >&2
	exit 2
fi

missing=
for package in $(sed 's/#.*//' "$list"); do
	case $package in
	*'|'*)
		command -v "${package#*|}" >/dev/null && continue
		package=${package%|*}
		;;
	esac
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
	[ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
	echo "depends: packages are missing. Run:" >&2
	echo "  sudo apt-get update && sudo apt-get install --no-install-recommends -y$missing" >&2
	exit 2
fi
echo "depends: installing$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update && apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "depends: apt-get could not install$missing; the lines above say why. Mend that and run it again." >&2
	exit 2
fi
