package tools

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

var mysqlTools = []string{"mysql", "mysqldump", "mysqladmin", "mysqlimport", "mysqlshow", "mysqlcheck", "mysqlpump", "mysqlslap",
	"mariadb", "mariadb-dump", "mariadb-admin", "mariadb-import", "mariadb-show", "mariadb-check", "mariadb-slap"}

// mysql puts what is no secret into an option file that replaces the user's own, which could name another server, and
// the token into MYSQL_PWD: a line of an option file has at most 4,095 bytes.
func mysql(c Connection, cmd Command, name, dir string, unknown bool, version func(string) (string, error)) (Command, error) {
	h := c.Hosts[0]
	cmd.Unset = []string{"MYSQL_PWD", "MYSQL_HOST", "MYSQL_TCP_PORT", "MYSQL_UNIX_PORT", "MYSQL_TEST_LOGIN_FILE", "MYSQL_GROUP_SUFFIX", "MARIADB_HOST", "LIBMYSQL_ENABLE_CLEARTEXT_PLUGIN"}
	cmd.Env = []string{"MYSQL_PWD=" + c.Secret, "MYSQL_HOST=" + h.Name, "MYSQL_TCP_PORT=" + strconv.Itoa(int(h.Port)), "LIBMYSQL_ENABLE_CLEARTEXT_PLUGIN=1"}
	if !slices.Contains(mysqlTools, name) {
		if !unknown {
			return cmd, errUnknown(name, "mysql, mysqldump or another of MySQL's and MariaDB's programs")
		}
		return cmd, nil
	}
	if c.Roots == "" {
		return cmd, errRoots
	}
	if err := forbid(name, cmd.Args, "hPupS", "--host", "--port", "--user", "--password", "--socket", "--protocol", "--ssl-mode", "--ssl-ca",
		"--ssl-capath", "--skip-ssl", "--disable-ssl", "--loose-skip-ssl", "--ssl", "--ssl-verify-server-cert", "--skip-ssl-verify-server-cert",
		"--disable-ssl-verify-server-cert", "--defaults-file", "--defaults-extra-file", "--no-defaults", "--login-path", "--plugin-dir"); err != nil {
		return cmd, err
	}
	output, err := version("--version")
	if err != nil {
		return cmd, fmt.Errorf("exec: %s --version failed, so it is not known how it verifies the server: %w", name, err)
	}
	tls := []string{"ssl-mode=VERIFY_IDENTITY"} // an older client that does not know this stops
	if strings.Contains(output, "MariaDB") {
		tls = []string{"ssl", "ssl-verify-server-cert"}
	}
	lines := []string{"[client]", "protocol=TCP", "host=" + optionValue(h.Name), "port=" + strconv.Itoa(int(h.Port)), "user=" + optionValue(c.User), "ssl-ca=" + optionValue(c.Roots)}
	file, err := private(dir, "options.cnf", strings.Join(append(lines, tls...), "\n")+"\n")
	cmd.Env = append(cmd.Env, "MYSQL_TEST_LOGIN_FILE="+file+".none") // ~/.mylogin.cnf is read even with --defaults-file
	args := []string{"--defaults-file=" + file}
	if name = strings.TrimPrefix(name, "mariadb"); (name == "mysql" || name == "") && c.Database != "" {
		args = append(args, "--database="+c.Database) // a database among the arguments counts instead
	}
	cmd.Args = append(args, cmd.Args...)
	return cmd, err
}

// optionValue quotes a value of an option file.
func optionValue(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`).Replace(s) + `"`
}
