package e2e_test

import (
	"context"
	"database/sql/driver"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/microsoft/go-mssqldb/azuread"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/sqlserver"
)

// principals is how many connections the benchmark opens.
const principals = 100

// The variables by which the benchmark's child process learns what to open.
const (
	oursVariable    = "PASSWORDLESS_TEST_OURS"
	azureadVariable = "PASSWORDLESS_TEST_AZUREAD"
	tookVariable    = "PASSWORDLESS_TEST_TOOK" // the file for how long that took
)

// childVariable tells a copy of this process that it is one.
const childVariable = "PASSWORDLESS_TEST_CHILD"

// BenchmarkHundredServicePrincipals opens 100 connections of a service principal
// to SQL Server's stand-in, one after the other, with this library and with
// go-mssqldb's package azuread, each for a new principal. The metrics are the token
// requests that the cloud saw, and the milliseconds for all. It is done by a
// process of its own, since only the environment can lead azuread's credentials to
// the cloud's authority: AZURE_AUTHORITY_HOST names it, and SSL_CERT_FILE has its
// roots, which a process reads once.
func BenchmarkHundredServicePrincipals(b *testing.B) {
	if os.Getenv(childVariable) != "" {
		openPrincipals(b)
		return
	}
	s := sqlServer.onBench(b)
	ca := filepath.Join(b.TempDir(), "ca.pem")
	require.NoError(b, s.CA().WriteFile(ca))
	azuretest.Setenv(b, childVariable+"=1", "SSL_CERT_FILE="+ca, "SSL_CERT_DIR=", s.authority(),
		"PASSWORDLESS_CA_FILE="+ca, "PASSWORDLESS_TRUSTED_HOSTS="+loopback)
	var requests [2]int
	var times [2]time.Duration
	for b.Loop() {
		ours, theirs := s.newPrincipal(b), s.newPrincipal(b)
		b.Setenv(oursVariable, s.to("", "authentication=ActiveDirectoryServicePrincipal", "user id="+ours.ClientID+"@"+ours.TenantID, "password="+ours.Secret))
		b.Setenv(azureadVariable, (&url.URL{
			Scheme: "sqlserver", User: url.UserPassword(theirs.ClientID+"@"+theirs.TenantID, theirs.Secret), Host: s.server.Addr(),
			RawQuery: url.Values{"database": {database}, "encrypt": {"true"}, "fedauth": {azuread.ActiveDirectoryServicePrincipal},
				"disableinstancediscovery": {"true"}}.Encode(),
		}).String())
		took := runPrincipals(b)
		for i, id := range []azuretest.Identity{ours, theirs} {
			requests[i] += s.tokens(id)
			times[i] += took[i]
		}
	}
	b.ReportMetric(0, "ns/op") // with the start of the process: says nothing
	for i, name := range []string{"ours", "azuread"} {
		b.ReportMetric(float64(requests[i])/float64(b.N), name+"-token-requests")
		b.ReportMetric(float64(times[i].Milliseconds())/float64(b.N), name+"-ms")
	}
}

// newPrincipal is a new service principal with a user.
func (s *bench) newPrincipal(b *testing.B) azuretest.Identity {
	b.Helper()
	id := s.AddServicePrincipal(azuretest.Identity{})
	require.NoError(b, s.server.CreateUser(b.Context(), id.Name))
	return id
}

// tokens is how many tokens an identity got.
func (s *bench) tokens(id azuretest.Identity) (n int) {
	for _, r := range s.Requests() {
		if r.Token && r.Name == id.Name {
			n++
		}
	}
	return n
}

// runPrincipals has a copy of this process run openPrincipals, and returns how
// long the connections took.
func runPrincipals(b *testing.B) (took [2]time.Duration) {
	b.Helper()
	program, err := os.Executable()
	require.NoError(b, err)
	file := filepath.Join(b.TempDir(), "took")
	cmd := exec.CommandContext(b.Context(), program, "-test.run=^$", "-test.bench=^BenchmarkHundredServicePrincipals$", "-test.benchtime=1x")
	cmd.Env = append(os.Environ(), tookVariable+"="+file)
	out, err := cmd.CombinedOutput()
	require.NoError(b, err, string(out))
	text, err := os.ReadFile(file)
	require.NoError(b, err, string(out))
	_, err = fmt.Sscan(string(text), &took[0], &took[1])
	require.NoError(b, err)
	return took
}

// openPrincipals opens the connections.
func openPrincipals(b *testing.B) {
	b.Helper()
	ours, err := sqlserver.NewConnector(os.Getenv(oursVariable), nil)
	require.NoError(b, err)
	theirs, err := azuread.NewConnector(os.Getenv(azureadVariable))
	require.NoError(b, err)
	took := fmt.Sprintln(int64(openMany(b, ours)), int64(openMany(b, theirs)))
	require.NoError(b, os.WriteFile(os.Getenv(tookVariable), []byte(took), 0o600))
}

func openMany(b *testing.B, c driver.Connector) time.Duration {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	began := time.Now()
	for range principals {
		conn, err := c.Connect(ctx)
		require.NoError(b, err)
		require.NoError(b, conn.Close())
	}
	return time.Since(began)
}
