package postgresfront

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// backend is a connection to the ordinary server that has been logged in.
type backend struct {
	*pgconn.HijackedConn
	in io.Reader // what comes from the server
}

// dialBackend logs in to the ordinary server for a client.
func (c *client) dialBackend(ctx context.Context) (*backend, error) {
	config := c.server.backend.Copy()
	if c.database != "" {
		config.Database = c.database
	}
	if c.server.options.PassOn {
		config.User, config.Password = c.Entry.User, c.password
	}
	maps.Copy(config.RuntimeParams, c.Entry.Parameters)

	// While a write takes long pgx reads in the background, and may still do so
	// when the connection is handed over: only the reader that it gives its
	// Frontend has all that was and will be read.
	readers := make(map[*pgproto3.Frontend]io.Reader)
	config.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		frontend := c.server.backend.BuildFrontend(r, w)
		readers[frontend] = r
		return frontend
	}
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err == nil {
		hijacked, err := conn.Hijack()
		if err != nil {
			return nil, fmt.Errorf("azuretest: backend: %w", err)
		}
		return &backend{hijacked, readers[hijacked.Frontend]}, nil
	}
	if _, ok := errors.AsType[*pgconn.PgError](err); ok {
		return nil, fmt.Errorf("azuretest: backend: %w", err)
	}
	return nil, fmt.Errorf("%w: %w", fatal("08006", "azuretest: the ordinary server behind this front end cannot be reached"), err)
}

// whyRefused puts Azure's words for it before the error of a server that had the token checked and refused it.
func (c *client) whyRefused(err error) error {
	refusal, _ := errors.AsType[*pgconn.PgError](err)
	if refusal == nil || !strings.HasPrefix(refusal.Message, "LDAP authentication failed") {
		return err
	}
	if reason := c.Verify(c.Entry.User, c.password); isPgError(reason) {
		return fmt.Errorf("%w: azuretest: backend: %w", reason, refusal) // without the backend's address
	}
	return err
}

// splice joins the client to a backend until one of them ends the session.
func (c *client) splice(ctx context.Context, backend *backend) {
	defer backend.Conn.Close()
	forget := c.server.cancels.add(backend.PID, backend.SecretKey, func(ctx context.Context) { c.cancelBackend(ctx, backend) })
	defer forget()
	if err := c.replay(backend); err == nil {
		c.Splice(ctx, backend.Conn, backend.in)
	}
}

// replay tells the client what the backend said while logging in, and after it.
func (c *client) replay(backend *backend) error {
	c.greet(backend.ParameterStatuses, backend.PID, backend.SecretKey, backend.TxStatus)
	for backend.Frontend.ReadBufferLen() > 0 { // came together with the last message of the login
		message, err := backend.Frontend.Receive()
		if err != nil {
			return err
		}
		c.wire.backend.Send(message)
	}
	return c.wire.backend.Flush()
}

// greet queues what follows a successful login.
func (c *client) greet(parameters map[string]string, pid uint32, key []byte, status byte) {
	c.wire.backend.Send(&pgproto3.AuthenticationOk{})
	for name, value := range parameters {
		c.wire.backend.Send(&pgproto3.ParameterStatus{Name: name, Value: value})
	}
	if len(key) > 0 { // some servers cannot cancel, and give none
		c.wire.backend.Send(&pgproto3.BackendKeyData{ProcessID: pid, SecretKey: key})
	}
	c.wire.backend.Send(&pgproto3.ReadyForQuery{TxStatus: status})
}

// cancelBackend passes a request to cancel on to the backend. Like the server
// itself it reports no errors: no one would hear them.
func (c *client) cancelBackend(ctx context.Context, backend *backend) {
	copied := *backend.HijackedConn
	copied.Config = c.server.backend
	if conn, err := pgconn.Construct(&copied); err == nil {
		_ = conn.CancelRequest(ctx)
	}
}
