package mysql

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/dolthub/go-mysql-server/memory"
	"github.com/dolthub/go-mysql-server/server"
	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/plan"
	wire "github.com/dolthub/vitess/go/mysql"
	"github.com/dolthub/vitess/go/sqltypes"
	querypb "github.com/dolthub/vitess/go/vt/proto/query"
)

// turnLimit is how long a statement waits for the transactions of others.
const turnLimit = 10 * time.Second

// turns is the engine's handler, and lets one session at a time use the database, up to the end of its transaction: the
// engine's tables in memory know no concurrency, and a commit puts back every table that its transaction has read.
type turns struct {
	wire.Handler
	db      *memory.Database
	taken   chan struct{} // holds an element while a session has its turn
	stopped chan struct{} // closed when the server ends

	mu       sync.Mutex
	sessions map[uint32]*turn // by connection
	open     sync.WaitGroup   // of those that had begun when the server ended
}

// turn is one session's.
type turn struct {
	conn    net.Conn // nil if it began after the server's end
	session sql.Session
	mine    bool
	points  savepoints
}

func newTurns(db *memory.Database) *turns {
	return &turns{db: db, taken: make(chan struct{}, 1), stopped: make(chan struct{}), sessions: make(map[uint32]*turn)}
}

// wrap has the engine's handler take turns.
func (t *turns) wrap(h wire.Handler) (wire.Handler, error) {
	t.Handler = h
	return t, nil
}

// of is the turn of a connection. The administrator has none.
func (t *turns) of(connection uint32) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if own, ok := t.sessions[connection]; ok {
		return own
	}
	return new(turn)
}

// sessionBuilder notes the sessions that build makes.
func (t *turns) sessionBuilder(build server.SessionBuilder) server.SessionBuilder {
	return func(ctx context.Context, c *wire.Conn, address string) (sql.Session, error) {
		session, err := build(ctx, c, address)
		t.of(c.ConnectionID).session = session
		return session, err
	}
}

func (t *turns) NewConnection(c *wire.Conn) {
	t.mu.Lock()
	own := new(turn)
	select {
	case <-t.stopped:
		_ = c.Conn.Close() // the session does it again
	default:
		own.conn = c.Conn
		t.open.Add(1)
	}
	t.sessions[c.ConnectionID] = own
	t.mu.Unlock()
	t.Handler.NewConnection(c)
}

func (t *turns) ConnectionClosed(c *wire.Conn) {
	t.abandon(c)
	t.Handler.ConnectionClosed(c)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sessions[c.ConnectionID].conn != nil {
		t.open.Done()
	}
	delete(t.sessions, c.ConnectionID)
}

// hangUp ends the connections, which the engine does not, as if the clients had.
func (t *turns) hangUp() {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.stopped)
	for _, own := range t.sessions {
		_ = own.conn.Close()
	}
}

// take waits for the turn of a session.
func (t *turns) take(own *turn) error {
	if own.mine {
		return nil
	}
	timer := time.NewTimer(turnLimit)
	defer timer.Stop()
	select {
	case t.taken <- struct{}{}:
		own.mine = true
		return nil
	case <-timer.C:
		return wire.NewSQLError(wire.ERLockWaitTimeout, "HY000", "Lock wait timeout exceeded; try restarting transaction")
	case <-t.stopped:
		return wire.NewSQLError(wire.ERServerShutdown, "08S01", "Server shutdown in progress")
	}
}

// pass gives the turn back unless a transaction is open. What a statement that failed has left is forgotten.
func (t *turns) pass(ctx context.Context, own *turn) error {
	as := sql.NewContext(ctx, sql.WithSession(own.session))
	if tx := own.session.GetTransaction(); tx != nil {
		auto, err := plan.IsSessionAutocommit(as)
		if err != nil || own.session.GetIgnoreAutoCommit() || !auto {
			return err
		}
		if err := t.rollBack(as, own); err != nil {
			return err
		}
	}
	t.leave(own)
	return nil
}

// rollBack ends a session's transaction.
func (t *turns) rollBack(as *sql.Context, own *turn) error {
	own.points.undo(t.db, own.session.GetTransaction())
	err := own.session.(sql.TransactionSession).Rollback(as, own.session.GetTransaction())
	own.session.SetTransaction(nil)
	return err
}

func (t *turns) leave(own *turn) {
	if own.mine {
		own.mine = false
		own.points = savepoints{}
		<-t.taken
	}
}

// inTurn runs what a connection asks for.
func (t *turns) inTurn(ctx context.Context, c *wire.Conn, run func() error) error {
	own := t.of(c.ConnectionID)
	if err := t.take(own); err != nil {
		return err
	}
	err := withNumber(run())
	if own.session == nil {
		t.leave(own)
		return err
	}
	if passErr := t.pass(ctx, own); err == nil {
		err = passErr
	}
	return err
}

func (t *turns) ComInitDB(c *wire.Conn, name string) error {
	return withNumber(t.Handler.ComInitDB(c, name))
}

func (t *turns) ComQuery(ctx context.Context, c *wire.Conn, query string, send wire.ResultSpoolFn) error {
	return t.inTurn(ctx, c, func() error { return t.Handler.ComQuery(ctx, c, query, send) })
}

func (t *turns) ComMultiQuery(ctx context.Context, c *wire.Conn, query string, send wire.ResultSpoolFn) (rest string, err error) {
	err = t.inTurn(ctx, c, func() error {
		rest, err = t.Handler.ComMultiQuery(ctx, c, query, send)
		return err
	})
	return rest, err
}

func (t *turns) ComPrepare(ctx context.Context, c *wire.Conn, query string, p *wire.PrepareData) (fields []*querypb.Field, err error) {
	err = t.inTurn(ctx, c, func() error {
		fields, err = t.Handler.ComPrepare(ctx, c, query, p)
		return err
	})
	return fields, err
}

func (t *turns) ComStmtExecute(ctx context.Context, c *wire.Conn, p *wire.PrepareData, send func(*sqltypes.Result) error) error {
	return t.inTurn(ctx, c, func() error { return t.Handler.ComStmtExecute(ctx, c, p, send) })
}

func (t *turns) ComResetConnection(c *wire.Conn) error {
	t.abandon(c)
	return t.Handler.ComResetConnection(c)
}

// abandon rolls back the transaction that a client leaves open.
func (t *turns) abandon(c *wire.Conn) {
	own := t.of(c.ConnectionID)
	if own.mine {
		_ = t.rollBack(sql.NewContext(context.Background(), sql.WithSession(own.session)), own) // no one is there to hear of it
	}
	t.leave(own)
}
