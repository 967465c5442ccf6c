package e2e_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
)

func TestEngineTokenIsServedThroughAnOutageUntilItExpires(t *testing.T) {
	onEachSiteAtOnce(t, func(t *testing.T, _ *bench, x *site) { tokenIsServedThroughAnOutage(t, x) })
}

func TestEngineOpensDoNotWaitForTheRenewalAfterARefusal(t *testing.T) {
	codes := map[string]int{"mysql": 1045, "sqlserver": 18456}
	onEach(t, func(t *testing.T, b *bench) {
		b.onAppService(t)
		opensDoNotWaitAfterARefusal(t, b.site(), b.refuse(codes[b.name], "not valid for role"))
	})
}

func TestEngineEndpointThatIsNotUpIsAskedAgain(t *testing.T) {
	onEachSite(t, endpointThatIsNotUpIsAskedAgain)
}

// Nothing renews ahead of need for a configuration without connections: its next login begins the renewal that is
// due, and does not wait for it.
func TestConfiguredMySQLDoesNotWaitForTheRenewalItBegins(t *testing.T) {
	b := mySQL.on(t)
	b.onAppService(t)
	id, endpoint := b.userAssigned(t), b.newValve(t)
	b.inject(t, azuretest.Fault{Identity: id.ClientID, Times: 1, Lifetime: 3 * time.Second})
	options := b.options()
	options.Transport = endpoint
	db := b.configured(t, b.to(id.Name, "client_id="+id.ClientID), options)
	db.SetMaxIdleConns(-1)
	b.requireUser(t, id.Name, db)
	endpoint.shut()
	first := statusOf(t, id.Name).Token
	await(t, "the renewal is due", func() bool { return time.Now().After(first.RefreshOn) })
	require.Zero(t, endpoint.waiting())

	b.requireUser(t, id.Name, db)
	await(t, "the renewal is under way", func() bool { return endpoint.waiting() == 1 })
	assert.Equal(t, first.Waits, statusOf(t, id.Name).Token.Waits)
	endpoint.open()
	await(t, "a new token", func() bool { return statusOf(t, id.Name).Token.ObtainedAt.After(first.ObtainedAt) })
}
