#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Installs the Debian packages named by the given lists (default: all of them),
# asking nothing. With everything in place it only looks, and apt is not started.
# Usage: docker/deps.sh [build] [run] [demo] [test] [interop] [bench]
set -euo pipefail

cd "$(dirname "$0")/packages"
lists=("$@")
[ ${#lists[@]} -gt 0 ] || lists=(build run demo test interop bench)

fail() {
	echo "deps: $*" >&2
	exit 1
}

# One entry per line: "package" or "package|package".
entries() {
	local list
	for list in "${lists[@]}"; do
		[ -r "$list.txt" ] || fail "there is no package list docker/packages/$list.txt"
		sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$list.txt"
	done | sort -u
}

installed() {
	dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p'
}

# Entries of which no alternative is installed.
missing() {
	awk -v FS='|' 'NR == FNR { have[$1] = 1; next }
		{ for (i = 1; i <= NF; i++) if ($i in have) next; print }' <(installed) <(entries)
}

# Which of the named packages apt can install: one call for all, each one reads apt's whole cache.
known() {
	LC_ALL=C apt-cache policy "$@" 2>/dev/null |
		awk '/^[^ ].*:$/ { name = substr($0, 1, length($0) - 1) }
			/^  Candidate: [^(]/ { print name }'
}

# For each entry the first alternative that apt can install; the first one when it knows none.
choose() {
	# shellcheck disable=SC2048,SC2086 # split on purpose
	known ${*//|/ } | awk -v FS='|' 'entries == "" { known[$1] = 1; next }
		{ chosen = $1; for (i = NF; i >= 1; i--) if ($i in known) chosen = $i }
		{ print chosen }' \
		- entries=1 <(printf '%s\n' "$@")
}

all_known() {
	local names
	mapfile -t names < <(choose "$@")
	[ "$(known "${names[@]}" | wc -l)" -eq ${#names[@]} ]
}

lists_are_fresh() {
	local found
	found=$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -mtime -7 -print -quit \
		2>/dev/null) || true
	[ -n "$found" ]
}

update() {
	echo "deps: reading the package lists (apt-get update)"
	apt-get -q update ||
		fail "apt-get update failed: check the network and /etc/apt/sources.list*"
}

install() {
	local names
	mapfile -t names < <(choose "$@")
	echo "deps: installing ${names[*]}"
	apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold \
		install --no-install-recommends "${names[@]}"
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	fail "this is not a Debian system: install what docker/packages/*.txt name by hand"
fi

mapfile -t lack < <(missing)
if [ ${#lack[@]} -eq 0 ]; then
	echo "deps: all $(entries | wc -l) packages (${lists[*]}) are installed"
	exit 0
fi

if [ "$(id -u)" -ne 0 ]; then
	mapfile -t names < <(choose "${lack[@]}")
	fail "packages are missing; run:" \
		"sudo apt-get update && sudo apt-get install --no-install-recommends ${names[*]}"
fi

export DEBIAN_FRONTEND=noninteractive
# tshark's package asks whether ordinary users may capture; here root does.
if command -v debconf-set-selections >/dev/null; then
	echo "wireshark-common wireshark-common/install-setuid boolean false" |
		debconf-set-selections
fi
updated=no
if ! lists_are_fresh || ! all_known "${lack[@]}"; then
	update
	updated=yes
fi
if ! install "${lack[@]}"; then
	# Fresh-looking lists may still name versions that the mirror has replaced.
	[ "$updated" = no ] || fail "apt-get install failed: see the lines above"
	update
	install "${lack[@]}" || fail "apt-get install failed: see the lines above"
fi
mapfile -t lack < <(missing)
[ ${#lack[@]} -eq 0 ] || fail "still missing after the installation: ${lack[*]}"
echo "deps: installed; all $(entries | wc -l) packages (${lists[*]}) are in place"
