package tds

import "fmt"

// Error is an error of SQL Server, or a message of its own that is not
// one (class 10 or less), as its clients get it (MS-TDS 2.2.7.10). go-mssqldb
// makes a mssql.Error of it.
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
