#!/bin/sh
# Installs what the tests want and this machine lacks, where that is possible: with
# apt-get, as root. Then prints what there is, and what it means that the rest is not.
#
# The C compiler is for go test -race, and for MariaDB's authentication plugin, which
# is compiled when the tests run.
set -eu

# first prints the first of its arguments that is a program.
first() {
	for program; do
		if command -v "$program"; then return; fi
	done
}

# Where the tests look, too.
postgres() {
	case ${PASSWORDLESS_LAB_POSTGRES:-} in
	off) ;;
	?*) first "$PASSWORDLESS_LAB_POSTGRES/postgres" ;;
	*) # the newest
		# shellcheck disable=SC2046 # a list of files without spaces
		first $(ls -d /usr/lib/postgresql/*/bin/postgres /usr/pgsql-*/bin/postgres /opt/homebrew/opt/postgresql@*/bin/postgres \
			/usr/local/opt/postgresql@*/bin/postgres /Applications/Postgres.app/Contents/Versions/*/bin/postgres 2>/dev/null | sort -rV) postgres
		;;
	esac
}

mariadb() {
	command -v my_print_defaults >/dev/null || return 0
	case ${PASSWORDLESS_LAB_MARIADB:-} in
	off) ;;
	?*) first "$PASSWORDLESS_LAB_MARIADB/mariadbd" ;;
	*) first /usr/sbin/mariadbd /opt/homebrew/opt/mariadb/bin/mariadbd /usr/local/opt/mariadb/bin/mariadbd mariadbd ;;
	esac
}

pgbouncer() {
	case ${PASSWORDLESS_LAB_PGBOUNCER:-} in
	off) ;;
	?*) first "$PASSWORDLESS_LAB_PGBOUNCER/pgbouncer" ;;
	*) first /usr/sbin/pgbouncer /usr/local/sbin/pgbouncer /opt/homebrew/bin/pgbouncer /usr/local/bin/pgbouncer ;;
	esac
}

compiler() { first cc gcc clang; }

# found prints a line about a program, or what its absence means.
found() { # name, program, consequence
	if [ -n "$2" ]; then
		printf '%-11s %s (%s)\n' "$1" "$("$2" --version 2>/dev/null | sed -n 1p)" "$2"
	else
		printf '%-11s missing: %s\n' "$1" "$3"
	fi
}

missing=
[ -n "${PASSWORDLESS_LAB_POSTGRES:-}$(postgres)" ] || missing="$missing postgresql"
[ -n "${PASSWORDLESS_LAB_MARIADB:-}$(mariadb)" ] || missing="$missing mariadb-server-core mariadb-client-core" # without its service
[ -n "${PASSWORDLESS_LAB_PGBOUNCER:-}$(pgbouncer)" ] || missing="$missing pgbouncer"
[ -n "$(compiler)" ] || missing="$missing gcc libc6-dev"
# shellcheck disable=SC2086 # missing is a list
if [ -n "$missing" ]; then
	{ [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq &&
		DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } ||
		echo "not installed (Debian and Ubuntu: apt-get install$missing)"
fi

without='the tests that need it are skipped'
[ -z "${CI:-}" ] || without='the tests that need it fail, because CI is set'
found PostgreSQL "$(postgres)" "$without"
found MariaDB "$(mariadb)" "$without"
found PgBouncer "$(pgbouncer)" "$without"
found 'C compiler' "$(compiler)" "no race detector, and no MariaDB: $without"
