package mysql

import (
	"context"
	"database/sql/driver"
	"net"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
)

// What is changed after Configure cannot make the token travel in clear text, or to who is not verified.
func TestConfigurationChangedAfterwards(t *testing.T) {
	b := engine.Bench(t, nil)
	plain := mysql.NewConfig()
	other := engine.Bench(t, &mysqlfront.Options{ServerOptions: azuretest.ServerOptions{Passwords: map[string]string{"app": "p"}}, InsecureTransport: true})
	other.Options.Credential = nil
	require.NoError(t, Configure(plain, strings.Replace(b.DSN("tls=false"), "app@", "app:p@", 1), other.Options))
	b.Server.Inject(azuretest.ServerFault{Kind: azuretest.Plaintext})
	for name, row := range map[string]struct {
		change func(*mysql.Config)
		want   error
	}{
		"TLS":             {func(cfg *mysql.Config) { cfg.TLS, cfg.TLSConfig = nil, "false" }, mysql.ErrNoTLS},
		"fallback":        {func(cfg *mysql.Config) { cfg.AllowFallbackToPlaintext, cfg.AllowCleartextPasswords = true, true }, mysql.ErrNoTLS},
		"dialer":          {func(cfg *mysql.Config) { cfg.DialFunc = new(net.Dialer).DialContext }, errNotOurs},
		"no dialer":       {func(cfg *mysql.Config) { cfg.DialFunc = nil }, errNotOurs},
		"dialer around":   {func(cfg *mysql.Config) { cfg.DialFunc = around(cfg.DialFunc) }, errNotOurs},
		"another's":       {func(cfg *mysql.Config) { cfg.DialFunc = plain.DialFunc }, errNotOurs},
		"another's, back": {func(cfg *mysql.Config) { dial := cfg.DialFunc; *cfg = *plain; cfg.DialFunc = dial }, errNotOurs},
		"BeforeConnect": {func(cfg *mysql.Config) {
			_ = cfg.Apply(mysql.BeforeConnect(func(_ context.Context, own *mysql.Config) error {
				own.TLS, own.AllowCleartextPasswords = nil, true
				return nil
			}))
		}, errNotOurs},
		"no BeforeConnect": {func(cfg *mysql.Config) { _ = cfg.Apply(mysql.BeforeConnect(nil)) }, errNotOurs},
	} {
		for copied, of := range map[string]func(*mysql.Config) *mysql.Config{"": func(cfg *mysql.Config) *mysql.Config { return cfg }, " of a copy": (*mysql.Config).Clone} {
			t.Run(name+copied, func(t *testing.T) {
				cfg := mysql.NewConfig()
				require.NoError(t, Configure(cfg, b.DSN(), b.Options))
				cfg = of(cfg)
				row.change(cfg)
				require.ErrorIs(t, open(t, cfg).PingContext(t.Context()), row.want)
			})
		}
	}
	var ours func(context.Context, string, string) (net.Conn, error)
	cfg := mysql.NewConfig()
	require.NoError(t, Configure(cfg, b.DSN(), b.Options, func(_ context.Context, own *mysql.Config) error {
		own.DialFunc = ours // of the copy, which the driver does not call
		return nil
	}))
	ours, cfg.DialFunc = cfg.DialFunc, around(cfg.DialFunc)
	require.ErrorIs(t, open(t, cfg).PingContext(t.Context()), errNotOurs)
	require.NoError(t, b.Server.Close())
	assert.Empty(t, b.Server.Plaintext())
	assert.Empty(t, plain.Passwd)
	dials.Range(func(any, any) bool {
		t.Error("a token waits for a connection that will never be made")
		return false
	})
}

// around is a dialer that calls another one.
func around(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		return dial(ctx, network, address)
	}
}

// The driver's copies of a configuration never have the token, nor does a connection once it is logged in.
func TestTheDriverHasNoToken(t *testing.T) {
	b := engine.Bench(t, nil)
	var copies []*mysql.Config
	cfg := mysql.NewConfig()
	require.NoError(t, Configure(cfg, b.DSN(), b.Options, func(_ context.Context, own *mysql.Config) error {
		copies = append(copies, own)
		return nil
	}))
	native, err := mysql.NewConnector(cfg.Clone())
	require.NoError(t, err)
	for name, c := range map[string]driver.Connector{"Configure": native, "connector": b.Connector(t)} {
		conn, err := c.Connect(t.Context())
		require.NoError(t, err)
		token := b.Issuer.Issued()[0]
		assert.False(t, holds(reflect.ValueOf(conn), token, map[visit]bool{}), name)
		assert.True(t, holds(reflect.ValueOf(conn), placeholder, map[visit]bool{}), name)
		require.NoError(t, conn.Close())
	}
	require.Len(t, copies, 1)
	assert.Equal(t, placeholder, copies[0].Passwd)
	assert.Nil(t, copies[0].TLS)

	// A copy that leads somewhere else leads nowhere.
	copies[0].DialFunc = nil
	require.NoError(t, copies[0].Apply(mysql.BeforeConnect(nil)))
	require.Error(t, open(t, copies[0]).PingContext(t.Context()))
	copies[0].DialFunc = cfg.DialFunc
	require.ErrorIs(t, open(t, copies[0]).PingContext(t.Context()), errNotOurs, "a login is for one connection")
	assert.Len(t, b.Server.Logins(), 2)
}

type visit struct {
	at unsafe.Pointer
	of reflect.Type
}

// holds reports whether a string or bytes that can be reached from v contain the text. Channels and functions are not followed.
func holds(v reflect.Value, text string, seen map[visit]bool) bool {
	switch v.Kind() {
	case reflect.String:
		return strings.Contains(v.String(), text)
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return false
		}
		if v.Kind() == reflect.Pointer {
			at := visit{v.UnsafePointer(), v.Type()}
			if seen[at] {
				return false
			}
			seen[at] = true
		}
		return holds(v.Elem(), text, seen)
	case reflect.Struct:
		for i := range v.NumField() {
			if holds(v.Field(i), text, seen) {
				return true
			}
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return v.Kind() == reflect.Slice && strings.Contains(string(v.Bytes()), text)
		}
		for i := range v.Len() {
			if holds(v.Index(i), text, seen) {
				return true
			}
		}
	case reflect.Map:
		for entry := v.MapRange(); entry.Next(); {
			if holds(entry.Key(), text, seen) || holds(entry.Value(), text, seen) {
				return true
			}
		}
	}
	return false
}

// A verified server that cuts its last words short is an error, not the end of the process.
func TestConfigureSurvivesShortAnswers(t *testing.T) {
	b := engine.Bench(t, nil)
	certificate, err := b.Cloud.CA().Issue("127.0.0.1")
	require.NoError(t, err)
	for _, answer := range []string{granted[:5], "\xff\x15\x04#28000"} {
		for cut := range len(answer) {
			cfg := mysql.NewConfig()
			cfg.Logger = &mysql.NopLogger{}
			cfg.DialFunc = func(context.Context, string, string) (net.Conn, error) {
				client, server := net.Pipe()
				go script(server, tlsOf(certificate), greetingOf(nativePassword), toMethod(3, clearPassword), numbered(5, answer[:cut]))
				return client, nil
			}
			require.NoError(t, Configure(cfg, b.DSN(), b.Options))
			require.ErrorIs(t, open(t, cfg).PingContext(t.Context()), mysql.ErrInvalidConn, "%q", answer[:cut])
		}
	}
}
