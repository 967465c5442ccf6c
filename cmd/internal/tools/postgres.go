package tools

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// libpqTools are PostgreSQL's own programs. They take the token from a password file, which names the server that it is
// for; another program gets it in PGPASSWORD.
var libpqTools = []string{"psql", "pg_dump", "pg_dumpall", "pg_restore", "pg_isready", "pgbench", "pg_amcheck",
	"createdb", "dropdb", "createuser", "dropuser", "clusterdb", "reindexdb", "vacuumdb", "vacuumlo"}

// libpqOverrides are the variables that would lead elsewhere, or weaken TLS.
var libpqOverrides = []string{"PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGPASSFILE", "PGSERVICE",
	"PGSERVICEFILE", "PGSSLMODE", "PGREQUIRESSL", "PGSSLROOTCERT", "PGSSLNEGOTIATION", "PGGSSENCMODE", "PGREQUIREAUTH", "PGCHANNELBINDING"}

func postgres(c Connection, cmd Command, name, dir string) (Command, error) {
	var hosts, ports []string
	var passwords strings.Builder
	escape := strings.NewReplacer(`\`, `\\`, `:`, `\:`).Replace
	for _, h := range c.Hosts {
		port := strconv.Itoa(int(h.Port))
		hosts, ports = append(hosts, h.Name), append(ports, port)
		passwords.WriteString(escape(h.Name) + ":" + port + ":*:" + escape(c.User) + ":" + escape(c.Secret) + "\n")
	}
	cmd.Unset = libpqOverrides
	cmd.Env = []string{"PGHOST=" + strings.Join(hosts, ","), "PGPORT=" + strings.Join(ports, ","), "PGUSER=" + c.User,
		"PGSSLMODE=verify-full", "PGGSSENCMODE=disable", "PGSSLROOTCERT=" + cmp.Or(c.Roots, "system")}
	if c.Database != "" {
		cmd.Env = append(cmd.Env, "PGDATABASE="+c.Database)
	}
	if !slices.Contains(libpqTools, name) {
		cmd.Env = append(cmd.Env, "PGPASSWORD="+c.Secret)
		return cmd, nil
	}
	if err := checkLibpq(name, cmd.Args); err != nil {
		return cmd, err
	}
	file, err := private(dir, "pgpass", passwords.String())
	cmd.Env = append(cmd.Env, "PGPASSFILE="+file)
	return cmd, err
}

// conninfo is what in a connection string leads elsewhere, or weakens TLS.
var conninfo = regexp.MustCompile(`(?i)^\s*postgres(ql)?://|(^|[\s?&])(host|hostaddr|port|user|service|ssl\w*|gssencmode|requiressl)\s*=`)

// checkLibpq refuses arguments that say where to connect, but for the name of a database. What follows -c is SQL.
func checkLibpq(name string, args []string) error {
	if err := forbid(name, args, "hpUW", "--host", "--port", "--username", "--password"); err != nil {
		return err
	}
	sql := false
	for _, a := range args {
		if !sql && !strings.HasPrefix(a, "-c") && !strings.HasPrefix(a, "--command") && conninfo.MatchString(strings.TrimPrefix(strings.TrimPrefix(a, "--dbname="), "-d")) {
			return errMoved(name, "a connection string")
		}
		sql = a == "--command" || strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && strings.HasSuffix(a, "c")
	}
	return nil
}
