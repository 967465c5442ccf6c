package postgres

import (
	"testing"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/internal/drivertest"
)

func TestLoginsLeaveNothing(t *testing.T) {
	twoHosts := func(o *connector.Options) (*Connector, error) {
		const host = "srv.postgres.database.azure.com"
		return NewConnector("host="+host+","+host+" port=5432,5433 user=app", o)
	}
	drivertest.LoginsLeaveNothing(t, inBubble, twoHosts, map[string]azuretest.ServerFault{
		"refused": azuretest.PostgresRefuse("28P01", "password authentication failed", ""),
		"MD5":     azuretest.AskMD5(),
		"SCRAM":   azuretest.AskSCRAM(),
	})
}

func TestContextEndsWithTheLogin(t *testing.T) {
	drivertest.ContextEndsWithTheLogin(t, inBubble, func(o *connector.Options) (*Connector, error) { return NewConnector(inBubbleDSN, o) })
}
