package connector

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
)

func TestStatusesListsWhatIsOpen(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	first, second := a.open(t), a.open(t, func(o *passwordless.Options) { o.User = "second" })
	users := func() (list []string) {
		for _, s := range passwordless.Statuses() {
			list = append(list, s.User)
		}
		return list
	}
	assert.Equal(t, []string{"aad_myconn", "second"}, users())
	require.NoError(t, first.Close())
	assert.Equal(t, []string{"second"}, users())
	runtime.KeepAlive(second)
}

func TestDroppedHandlesAreCollected(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	func() {
		h, err := Open(dsn.PostgreSQL, "", &passwordless.Options{Environ: func() []string { return a.environ }})
		require.NoError(t, err)
		_, err = h.Login(t.Context())
		require.NoError(t, err)
		require.Len(t, passwordless.Statuses(), 1)
	}()
	require.Eventually(t, func() bool {
		runtime.GC()
		return len(passwordless.Statuses()) == 0
	}, 5*time.Second, time.Millisecond)
}

func TestHandlePrintsNoParameter(t *testing.T) {
	h, err := Open(dsn.PostgreSQL, "host="+testHost+" dbname=d user=u options=canary", &passwordless.Options{Environ: func() []string { return nil }})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, h.Close()) })
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		assert.Equal(t, "postgresql "+testHost+":5432 database \"d\" with system-assigned managed identity", fmt.Sprintf(verb, h))
	}
}
