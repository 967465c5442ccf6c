package tools

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"unicode/utf16"
)

// tokenMethod is go-sqlcmd's authentication method for a token as the password, which the older versions lack.
const tokenMethod = "ActiveDirectoryServicePrincipalAccessToken"

// sqlServer runs the two programs called sqlcmd, which -? tells apart.
func sqlServer(c Connection, cmd Command, name, dir string, unknown bool, version func(string) (string, error)) (Command, error) {
	h := c.Hosts[0]
	server := h.Name + "," + strconv.Itoa(int(h.Port))
	cmd.Unset = []string{"SQLCMDSERVER", "SQLCMDUSER", "SQLCMDPASSWORD", "SQLCMDDBNAME", "SQLCMDINI"}
	cmd.Env = []string{"SQLCMDSERVER=" + server}
	if c.Database != "" {
		cmd.Env = append(cmd.Env, "SQLCMDDBNAME="+c.Database)
	}
	switch {
	case name == "sqlcmd":
	case unknown:
		cmd.Env = append(cmd.Env, "SQLCMDUSER="+c.User, "SQLCMDPASSWORD="+c.Secret)
		return cmd, nil
	default:
		return cmd, errUnknown(name, "sqlcmd")
	}
	output, err := version("-?")
	ofGo := strings.Contains(output, tokenMethod)
	if err := forbid(name, withoutSwitches(cmd.Args, ofGo), "SUPGECNAJFzZ", "--server", "--server-name", "--user-name", "--password", "--trust-server-certificate",
		"--server-certificate", "--host-name-in-certificate", "--authentication-method", "--use-aad", "--use-trusted-connection", "--encrypt-connection",
		"--change-password", "--change-password-exit"); err != nil {
		return cmd, err
	}
	switch {
	case ofGo:
		cmd = goSqlcmd(c, cmd, server, dir)
	case strings.Contains(output, "SQL Server Command Line Tool") && runtime.GOOS != "windows":
		if cmd, err = odbcSqlcmd(c, cmd, server, dir); err != nil {
			return cmd, err
		}
	default:
		return cmd, fmt.Errorf("exec: this sqlcmd cannot be given a token: use a newer go-sqlcmd, or on Linux and macOS the one of mssql-tools (-? ended with %v)", err)
	}
	return cmd, nil
}

// withoutSwitches takes off what may stand before another option in one argument of go-sqlcmd.
func withoutSwitches(args []string, ofGo bool) []string {
	if !ofGo {
		return args
	}
	rest := make([]string, len(args))
	for i, a := range args {
		rest[i] = a
		if len(a) > 1 && a[0] == '-' && a[1] != '-' {
			rest[i] = "-" + strings.TrimLeft(a[1:], "xbjuWMIReg")
		}
	}
	return rest
}

// goSqlcmd gives go-sqlcmd the token as its password. It verifies the server with Go's roots.
func goSqlcmd(c Connection, cmd Command, server, dir string) Command {
	cmd.Env = append(cmd.Env, "SQLCMDPASSWORD="+c.Secret)
	if c.Roots != "" {
		cmd.Unset = append(cmd.Unset, "SSL_CERT_FILE", "SSL_CERT_DIR")
		cmd.Env = append(cmd.Env, "SSL_CERT_FILE="+c.Roots, "SSL_CERT_DIR="+dir) // where there are no others
	}
	return withServer(c, cmd, "-S", server, "--authentication-method", tokenMethod, "-N", "mandatory")
}

// odbcSqlcmd gives the sqlcmd that uses ODBC the name of a file with the token, in UTF-16, as the password. On Windows it takes
// none.
func odbcSqlcmd(c Connection, cmd Command, server, dir string) (Command, error) {
	var text strings.Builder
	for _, unit := range utf16.Encode([]rune(c.Secret)) {
		text.Write([]byte{byte(unit), byte(unit >> 8)})
	}
	file, err := private(dir, "token", text.String())
	return withServer(c, cmd, "-S", server, "-G", "-P", file, "-N"), err
}

// withServer puts arguments before the program's own.
func withServer(c Connection, cmd Command, args ...string) Command {
	if c.Database != "" {
		args = append(args, "-d", c.Database)
	}
	cmd.Args = append(args, cmd.Args...)
	return cmd
}
