#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Reserves hugepages for macsecd when it can, and says how things stand. Never fails: without
# hugepages macsecd runs on ordinary pages (--no-huge), only slower.
# Usage: docker/hugepages.sh [number of pages to have free]
set -euo pipefail

wanted=${1:-256}
knob=/proc/sys/vm/nr_hugepages

meminfo() {
	awk -v key="$1:" '$1 == key { n = $2 } END { print n + 0 }' /proc/meminfo
}

without() {
	echo "hugepages: $1; macsecd runs without them (--no-huge), slower"
	exit 0
}

page_kib=$(meminfo Hugepagesize)
free=$(meminfo HugePages_Free)
[ "$page_kib" -gt 0 ] || without "this kernel has none"
size="$((page_kib / 1024)) MiB"
if [ "$free" -ge "$wanted" ]; then
	echo "hugepages: $free of $size are free, nothing to do"
	exit 0
fi
# Leave the machine at least four times what is taken.
if [ "$(meminfo MemAvailable)" -lt $((5 * wanted * page_kib)) ]; then
	without "not enough memory to reserve $wanted × $size"
fi
total=$(meminfo HugePages_Total)
target=$((total - free + wanted))
if ! echo "$target" 2>/dev/null >"$knob"; then
	without "may not be reserved here (as root: sysctl vm.nr_hugepages=$target)"
fi
free=$(meminfo HugePages_Free)
[ "$free" -gt 0 ] || without "the kernel found no free block of $size"
echo "hugepages: reserved, $free × $size are free (give back with: sysctl vm.nr_hugepages=$total)"
