package sqlserver

import (
	"testing"
	"time"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/azuretest/sqlservertest"
	"github.com/azuredb/passwordless/internal/drivertest"
)

func hourly(t *testing.T) (*sqlservertest.Server, *drivertest.ShortLived, *passwordless.Options) {
	t.Helper()
	return inBubble(t, time.Hour, &sqlservertest.Options{})
}

func TestLoginsLeaveNothing(t *testing.T) {
	for _, encrypt := range []string{"encrypt=true", "encrypt=strict"} {
		t.Run(encrypt, func(t *testing.T) {
			withPartner := func(o *passwordless.Options) (*Connector, error) {
				return NewConnector(inBubbleDSN+encrypt+";failover partner=srv.database.windows.net;failoverport=1434", o)
			}
			drivertest.LoginsLeaveNothing(t, hourly, withPartner, map[string]azuretest.ServerFault{
				"refused":            {Kind: azuretest.Refuse, Err: &sqlservertest.Error{Number: 18456, State: 1, Message: "Login failed"}},
				"not in service":     {Kind: azuretest.Refuse, Err: &sqlservertest.Error{Number: 40613, State: 1, Message: "not currently available"}},
				"redirect":           {Kind: azuretest.Route, Host: "srv.database.windows.net", Port: 11000, Times: 1},
				"redirects":          {Kind: azuretest.Route, Host: "srv.database.windows.net", Port: 11000},
				"redirect elsewhere": {Kind: azuretest.Route, Host: "elsewhere.example.com", Port: 11000},
				"redirect to nobody": {Kind: azuretest.Route, Host: `\instance`, Port: 11000},
			})
		})
	}
}

func TestContextEndsWithTheLogin(t *testing.T) {
	for _, encrypt := range []string{"encrypt=true", "encrypt=strict"} {
		drivertest.ContextEndsWithTheLogin(t, hourly, func(o *passwordless.Options) (*Connector, error) { return NewConnector(inBubbleDSN+encrypt, o) })
	}
}
