package mysql

import (
	"context"
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

// turns lets one session at a time use the database, up to the end of its transaction: the engine's tables in memory
// know no concurrency, and a commit puts back every table that its transaction has read.
type turns struct {
	db      *memory.Database
	taken   chan struct{} // holds an element while a session has its turn
	stopped chan struct{} // closed when the server ends

	mu       sync.Mutex
	sessions map[uint32]*turn // by connection
}

// turn is one session's.
type turn struct {
	session sql.Session
	mine    bool
	points  savepoints
}

func newTurns(db *memory.Database) *turns {
	return &turns{db: db, taken: make(chan struct{}, 1), stopped: make(chan struct{}), sessions: make(map[uint32]*turn)}
}

// of is the turn of a connection.
func (t *turns) of(connection uint32) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	own, ok := t.sessions[connection]
	if !ok {
		own = new(turn)
		t.sessions[connection] = own
	}
	return own
}

// sessionBuilder notes the sessions that build makes.
func (t *turns) sessionBuilder(build server.SessionBuilder) server.SessionBuilder {
	return func(ctx context.Context, c *wire.Conn, address string) (sql.Session, error) {
		session, err := build(ctx, c, address)
		t.of(c.ConnectionID).session = session
		return session, err
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

// wrap has the engine's handler take turns.
func (t *turns) wrap(h wire.Handler) (wire.Handler, error) { return &handler{h, t}, nil }

type handler struct {
	wire.Handler
	turns *turns
}

// inTurn runs what a connection asks for.
func (h *handler) inTurn(ctx context.Context, c *wire.Conn, run func() error) error {
	own := h.turns.of(c.ConnectionID)
	if err := h.turns.take(own); err != nil {
		return err
	}
	err := withNumber(run())
	if own.session == nil {
		h.turns.leave(own)
		return err
	}
	if passErr := h.turns.pass(ctx, own); err == nil {
		err = passErr
	}
	return err
}

func (h *handler) ComInitDB(c *wire.Conn, name string) error {
	return withNumber(h.Handler.ComInitDB(c, name))
}

func (h *handler) ComQuery(ctx context.Context, c *wire.Conn, query string, send wire.ResultSpoolFn) error {
	return h.inTurn(ctx, c, func() error { return h.Handler.ComQuery(ctx, c, query, send) })
}

func (h *handler) ComMultiQuery(ctx context.Context, c *wire.Conn, query string, send wire.ResultSpoolFn) (rest string, err error) {
	err = h.inTurn(ctx, c, func() error {
		rest, err = h.Handler.ComMultiQuery(ctx, c, query, send)
		return err
	})
	return rest, err
}

func (h *handler) ComPrepare(ctx context.Context, c *wire.Conn, query string, p *wire.PrepareData) (fields []*querypb.Field, err error) {
	err = h.inTurn(ctx, c, func() error {
		fields, err = h.Handler.ComPrepare(ctx, c, query, p)
		return err
	})
	return fields, err
}

func (h *handler) ComStmtExecute(ctx context.Context, c *wire.Conn, p *wire.PrepareData, send func(*sqltypes.Result) error) error {
	return h.inTurn(ctx, c, func() error { return h.Handler.ComStmtExecute(ctx, c, p, send) })
}

func (h *handler) ComResetConnection(c *wire.Conn) error {
	h.abandon(c)
	return h.Handler.ComResetConnection(c)
}

func (h *handler) ConnectionClosed(c *wire.Conn) {
	h.abandon(c)
	h.Handler.ConnectionClosed(c)
	h.turns.mu.Lock()
	defer h.turns.mu.Unlock()
	delete(h.turns.sessions, c.ConnectionID)
}

// abandon rolls back the transaction that a client leaves open.
func (h *handler) abandon(c *wire.Conn) {
	own := h.turns.of(c.ConnectionID)
	if own.mine {
		_ = h.turns.rollBack(sql.NewContext(context.Background(), sql.WithSession(own.session)), own) // no one is there to hear of it
	}
	h.turns.leave(own)
}
