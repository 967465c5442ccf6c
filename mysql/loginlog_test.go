package mysql

import (
	"errors"
	"fmt"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/drivertest"
)

// printed keeps what the driver logs.
type printed struct{ lines []string }

func (p *printed) Print(values ...any) { p.lines = append(p.lines, fmt.Sprint(values...)) }

func TestLoginLog(t *testing.T) {
	next := new(printed)
	l := &loginLog{next: next}
	first := errors.New("first")
	l.Print("packets.go:1 ", first)
	l.Print("packets.go:2 ", errors.New("second"))
	assert.Equal(t, first, l.end())
	assert.Empty(t, next.lines)
	l.Print("connection.go:3 ", "later")
	assert.Equal(t, []string{"connection.go:3 later"}, next.lines)
	assert.NoError(t, (&loginLog{}).end())
}

// A failed login is told once, by its error.
func TestFailedLoginsAreNotLogged(t *testing.T) {
	b := engine.Bench(t, nil)
	c := b.Connector(t)
	log := new(printed)
	for _, server := range c.servers {
		server.Logger = log
	}
	for name, fault := range map[string]azuretest.ServerFault{
		"close": {Kind: azuretest.CloseAfterToken}, "half packet": {Kind: azuretest.HalfPacket}, "no TLS": {Kind: azuretest.NoTLS},
	} {
		t.Run(name, func(t *testing.T) {
			defer b.Server.Inject(fault)()
			err := drivertest.Connect(t, c)
			require.Error(t, err)
			if errors.Is(err, mysql.ErrInvalidConn) {
				assert.ErrorContains(t, err, "invalid connection: unexpected EOF")
			}
			assert.Empty(t, log.lines)
		})
	}
}
