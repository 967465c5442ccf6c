package mysqlfront_test

import (
	"context"
	"database/sql/driver"
	"runtime"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
)

// Close ends sessions in every state and leaves nothing behind.
func TestCloseLeavesNothing(t *testing.T) {
	b := newBench(t, nil)
	before := runtime.NumGoroutine()

	asked, ended := make(chan struct{}), make(chan error, 1)
	server, err := mysqlfront.Start(b.Cloud, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Query: func(ctx context.Context, _ azuretest.Statement) (azuretest.Result, error) {
		close(asked)
		<-ctx.Done()
		ended <- ctx.Err()
		return azuretest.Result{}, ctx.Err()
	}}})
	require.NoError(t, err)
	dialRaw(t, server, nil)                                            // says nothing
	dialRaw(t, server, nil).send(t, make([]byte, 4))                   // was refused and stays
	dialRaw(t, server, b.Cloud.CA()).respond(t, b.ID.Name, "", "", "") // was asked for the token
	config := b.config()
	config.Addr = server.Addr()
	connector, err := mysql.NewConnector(config)
	require.NoError(t, err)
	_, err = connector.Connect(t.Context()) // idle
	require.NoError(t, err)
	busy, err := connector.Connect(t.Context())
	require.NoError(t, err)
	var asking sync.WaitGroup
	asking.Go(func() { _, _ = busy.(driver.ExecerContext).ExecContext(t.Context(), "wait", nil) })
	<-asked

	frontendtest.AssertCloses(t, server, ended)
	asking.Wait()
	frontendtest.RequireSettled(t, before+2) // the driver's own watchers of the two connections
}
