package postgres

import (
	"errors"
	"net"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/azuredb/passwordless/connector"
	"github.com/azuredb/passwordless/dsn"
)

// Explain returns a failed login of a [pgxpool.Pool] as a
// *[connector.LoginError], as [Connector.Connect] would have: it names the
// server, the database, the user, the identity where only one of this process's
// live connections can have been meant, and what to do. errors.As and errors.Is
// still find pgx's errors in it.
//
// Any other error is returned as it is, and so are nil and an error that is
// explained already. Explain asks no server. It takes the token out of the
// configuration that pgx's error carries, so call it before the error is shared.
func Explain(err error) error {
	if _, ok := errors.AsType[*connector.LoginError](err); ok {
		return err
	}
	failed, ok := errors.AsType[*pgconn.ConnectError](err)
	if !ok {
		return err
	}
	verdict := judge(err)
	var token string
	if verdict.Refused && kindOf(err) == byToken {
		token = connector.DescribeToken(failed.Config.Password)
	}
	return &connector.LoginError{
		Engine:   dsn.PostgreSQL,
		Host:     net.JoinHostPort(failed.Config.Host, strconv.Itoa(int(failed.Config.Port))),
		Database: failed.Config.Database,
		User:     failed.Config.User,
		Identity: identityOf(failed.Config),
		Claims:   token,
		Hint:     verdict.Hint,
		Anchor:   verdict.Anchor,
		Err:      withoutPassword(err),
	}
}

// identityOf names the identity that logs in with this configuration, if the
// process's live connections leave no doubt.
func identityOf(config *pgconn.Config) string {
	var identity string
	for _, s := range connector.Statuses() {
		if !connectsTo(s, config) {
			continue
		}
		if identity != "" && identity != s.Identity {
			return ""
		}
		identity = s.Identity
	}
	return identity
}

func connectsTo(s connector.Status, config *pgconn.Config) bool {
	if s.Engine != dsn.PostgreSQL || s.User != config.User {
		return false
	}
	for _, h := range s.Hosts {
		if h.Name == config.Host && h.Port == config.Port {
			return true
		}
	}
	return false
}

// brief is a pgx error with the text of its cause: the login error has said the
// rest already. A password that the server's message quotes is left out.
type brief struct {
	*pgconn.ConnectError
	password dsn.Secret
}

func (b brief) Error() string {
	text := b.ConnectError.Unwrap().Error()
	if b.password.IsZero() || !isA[*pgconn.PgError](b.ConnectError) {
		return text // no server has said anything
	}
	return strings.ReplaceAll(text, b.password.Reveal(), "***")
}

func (b brief) Unwrap() error { return b.ConnectError }
