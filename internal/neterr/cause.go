package neterr

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
)

// Cause is what an error of the network or of TLS means to who reads it.
type Cause struct {
	Hint   string // one clause that says what to do
	Anchor string // section of TROUBLESHOOTING.md
}

// causes are tried in order.
var causes = []struct {
	is func(error) bool
	Cause
}{
	{isA[x509.UnknownAuthorityError], Cause{Anchor: "unknown-authority",
		Hint: "the server's certificate is signed by nobody trusted here: give its CA in Options.RootCAs or PASSWORDLESS_CA_FILE if the server is yours"}},
	{isA[x509.HostnameError], Cause{Anchor: "certificate-name",
		Hint: "the server's certificate is for another name: connect by that name, or set Options.ServerName"}},
	{isA[x509.CertificateInvalidError], Cause{Anchor: "certificate-invalid",
		Hint: "the server's certificate is not valid now: check the clock of this machine"}},
	{isA[tls.RecordHeaderError], Cause{Anchor: "server-without-tls",
		Hint: "what answers there does not speak TLS, without which nothing is sent that logs in"}},
	{isA[*net.DNSError], Cause{Anchor: "host-not-found",
		Hint: "the host name does not resolve here: check its spelling, and the private DNS zone if the server has a private endpoint"}},
	{Refused, Cause{Anchor: "nothing-listens",
		Hint: "nothing listens there: check host and port"}},
	{isTimeout, Cause{Anchor: "no-answer",
		Hint: "no answer in time: check the server's firewall and this machine's way to it"}},
}

// Explain says what to do about an error that came of the network or of TLS and
// not of a server's answer; false if it knows nothing.
func Explain(err error) (Cause, bool) {
	for _, c := range causes {
		if c.is(err) {
			return c.Cause, true
		}
	}
	return Cause{}, false
}

func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}
