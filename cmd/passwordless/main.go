// Command passwordless helps to set up the connections of package
// [github.com/azuredb/passwordless].
//
//	passwordless inspect ENGINE [DSN] [--json]
//
// inspect prints what a program that opens DSN would do in the present environment:
// where it would connect, with which identity and token and why the server may
// receive it. It makes no request, starts no program, and prints no secret. ENGINE is
// postgresql, mysql or sqlserver. DSN is what sql.Open takes, or else the default connection.
//
// With --json it prints one object with these keys, all but the last three always
// there:
//
//	host, port        the first server; the port is a number
//	database
//	user              as it is sent to the server: empty where the token names it
//	tls               what the connection declares: "", disable, prefer, require,
//	                  skip-verify, verify-ca, verify-full
//	auth              system, user, service-principal, workload, secret (a password),
//	                  azure-cli, azure-developer-cli, azure-powershell, interactive,
//	                  device-code; empty if it is not known because of an error
//	client_id, tenant_id, object_id
//	connection        Service Connector's name for it; empty for the default one
//	cloud, scope      also for a password, which needs no token
//	mode              the connection's authentication method, such as "default"
//	error             empty if there is none
//	password, client_secret, client_certificate_password
//	                  "***" if the identity has one
//
// More keys, for people: engine, source, variables, dialect, hosts,
// server_names (which the certificates are verified against), parameters (names
// of those left for the driver), resource_id, identity, rule, why, azure (what is
// known about this host), asset_tag, id_kind, probe and developer (see
// [plan.Inspection]), authority, tls_decision, trust, warnings,
// error_variable, error_anchor (of TROUBLESHOOTING.md).
//
// It exits with 0; with 1 if the connection has an error, which is in the key or on
// stderr, in addition to what is known; and with 2 if its arguments are wrong.
package main

import (
	"fmt"
	"io"
	"os"
)

const usage = `usage: passwordless inspect ENGINE [DSN] [--json]

inspect prints what a program that opens DSN would do in the present environment:
where it would connect, with which identity and by which rule, and why the server
may receive the token. It makes no request and prints no secret.

  ENGINE  postgresql, mysql or sqlserver
  DSN     a connection string, connection:NAME or env:VARIABLE, as for sql.Open;
          without it, the default connection of the environment
  --json  print one JSON object
  --help  print this text

It exits with 1 if the connection has an error, and with 2 if its arguments are wrong.
A connection string with a password is better kept in a variable than on the
command line, which other users of the machine can read: use env:VARIABLE.
`

// The exit codes.
const (
	exitOK = iota
	exitError
	exitUsage
)

func main() {
	os.Exit(run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run is the whole command, of args without its name. It returns the exit code.
func run(args, environ []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		return misuse(stderr, "no command is given")
	}
	switch args[0] {
	case "inspect":
		return inspect(args[1:], environ, stdout, stderr)
	case "help", "-h", "-help", "--help":
		return help(stdout, stderr)
	default:
		return misuse(stderr, "unknown command: want inspect")
	}
}

// misuse says how the command is called. It quotes no argument: any may be a connection string.
func misuse(stderr io.Writer, what string) int {
	_, _ = fmt.Fprintf(stderr, "passwordless: %s\n%s", what, usage) // there is nowhere else to say so
	return exitUsage
}

func help(stdout, stderr io.Writer) int { return write(stdout, stderr, []byte(usage)) }

// write writes the output in one piece.
func write(stdout, stderr io.Writer, text []byte) int {
	if _, err := stdout.Write(text); err != nil {
		_, _ = fmt.Fprintln(stderr, "passwordless:", err)
		return exitError
	}
	return exitOK
}
