package sqlserver

import (
	"testing"
	"time"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/internal/drivertest"
)

func hourly(t *testing.T) (*azuretest.SQLServer, *drivertest.ShortLived, *connector.Options) {
	t.Helper()
	return inBubble(t, time.Hour, &azuretest.SQLServerOptions{})
}

func TestLoginsLeaveNothing(t *testing.T) {
	for _, encrypt := range []string{"encrypt=true", "encrypt=strict"} {
		t.Run(encrypt, func(t *testing.T) {
			withPartner := func(o *connector.Options) (*Connector, error) {
				return NewConnector(inBubbleDSN+encrypt+";failover partner=srv.database.windows.net;failoverport=1434", o)
			}
			drivertest.LoginsLeaveNothing(t, hourly, withPartner, map[string]azuretest.ServerFault{
				"refused":            azuretest.SQLServerRefuse(18456, 1, "Login failed"),
				"not in service":     azuretest.SQLServerRefuse(40613, 1, "not currently available"),
				"redirect":           azuretest.Route("srv.database.windows.net", 11000).Times(1),
				"redirects":          azuretest.Route("srv.database.windows.net", 11000),
				"redirect elsewhere": azuretest.Route("elsewhere.example.com", 11000),
				"redirect to nobody": azuretest.Route(`\instance`, 11000),
			})
		})
	}
}

func TestContextEndsWithTheLogin(t *testing.T) {
	for _, encrypt := range []string{"encrypt=true", "encrypt=strict"} {
		drivertest.ContextEndsWithTheLogin(t, hourly, func(o *connector.Options) (*Connector, error) { return NewConnector(inBubbleDSN+encrypt, o) })
	}
}
