package connector

import (
	"context"
	"database/sql/driver"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/connectortest"
)

// fixedTool stands for a developer's tool that gives this token.
func (h *Handle) fixedTool(t *testing.T, kind passwordless.IdentityKind, claims map[string]any) {
	t.Helper()
	claims["aud"] = "https://ossrdbms-aad.database.windows.net"
	h.account.Load().source.SetCredential(kind, fixedTool(connectortest.Unsigned(t, claims)))
}

var toolVariables = map[passwordless.IdentityKind]string{
	passwordless.AzureCLI: "AzureCLICredential", passwordless.AzureDeveloperCLI: "AzureDeveloperCLICredential", passwordless.AzurePowerShell: "AzurePowerShellCredential",
}

func TestTheConnectionsUserIsNotSetAsideInSilence(t *testing.T) {
	connectortest.ClearMarkers(t)
	person, application := map[string]any{"upn": "ann@contoso.com"}, map[string]any{"appid": connectortest.Client}
	guest := map[string]any{"unique_name": "live.com#ann@outlook.com"}
	for kind, variable := range toolVariables {
		for _, row := range []struct {
			name   string
			claims map[string]any
			user   string
			note   string
		}{
			{"application", application, "dba_group", ""},
			{"person", person, "ann@contoso.com", `"ann@contoso.com", as the token says, in place of the connection's user "dba_group": authentication=` + strings.TrimSuffix(variable, "Credential") + ` in the connection, or Options.User, keeps that`},
			{"guest", guest, "dba_group", "ann_outlook.com#EXT#@<tenant>.onmicrosoft.com"},
		} {
			t.Run(kind.String()+" of a "+row.name, func(t *testing.T) {
				var log logBuffer
				s := "host=" + testHost + " dbname=d user=dba_group"
				o := &passwordless.Options{Environ: func() []string { return []string{"AZURE_TOKEN_CREDENTIALS=" + variable} }, Transport: connectortest.Respond(500, ""), Logger: slog.New(slog.NewJSONHandler(&log, nil))}
				h, err := Open(dsn.PostgreSQL, s, o)
				require.NoError(t, err)
				t.Cleanup(func() { assert.NoError(t, h.Close()) })
				h.fixedTool(t, kind, row.claims)
				_, err = h.Connect(t.Context(), Driver{
					Login: func(ctx context.Context, a *Attempt) (driver.Conn, error) {
						login, err := a.Login(ctx)
						assert.Equal(t, row.user, login.User)
						return nil, errors.Join(err, errors.New("no such role"))
					},
					Classify: func(error) Classification { return advice.Classification{Refused: true, Hint: "make the role"} },
				})
				require.ErrorContains(t, err, "make the role")
				if row.note == "" {
					assert.NotContains(t, err.Error(), "in place of")
					return
				}
				require.ErrorContains(t, err, row.note)
				require.Len(t, h.Status().Warnings, 1)
				assert.Contains(t, h.Status().Warnings[0], row.note)
				assert.Contains(t, log.String(), map[string]string{"person": "in place of", "guest": "#EXT#"}[row.name])
			})
		}
	}
}

// fixedTool is the token that a tool gives.
type fixedTool string

func (f fixedTool) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(f), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// A guest without a database user of the connection's learns what a guest's role is called.
func TestAGuestIsNoRole(t *testing.T) {
	connectortest.ClearMarkers(t)
	h, err := Open(dsn.PostgreSQL, "host="+testHost+" dbname=d authentication=AzureCLI", &passwordless.Options{Transport: connectortest.Respond(500, ""), Environ: func() []string { return nil }})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, h.Close()) })
	h.fixedTool(t, passwordless.AzureCLI, map[string]any{"unique_name": "live.com#ann@outlook.com"})
	_, err = h.Login(t.Context())
	require.ErrorContains(t, err, "names no database user")
	require.ErrorContains(t, err, "such as ann_outlook.com#EXT#@<tenant>.onmicrosoft.com")
}

// Who stops waiting for a token learns the last answer of the request, and so do the log and Status.
func TestWhoStopsWaitingLearnsTheLastAnswer(t *testing.T) {
	connectortest.ClearMarkers(t)
	t.Setenv("IDENTITY_ENDPOINT", "http://127.0.0.1:1/")
	t.Setenv("IDENTITY_HEADER", "x")
	synctest.Test(t, func(t *testing.T) {
		var log logBuffer
		h, err := Open(dsn.PostgreSQL, "host="+testHost+" dbname=d user=u client_id="+connectortest.ClientA, &passwordless.Options{
			Environ: func() []string { return nil }, Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Transport: connectortest.TransportFunc(func(r *http.Request) (*http.Response, error) {
				return connectortest.Respond(500, `{"message":"the disk is full"}`)(r)
			})})
		require.NoError(t, err)
		for range 2 {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			_, err = h.Login(ctx)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			for _, said := range []string{err.Error(), log.String(), h.Status().Token.LastError.Error()} {
				assert.Contains(t, said, "HTTP 500: the disk is full (")
				assert.Contains(t, said, "answers, but fails")
			}
		}
		assert.Equal(t, 1, strings.Count(log.String(), "no token in time"), "once for each request")
		require.NoError(t, h.Close())
		synctest.Wait()
	})
}

func TestWhoStopsWaitingLearnsTheSlowTool(t *testing.T) {
	b := connectortest.NewBench(t)
	b.OnLaptop(azuretest.AzureCLI)
	b.SignIn(azuretest.Identity{})
	b.Inject(azuretest.Fault{Endpoint: azuretest.AzureCLI, Delay: time.Hour})
	var log logBuffer
	h, err := Open(dsn.PostgreSQL, "host="+testHost+" dbname=d user=u authentication=AzureCLI", &passwordless.Options{
		Environ: func() []string { return nil }, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, h.Close()) })
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = h.Login(ctx)
	require.ErrorContains(t, err, "az has not answered for")
	require.ErrorContains(t, h.Status().Token.LastError, "az has not answered for")
	assert.Contains(t, log.String(), "az has not answered for")
	failed, ok := errors.AsType[*passwordless.TokenError](err)
	require.True(t, ok)
	assert.Equal(t, "developer-sign-in", failed.Anchor)
}

// Who leaves while one tool hangs learns what the others have said, too.
func TestWhoStopsWaitingLearnsOfEveryTool(t *testing.T) {
	b := connectortest.NewBench(t)
	b.OnLaptop(azuretest.AzureCLI, azuretest.AzureDeveloperCLI)
	b.Inject(azuretest.Fault{Endpoint: azuretest.AzureDeveloperCLI, Delay: time.Hour})
	h, err := Open(dsn.PostgreSQL, "host="+testHost+" dbname=d user=u", &passwordless.Options{Environ: func() []string { return []string{"AZURE_TOKEN_CREDENTIALS=dev"} }})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, h.Close()) })
	assert.Eventually(t, func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, err = h.Login(ctx)
		return strings.Contains(err.Error(), "azd has not answered for")
	}, 30*time.Second, time.Millisecond)
	require.ErrorContains(t, err, "no token for Azure CLI sign-in: ")
	require.ErrorContains(t, err, "sign in with az login")
}

// A person who signs in for the connection logs in as its user, and a guest learns what the role is called.
func TestWhoSignsInForTheConnectionKeepsItsUser(t *testing.T) {
	connectortest.ClearMarkers(t)
	person, guest := map[string]any{"upn": "ann@contoso.com"}, map[string]any{"unique_name": "live.com#ann@outlook.com"}
	for method, kind := range map[string]passwordless.IdentityKind{
		"ActiveDirectoryInteractive": passwordless.Interactive, "ActiveDirectoryDeviceCodeFlow": passwordless.DeviceCode,
		"AzureCLI": passwordless.AzureCLI, "AzureDeveloperCLI": passwordless.AzureDeveloperCLI, "AzurePowerShell": passwordless.AzurePowerShell,
	} {
		for name, row := range map[string]struct {
			claims     map[string]any
			user, want string
			note       string
		}{
			"person":                {person, " user=dba_group", "dba_group", ""},
			"person without a user": {person, "", "ann@contoso.com", ""},
			"guest":                 {guest, " user=dba_group", "dba_group", "ann_outlook.com#EXT#@<tenant>.onmicrosoft.com"},
		} {
			t.Run(method+" of a "+name, func(t *testing.T) {
				var log logBuffer
				h, err := Open(dsn.PostgreSQL, "host="+testHost+" dbname=d authentication="+method+row.user, &passwordless.Options{
					Transport: connectortest.Respond(500, ""), Environ: func() []string { return nil }, Logger: slog.New(slog.NewTextHandler(&log, nil))})
				require.NoError(t, err)
				t.Cleanup(func() { assert.NoError(t, h.Close()) })
				h.fixedTool(t, kind, row.claims)
				login, err := h.Login(t.Context())
				require.NoError(t, err)
				assert.Equal(t, row.want, login.User)
				assert.Equal(t, row.want, h.Status().User)
				assert.Contains(t, strings.Join(h.Status().Warnings, "\n"), row.note)
				assert.Contains(t, log.String(), row.note)
				assert.NotContains(t, log.String(), "in place of")
			})
		}
	}
}
