package connector

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/connectortest"
)

func TestStatusAndLogWarnOfTheDeveloper(t *testing.T) {
	b := connectortest.NewBench(t)
	b.OnLaptop(b.InstallAzureCLI)
	b.SignIn(azuretest.Identity{})
	var log connectortest.LogBuffer
	h, err := Open(dsn.PostgreSQL, "host="+testHost+" dbname=d user=u client_id="+connectortest.TestClient, &passwordless.Options{
		Environ:   func() []string { return nil },
		Transport: b.Transport(),
		Logger:    slog.New(slog.NewTextHandler(&log, nil)),
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, h.Close()) })
	const warning = "instead of user-assigned managed identity (client ID " + connectortest.TestClient
	assert.Empty(t, h.Status().Warnings)
	assert.NotContains(t, log.String(), warning)

	for range 3 {
		_, err = h.Login(t.Context())
		require.NoError(t, err)
	}
	require.Len(t, h.Status().Warnings, 1)
	assert.Contains(t, h.Status().Warnings[0], warning)
	assert.Equal(t, 1, strings.Count(log.String(), warning), "it is said once")
}

func TestHandlePrintsNoParameter(t *testing.T) {
	h, err := Open(dsn.PostgreSQL, "host="+testHost+" dbname=d user=u options=canary", &passwordless.Options{Environ: func() []string { return nil }})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, h.Close()) })
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		assert.Equal(t, "postgresql "+testHost+":5432 database \"d\" with system-assigned managed identity", fmt.Sprintf(verb, h))
	}
}
