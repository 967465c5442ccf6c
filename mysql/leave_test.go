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

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/mysqltest"
	"github.com/azuredb/passwordless/internal/drivertest"
)

func TestLoginsLeaveNothing(t *testing.T) {
	twoHosts := func(o *passwordless.Options) (*Connector, error) {
		const host = "srv.mysql.database.azure.com"
		return NewConnector("app@tcp("+host+":3306,"+host+":3307)/?tls=true", o)
	}
	drivertest.LoginsLeaveNothing(t, inBubble, twoHosts, map[string]azuretest.ServerFault{
		"refused":      {Kind: azuretest.Refuse, Err: &mysqltest.Error{Number: 1045, State: "28000", Message: "Access denied"}},
		"native":       {Kind: azuretest.AskNativePassword},
		"caching_sha2": {Kind: azuretest.AskCachingSHA2},
	})
}

func TestContextEndsWithTheLogin(t *testing.T) {
	drivertest.ContextEndsWithTheLogin(t, inBubble, func(o *passwordless.Options) (*Connector, error) { return NewConnector(inBubbleDSN, o) })
}

// A login that fails leaves no connection for which a configuration's token would
// be renewed.
func TestFailedLoginsOfAConfigurationRenewNothing(t *testing.T) {
	for name, fault := range map[string]azuretest.ServerFault{
		"silent": {Kind: azuretest.Silent}, "wrong name": {Kind: azuretest.WrongName}, "hangs up": {Kind: azuretest.CloseAfterToken},
		"refused": {Kind: azuretest.Refuse, Err: &mysqltest.Error{Number: 1049, State: "42000", Message: "Unknown database"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, credential, o := inBubble(t)
				server.Inject(fault)
				cfg := mysql.NewConfig()
				cfg.Logger = &mysql.NopLogger{}
				require.NoError(t, Configure(cfg, inBubbleDSN, o))
				native, err := mysql.NewConnector(cfg)
				require.NoError(t, err)
				db := sql.OpenDB(native)
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				require.Error(t, db.PingContext(ctx))
				time.Sleep(10 * time.Hour)
				assert.Equal(t, 1, credential.Requests())
				require.NoError(t, db.Close())
				require.NoError(t, server.Close())
			})
		})
	}
}
