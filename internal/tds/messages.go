package tds

import (
	"context"
	"fmt"
)

// Request is what a client asks for: a [*Batch], a [*Call], a [*Transaction] or a
// [*BulkLoad].
type Request interface {
	// Context ends when the client cancels the request, when the session ends,
	// and when the request has been answered.
	Context() context.Context

	// Reset tells whether the session must first be made like new, as pools ask for when
	// they hand a connection out again, and whether an open transaction is kept. The
	// client is told that it has been done.
	Reset() (reset, keepTransaction bool)

	common() *base
}

// base is what all requests have.
type base struct {
	ctx             context.Context
	reset           bool
	keepTransaction bool // when it is reset
}

func (r *base) Context() context.Context             { return r.ctx }
func (r *base) Reset() (reset, keepTransaction bool) { return r.reset, r.keepTransaction }
func (r *base) common() *base                        { return r }

// Batch are statements of Transact-SQL, with parameters if sp_executesql was called.
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

// Transaction begins or ends a transaction, as (*sql.DB).BeginTx does. BEGIN TRAN and
// the like in a batch are only text.
type Transaction struct {
	base
	Action    Action
	Isolation Isolation // of Begin
	Name      string    // mostly ""
}

// Action is what a [Transaction] does.
type Action uint8

// The actions. The client takes the first three as done when it is told so by
// [Session.TransactionBegun] and [Session.TransactionEnded].
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

// BulkLoad are rows for the table that the INSERT BULK batch before it named. Done
// tells the client how many were taken.
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

// Error is an error of SQL Server, or a message that is not one (class 10 or less),
// as its clients get it (MS-TDS 2.2.7.10). go-mssqldb makes a mssql.Error of it.
type Error struct {
	Number    int32  // as in sys.messages
	State     uint8  // tells apart the places that raise it
	Class     uint8  // severity; 20 and more end the connection
	Message   string // one line
	Procedure string // in which it was raised; "" outside
	Line      int32  // in the batch or procedure, from 1; 0: unknown
}

// Error is the message with its number, state and class.
func (e *Error) Error() string {
	return fmt.Sprintf("%s (error %d, state %d, class %d)", e.Message, e.Number, e.State, e.Class)
}

// NewError is an error in the first line of a statement.
func NewError(number int32, state, class uint8, message string) *Error {
	return &Error{Number: number, State: state, Class: class, Message: message, Line: 1}
}

// malformed is what the client is told about a message that cannot be read.
func malformed() *Error {
	return NewError(4002, 1, 20, "The incoming tabular data stream (TDS) protocol stream is incorrect. The stream ended unexpectedly.")
}

// tokenExpired is what Azure SQL Database answers when the token of a session has
// expired (dotnet/SqlClient#2792). 20 is the least class that ends a session.
func tokenExpired() *Error {
	return NewError(37396, 1, 20, "Query cannot be executed, access token is expired. Please login with a new access token and execute query again.")
}
