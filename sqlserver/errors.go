package sqlserver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"

	mssql "github.com/microsoft/go-mssqldb"

	"github.com/azuredb/passwordless/internal/advice"
)

var errAnswer = errors.New("sqlserver: the server's answer is malformed")

// connectNative is go-mssqldb's Connect, with its run-time panics as errors: it does
// not look at the lengths in answers (such as the encryption option of PRELOGIN,
// MS-TDS section 2.2.6.5), and before TLS anybody on the way can answer.
func connectNative(ctx context.Context, native *mssql.Connector) (conn driver.Conn, err error) {
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case runtime.Error:
			conn, err = nil, fmt.Errorf("%w: %w", errAnswer, cause)
		default:
			panic(cause)
		}
	}()
	conn, err = native.Connect(ctx)
	if stream, ok := errors.AsType[mssql.StreamError](err); ok && stream.InnerError == nil {
		return nil, errAnswer // to print such an error panics
	}
	return conn, err
}

// handshakeFailed begins go-mssqldb's errors of a TLS handshake inside TDS.
const handshakeFailed = "TLS Handshake failed: "

// errInsists is a server that takes no password login without TLS, for which
// go-mssqldb then has no configuration of this package's.
var errInsists = errors.New("sqlserver: the server requires TLS")

// handshakeError is an error of a TLS handshake inside TDS with the type of its cause,
// of which go-mssqldb keeps only the text.
type handshakeError struct{ err, cause error }

func (e handshakeError) Error() string   { return e.err.Error() }
func (e handshakeError) Unwrap() []error { return []error{e.err, e.cause} }

// lost are the causes by their words in crypto/x509, crypto/tls and net.
var lost = []struct {
	text  string
	cause func(name string) error
}{
	{"certificate signed by unknown authority", func(string) error { return x509.UnknownAuthorityError{} }},
	{"x509: certificate is valid for", errHostname},
	{"x509: certificate is not valid for any names", errHostname},
	{"doesn't contain any IP SANs", errHostname},
	{"relies on legacy Common Name", errHostname},
	{"certificate has expired or is not yet valid", func(string) error { return x509.CertificateInvalidError{Reason: x509.Expired} }},
	{"first record does not look like a TLS handshake", func(string) error {
		return tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}
	}},
	{"i/o timeout", func(string) error { return os.ErrDeadlineExceeded }},
	{"EOF", func(string) error { return io.EOF }},
}

func errHostname(name string) error {
	return x509.HostnameError{Certificate: new(x509.Certificate), Host: name}
}

// withCause gives the error of a handshake the type of its cause. name is what the
// certificate was verified against, empty if there should be no TLS.
func withCause(err error, name string) error {
	text, ok := strings.CutPrefix(err.Error(), handshakeFailed)
	if !ok || errors.Unwrap(err) != nil {
		return err
	}
	if name == "" {
		return fmt.Errorf("%w: %w", errInsists, err)
	}
	for _, l := range lost {
		if strings.Contains(text, l.text) {
			return handshakeError{err, l.cause(name)}
		}
	}
	return err
}

// dialError is an error of the dialer, which may be of any type.
type dialError struct{ err error }

func (e dialError) Error() string { return e.err.Error() }
func (e dialError) Unwrap() error { return e.err }

// unreachable reports whether err is of the network, or of a server that is silent or hangs up.
func unreachable(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout() || errors.Is(err, io.EOF) ||
		advice.Is[dialError](err) || advice.Is[*net.OpError](err) || advice.Is[mssql.StreamError](err)
}
