package postgres

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"

	"github.com/azuredb/passwordless/internal/neterr"
)

// fault is an error on this side of the connection, and what to do.
type fault struct {
	is     func(error) bool
	hint   string
	anchor string // in TROUBLESHOOTING.md
}

// faults are tried in order when no server has answered.
var faults = []fault{
	{is: isA[x509.UnknownAuthorityError], anchor: "unknown-authority",
		hint: "the server's certificate is signed by nobody trusted here: give its CA in sslrootcert, Options.RootCAs or PASSWORDLESS_CA_FILE if the server is yours"},
	{is: isA[x509.HostnameError], anchor: "certificate-name",
		hint: "the server's certificate is for another name: connect by that name, or set Options.ServerName"},
	{is: isA[x509.CertificateInvalidError], anchor: "certificate-invalid",
		hint: "the server's certificate is not valid now: check the clock of this machine"},
	{is: says("server refused TLS connection"), anchor: "server-without-tls",
		hint: "the server does not offer TLS, without which nothing is sent that logs in"},
	{is: isA[tls.RecordHeaderError], anchor: "server-without-tls",
		hint: "what answers there does not speak TLS, without which nothing is sent that logs in"},
	// pgconn's error for require_auth has no type of its own.
	{is: says("server did not complete authentication"), anchor: "server-asks-nothing",
		hint: "the server lets this user in without asking for the token, so it is not what it should be"},
	{is: says("authentication method requirement"), anchor: "role-with-password",
		hint: "the server asks for a password proof (SCRAM or MD5), so the role is not a Microsoft Entra role: make it with pgaadauth_create_principal"},
	{is: isA[*net.DNSError], anchor: "host-not-found",
		hint: "the host name does not resolve here: check its spelling, and the private DNS zone if the server has a private endpoint"},
	{is: neterr.Refused, anchor: "nothing-listens",
		hint: "nothing listens there: check host and port"},
	{is: isTimeout, anchor: "no-answer",
		hint: "no answer in time: check the server's firewall and this machine's way to it"},
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func says(text string) func(error) bool {
	return func(err error) bool { return strings.Contains(err.Error(), text) }
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}
