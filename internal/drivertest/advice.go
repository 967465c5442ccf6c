package drivertest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/internal/advice"
)

// EqualClassification compares classifications, but for Temporary, which is its
// rule's. want has a part of the hint, which tells rules with one anchor apart.
func EqualClassification(t *testing.T, want, got connector.Classification) {
	t.Helper()
	assert.Equal(t, want.Anchor == "", got.Hint == "", "a hint goes with an anchor")
	assert.Contains(t, got.Hint, want.Hint)
	got.Hint, got.Temporary = want.Hint, want.Temporary
	assert.Equal(t, want, got)
}

// ClassifiesNetwork checks what classify says of the faults of TLS and of the network that
// drivers pass on as they are.
func ClassifiesNetwork(t *testing.T, classify func(error) connector.Classification) {
	t.Helper()
	for _, row := range []struct {
		name         string
		err          error
		anchor, hint string
	}{
		{"unknown authority", &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, "server-certificate", "signed by no one trusted"},
		{"wrong name", &tls.CertificateVerificationError{Err: x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}}, "server-certificate", "for another name"},
		{"expired certificate", &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}, "server-certificate", "not valid now"},
		{"not TLS at all", tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, "server-without-tls", "does not speak TLS"},
		{"DNS", &net.DNSError{Err: "no such host", Name: "h"}, "host-not-found", "does not resolve"},
		{"refused connection", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, "no-answer", "nothing listens"},
		{"deadline", fmt.Errorf("timeout: %w", context.DeadlineExceeded), "no-answer", "no answer in time"},
		{"canceled", context.Canceled, "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			EqualClassification(t, connector.Classification{Anchor: row.anchor, Hint: row.hint}, classify(row.err))
		})
	}
}

// GoodTable checks what every rule of a table promises, and which anchors the rules
// have that say that trying again can help.
func GoodTable(t *testing.T, table *advice.Table, temporary ...string) {
	t.Helper()
	var anchors []string
	for _, r := range slices.Concat(table.Server, table.Client) {
		if r.Temporary && !slices.Contains(anchors, r.Anchor) {
			anchors = append(anchors, r.Anchor)
		}
	}
	assert.Equal(t, temporary, anchors)
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
	assert.NotEmpty(t, r.Anchor, r.Hint)
	assert.Equal(t, strings.ToLower(r.Anchor), r.Anchor)
	assert.NotContains(t, r.Anchor, " ")
	assert.False(t, strings.HasSuffix(r.Hint, "."), r.Hint)
	assert.NotContains(t, r.Hint, "\n")
}
