package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEngineFiftyClosedDatabasesLeaveNothing(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		b.onAppService(t)
		fiftyClosedDatabasesLeaveNothing(t, b.counted(t))
	})
}

func TestEngineDroppedConnectorIsCollected(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		b.onAppService(t)
		droppedConnectorIsCollected(t, b.site(), b.open)
	})
}

func TestEngineConnectAfterClose(t *testing.T) {
	onEach(t, func(t *testing.T, b *bench) {
		b.onAppService(t)
		connectAfterClose(t, b.site())
	})
}

// A configuration is renewed for while it has connections, for go-sql-driver tells no one of its end.
func TestEngineRenewalEndsWithClose(t *testing.T) {
	onEachSiteAtOnce(t, func(t *testing.T, b *bench, x *site) {
		var more []use
		if b.engine == &mySQL {
			more = []use{
				{"a configuration with a connection", true, func(text string) { requirePing(t, b.configured(t, text, b.options())) }},
				{"a configuration without one", false, func(text string) {
					db := b.configured(t, text, b.options())
					db.SetMaxIdleConns(-1)
					requirePing(t, db)
				}},
			}
		}
		renewalEndsWithClose(t, x, more)
	})
}

// A configuration without connections leaves nothing, and once it is dropped it is not known any more.
func TestConfiguredMySQLLeavesNothing(t *testing.T) {
	b := mySQL.on(t)
	b.onAppService(t)
	id := b.userAssigned(t)
	b.Transport().CloseIdleConnections()
	before := goroutines()
	options := b.options()
	options.Transport = nil
	require.NoError(t, connectConfigured(limited(t), b.to(id.Name, "client_id="+id.ClientID), options))
	await(t, "the server has no connection", func() bool { return b.mySQLSessions(t, id.Name) == 0 })
	awaitCollected(t, id.ClientID)
	requireNoMore(t, before)
}
