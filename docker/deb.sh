#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds the Debian package from a copy of the tree: BUILD/deb/macsecd_VERSION_ARCH.deb.
# Usage: docker/deb.sh [BUILD]    (default: build)
set -euo pipefail

cd "$(dirname "$0")/.."
folder=${1:-build}/deb
version=$(sed -n "s/^  version: '\(.*\)',$/\1/p" meson.build)
packaged=$(dpkg-parsechangelog -S Version)
if [ "$version" != "$packaged" ]; then
	echo "deb: meson.build says version $version, debian/changelog $packaged" >&2
	exit 1
fi

echo "deb: building macsecd $version below $folder/"
rm -rf "$folder"
mkdir -p "$folder/macsecd-$version"
tar -c --exclude='./build*' --exclude=./.git --exclude=__pycache__ --exclude=.pytest_cache . |
	tar -x -C "$folder/macsecd-$version"
cd "$folder/macsecd-$version"
if ! dpkg-buildpackage -b -us -uc >../build.log 2>&1; then
	tail -n 40 ../build.log >&2
	echo "deb: the package does not build; all of it is in $folder/build.log" >&2
	exit 1
fi
cd ..
rm -rf "macsecd-$version"
for package in *.deb; do
	echo "deb: $folder/$package"
done
