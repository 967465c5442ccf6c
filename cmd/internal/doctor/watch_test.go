package doctor

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/cmd/internal/cli"
)

func TestWatch(t *testing.T) {
	well := Report{Engine: "postgresql", Steps: []Step{{Name: "login", State: OK}}}
	ill := Report{Engine: "postgresql", Steps: []Step{{Name: "TCP", State: Failure, Cause: "connection refused"}}}
	for name, row := range map[string]struct {
		rounds []Report
		code   int
		want   string
	}{
		"well all the time": {[]Report{well, well}, cli.OK,
			"2000-01-01T00:00:00Z postgresql all is well\n2000-01-01T00:00:05Z postgresql all is well\n"},
		"an outage": {[]Report{well, ill, well}, cli.Failed,
			"2000-01-01T00:00:00Z postgresql all is well\n2000-01-01T00:00:05Z postgresql failure at TCP: connection refused\n2000-01-01T00:00:10Z postgresql all is well\n"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // it is midnight on 2000-01-01, and pauses take no time
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				time.AfterFunc(time.Duration(len(row.rounds)-1)*5*time.Second+time.Second, cancel)
				round := 0
				var out bytes.Buffer
				err := watch(ctx, &out, 5*time.Second, func(context.Context) ([]Report, bool) {
					r := row.rounds[round]
					round++
					return []Report{r}, r.Bad() == nil
				})
				assert.Len(t, row.rounds, round)
				assert.Equal(t, row.want, out.String())
				assertCode(t, row.code, err)
			})
		})
	}
}

// A walk that the interrupt has cut off says nothing of the connection.
func TestWatchCutOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var out bytes.Buffer
	err := watch(ctx, &out, time.Hour, func(context.Context) ([]Report, bool) {
		cancel()
		return []Report{{Engine: "mysql", Steps: []Step{{Name: "DNS", State: Failure}}}}, false
	})
	assertCode(t, cli.OK, err)
	assert.Empty(t, out.String())
}

func assertCode(t *testing.T, want int, err error) {
	t.Helper()
	if want == cli.OK {
		assert.NoError(t, err)
		return
	}
	var status *cli.Status
	require.ErrorAs(t, err, &status)
	assert.Equal(t, want, status.Code)
}
