package sqlserver

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime"

	mssql "github.com/microsoft/go-mssqldb"
)

var errAnswer = errors.New("sqlserver: the server's answer is malformed")

// connectNative is go-mssqldb's Connect. That takes servers' answers apart without
// a look at their lengths (such as the encryption option of PRELOGIN, MS-TDS
// section 2.2.6.5), and before TLS anybody on the way can answer: its run-time
// panics become errors, so that none ends the process.
func connectNative(ctx context.Context, native *mssql.Connector) (conn driver.Conn, err error) {
	defer func() {
		switch cause := recover().(type) {
		case nil:
		case runtime.Error:
			conn, err = nil, fmt.Errorf("%w: %w", errAnswer, cause)
		default:
			panic(cause)
		}
	}()
	conn, err = native.Connect(ctx)
	if stream, ok := errors.AsType[mssql.StreamError](err); ok && stream.InnerError == nil {
		return nil, errAnswer // to print such an error panics
	}
	return conn, err
}
