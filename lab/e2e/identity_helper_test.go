package e2e_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
)

// setting is one way to say who connects.
type setting struct {
	role    string                // who must be logged in
	text    string                // connection string; if empty, the environment's
	options *passwordless.Options // how to reach the stage
}

// identityCase makes the setting of one kind of identity.
type identityCase struct {
	name     string
	kind     passwordless.IdentityKind
	endpoint azuretest.Endpoint // who gives the token; if empty, no endpoint of the cloud
	setUp    func(*testing.T, *site) setting
}

// literal is a connection string with keys for the identity.
func (x *site) literal(role string, keys ...string) setting {
	return setting{role, x.text(x.address, role, keys...), x.options()}
}

// in gives a setting its environment.
func (s setting) in(x *site, environ ...string) setting {
	s.options = x.options(environ...)
	return s
}

// variables are those of client type go, with more for the identity.
func (x *site) variables(role string, more ...string) setting {
	return setting{role, "", x.options(append(more, x.prefix+"CONNECTIONSTRING="+x.text(x.address, role))...)}
}

// clientID is the variable of that name.
func (x *site) clientID(id azuretest.Identity) string { return x.prefix + "CLIENTID=" + id.ClientID }

// requireLogins asserts for each case that it logs in, with which user, and with one token for all connections; again logs in
// a second time.
func (x *site) requireLogins(t *testing.T, cases []identityCase, again func(*testing.T, setting)) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			set, mark := c.setUp(t, x), x.mark()
			native := x.open(t, set.text, set.options)
			x.requireUser(t, set.role, native)
			status := native.Status()
			assert.Equal(t, c.kind, status.Kind, status.Identity)
			assert.True(t, status.Token.Valid)
			assert.Equal(t, x.scope, status.Scope)
			assert.Equal(t, x.told(set.role), status.User)

			again(t, set)
			assert.Equal(t, uint64(1), native.Status().Token.Requests, "the second one shares the token")
			x.requireAsked(t, mark, c.endpoint)
		})
	}
}

// requireUser asserts which user a connector logs in with.
func (x *site) requireUser(t *testing.T, want string, c opened) {
	t.Helper()
	requireText(t, want, pooled(t, c), x.whoami)
}

// told is the user name that the server is told. To SQL Server's the token tells it.
func (x *site) told(user string) string {
	if x.name == sqlServer.name {
		return ""
	}
	return user
}

// requireAsked asserts that since mark one token was asked for, at that endpoint; or none if it is empty.
func (s *stage) requireAsked(t *testing.T, mark int, endpoint azuretest.Endpoint) {
	t.Helper()
	var endpoints []azuretest.Endpoint
	for _, r := range s.since(mark) {
		endpoints = append(endpoints, r.Endpoint)
	}
	if endpoint == "" {
		require.Empty(t, endpoints)
		return
	}
	require.Equal(t, []azuretest.Endpoint{endpoint}, endpoints)
}

// authority makes the cloud's Entra authority the one to ask.
func (s *stage) authority() string { return "AZURE_AUTHORITY_HOST=" + s.AuthorityHost() }
