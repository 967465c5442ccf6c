package mysql

import (
	"context"
	"database/sql"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/connectortest"
	"github.com/azuredb/passwordless/internal/drivertest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
)

// A login that fails leaves no connection for which a configuration's token would
// be renewed.
func TestFailedLoginsOfAConfigurationRenewNothing(t *testing.T) {
	connectortest.RandomInBubbles(t)
	for name, fault := range map[string]azuretest.ServerFault{
		"silent": {Kind: azuretest.Silent}, "wrong name": {Kind: azuretest.WrongName}, "hangs up": {Kind: azuretest.CloseAfterToken},
		"refused": {Kind: azuretest.Refuse, Err: &azuretest.ServerError{Number: 1049, State: "42000", Message: "Unknown database"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const host = "srv.mysql.database.azure.com"
				server, issuer, o := drivertest.InBubble(t, mysqlfront.NewPipe, time.Hour, &mysqlfront.Options{
					ServerOptions: azuretest.ServerOptions{Names: []string{host}}, Verify: func(string, string) error { return nil },
				})
				server.Inject(fault)
				cfg := mysql.NewConfig()
				cfg.Logger = &mysql.NopLogger{}
				require.NoError(t, Configure(cfg, "app@tcp("+host+")/?tls=true", o))
				native, err := mysql.NewConnector(cfg)
				require.NoError(t, err)
				db := sql.OpenDB(native)
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				require.Error(t, db.PingContext(ctx))
				time.Sleep(10 * time.Hour)
				assert.Len(t, issuer.Issued(), 1)
				require.NoError(t, db.Close())
				require.NoError(t, server.Close())
			})
		})
	}
}
