package drivertest_test

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
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/drivertest"
)

// The errors of TLS and of the network are explained in the same way by all, with
// which native driver they may come.
func TestNetworkErrorsAreExplained(t *testing.T) {
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
			onEach(t, func(t *testing.T, e *engine) {
				b := e.Bench(t, &front{})
				b.Options.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, row.err }
				err := drivertest.Connect(t, b.Connector(t))
				require.ErrorContains(t, err, strings.TrimSpace(row.err.Error()))
				login := drivertest.LoginError(t, err)
				assert.Equal(t, row.anchor, login.Anchor)
				assert.Equal(t, row.anchor == "", login.Hint == "", "a hint goes with an anchor")
				assert.Contains(t, login.Hint, row.hint)
			})
		})
	}
}

// TestTables checks what every rule promises, and which anchors the rules have that
// say that trying again can help.
func TestTables(t *testing.T) {
	for _, name := range []string{"PostgreSQL", "MySQL", "SQL Server"} {
		t.Run(name, func(t *testing.T) {
			tables := advice.Tables()
			i := slices.IndexFunc(tables, func(table *advice.Table) bool { return table.Name == name })
			require.GreaterOrEqual(t, i, 0)
			table := tables[i]
			var anchors []string
			for _, r := range slices.Concat(table.Server, table.Client) {
				if r.Temporary && !slices.Contains(anchors, r.Anchor) {
					anchors = append(anchors, r.Anchor)
				}
				assert.NotEmpty(t, r.Anchor, r.Hint)
				assert.Equal(t, strings.ToLower(r.Anchor), r.Anchor)
				assert.NotContains(t, r.Anchor, " ")
				assert.False(t, strings.HasSuffix(r.Hint, "."), r.Hint)
				assert.NotContains(t, r.Hint, "\n")
			}
			assert.Equal(t, []string{"token-expired", "too-many-connections", "server-unavailable"}, anchors)
			for _, r := range table.Server {
				assert.NotEmpty(t, r.Codes+r.Text, r.Hint)
			}
			for _, r := range table.Client {
				assert.True(t, r.Text != "" || r.Err != nil || r.Is != nil, r.Hint)
				assert.Empty(t, r.Codes, r.Hint)
			}
		})
	}
}
