package azuretest_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/azuredb/passwordless/azuretest"
)

// A fault of another engine's protocol does nothing, and neither does the zero one.
func TestForeignFaults(t *testing.T) {
	type faults []azuretest.ServerFault
	postgres := faults{azuretest.AskMD5(), azuretest.AskSCRAM(), azuretest.PostgresRefuse("28000", "no", ""), {}}
	mysql := faults{azuretest.AskNativePassword(), azuretest.AskCachingSHA2(), azuretest.MySQLRefuse(1045, "28000", "no")}
	sqlServer := faults{azuretest.Route("localhost", 1), azuretest.SQLServerRefuse(18456, 1, "no")}

	pg, my, ms := newPGBench(t, nil), newMyBench(t, nil), newSQLBench(t, nil)
	for _, f := range slices.Concat(mysql, sqlServer) {
		pg.server.Inject(f)
	}
	for _, f := range slices.Concat(postgres, sqlServer) {
		my.server.Inject(f)
	}
	for _, f := range slices.Concat(postgres, mysql) {
		ms.server.Inject(f)
	}
	assert.NoError(t, pgConnect(t, pg.config(t)).Ping(t.Context()))
	assert.NoError(t, myDial(t.Context(), my.config()))
	assert.NoError(t, sqlConnect(t, byToken(t, ms.config(t, ""), ms.token)))
	assert.Len(t, slices.Concat(pg.server.Logins(), my.server.Logins(), ms.server.Logins()), 3)
}
