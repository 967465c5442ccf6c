package sqlserver

import (
	"errors"
	"io"
	"net"
	"strings"

	mssql "github.com/microsoft/go-mssqldb"
)

// fault is an error on this side of the connection, and what to do.
type fault struct {
	is     func(error) bool
	hint   string
	anchor string // in TROUBLESHOOTING.md
}

// faults are this package's and go-mssqldb's own, which have no types, and are
// tried in order when no server has answered. Package neterr knows those of the
// network and of TLS.
var faults = []fault{
	{is: says("server does not support encryption", "encrypt negotiation failed"), anchor: "server-without-tls",
		hint: "the server does not offer TLS, without which nothing is sent that logs in"},
	{is: says(errInsists.Error()), anchor: "server-wants-tls",
		hint: "the server takes no connection without TLS: remove encrypt=disable"},
	{is: says(handshakeFailed + "EOF"), anchor: "server-without-tls",
		hint: "the server hangs up on TLS: with encrypt=strict it must be SQL Server 2022 or later, or Azure SQL"},
	{is: says("expected packet type 4", "unexpected packet", "invalid packet size", "invalid empty PRELOGIN", errAnswer.Error()), anchor: "not-sql-server",
		hint: "what answers there is not SQL Server: check host and port"},
	{is: says("federated authentication is not supported by the server"), anchor: "no-entra-server",
		hint: "the server does not know Microsoft Entra logins: it must be Azure SQL, or SQL Server 2022 or later with Microsoft Entra set up"},
	{is: says(errRedirect.Error(), errPlain.Error()), anchor: "redirects",
		hint: "the server is not what it should be, or its routing is wrong"},
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func says(texts ...string) func(error) bool {
	return func(err error) bool {
		for _, text := range texts {
			if strings.Contains(err.Error(), text) {
				return true
			}
		}
		return false
	}
}

// dialError is an error of the dialer, which may be of any type.
type dialError struct{ err error }

func (e dialError) Error() string { return e.err.Error() }
func (e dialError) Unwrap() error { return e.err }

// unreachable reports whether err is about the way to the server, or about a
// server that is silent or hangs up.
func unreachable(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout() || errors.Is(err, io.EOF) ||
		isA[dialError](err) || isA[*net.OpError](err) || isA[mssql.StreamError](err)
}
