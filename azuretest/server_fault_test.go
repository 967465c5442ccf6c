package azuretest_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/azuretest"
)

// A fault that an engine's protocol does not have is a mistake in the test, which
// must not pass for want of it. The zero fault does nothing.
func TestForeignFaults(t *testing.T) {
	type faults []azuretest.ServerFault
	postgres := faults{{Kind: azuretest.AskMD5}, {Kind: azuretest.AskSCRAM}, {Kind: azuretest.Refuse, Err: &pgconn.PgError{Code: "28000"}}}
	mysql := faults{{Kind: azuretest.AskNativePassword}, {Kind: azuretest.AskCachingSHA2}, {Kind: azuretest.Refuse, Err: &azuretest.MySQLError{Number: 1045}}}
	sqlServer := faults{{Kind: azuretest.Route, Host: "localhost", Port: 1}, {Kind: azuretest.Refuse, Err: &azuretest.SQLServerError{Number: 18456}}}
	unknown := faults{{Kind: "unknown"}, {Kind: azuretest.Refuse}, {Kind: azuretest.Refuse, Err: errors.New("no")}}

	pg, my, ms := newPGBench(t, nil), newMyBench(t, nil), newSQLBench(t, nil)
	for _, row := range []struct {
		server       frontEnd
		own, foreign faults
	}{
		{pg.server, postgres, append(mysql, sqlServer...)},
		{my.server, mysql, append(postgres, sqlServer...)},
		{ms.server, sqlServer, append(postgres, mysql...)},
	} {
		for _, f := range append(row.foreign, unknown...) {
			assert.Panics(t, func() { row.server.Inject(f) }, "%+v", f)
		}
		for _, f := range append(row.own, azuretest.ServerFault{}) {
			row.server.Inject(f)()
		}
		row.server.Inject(azuretest.ServerFault{})
	}
	assert.NoError(t, pgConnect(t, pg.config(t)).Ping(t.Context()))
	assert.NoError(t, myDial(t.Context(), my.config()))
	assert.NoError(t, sqlConnect(t, byToken(t, ms.config(t, ""), ms.token)))
	for _, s := range []frontEnd{pg.server, my.server, ms.server} {
		assert.Len(t, s.Logins(), 1)
	}
}
