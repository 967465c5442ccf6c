package sqlserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/azuredb/passwordless/connector"
)

// attempt is one login, with the redirects that servers answer it with. It dials
// for go-mssqldb and hands it the token: go-mssqldb calls both again for each
// redirect. It is used by one goroutine; only the closing of connections comes
// from outside.
type attempt struct {
	handle  *connector.Handle
	dial    dialer
	address string // host:port of the first server
	strict  bool
	caller  context.Context // the token request's: it is not part of the time for the login

	login connector.Login // with a token, its password may be empty until the server has named the tenant

	tls     *tls.Config // go-mssqldb's for this attempt; nil without TLS
	name    string      // that the present server's certificate is verified against; empty without TLS
	secured bool        // the present connection's handshake is done, and the server is one that may have the token
	refused error       // why the login was broken off here, of which go-mssqldb keeps only a text or nothing

	dials int
	ctx   context.Context // when it ends, so does every connection of the attempt
	limit *time.Timer     // ends ctx; nil if the caller's deadline does
	armed []func() bool   // each takes one connection out of ctx's reach
}

// connector returns go-mssqldb's connector for the attempt. It is used once.
func (a *attempt) connector(cfg msdsn.Config) (*mssql.Connector, error) {
	switch {
	case !a.login.IsToken:
		return mssql.NewConnectorConfig(cfg), nil
	case a.login.Password.IsZero():
		// The workflow of the other drivers' service principals.
		return mssql.NewActiveDirectoryTokenConnector(cfg, mssql.FedAuthADALWorkflowPassword, a.tokenOfTenant)
	default:
		return mssql.NewSecurityTokenConnector(cfg, a.token)
	}
}

// run connects, within the caller's context and loginTimeout.
func (a *attempt) run(native *mssql.Connector, initSQL string) (*mssql.Conn, error) {
	ctx, cancel := context.WithCancel(a.caller)
	defer cancel()
	a.ctx = ctx
	if _, ok := ctx.Deadline(); !ok {
		a.limit = time.AfterFunc(loginTimeout, cancel)
		defer a.limit.Stop()
	}
	conn, err := connectNative(ctx, native)
	if err != nil {
		return nil, a.explain(err) // cancel closes what a panic has left open
	}
	native.SessionInitSQL = initSQL // which go-mssqldb's Connect would run without telling how it failed
	if initSQL != "" {
		err = prepare(ctx, conn.(*mssql.Conn), initSQL)
	}
	if inTime := a.disarm(); err == nil && inTime {
		return conn.(*mssql.Conn), nil
	}
	_ = conn.Close()
	return nil, a.explain(err)
}

// disarm takes the connections out of the context's reach. It reports false if
// the context has ended before, which has closed them.
func (a *attempt) disarm() bool {
	inTime := true
	for _, stop := range a.armed {
		inTime = stop() && inTime
	}
	return inTime
}

// explain returns the error of an attempt that failed with err, which is nil if
// only its time was over.
func (a *attempt) explain(err error) error {
	if a.refused != nil {
		return a.refused
	}
	if _, answered := errors.AsType[mssql.Error](err); answered {
		return err
	}
	if over := a.over(); over != nil {
		return fmt.Errorf("sqlserver: the login did not end in time: %w", over)
	}
	return withCause(err, a.name)
}

// over returns why the attempt's time is over, nil if it is not. Package net may
// notice a deadline a moment before the context does.
func (a *attempt) over() error {
	if err := a.caller.Err(); err != nil {
		return err
	}
	deadline, ok := a.caller.Deadline()
	if a.ctx.Err() != nil || ok && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return nil
}

// pause stops the clock of loginTimeout, until resume starts it anew.
func (a *attempt) pause() (resume func()) {
	if a.limit == nil {
		return func() {}
	}
	a.limit.Stop()
	return func() { a.limit.Reset(loginTimeout) }
}
