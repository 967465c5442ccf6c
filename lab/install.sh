#!/bin/sh
# Installs the database servers that the tests want and this machine lacks, where
# that is possible: with apt-get, as root. Anywhere else it says what is missing;
# the tests then skip by name, or fail when CI is set.
#
# MariaDB's authentication plugin is compiled when the tests run, by the C
# compiler that go test -race needs as well.
set -eu

missing=
if ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 && ! command -v postgres >/dev/null 2>&1; then
	missing="$missing postgresql"
fi
if ! { [ -x /usr/sbin/mariadbd ] || command -v mariadbd; } >/dev/null 2>&1 || ! command -v my_print_defaults >/dev/null 2>&1; then
	missing="$missing mariadb-server-core mariadb-client-core" # without the service of mariadb-server
fi
if ! command -v cc >/dev/null 2>&1 && ! command -v gcc >/dev/null 2>&1 && ! command -v clang >/dev/null 2>&1; then
	missing="$missing gcc libc6-dev"
fi
if [ -z "$missing" ]; then
	exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
	apt-get update -qq
	# shellcheck disable=SC2086 # a list of packages
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
else
	echo "lab/install.sh: not installed (Debian and Ubuntu: apt-get install$missing)" >&2
fi
