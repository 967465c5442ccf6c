#!/bin/sh
# Installs the database servers that the tests want and this machine lacks, where
# that is possible: with apt-get, as root. Anywhere else it says what is missing;
# the tests then skip by name, or fail when CI is set.
set -eu

if ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null 2>&1; then
	exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql
else
	echo "lab/install.sh: PostgreSQL is not installed (Debian and Ubuntu: apt-get install postgresql)" >&2
fi
