package postgres

import (
	"crypto/tls"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/frontendtest"
	"github.com/azuredb/passwordless/lab/internal/labtest"
)

// A write that is cancelled fails its transaction, which can be rolled back as usual.
func TestEmbeddedCancelledWrite(t *testing.T) {
	cloud := azuretest.New(t)
	p := labtest.Running(t, startEmbedded, cloud, &Options{Users: []string{"app"}})
	conn, err := connect(t, cloud, p, "app", labtest.TokenOf(cloud, "app"))
	require.NoError(t, err)
	exec := func(statement string) error {
		_, err := conn.Exec(t.Context(), statement)
		return err
	}
	require.NoError(t, exec("create table t (n int); insert into t values (1), (2), (3), (4), (5), (6), (7), (8), (9), (10); begin"))
	writing := conn.PgConn().Exec(t.Context(), "insert into t select a.n from t a, t b, t c, t d, t e, t f, t g, t h")
	done, cancelling := make(chan struct{}), sync.WaitGroup{}
	cancelling.Go(func() { // again and again, as it may not have begun
		for {
			assert.NoError(t, conn.PgConn().CancelRequest(t.Context()))
			select {
			case <-time.After(20 * time.Millisecond):
			case <-done:
				return
			}
		}
	})
	_, err = writing.ReadAll()
	close(done)
	cancelling.Wait()
	requireState(t, err, "57014")
	requireState(t, exec("select 1"), "25P02")
	require.NoError(t, exec("rollback"))
	var rows int
	require.NoError(t, conn.QueryRow(t.Context(), "select count(*) from t").Scan(&rows))
	assert.Equal(t, 10, rows)
}

func TestEmbeddedLogin(t *testing.T) {
	cloud := azuretest.New(t)
	app := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
	p := labtest.Running(t, startEmbedded, cloud, &Options{Users: []string{"app", "other"}, Database: "orders"})
	require.NoError(t, p.CreatePasswordUser(labtest.Limited(t), "plain", "secret"))
	tests := []struct {
		name, user, password, refused string
	}{
		{"good", "app", cloud.Mint(app, azuretest.OSSRDBMSAudience), ""},
		{"60 KB", "app", cloud.Mint(frontendtest.Padded(app, 60<<10), azuretest.OSSRDBMSAudience), ""},
		{"password", "plain", "secret", ""},
		{"wrong password", "plain", "guess", "the password is wrong"},
		{"token for a password role", "plain", labtest.TokenOf(cloud, "plain"), "the password is wrong"},
		{"expired", "app", cloud.Mint(frontendtest.Living(app, -time.Minute), azuretest.OSSRDBMSAudience), "expired"},
		{"foreign signature", "app", frontendtest.Forged(cloud.Mint(app, azuretest.OSSRDBMSAudience)), "not signed"},
		{"another user's", "other", cloud.Mint(app, azuretest.OSSRDBMSAudience), "issued to"},
		{"unknown role", "nobody", labtest.TokenOf(cloud, "nobody"), "does not exist"},
		{"empty", "app", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := connect(t, cloud, p, test.user, test.password)
			if test.refused == "" && test.password != "" {
				require.NoError(t, err)
				return
			}
			state := "28P01"
			if test.refused == "expired" { // the one that a client is told
				state = "28000"
				assert.ErrorContains(t, err, "The access token has expired")
			}
			requireState(t, err, state)
			assert.Contains(t, p.Log(), test.refused)
		})
	}
	t.Run("without TLS", func(t *testing.T) {
		cfg := loginConfig(t, cloud, p, "app", cloud.Mint(app, azuretest.OSSRDBMSAudience))
		cfg.TLSConfig = nil
		_, err := pgx.ConnectConfig(labtest.Limited(t), cfg)
		requireState(t, err, "28000")
	})
	t.Run("wrong name", func(t *testing.T) {
		cfg := loginConfig(t, cloud, p, "app", cloud.Mint(app, azuretest.OSSRDBMSAudience))
		cfg.TLSConfig.ServerName = "example.com"
		_, err := pgx.ConnectConfig(labtest.Limited(t), cfg)
		var wrongName *tls.CertificateVerificationError
		require.ErrorAs(t, err, &wrongName)
	})
	t.Run("missing database", func(t *testing.T) {
		cfg := loginConfig(t, cloud, p, "app", cloud.Mint(app, azuretest.OSSRDBMSAudience))
		cfg.Database = "missing"
		conn, err := pgx.ConnectConfig(labtest.Limited(t), cfg)
		if err == nil {
			err = conn.Ping(labtest.Limited(t))
		}
		requireState(t, err, "3D000")
	})
}
