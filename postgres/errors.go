package postgres

import (
	"errors"
	"net"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/redact"
)

// Explain returns a failed login of a [pgxpool.Pool], or with a configuration of
// [Configure], as a *[passwordless.LoginError], as [Connector.Connect] would have: it names the
// server, the database, the user, the identity where only one of this process's
// live connections can have been meant, and what to do. errors.As and errors.Is
// still find pgx's errors in it. Of an error that holds a *[passwordless.TokenError]
// it returns that. Any other error is returned as it is, and so are
// nil and an error that is explained already.
//
// Explain makes no request. It takes the token out of the configuration that pgx's
// error carries, so call it before the error is shared.
func Explain(err error) error {
	if _, ok := errors.AsType[*passwordless.LoginError](err); ok {
		return err
	}
	failed, ok := errors.AsType[*pgconn.ConnectError](err)
	if !ok {
		return err
	}
	if noToken, ok := errors.AsType[*passwordless.TokenError](err); ok {
		return noToken
	}
	c := classify(err)
	var token string
	if c.Refused && withToken(err) {
		token = connector.DescribeToken(failed.Config.Password)
	}
	return &passwordless.LoginError{Claims: token, ErrorInfo: passwordless.ErrorInfo{
		Engine:   dsn.PostgreSQL,
		Host:     net.JoinHostPort(failed.Config.Host, strconv.Itoa(int(failed.Config.Port))),
		Database: failed.Config.Database,
		User:     failed.Config.User,
		Identity: identityOf(failed.Config),
		Hint:     c.Hint,
		Anchor:   c.Anchor,
		Retry:    c.Temporary,
		Err:      withoutSecret(err),
	}}
}

// identityOf names the identity that logs in with this configuration, if the
// process's live connections leave no doubt.
func identityOf(config *pgconn.Config) string {
	var identity string
	for _, s := range passwordless.Statuses() {
		if s.Engine != dsn.PostgreSQL || s.User != config.User || !slices.Contains(s.Hosts, dsn.Host{Name: config.Host, Port: config.Port}) {
			continue
		}
		if identity != "" && identity != s.Identity {
			return ""
		}
		identity = s.Identity
	}
	return identity
}

// withoutSecret takes the password or token out of the configuration that pgx's
// error carries, and out of the message, which a server may have made of it.
func withoutSecret(err error) error {
	failed, ok := errors.AsType[*pgconn.ConnectError](err)
	if !ok {
		return err
	}
	password := failed.Config.Password
	failed.Config.Password = "" // a copy made for this attempt
	text := err.Error()
	if err == error(failed) {
		text = failed.Unwrap().Error()
	}
	return redact.NewError(failed.Config.Host, err, text, password, advice.Is[*pgconn.PgError](failed))
}
