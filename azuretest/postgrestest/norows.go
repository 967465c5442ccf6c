package postgrestest

import (
	"context"
	"regexp"
	"strconv"

	"github.com/jackc/pgx/v5/pgproto3"
)

// placeholder finds $1, $2, ... in a statement, also where they are not
// placeholders; that only makes one too many.
var placeholder = regexp.MustCompile(`\$([0-9]{1,4})`)

// noRows is the handler of a server without one: every statement succeeds and
// returns nothing.
func noRows(_ context.Context, s *Session) error {
	done := &pgproto3.CommandComplete{CommandTag: []byte("SELECT 0")}
	ready := &pgproto3.ReadyForQuery{TxStatus: 'I'}
	parameters := make(map[string]int) // of the prepared statements
	for {
		message, err := s.Receive()
		if err != nil {
			return err
		}
		switch m := message.(type) {
		case *pgproto3.Query:
			s.Send(done, ready)
		case *pgproto3.Parse:
			parameters[m.Name] = parameterCount(m.Query)
			s.Send(&pgproto3.ParseComplete{})
		case *pgproto3.Describe:
			if m.ObjectType == 'S' {
				// Type 0 lets the client choose by its own value.
				s.Send(&pgproto3.ParameterDescription{ParameterOIDs: make([]uint32, parameters[m.Name])})
			}
			s.Send(&pgproto3.NoData{})
		case *pgproto3.Bind:
			s.Send(&pgproto3.BindComplete{})
		case *pgproto3.Execute:
			s.Send(done)
		case *pgproto3.Close:
			s.Send(&pgproto3.CloseComplete{})
		case *pgproto3.Sync:
			s.Send(ready)
		}
	}
}

// parameterCount is the highest number of a placeholder in a statement.
func parameterCount(query string) int {
	count := 0
	for _, match := range placeholder.FindAllStringSubmatch(query, -1) {
		n, _ := strconv.Atoi(match[1]) // digits only
		count = max(count, n)
	}
	return count
}
