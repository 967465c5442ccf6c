package mysql

import (
	"github.com/dolthub/go-mysql-server/memory"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"
	wire "github.com/dolthub/vitess/go/mysql"
)

// savepoints are those of a transaction, which the engine's sessions in memory do not know: a savepoint puts the
// session's tables into the database, which no one else looks at meanwhile.
type savepoints struct {
	of     sql.Transaction
	before map[string]sql.Table // the database's tables before the first savepoint
	named  map[string]map[string]sql.Table
}

// undo puts the tables back that a transaction has found.
func (s *savepoints) undo(db *memory.Database, tx sql.Transaction) {
	if s.named != nil && s.of == tx {
		restore(db, s.before)
	}
	*s = savepoints{}
}

func restore(db *memory.Database, tables map[string]sql.Table) {
	for name, table := range tables {
		db.AddTable(name, table.(memory.MemTable))
	}
}

var _ sql.NodeExecBuilder = (*turns)(nil)

// Build runs the statements about savepoints, and undoes those that a ROLLBACK makes void.
func (t *turns) Build(ctx *sql.Context, n sql.Node, _ sql.Row) (sql.RowIter, error) {
	own, tx := t.of(ctx.Session.ID()), ctx.GetTransaction()
	switch n := n.(type) {
	case *plan.Rollback:
		own.points.undo(t.db, tx)
	case *plan.CreateSavepoint:
		return sql.RowsToRowIter(), t.setSavepoint(ctx, own, n.Name)
	case *plan.RollbackSavepoint:
		tables, err := own.points.find(tx, n.Name)
		if err != nil {
			return nil, err
		}
		restore(t.db, tables)
		return sql.RowsToRowIter(), own.session.(sql.TransactionSession).Rollback(ctx, tx)
	case *plan.ReleaseSavepoint:
		_, err := own.points.find(tx, n.Name)
		delete(own.points.named, n.Name)
		return sql.RowsToRowIter(), err
	}
	return nil, nil // the engine's own
}

// setSavepoint remembers the tables as they are now.
func (t *turns) setSavepoint(ctx *sql.Context, own *turn, name string) error {
	session, tx := own.session.(sql.TransactionSession), ctx.GetTransaction()
	if own.points.named == nil || own.points.of != tx {
		own.points = savepoints{of: tx, before: t.db.Tables(), named: make(map[string]map[string]sql.Table)}
	}
	if err := session.CommitTransaction(ctx, tx); err != nil {
		return err
	}
	own.points.named[name] = t.db.Tables()
	return session.Rollback(ctx, tx) // its tables are those of the database now
}

func (s *savepoints) find(tx sql.Transaction, name string) (map[string]sql.Table, error) {
	if tables, ok := s.named[name]; ok && s.of == tx {
		return tables, nil
	}
	return nil, wire.NewSQLError(1305, "42000", "SAVEPOINT %s does not exist", name)
}
