package mysql

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/redact"
)

// loginTimeout bounds the login at each host when the caller's context does not:
// database/sql may connect on a context without a deadline. The driver's own
// timeout ends with the dialling.
const loginTimeout = 30 * time.Second

// logIn makes one attempt: the hosts in their order, until one of them answers.
func (c *Connector) logIn(ctx context.Context, l connector.Login) (driver.Conn, error) {
	var failed redact.Errors
	for _, server := range c.servers {
		conn, err := c.loginAt(ctx, server, l)
		if err == nil {
			return conn, nil
		}
		failed = append(failed, withoutSecret(server.Addr, err, l.Password))
		if ctx.Err() != nil || !unreachable(err) {
			break
		}
	}
	return nil, failed
}

// loginAt logs in to one server. The configuration is this login's own, but the
// token only enters the copy of it that the driver makes for the connection.
func (c *Connector) loginAt(ctx context.Context, server *mysql.Config, l connector.Login) (driver.Conn, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, max(loginTimeout, server.Timeout))
		defer cancel()
	}
	cfg := *server // shared with no one: the driver makes a deep copy
	cfg.TLS = nil  // set for the connection, by admit
	log := &loginLog{next: server.Logger}
	cfg.Logger = log
	var g *guard
	cfg.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := c.handle.DialContext(ctx, network, address)
		if err != nil || server.TLS == nil {
			return conn, err
		}
		g = &guard{Conn: conn}
		return g.wrapped(), nil
	}
	before := func(_ context.Context, own *mysql.Config) error { return admit(own, server.TLS, l) }
	if err := cfg.Apply(mysql.BeforeConnect(before)); err != nil {
		return nil, err
	}
	native, err := mysql.NewConnector(&cfg)
	if err != nil {
		return nil, err
	}
	conn, err := native.Connect(ctx)
	if err == nil && ctx.Err() != nil && !conn.(driver.Validator).IsValid() {
		err = ctx.Err() // which ended as the login did: the driver has closed the connection
	}
	cause := log.end()
	switch {
	case err == nil:
		return conn, nil
	case g != nil && !g.asked && advice.Is[*mysql.MySQLError](err):
		return nil, unverified{err}
	case cause != nil && ctx.Err() == nil && !advice.Is[*mysql.MySQLError](err):
		return nil, interrupted{err, cause}
	}
	return nil, err
}

// unreachable reports whether err is of the network, so that the next host is
// worth a try. A server that answered, even with a bad certificate, is not passed
// over.
func unreachable(err error) bool {
	network := advice.Is[net.Error](err) || errors.Is(err, mysql.ErrInvalidConn) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	return network && !advice.Is[tls.AlertError](err)
}
