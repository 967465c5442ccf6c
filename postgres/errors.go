package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/redact"
)

// withoutSecret takes the password or token out of the configuration that pgx's
// error carries, and out of the message, which a server may have made of it. The
// text is that of the cause: the login error says the rest already.
func withoutSecret(err error) error {
	failed, ok := errors.AsType[*pgconn.ConnectError](err)
	if !ok {
		return err
	}
	password := failed.Config.Password
	failed.Config.Password = "" // a copy made for this attempt
	if err != error(failed) {
		return err
	}
	if !advice.Is[*pgconn.PgError](failed) {
		password = "" // no server has said anything
	}
	return redact.NewError(failed.Config.Host, failed, failed.Unwrap().Error(), password)
}
