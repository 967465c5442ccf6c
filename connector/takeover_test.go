package connector

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/connectortest"
)

const (
	asDeveloper = "dev@contoso.com"
	toDeveloper = "logging in as the signed-in developer instead of user-assigned managed identity"
	toManaged   = "instead of Azure CLI sign-in"
)

func TestTheManagedIdentityTakesOverOnceTheServiceAnswers(t *testing.T) {
	connectortest.ClearMarkers(t)
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.answers(m.silent)
		h := m.open()
		m.logsIn(h, passwordless.AzureCLI, asDeveloper)
		time.Sleep(40 * time.Minute)
		m.logsIn(h, passwordless.AzureCLI, asDeveloper)
		assert.False(t, h.Status().InAzure)
		assert.Contains(t, h.Status().Azure, "not known to be in Azure: no answer within 1s at 2000-01-01T00:")
		assert.NotContains(t, m.log.String(), toManaged)

		probes := m.probes.Load()
		m.answers(m.healthy)
		m.logsIn(h, passwordless.AzureCLI, asDeveloper)
		synctest.Wait()
		assert.Equal(t, probes, m.probes.Load(), "a token out of the cache asks nothing")
		time.Sleep(20 * time.Minute) // az's token is renewed ahead of its end
		synctest.Wait()
		assert.Equal(t, probes+1, m.probes.Load())
		login := m.logsIn(h, passwordless.UserAssigned, "app")
		assert.True(t, h.Status().InAzure)
		assert.Contains(t, h.Status().Azure, "in Azure: the instance metadata service answered (HTTP 400 at 2000-01-01T00:")
		assert.Equal(t, login, m.logsIn(h, passwordless.UserAssigned, "app"))
		assert.Equal(t, 1, strings.Count(m.log.String(), toDeveloper), m.log.String())
		assert.Equal(t, 1, strings.Count(m.log.String(), toManaged), m.log.String())
		assert.Equal(t, 2, strings.Count(m.log.String(), "level=WARN"))

		runs := m.runs.Load()
		m.answers(m.silent)
		time.Sleep(25 * time.Hour)
		_, err := h.Login(t.Context())
		require.Error(t, err, "from now on only the service's tokens will do")
		assert.Equal(t, runs, m.runs.Load())
	})
}

// An answer after 1.5 s is too late for the first probe, and the reason why the
// service is asked once more while the developer's token arrives.
func TestTheServiceWasOnlySlow(t *testing.T) {
	connectortest.ClearMarkers(t)
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.answers(m.after(1500 * time.Millisecond))
		h := m.open()
		go func() {
			time.Sleep(1200 * time.Millisecond)
			m.answers(m.after(100 * time.Millisecond))
		}()
		m.logsIn(h, passwordless.AzureCLI, asDeveloper)
		time.Sleep(time.Second)
		assert.Equal(t, passwordless.UserAssigned, h.Status().Kind, "also before the next login")
		assert.Equal(t, "app", h.Status().User)
		m.logsIn(h, passwordless.UserAssigned, "app")
	})
}

// The takeover drops no token but the developer's, and each handle that shares the
// token notices it.
func TestAllHandlesNoticeTheTakeover(t *testing.T) {
	connectortest.ClearMarkers(t)
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.answers(m.silent)
		one, other := m.open(), m.open()
		m.logsIn(one, passwordless.AzureCLI, asDeveloper)
		m.logsIn(other, passwordless.AzureCLI, asDeveloper)
		assert.EqualValues(t, 1, m.runs.Load())
		time.Sleep(5 * time.Second)
		m.answers(m.healthy)
		m.logsIn(one, passwordless.AzureCLI, asDeveloper)
		one.account.Load().tokens.Refused(one.lastLogin.Load().Password.Reveal()) // a request in the background
		time.Sleep(time.Second)
		login := m.logsIn(one, passwordless.UserAssigned, "app")
		assert.Equal(t, login, m.logsIn(other, passwordless.UserAssigned, "app"))
		assert.EqualValues(t, 1, m.requests.Load())
		assert.Equal(t, 2, strings.Count(m.log.String(), toManaged))
	})
}

// A token that the cache will not drop, because a server keeps calling its tokens
// expired, is served as what it is.
func TestATokenThatIsNotDroppedKeepsItsIdentity(t *testing.T) {
	connectortest.ClearMarkers(t)
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.answers(connectortest.Respond(503, ""))
		h, other := m.open(), m.open()
		for range 4 { // the fourth is kept: three are dropped without a pause
			login := m.logsIn(h, passwordless.AzureCLI, asDeveloper)
			h.Refused(login, Classification{Refused: true, Expired: true})
		}
		login := m.logsIn(h, passwordless.AzureCLI, asDeveloper)
		synctest.Wait()
		m.answers(m.healthy)
		require.True(t, h.account.Load().source.Probe(t.Context()))
		again, err := h.Login(t.Context())
		require.NoError(t, err)
		assert.Equal(t, login, again)
		first, err := other.Login(t.Context())
		require.NoError(t, err)
		assert.Equal(t, asDeveloper, first.User, "the user goes with the token")
		failed := h.loginError(errors.New("refused"), again, Classification{Refused: true})
		assert.Equal(t, "Azure CLI sign-in", failed.Identity)
		time.Sleep(10 * time.Minute)
		m.logsIn(h, passwordless.UserAssigned, "app")
	})
}

func TestCloseEndsTheProbeInTheBackground(t *testing.T) {
	connectortest.ClearMarkers(t)
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		m.answers(m.silent)
		h := m.open()
		m.logsIn(h, passwordless.AzureCLI, asDeveloper)
		start := time.Now()
		synctest.Wait()
		assert.EqualValues(t, 2, m.probes.Load())
		require.NoError(t, h.Close())
		require.NoError(t, h.Close())
		synctest.Wait()
		assert.EqualValues(t, 1, m.cancelled.Load())
		assert.Zero(t, time.Since(start))

		h.account.Load().tokens.Invalidate(h.lastLogin.Load().Password.Reveal())
		m.answers(m.healthy)
		m.logsIn(h, passwordless.UserAssigned, "app") // a handle that is used although closed takes part too
	})
}
