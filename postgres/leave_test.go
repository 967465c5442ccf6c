package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/drivertest"
)

func TestLoginsLeaveNothing(t *testing.T) {
	twoHosts := func(o *passwordless.Options) (*Connector, error) {
		const host = "srv.postgres.database.azure.com"
		return NewConnector("host="+host+","+host+" port=5432,5433 user=app", o)
	}
	drivertest.LoginsLeaveNothing(t, inBubble, twoHosts, map[string]azuretest.ServerFault{
		"refused": {Kind: azuretest.Refuse, Err: &pgconn.PgError{Code: "28P01", Message: "password authentication failed"}},
		"MD5":     {Kind: azuretest.AskMD5},
		"SCRAM":   {Kind: azuretest.AskSCRAM},
	})
}

func TestContextEndsWithTheLogin(t *testing.T) {
	drivertest.ContextEndsWithTheLogin(t, inBubble, func(o *passwordless.Options) (*Connector, error) { return NewConnector(inBubbleDSN, o) })
}
