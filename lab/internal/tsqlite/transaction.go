package tsqlite

import (
	"context"
	"strings"

	"github.com/azuredb/passwordless/lab/internal/sqlite"
)

// transaction begins or ends one.
func (s *session) transaction(verb, name string) error {
	switch verb {
	case "begin":
		return s.begin()
	case "commit":
		return s.commit()
	case "rollback":
		return s.rollback(name)
	}
	return s.save(name)
}

// begin begins a transaction, or counts one more inside it. SQLite's write lock is taken at once, since two
// transactions that take it later could each wait for the other.
func (s *session) begin() error {
	if s.environment.tranCount == 0 {
		if err := sqlite.Transact(s.ctx, s.sqlite, "begin immediate"); err != nil {
			return err
		}
		s.client.TransactionBegun()
	}
	s.environment.tranCount++
	return nil
}

// commit ends the innermost transaction; only the outermost one has an effect.
func (s *session) commit() error {
	switch s.environment.tranCount {
	case 0:
		return serverError(3902, "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.")
	case 1:
		if err := sqlite.Transact(s.ctx, s.sqlite, "commit"); err != nil {
			return err
		}
		s.ended(true)
	default:
		s.environment.tranCount--
	}
	return nil
}

// rollback ends all transactions, or undoes what was done since a savepoint.
func (s *session) rollback(name string) error {
	if s.environment.tranCount == 0 {
		return serverError(3903, "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.")
	}
	if s.savepoints[strings.ToLower(name)] {
		_, err := s.sqlite.ExecContext(s.ctx, "rollback to "+sqlName(strings.ToLower(name)).Text)
		return err
	}
	if err := sqlite.Transact(s.ctx, s.sqlite, "rollback"); err != nil {
		return err
	}
	s.ended(false)
	return nil
}

// save makes a savepoint.
func (s *session) save(name string) error {
	if s.environment.tranCount == 0 {
		return serverError(628, "Cannot issue SAVE TRANSACTION when there is no active transaction.")
	}
	name = strings.ToLower(name)
	if _, err := s.sqlite.ExecContext(s.ctx, "savepoint "+sqlName(name).Text); err != nil {
		return err
	}
	s.savepoints[name] = true
	return nil
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
