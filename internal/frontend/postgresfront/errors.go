package postgresfront

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend/tokenerr"
)

// The texts are those of PostgreSQL (libpq/auth.c, libpq/hba.c) and, for tokens,
// those that users of Azure Database for PostgreSQL report. Azure's SQLSTATEs
// for tokens are not documented; 28000 is what PostgreSQL uses for such errors.

// verify is the default of Options.Verify.
func verify(cloud *azuretest.Cloud, user, token string) error {
	claims, err := cloud.Verify(token, azuretest.OSSRDBMSAudience)
	pgErr := invalidToken()
	switch {
	case err == nil && slices.Contains(claims.Names, user):
		return nil
	case err == nil:
		return wrongRole(user)
	case errors.Is(err, tokenerr.ErrExpired):
		pgErr = TokenExpired()
	case errors.Is(err, tokenerr.ErrAudience):
		pgErr = wrongAudience()
	case errors.Is(err, tokenerr.ErrMalformed):
		pgErr = invalidFormat()
	}
	return fmt.Errorf("%w: %w", pgErr, err)
}

// TokenExpired is what a client is told of an expired token: text reported in 2026 (dbcodeio/public#1071).
func TokenExpired() *pgconn.PgError {
	return fatal("28000", "The access token has expired. Acquire a new token and try again.")
}

// wrongAudience: microsoft/azuredatastudio-postgresql#505.
func wrongAudience() *pgconn.PgError {
	return fatal("28000", `The access token does not have a valid audience claim. Please acquire a new token for the resource "`+azuretest.OSSRDBMSAudience+`".`)
}

// invalidFormat: Azure-Samples/rag-postgres-openai-python#161.
func invalidFormat() *pgconn.PgError {
	return fatal("28000", "The access token has invalid format. Please ensure the token is passed exactly as returned by the authentication endpoint and retry.")
}

// invalidToken: cyrilgdn/terraform-provider-postgresql#60.
func invalidToken() *pgconn.PgError {
	return fatal("28000", "An error occurred while validating the access token. Please acquire a new token and retry")
}

// wrongRole is Azure's text for a token that is not the role's. For the role
// of a group it continues with "(does not contain group ID ...)".
func wrongRole(user string) *pgconn.PgError {
	pgErr := fatal("28000", "Azure AD access token not valid for role "+user)
	pgErr.Hint = "Did you specify the correct user name and access token?"
	return pgErr
}

// wrongPassword is all that PostgreSQL says about unknown roles, too.
func wrongPassword(user string) *pgconn.PgError {
	return fatal("28P01", fmt.Sprintf("password authentication failed for user %q", user))
}

// noEncryption refuses a login without TLS.
func noEncryption(host, user, database string) *pgconn.PgError {
	return fatal("28000", fmt.Sprintf("no pg_hba.conf entry for host %q, user %q, database %q, no encryption", host, user, database))
}

// fatal is an error that ends a connection.
func fatal(sqlstate, message string) *pgconn.PgError {
	return &pgconn.PgError{Severity: "FATAL", SeverityUnlocalized: "FATAL", Code: sqlstate, Message: message}
}

// errorResponse is the message that tells a client about err, with this severity
// unless err has one; nil if err is not meant for a client.
func errorResponse(err error, severity string) *pgproto3.ErrorResponse {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return nil
	}
	return &pgproto3.ErrorResponse{
		Severity:            cmp.Or(e.Severity, severity),
		SeverityUnlocalized: cmp.Or(e.SeverityUnlocalized, e.Severity, severity),
		Code:                e.Code,
		Message:             e.Message,
		Detail:              e.Detail,
		Hint:                e.Hint,
		Position:            e.Position,
		InternalPosition:    e.InternalPosition,
		InternalQuery:       e.InternalQuery,
		Where:               e.Where,
		SchemaName:          e.SchemaName,
		TableName:           e.TableName,
		ColumnName:          e.ColumnName,
		DataTypeName:        e.DataTypeName,
		ConstraintName:      e.ConstraintName,
		File:                e.File,
		Line:                e.Line,
		Routine:             e.Routine,
	}
}
