package sqlserver

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"

	mssql "github.com/microsoft/go-mssqldb"

	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// connectNative is go-mssqldb's Connect, with its panics as errors.
func connectNative(ctx context.Context, native *mssql.Connector) (driver.Conn, error) {
	conn, err := sqlopen.Connect(ctx, native)
	if stream, ok := errors.AsType[mssql.StreamError](err); ok && stream.InnerError == nil {
		return nil, sqlopen.ErrAnswer // to print such an error panics
	}
	return conn, err
}

// dialError is an error of the dialer, which may be of any type.
type dialError struct{ err error }

func (e dialError) Error() string { return e.err.Error() }
func (e dialError) Unwrap() error { return e.err }

// unreachable reports whether err is of the network, or of a server that is silent or hangs up.
func unreachable(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout() || errors.Is(err, io.EOF) ||
		advice.Is[dialError](err) || advice.Is[*net.OpError](err) || advice.Is[mssql.StreamError](err)
}
