package postgres

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
)

// raise is a session in which every statement fails with the words that a server
// says of an expired token.
func raise(_ context.Context, s *postgresfront.Session) error {
	for {
		message, err := s.Receive()
		if err != nil {
			return err
		}
		if _, ok := message.(*pgproto3.Query); ok {
			s.Send(&pgproto3.ErrorResponse{Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: "P0001", Message: "session 7: the access token has expired"},
				&pgproto3.ReadyForQuery{TxStatus: 'I'})
		}
	}
}

// What a query says is not about the login: it must not cost the pool its token.
func TestAQuerysErrorLeavesTheTokenAlone(t *testing.T) {
	b := engine.Bench(t, &postgresfront.Options{Handler: raise})
	pool := openPool(t, b, "default_query_exec_mode=simple_protocol")
	for range 3 {
		_, err := pool.Exec(t.Context(), "select app_function()")
		require.ErrorContains(t, err, "access token has expired")
		pool.Reset() // the next one logs in anew
	}
	assert.Len(t, b.Issuer.Issued(), 1)
}
