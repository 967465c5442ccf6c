package postgres

import (
	"errors"
	"strings"
)

// fault is an error on this side of the connection, and what to do.
type fault struct {
	is     func(error) bool
	hint   string
	anchor string // in TROUBLESHOOTING.md
}

// faults are pgconn's own, which have no types, and are tried in order when no
// server has answered. Package neterr knows those of the network and of TLS.
var faults = []fault{
	{is: says("server refused TLS connection"), anchor: "server-without-tls",
		hint: "the server does not offer TLS, without which nothing is sent that logs in"},
	{is: says("server did not complete authentication"), anchor: "server-asks-nothing",
		hint: "the server lets this user in without asking for the token, so it is not what it should be"},
	{is: says("authentication method requirement"), anchor: "role-with-password",
		hint: "the server asks for a password proof (SCRAM or MD5), so the role is not a Microsoft Entra role: make it with pgaadauth_create_principal"},
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func says(text string) func(error) bool {
	return func(err error) bool { return strings.Contains(err.Error(), text) }
}
