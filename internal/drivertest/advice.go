package drivertest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/internal/advice"
)

// EqualClassification compares classifications but for the hint, for which the
// anchor stands, and for Temporary, which is its rule's.
func EqualClassification(t *testing.T, want, got connector.Classification) {
	t.Helper()
	assert.Equal(t, want.Anchor == "", got.Hint == "", "a hint goes with an anchor")
	got.Hint, got.Temporary = "", want.Temporary
	assert.Equal(t, want, got)
}

// ClassifiesNetwork checks what classify says of the faults of TLS and of the network that
// drivers pass on as they are.
func ClassifiesNetwork(t *testing.T, classify func(error) connector.Classification) {
	t.Helper()
	for _, row := range []struct {
		name   string
		err    error
		anchor string
	}{
		{"unknown authority", &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, "unknown-authority"},
		{"wrong name", &tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}}, "certificate-name"},
		{"expired certificate", &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}, "certificate-invalid"},
		{"not TLS at all", tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, "server-without-tls"},
		{"DNS", &net.DNSError{Err: "no such host", Name: "h"}, "host-not-found"},
		{"refused connection", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, "nothing-listens"},
		{"deadline", fmt.Errorf("timeout: %w", context.DeadlineExceeded), "no-answer"},
		{"canceled", context.Canceled, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			EqualClassification(t, connector.Classification{Anchor: row.anchor}, classify(row.err))
		})
	}
}

// GoodTable checks what every rule of a table promises.
func GoodTable(t *testing.T, table *advice.Table) {
	t.Helper()
	assert.Contains(t, advice.Tables(), table)
	for _, r := range table.Server {
		goodRule(t, r)
		assert.NotEmpty(t, r.Codes+r.Text, r.Hint)
	}
	for _, r := range table.Client {
		goodRule(t, r)
		assert.True(t, r.Text != "" || r.Err != nil || r.Is != nil, r.Hint)
		assert.Empty(t, r.Codes, r.Hint)
	}
}

func goodRule(t *testing.T, r advice.Rule) {
	t.Helper()
	assert.NotEmpty(t, r.Words(), r.Hint)
	assert.NotEmpty(t, r.Anchor, r.Hint)
	assert.Equal(t, strings.ToLower(r.Anchor), r.Anchor)
	assert.NotContains(t, r.Anchor, " ")
	assert.False(t, strings.HasSuffix(r.Hint, "."), r.Hint)
	assert.NotContains(t, r.Hint, "\n")
}
