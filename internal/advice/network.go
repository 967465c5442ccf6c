package advice

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"slices"
	"syscall"
)

// Network holds the rules for errors of the network and of TLS.
var Network = Register(Table{
	Name:    "TLS and the network",
	Answers: func(error) []Answer { return nil },
	Client: []Rule{
		{Is: Is[x509.UnknownAuthorityError], Says: "certificate signed by unknown authority", Anchor: "server-certificate",
			Hint: "the server's certificate is signed by no one trusted here: give its CA in Options.RootCAs or PASSWORDLESS_CA_FILE if the server is yours"},
		{Is: Is[x509.HostnameError], Says: "certificate is valid for ..., not ...", Anchor: "server-certificate",
			Hint: "the server's certificate is for another name: connect by that name, or set Options.ServerName"},
		{Is: Is[x509.CertificateInvalidError], Says: "certificate has expired or is not yet valid", Anchor: "server-certificate",
			Hint: "the server's certificate is not valid now: check the clock of this machine"},
		{Is: Is[tls.RecordHeaderError], Says: "first record does not look like a TLS handshake", Anchor: "server-without-tls",
			Hint: "what answers there does not speak TLS, which every login needs"},
		{Is: isTemporaryDNS, Says: "server misbehaving", Temporary: true, Anchor: "host-not-found", Hint: hostNotFound},
		{Is: Is[*net.DNSError], Says: "no such host", Anchor: "host-not-found", Hint: hostNotFound},
		{Is: ConnectionRefused, Says: "connection refused", Temporary: true, Anchor: "no-answer",
			Hint: "nothing listens there: check host and port"},
		{Is: isTimeout, Says: "i/o timeout|context deadline exceeded", Temporary: true, Anchor: "no-answer",
			Hint: "no answer in time: check the server's firewall and this machine's way to it"},
		{Is: isBroken, Temporary: true}, // no advice: the text says it
	},
})

const hostNotFound = "the host name does not resolve here: check its spelling, and the private DNS zone if the server has a private endpoint"

// Numbers of Windows Sockets, which package syscall knows by no portable name.
const (
	windowsUnreachableNet  = syscall.Errno(10051)
	windowsAborted         = syscall.Errno(10053)
	windowsReset           = syscall.Errno(10054)
	windowsRefused         = syscall.Errno(10061)
	windowsUnreachableHost = syscall.Errno(10065)
)

// ConnectionRefused reports whether no one listened at the address that was dialled.
func ConnectionRefused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, windowsRefused)
}

func isTemporaryDNS(err error) bool {
	failed, ok := errors.AsType[*net.DNSError](err)
	return ok && (failed.IsTemporary || failed.IsTimeout)
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// isBroken reports whether the connection ended, or there is no way to the server at present.
func isBroken(err error) bool {
	return slices.ContainsFunc([]error{
		io.EOF, io.ErrUnexpectedEOF, syscall.EPIPE,
		syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EHOSTUNREACH, syscall.ENETUNREACH,
		windowsReset, windowsAborted, windowsUnreachableHost, windowsUnreachableNet,
	}, func(target error) bool { return errors.Is(err, target) })
}
