package mysql

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"sync"

	"github.com/go-sql-driver/mysql"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/redact"
	"github.com/azuredb/passwordless/internal/sqlopen"
)

// Connect logs in and returns go-sql-driver's own connection. It ends with ctx; if
// that has no deadline, the login at each host gets 30 seconds, or as long as the
// timeout parameter if that is more, besides the time of a token request. A token
// that the server calls expired is replaced, once. Errors are *[passwordless.TokenError]
// or *[passwordless.LoginError], which unwraps to the driver's *[mysql.MySQLError].
func (c *Connector) Connect(ctx context.Context) (driver.Conn, error) {
	return c.handle.Connect(ctx, connector.Driver{
		Login:    c.logIn,
		Classify: func(err error) connector.Classification { return classify(err, c.token) },
	})
}

// logIn makes one attempt: the hosts in their order, until one of them answers.
func (c *Connector) logIn(ctx context.Context, a *connector.Attempt) (driver.Conn, error) {
	l, err := a.Login(ctx)
	if err != nil {
		return nil, err
	}
	var failed redact.Errors
	for _, server := range c.servers {
		conn, err := c.loginAt(ctx, server, l)
		if err == nil {
			return conn, nil
		}
		failed = append(failed, redact.NewError(server.Addr, err, err.Error(), l.Password.Reveal(), advice.Is[*mysql.MySQLError](err)))
		if ctx.Err() != nil || !unreachable(err) {
			break
		}
	}
	return nil, failed
}

// loginAt logs in to one server.
func (c *Connector) loginAt(ctx context.Context, server *mysql.Config, l connector.Login) (driver.Conn, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, max(sqlopen.LoginTimeout, server.Timeout))
		defer cancel()
	}
	cfg := *server // shared with no one: the driver makes a deep copy
	log := &loginLog{next: server.Logger}
	cfg.Logger = log
	login, err := setLogin(&cfg, server.TLS, l)
	if err != nil {
		return nil, err
	}
	login.bounded = true
	stop := func() {}
	cfg.DialFunc = func(dialing context.Context, _, _ string) (net.Conn, error) {
		conn, err := c.handle.DialContext(dialing, server.Net, server.Addr)
		if err != nil {
			return nil, err
		}
		stop = sqlopen.CloseAfter(ctx, conn)
		return login.over(conn), nil
	}
	native, err := mysql.NewConnector(&cfg)
	if err != nil {
		return nil, err
	}
	conn, err := sqlopen.Connect(ctx, native)
	stop()
	login.bounded = false
	cause := log.end()
	if ctx.Err() != nil && wasClosed(conn, err, cause) {
		err = ctx.Err()
	}
	switch {
	case err == nil:
		return conn, nil
	case errors.Is(err, sqlopen.ErrAnswer) && login.raw != nil:
		_ = login.Close() // which the driver's panic left open
	case errors.Is(cause, sqlopen.ErrAnswer):
		return nil, cause
	case login.config != nil && !login.asked && advice.Is[*mysql.MySQLError](err):
		return nil, unverified{err}
	case cause != nil && ctx.Err() == nil && !advice.Is[*mysql.MySQLError](err):
		return nil, interrupted{err, cause}
	}
	return nil, err
}

// wasClosed reports whether the connection of a login whose context has ended was closed for that: by the driver as the
// login ended, or by [sqlopen.CloseAfter], which the driver may notice first.
func wasClosed(conn driver.Conn, err, cause error) bool {
	if err == nil {
		return !conn.(driver.Validator).IsValid()
	}
	return errors.Is(err, net.ErrClosed) || errors.Is(err, mysql.ErrInvalidConn) && errors.Is(cause, net.ErrClosed)
}

// setLogin puts one login into cfg, a configuration of one connection, and makes that connection, which alone gets a
// token. Of TLS, which that makes, cfg says nothing any more; passwords in clear text are enabled here alone, for a
// connection on TLS that verifies the server.
func setLogin(cfg *mysql.Config, config *tls.Config, l connector.Login) (*loginConn, error) {
	if config == nil && l.IsToken || config != nil && !verifies(config) {
		return nil, errNotVerified
	}
	conn := &loginConn{config: config}
	cfg.User, cfg.Passwd = l.User, l.Password.Reveal()
	cfg.TLS, cfg.TLSConfig = nil, ""
	cfg.AllowFallbackToPlaintext = false
	if cfg.AllowCleartextPasswords = config != nil; config != nil {
		cfg.Net = "unix" // for which the driver answers caching_sha2_password as it does with TLS
	}
	if l.IsToken {
		conn.token, cfg.Passwd = cfg.Passwd, placeholder
		cfg.AllowOldPasswords = false
		// A server offers a method before it knows the user, and the driver must
		// answer that one, over TLS, to be asked for the token itself.
		cfg.AllowNativePasswords = true
	}
	return conn, nil
}

// unreachable reports whether err is of the network, so that the next host is worth
// a try. A server that answered, even with a bad certificate, is not passed over.
func unreachable(err error) bool {
	network := advice.Is[net.Error](err) || errors.Is(err, mysql.ErrInvalidConn) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	return network && !advice.Is[tls.AlertError](err)
}

// loginLog is the logger of one connection. During the login it keeps the network's
// errors, which the driver logs and replaces by [mysql.ErrInvalidConn]; afterwards
// it is the driver's logger.
type loginLog struct {
	next mysql.Logger

	mu    sync.Mutex
	ended bool  // guarded by mu
	cause error // guarded by mu: the first error that was logged
}

// Print implements [mysql.Logger]. The goroutine that watches the context calls it, too.
func (l *loginLog) Print(values ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		l.next.Print(values...)
		return
	}
	for _, value := range values {
		if err, ok := value.(error); ok && l.cause == nil {
			l.cause = err
		}
	}
}

// end returns the error that was logged, if any, and lets everything pass from now on.
func (l *loginLog) end() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	return l.cause
}
