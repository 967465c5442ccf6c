package connector

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/credential"
)

var errRefused = errors.New("refused\n  by the server")

// server refuses logins as long as its function says so.
type server struct {
	refuse func(tok string) bool
	tokens []string
}

// connected is a connection that tells its login.
type connected struct {
	driver.Conn
	login Login
}

// connect connects with the server, whose refusals mean c.
func (s *server) connect(t *testing.T, h *Handle, c Classification) (driver.Conn, error) {
	t.Helper()
	return connect(t, h, c, func(ctx context.Context, a *Attempt) (driver.Conn, error) {
		l, err := a.Login(ctx)
		if err != nil {
			return nil, err
		}
		s.tokens = append(s.tokens, l.Password.Reveal())
		if s.refuse(l.Password.Reveal()) {
			return nil, errRefused
		}
		return connected{login: l}, nil
	})
}

// connect connects with login, whose errors mean c.
func connect(t *testing.T, h *Handle, c Classification, login func(context.Context, *Attempt) (driver.Conn, error)) (driver.Conn, error) {
	t.Helper()
	return h.Connect(t.Context(), Driver{Login: login, Classify: func(error) Classification { return c }})
}

func TestConnectRetriesAnExpiredTokenOnce(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	h := a.open(t)
	first, err := h.Login(t.Context())
	require.NoError(t, err)

	s := &server{refuse: func(tok string) bool { return tok == first.Password.Reveal() }}
	conn, err := s.connect(t, h, Classification{Refused: true, Expired: true})
	require.NoError(t, err)
	assert.Equal(t, "aad_myconn", conn.(connected).login.User)
	assert.Len(t, s.tokens, 2)
	assert.Equal(t, 2, a.cloud.TokenRequests())
}

func TestConnectGivesUpAfterTheSecondRefusal(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	h := a.open(t)
	s := &server{refuse: func(string) bool { return true }}
	_, err := s.connect(t, h, Classification{Refused: true, Expired: true, Hint: "check the clock", Anchor: "expired"})
	assert.Len(t, s.tokens, 2)

	refused, ok := errors.AsType[*passwordless.LoginError](err)
	require.True(t, ok, "%v", err)
	require.ErrorIs(t, err, errRefused)
	assert.Equal(t, fmt.Sprintf(`postgresql: login to %s:5432 database "mydb" as "aad_myconn" with user-assigned managed identity (client ID %s): refused by the server: check the clock; the token is %s (see https://github.com/azuredb/passwordless/blob/main/TROUBLESHOOTING.md#expired)`,
		testHost, a.identity.ClientID, credential.DescribeToken(s.tokens[1])), err.Error())
	assert.Equal(t, "aad_myconn", refused.User)
	for _, tok := range s.tokens {
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), tok)
	}
}

func TestConnectReportsWhyThereWasNoNewToken(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	h := a.open(t)
	_, err := h.Login(t.Context())
	require.NoError(t, err)
	defer a.cloud.Inject(azuretest.Fault{Status: 400})()
	s := &server{refuse: func(string) bool { return true }}
	_, err = s.connect(t, h, Classification{Refused: true, Expired: true})
	require.ErrorIs(t, err, errRefused)
	require.ErrorAs(t, err, new(*passwordless.TokenError))
	assert.Len(t, s.tokens, 1)
}

// Any other refusal may be cured by a new token (roles and groups change), but
// costs the caller nothing.
func TestConnectDoesNotRetryOtherRefusals(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	h := a.open(t)
	s := &server{refuse: func(string) bool { return true }}
	for range 5 {
		_, err := s.connect(t, h, Classification{Refused: true})
		require.ErrorIs(t, err, errRefused)
	}
	assert.Len(t, s.tokens, 5)
	require.Eventually(t, func() bool { return a.cloud.TokenRequests() == 2 }, 5*time.Second, time.Millisecond,
		"one renewal in the background")
	login, err := h.Login(t.Context())
	require.NoError(t, err)
	_, err = a.cloud.Verify(login.Password.Reveal(), azuretest.OSSRDBMSAudience)
	require.NoError(t, err)
}

func TestConnectLeavesTheTokenAloneWhenTheServerDidNotAnswer(t *testing.T) {
	a := newWebApp(t, azuretest.Identity{Name: "aad_myconn"})
	h := a.open(t)
	s := &server{refuse: func(string) bool { return true }}
	for _, temporary := range []bool{true, false} {
		_, err := s.connect(t, h, Classification{Temporary: temporary})
		require.ErrorIs(t, err, errRefused)
		failed, ok := errors.AsType[interface {
			error
			Temporary() bool
		}](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, temporary, failed.Temporary())
	}
	login, err := h.Login(t.Context())
	require.NoError(t, err)
	assert.Equal(t, s.tokens[0], login.Password.Reveal())
	assert.Equal(t, 1, a.cloud.TokenRequests())
}
