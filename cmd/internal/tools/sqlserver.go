package tools

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"unicode/utf16"
)

// sqlServer runs the sqlcmd and bcp that use ODBC. On Linux and macOS they take the name of a file with the token, in
// UTF-16, as the password if -G is given; on Windows they do not.
func sqlServer(c Connection, cmd Command, name, dir string, unknown bool, version func(string) (string, error)) (Command, error) {
	h := c.Hosts[0]
	server := h.Name + "," + strconv.Itoa(int(h.Port))
	cmd.Unset = []string{"SQLCMDSERVER", "SQLCMDUSER", "SQLCMDPASSWORD", "SQLCMDDBNAME", "SQLCMDINI"}
	cmd.Env = []string{"SQLCMDSERVER=" + server}
	if c.Database != "" {
		cmd.Env = append(cmd.Env, "SQLCMDDBNAME="+c.Database)
	}
	switch {
	case name == "sqlcmd" && runtime.GOOS != "windows":
	case unknown:
		cmd.Env = append(cmd.Env, "SQLCMDUSER="+c.User, "SQLCMDPASSWORD="+c.Secret)
		return cmd, nil
	default:
		return cmd, errUnknown(name, "the sqlcmd of mssql-tools on Linux or macOS")
	}
	if err := forbid(name, cmd.Args, "SUPGECNA", "--server", "--user-name", "--password", "--trust-server-certificate", "--authentication-method", "--use-aad", "--encrypt-connection"); err != nil {
		return cmd, err
	}
	said, err := version("-?")
	if !strings.Contains(said, "SQL Server Command Line Tool") {
		return cmd, fmt.Errorf("exec: this sqlcmd cannot be given a token: use the one of mssql-tools, or go-sqlcmd with an authentication method of its own (-? ended with %v)", err)
	}
	var text strings.Builder
	for _, unit := range utf16.Encode([]rune(c.Secret)) {
		text.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	file, err := private(dir, "token", text.String())
	args := []string{"-S", server, "-G", "-P", file, "-N"}
	if c.Database != "" {
		args = append(args, "-d", c.Database)
	}
	cmd.Args = append(args, cmd.Args...)
	return cmd, err
}
