package e2e_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/postgres"
)

// Parameters of the string reach the session in each dialect that has words for them.
func TestParametersOfTheString(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	id := s.userAssigned(t)
	for name, text := range map[string]string{
		"key/value": s.libpq(id.Name) + " client_id=" + id.ClientID +
			" application_name='my app' search_path=pg_catalog statement_timeout=4321 timezone=Asia/Kathmandu options='-c work_mem=123kB'",
		"URL": fmt.Sprintf("postgresql://%s@%s/%s?client_id=%s&application_name=my%%20app&search_path=pg_catalog&statement_timeout=4321&timezone=Asia/Kathmandu&options=-c%%20work_mem%%3D123kB",
			id.Name, s.server.Addr(), s.server.Database, id.ClientID),
		"ADO.NET": fmt.Sprintf("Server=%s;Port=%d;Database=%s;User Id=%s;Client_Id=%s;Application Name=my app;Search Path=pg_catalog;Timezone=Asia/Kathmandu;"+
			"Options=-c work_mem=123kB -c statement_timeout=4321;Pooling=true;Maximum Pool Size=7", s.server.Host, s.server.Port, s.server.Database, id.Name, id.ClientID),
		"JDBC": fmt.Sprintf("jdbc:postgresql://%s/%s?user=%s&client_id=%s&ApplicationName=my%%20app&currentSchema=pg_catalog&prepareThreshold=3&"+
			"options=-c%%20work_mem%%3D123kB%%20-c%%20statement_timeout%%3D4321%%20-c%%20TimeZone%%3DAsia/Kathmandu", s.server.Addr(), s.server.Database, id.Name, id.ClientID),
	} {
		t.Run(name, func(t *testing.T) {
			const query = `select array[current_setting('application_name'), current_setting('search_path'), current_setting('statement_timeout'),
				current_setting('timezone'), current_setting('work_mem')]`
			want := []string{"my app", "pg_catalog", "4321ms", "Asia/Kathmandu", "123kB"}
			var got []string
			require.NoError(t, openDB(t, text, s.options()).QueryRowContext(limited(t), query).Scan(pgtype.NewMap().SQLScanner(&got)))
			assert.Equal(t, want, got)
			require.NoError(t, openPool(t, text, s.options()).QueryRow(limited(t), query).Scan(&got))
			assert.Equal(t, want, got)
		})
	}
}

func TestStatementTimeoutOfTheString(t *testing.T) {
	s := onStage(t)
	_, text := s.ready(t, "statement_timeout=20")
	_, err := openDB(t, text, s.options()).ExecContext(limited(t), "select pg_sleep(600)")
	requireState(t, err, "57014", "statement timeout")
}

// connect_timeout bounds the login at a server that is silent; the caller's context would go on for a minute.
func TestConnectTimeoutOfTheString(t *testing.T) {
	s := onStage(t)
	s.onAppService(t)
	id := s.userAssigned(t)
	front := s.frontEnd(t, id.Name)
	front.Inject(azuretest.ServerFault{Kind: azuretest.Silent})
	text := s.libpqTo(front, id.Name) + " connect_timeout=1 client_id=" + id.ClientID
	ctx := limited(t)
	db, pool := openDB(t, text, s.options()), openPool(t, text, s.options())
	fromPool := background(ctx, pool.Ping)
	requireLoginError(t, db.PingContext(ctx), "no-answer", "no answer in time")
	requireLoginError(t, postgres.Explain(<-fromPool), "no-answer", "no answer in time")
	require.NoError(t, ctx.Err())
}
