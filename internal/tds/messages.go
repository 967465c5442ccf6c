package tds

import "context"

// Request is what a client asks for: a [*Batch], a
// [*Call], a [*Transaction] or a [*BulkLoad].
type Request interface {
	// Context ends when the client cancels the request, when the session ends,
	// and when the request has been answered.
	Context() context.Context

	// Reset tells whether the session must first be made like new, as pools ask
	// for when they hand a connection out again. A transaction that is open is then
	// to be rolled back, unless the client wants to keep it. The client is told that
	// all this has been done.
	Reset() (reset, keepTransaction bool)

	common() *base
}

// base is what all requests have.
type base struct {
	ctx             context.Context
	reset           bool
	keepTransaction bool // when it is reset
}

// Context is described at [Request].
func (r *base) Context() context.Context { return r.ctx }

// Reset is described at [Request].
func (r *base) Reset() (reset, keepTransaction bool) { return r.reset, r.keepTransaction }

func (r *base) common() *base { return r }

// Batch are statements of Transact-SQL: a batch, or a call of
// sp_executesql, which is how clients send statements with parameters.
type Batch struct {
	base
	SQL        string
	Parameters []Parameter // as declared, with names

	procedure bool // sp_executesql: answered as a procedure
}

// Call is a call of a procedure.
type Call struct {
	base
	Procedure  string // as the client wrote it, such as "dbo.report"; "sp_prepare" and the like also when called by number
	Parameters []Parameter
}

// Parameter is a parameter of a statement or procedure.
type Parameter struct {
	Name   string // with its @; "": by position
	Type   Type
	Output bool // the client waits for a value: see [Session.ReturnValue]

	// Value is nil for NULL, int64, float64, bool, string for characters, xml,
	// decimals, money and uniqueidentifier ("6F9619FF-8B86-D011-B42D-00C04FC964FF"),
	// []byte, or time.Time: in UTC where the type has no zone, time on 1 January of
	// year 1.
	Value any
}

// Transaction begins or ends a transaction by a request of its own, as
// (*sql.DB).BeginTx does. BEGIN TRAN and the like in a batch are only text.
type Transaction struct {
	base
	Action    Action
	Isolation Isolation // of Begin
	Name      string    // mostly ""
}

// Action is what a [Transaction] does.
type Action uint8

// The actions. The client takes the first three as done when it is told so by
// [Session.TransactionBegun] and [sqlservertest.Session.TransactionEnded].
const (
	Begin Action = iota + 1
	Commit
	Rollback
	Save // a savepoint
)

// Isolation is the isolation level of a transaction (MS-TDS 2.2.6.9).
type Isolation uint8

// The isolation levels; the first is the session's own.
const (
	UseCurrent Isolation = iota
	ReadUncommitted
	ReadCommitted
	RepeatableRead
	Serializable
	Snapshot
)

// BulkLoad are rows for the table that the INSERT BULK batch before it
// named. Done tells the client how many were taken.
type BulkLoad struct {
	base
	Columns []Column
	Rows    [][]any // values as in [Parameter]
}

// Column describes a column of a result.
type Column struct {
	Name     string // "" for an expression without one
	Type     Type
	NotNull  bool
	Identity bool
}
