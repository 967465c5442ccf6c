package azuretest

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// The texts are those of PostgreSQL (libpq/auth.c, libpq/hba.c) and, for tokens,
// those that users of Azure Database for PostgreSQL report. Azure's SQLSTATEs
// for tokens are not documented; 28000 is that of its kind of refusal in PostgreSQL.

// verifyPostgres is the default of PostgresOptions.Verify.
func verifyPostgres(c *Cloud) func(user, token string) error {
	return func(user, token string) error {
		claims, err := c.Verify(token, OSSRDBMSAudience)
		switch {
		case err == nil && claims.Matches(user):
			return nil
		case err == nil:
			return pgWrongRole(user)
		case errors.Is(err, ErrExpired):
			return fmt.Errorf("%w: %w", pgTokenExpired(), err)
		case errors.Is(err, ErrAudience):
			return fmt.Errorf("%w: %w", pgWrongAudience(), err)
		case errors.Is(err, ErrMalformed):
			return fmt.Errorf("%w: %w", pgInvalidFormat(), err)
		default:
			return fmt.Errorf("%w: %w", pgInvalidToken(), err)
		}
	}
}

// pgTokenExpired: text reported in 2026 (dbcodeio/public#1071).
func pgTokenExpired() *pgconn.PgError {
	return pgFatal("28000", "The access token has expired. Acquire a new token and try again.")
}

// pgWrongAudience: microsoft/azuredatastudio-postgresql#505.
func pgWrongAudience() *pgconn.PgError {
	return pgFatal("28000", `The access token does not have a valid audience claim. Please acquire a new token for the resource "`+OSSRDBMSAudience+`".`)
}

// pgInvalidFormat: Azure-Samples/rag-postgres-openai-python#161.
func pgInvalidFormat() *pgconn.PgError {
	return pgFatal("28000", "The access token has invalid format. Please ensure the token is passed exactly as returned by the authentication endpoint and retry.")
}

// pgInvalidToken: cyrilgdn/terraform-provider-postgresql#60.
func pgInvalidToken() *pgconn.PgError {
	return pgFatal("28000", "An error occurred while validating the access token. Please acquire a new token and retry")
}

// pgWrongRole is Azure's text for a token that is not the role's. For the role
// of a group it goes on with "(does not contain group ID ...)".
func pgWrongRole(user string) *pgconn.PgError {
	refusal := pgFatal("28000", "Azure AD access token not valid for role "+user)
	refusal.Hint = "Did you specify the correct user name and access token?"
	return refusal
}

// pgWrongPassword is all that PostgreSQL says about unknown roles, too.
func pgWrongPassword(user string) *pgconn.PgError {
	return pgFatal("28P01", fmt.Sprintf("password authentication failed for user %q", user))
}

// pgNoEncryption is the refusal of a login without TLS.
func pgNoEncryption(host, user, database string) *pgconn.PgError {
	return pgFatal("28000", fmt.Sprintf("no pg_hba.conf entry for host %q, user %q, database %q, no encryption", host, user, database))
}

// pgRefusal turns the error of a Verify function into one for the client.
func pgRefusal(user string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*pgconn.PgError](err); ok {
		return err
	}
	return fmt.Errorf("%w: %w", pgWrongPassword(user), err)
}

// pgFatal is an error that ends a connection.
func pgFatal(sqlstate, message string) *pgconn.PgError {
	return &pgconn.PgError{Severity: "FATAL", SeverityUnlocalized: "FATAL", Code: sqlstate, Message: message}
}

// pgErrorResponse is the message that tells a client about err; nil if err is
// not meant for it.
func pgErrorResponse(err error) *pgproto3.ErrorResponse {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return nil
	}
	return &pgproto3.ErrorResponse{
		Severity:            cmp.Or(e.Severity, "FATAL"),
		SeverityUnlocalized: cmp.Or(e.SeverityUnlocalized, "FATAL"),
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
