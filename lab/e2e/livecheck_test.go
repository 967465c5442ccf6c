package e2e_test

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/lab/internal/labtest"
	"github.com/azuredb/passwordless/lab/internal/livecheck"
)

// What make live does with servers in Azure, it does with these. The tokens, which live for an hour, are said to live
// for two seconds. Reports name no one, also where logins fail.
func TestLiveCheck(t *testing.T) {
	benches := []*bench{mySQL.on(t), sqlServer.on(t)} // MariaDB first: it needs a compiler on PATH
	s := onStage(t)
	s.onAppService(t)
	s.setTrust(t)
	id, secrets := s.userAssigned(t), []string{loopback, s.TenantID()}
	t.Setenv("AZURE_POSTGRESQL_CONNECTIONSTRING", s.libpq(id.Name))
	t.Setenv("AZURE_POSTGRESQL_CLIENTID", id.ClientID)
	secrets = append(secrets, id.Name, id.ClientID, id.ObjectID)
	for i, name := range []string{"PASSWORDLESS_LIVE_MYSQL", "PASSWORDLESS_LIVE_SQLSERVER"} {
		b := benches[i]
		id := b.admit(t, s.AddUserAssigned(azuretest.Identity{Name: labtest.Unique("jo") + "@contoso.com"}))
		t.Setenv(name, b.to(id.Name, b.key("client_id", id.ClientID)))
		secrets = append(secrets, id.Name, id.ClientID, id.ObjectID)
	}

	targets, missing := livecheck.Targets()
	require.Empty(t, missing)
	require.Len(t, targets, 3)
	stranger := s.AddUserAssigned(azuretest.Identity{}) // without a role
	targets = append(targets, livecheck.Target{Engine: dsn.PostgreSQL, DSN: s.libpq(stranger.Name) + " client_id=" + stranger.ClientID})
	secrets = append(secrets, stranger.Name, stranger.ClientID, stranger.ObjectID)
	texts := make([]bytes.Buffer, len(targets))
	var group sync.WaitGroup
	for i, target := range targets {
		group.Go(func() {
			report := livecheck.Run(limited(t), target, 2*time.Second)
			assert.NoError(t, report.Write(&texts[i]))
			assert.Equal(t, i == 3, report.Failed())
		})
	}
	group.Wait()
	for i := range texts {
		text := texts[i].String()
		t.Log(text)
		for _, secret := range secrets {
			assert.NotContains(t, text, secret)
		}
	}
}
