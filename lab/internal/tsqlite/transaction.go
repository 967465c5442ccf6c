package tsqlite

import (
	"context"
	"strings"

	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// transaction begins or ends one, or makes a savepoint. SQLite's write lock is taken at once, since two transactions that
// take it later could each wait for the other. Inner transactions are counted only.
func (s *session) transaction(verb, name string) error {
	depth, point := &s.environment.tranCount, sqlName(strings.ToLower(name)).Text
	switch {
	case verb == "begin":
		if *depth == 0 {
			if err := sqlite.Transact(s.ctx, s.sqlite, "begin immediate"); err != nil {
				return err
			}
			s.client.TransactionBegun()
		}
		*depth++
		return nil
	case *depth == 0:
		return noTransaction[verb]
	case verb == "commit" && *depth > 1:
		*depth--
		return nil
	case verb == "save":
		err := s.exec("savepoint " + point)
		s.savepoints[point] = err == nil
		return err
	case verb == "rollback" && s.savepoints[point]:
		return s.exec("rollback to " + point)
	}
	err := sqlite.Transact(s.ctx, s.sqlite, verb)
	if err == nil {
		s.ended(verb == "commit")
	}
	return err
}

// noTransaction are the errors of statements that need one.
var noTransaction = map[string]error{
	"commit":   serverError(3902, "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION."),
	"rollback": serverError(3903, "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION."),
	"save":     serverError(628, "Cannot issue SAVE TRANSACTION when there is no active transaction."),
}

// lostTransaction tells whether SQLite has rolled the transaction back by itself (see transact). SQL Server undoes a
// statement that was cancelled; it can end the transaction, too, as with XACT_ABORT, and then tells the client.
func (s *session) lostTransaction() bool {
	if s.environment.tranCount == 0 {
		return false
	}
	ctx := context.WithoutCancel(s.ctx)
	if _, err := s.sqlite.ExecContext(ctx, "begin"); err != nil {
		return false // inside a transaction
	}
	_, _ = s.sqlite.ExecContext(ctx, "rollback") // nothing has happened in it
	return true
}

func (s *session) ended(committed bool) {
	s.environment.tranCount = 0
	s.savepoints = make(map[string]bool)
	s.client.TransactionEnded(committed)
}

// atomically undoes what work has done if it fails, inside a transaction and outside.
func (s *session) atomically(work func() error) error {
	const point = `"one statement"`
	ctx := context.WithoutCancel(s.ctx)
	if _, err := s.sqlite.ExecContext(ctx, "savepoint "+point); err != nil {
		return err
	}
	err := work()
	if err != nil {
		_, _ = s.sqlite.ExecContext(ctx, "rollback to "+point) // err is what counts
	}
	if _, released := s.sqlite.ExecContext(ctx, "release "+point); err == nil {
		err = released
	}
	return err
}
