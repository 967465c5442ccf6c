package sqlserver

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"

	mssql "github.com/microsoft/go-mssqldb"
	"github.com/microsoft/go-mssqldb/msdsn"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/redact"
)

// loginTimeout bounds the login at each server when the caller's context does
// not: database/sql may connect on a context without a deadline.
const loginTimeout = 30 * time.Second

// logIn tries the servers of the connection in order: the next one only if the
// one before could not be reached or is not in service. go-mssqldb's own failover
// would verify the partner by the name of the first.
func (c *Connector) logIn(ctx context.Context, l connector.Login) (driver.Conn, error) {
	var failed redact.Errors
	for _, host := range c.hosts {
		a := &attempt{handle: c.handle, dial: c.dial, address: host.String(), strict: c.strict, caller: ctx, login: l}
		conn, err := c.loginAt(host, a)
		if err == nil {
			retires := retirement(time.Now(), a.login.ExpiresOn)
			*a = attempt{} // go-mssqldb keeps it: it must not keep the caller's context and the token with it
			return &Conn{Conn: conn, handle: c.handle, retires: retires}, nil
		}
		failed = append(failed, withoutSecret(host, err, a.login.Password))
		if ctx.Err() != nil || !c.tryElsewhere(err) {
			break
		}
	}
	return nil, failed
}

// withoutSecret is the error of a login at one server, whose message may quote
// the password or token.
func withoutSecret(host dsn.Host, err error, password dsn.Secret) *redact.Error {
	var secret string
	if len(answers(err)) > 0 {
		secret = password.Reveal()
	}
	return redact.NewError(host.String(), err, err.Error(), secret)
}

// loginAt makes one attempt at one server, and at those that it redirects to.
func (c *Connector) loginAt(host dsn.Host, a *attempt) (*mssql.Conn, error) {
	cfg, err := c.config(host, a)
	if err != nil {
		return nil, err
	}
	native, err := a.connector(cfg)
	if err != nil {
		return nil, err
	}
	native.Dialer = a
	return a.run(native, c.SessionInitSQL)
}

// config is go-mssqldb's configuration for one attempt at host. Everything in it
// that can be written to is the attempt's own: go-mssqldb sets a field of the TLS
// configuration itself, and reads it in other logins at the same time.
func (c *Connector) config(host dsn.Host, a *attempt) (msdsn.Config, error) {
	cfg := c.native
	cfg.Host, cfg.Port = host.Name, uint64(host.Port)
	tlsConfig, err := tlsFor(c.handle, host.Name)
	if err != nil {
		return msdsn.Config{}, err
	}
	switch {
	case tlsConfig == nil:
		cfg.Encryption = msdsn.EncryptionDisabled
	case c.strict:
		cfg.Encryption = msdsn.EncryptionStrict
	default:
		cfg.Encryption = msdsn.EncryptionRequired
	}
	if tlsConfig != nil {
		a.tls, a.name = tlsConfig, tlsConfig.ServerName
		tlsConfig.VerifyConnection = a.verified
	}
	// go-mssqldb keeps the name to verify when a server redirects: redirect sets it.
	cfg.TLSConfig, cfg.HostInCertificateProvided = tlsConfig, true
	if c.fixedName && !strings.Contains(a.name, "*") {
		// Azure's gateway goes by the name in the login, which through a tunnel is not
		// the one that is dialled.
		cfg.Host = a.name
	}
	if !a.login.IsToken {
		cfg.User, cfg.Password = a.login.User, a.login.Password.Reveal()
	}
	return cfg, nil
}

// tlsFor returns a new TLS configuration for the server at host; nil where a
// password login goes without TLS.
func tlsFor(h *connector.Handle, host string) (*tls.Config, error) {
	config, err := h.TLSConfig(host)
	if err != nil || config == nil {
		return nil, err
	}
	if config.InsecureSkipVerify || config.ServerName == "" {
		return nil, fmt.Errorf("sqlserver: host %s: its TLS configuration does not verify a name", host)
	}
	// SQL Server wants each TDS packet in one TLS record
	// (github.com/microsoft/go-mssqldb/issues/166). go-mssqldb sees to it only where
	// TLS comes inside TDS.
	config.DynamicRecordSizingDisabled = true
	return config, nil
}

// prepare runs batch as the first thing in the session of conn.
func prepare(ctx context.Context, conn *mssql.Conn, batch string) error {
	stmt, err := conn.PrepareContext(ctx, batch)
	if err != nil {
		return err
	}
	defer stmt.Close()
	if _, err = stmt.(driver.StmtExecContext).ExecContext(ctx, nil); err != nil {
		return fmt.Errorf("sqlserver: SessionInitSQL: %w", err)
	}
	return nil
}
