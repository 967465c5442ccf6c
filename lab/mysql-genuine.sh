#!/bin/sh
# Unpacks a genuine MySQL server, with the libraries that it was built for, into a
# directory, and installs nothing: of Debian's packages in sid, from where apt-get
# has this machine's. For the benchmarks: see the Makefile.
set -eu

dir=${1:?usage: mysql-genuine.sh DIRECTORY}
[ ! -x "$dir/usr/sbin/mysqld" ] || exit 0

mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
	sed -nE 's/^URIs: *([^ ]*debian\/?)( .*)?$/\1/p; s/^deb (\[[^]]*\] )?([^ ]*debian\/?) .*/\2/p' | sed -n 1p)
[ -n "$mirror" ] || { echo "this machine's apt-get has no mirror of Debian: no MySQL"; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial"
: >"$work/status" # nothing is installed: all libraries come along
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" >"$work/sources.list"
apt() {
	apt-get -qq -o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$work/lists" \
		-o Dir::State::status="$work/status" -o Dir::Cache="$work/cache" -o Debug::NoLocking=1 -o APT::Sandbox::User=root "$@"
}
apt update
apt -y --no-install-recommends --download-only install mysql-server-core >/dev/null
mkdir -p "$work/root"
for package in "$work"/cache/archives/*.deb; do
	dpkg-deb -x "$package" "$work/root"
done
mkdir -p "$dir"
cp -a "$work/root/." "$dir/"
