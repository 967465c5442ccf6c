package azuretest

import "context"

// SQLServerRequest is what a client asks for: a [*SQLServerBatch], a
// [*SQLServerCall], a [*SQLServerTransaction] or a [*SQLServerBulkLoad].
type SQLServerRequest interface {
	// Context ends when the client cancels the request, when the session ends,
	// and when the request has been answered.
	Context() context.Context

	// Reset tells whether the session must first be made like new, as pools ask
	// for when they hand a connection out again. A transaction that is open is then
	// to be rolled back, unless the client wants to keep it. The client is told that
	// all this has been done.
	Reset() (reset, keepTransaction bool)

	common() *sqlServerRequest
}

// sqlServerRequest is what all requests have.
type sqlServerRequest struct {
	ctx             context.Context
	reset           bool
	keepTransaction bool // when it is reset
}

// Context is described at [SQLServerRequest].
func (r *sqlServerRequest) Context() context.Context { return r.ctx }

// Reset is described at [SQLServerRequest].
func (r *sqlServerRequest) Reset() (reset, keepTransaction bool) { return r.reset, r.keepTransaction }

func (r *sqlServerRequest) common() *sqlServerRequest { return r }

// SQLServerBatch are statements of Transact-SQL: a batch, or a call of
// sp_executesql, which is how clients send statements with parameters.
type SQLServerBatch struct {
	sqlServerRequest
	SQL        string
	Parameters []SQLServerParameter // as declared, with names

	procedure bool // sp_executesql: answered as a procedure
}

// SQLServerCall is a call of a procedure.
type SQLServerCall struct {
	sqlServerRequest
	Procedure  string // as the client wrote it, such as "dbo.report"; "sp_prepare" and the like also when called by number
	Parameters []SQLServerParameter
}

// SQLServerParameter is a parameter of a statement or procedure.
type SQLServerParameter struct {
	Name   string // with its @; "": by position
	Type   SQLServerType
	Output bool // the client waits for a value: see [SQLServerSession.ReturnValue]

	// Value is nil for NULL, int64, float64, bool, string for characters, xml,
	// decimals, money and uniqueidentifier ("6F9619FF-8B86-D011-B42D-00C04FC964FF"),
	// []byte, or time.Time: in UTC where the type has no zone, time on 1 January of
	// year 1.
	Value any
}

// SQLServerTransaction begins or ends a transaction by a request of its own, as
// (*sql.DB).BeginTx does. BEGIN TRAN and the like in a batch are only text.
type SQLServerTransaction struct {
	sqlServerRequest
	Action    SQLServerAction
	Isolation SQLServerIsolation // of SQLServerBegin
	Name      string             // mostly ""
}

// SQLServerAction is what a [SQLServerTransaction] does.
type SQLServerAction uint8

// The actions. The client takes the first three as done when it is told so by
// [SQLServerSession.TransactionBegun] and [SQLServerSession.TransactionEnded].
const (
	SQLServerBegin SQLServerAction = iota + 1
	SQLServerCommit
	SQLServerRollback
	SQLServerSave // a savepoint
)

// SQLServerIsolation is the isolation level of a transaction (MS-TDS 2.2.6.9).
type SQLServerIsolation uint8

// The isolation levels; the first is the session's own.
const (
	SQLServerUseCurrent SQLServerIsolation = iota
	SQLServerReadUncommitted
	SQLServerReadCommitted
	SQLServerRepeatableRead
	SQLServerSerializable
	SQLServerSnapshot
)

// SQLServerBulkLoad are rows for the table that the INSERT BULK batch before it
// named. Done tells the client how many were taken.
type SQLServerBulkLoad struct {
	sqlServerRequest
	Columns []SQLServerColumn
	Rows    [][]any // values as in [SQLServerParameter]
}

// SQLServerColumn describes a column of a result.
type SQLServerColumn struct {
	Name     string // "" for an expression without one
	Type     SQLServerType
	NotNull  bool
	Identity bool
}
