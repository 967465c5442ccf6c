package credential

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/identity"
)

// What fails for another reason than the ID settles nothing.
func TestSQLUserWhenTheSecondQuestionFails(t *testing.T) {
	b := newSourceBench(t)
	b.OnAppService()
	id := b.AddUserAssigned(azuretest.Identity{})
	b.Inject(azuretest.Fault{Status: 400, Times: 1})
	b.Inject(azuretest.Fault{Status: 403, Times: 1})
	chosen := identity.Identity{Kind: passwordless.UserAssigned, ClientID: id.ObjectID, EitherID: true}
	s, err := New(chosen, b.cloudInfo(), &passwordless.Options{Transport: b.Transport()})
	require.NoError(t, err)
	_, err = s.Fetch(t.Context(), false)
	require.ErrorContains(t, err, "HTTP 403")
	assert.False(t, s.byObject.Load())
	b.fetch(s, false, id)
	assert.True(t, s.byObject.Load())
	assert.Equal(t, id.ObjectID, s.As(chosen).ObjectID)
}
