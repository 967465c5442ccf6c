package connector

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/credential"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/internal/redact"
)

// observer logs the token's events and passes them on.
func (h *Handle) observer() func(passwordless.Event) {
	log, attrs, observe := h.log, h.attrs(), h.o.Observe
	return func(e passwordless.Event) {
		level := slog.LevelInfo
		line := append(attrs[:len(attrs):len(attrs)],
			slog.Duration("took", e.Duration), slog.Time("expires", e.ExpiresOn))
		switch e.Kind {
		case passwordless.Failed:
			level = slog.LevelWarn
			line = append(line, slog.String("error", redact.OneLine(e.Err.Error())))
		case passwordless.Unchanged:
			level = slog.LevelDebug
		}
		log.LogAttrs(context.Background(), level, "token "+e.Kind.String(), line...)
		if observe != nil {
			observe(e)
		}
	}
}

// lateWarnings are those of id that were not known when the handle was opened: of a
// developer's sign-in that answered in place of the identity that was chosen.
func (h *Handle) lateWarnings(id identity.Identity) []string {
	var late []string
	for _, w := range id.Warnings {
		if !slices.Contains(h.warnings, w) {
			late = append(late, w)
		}
	}
	return late
}

// user returns the database user name to log in with: the connection's, or the
// token's where the connection has none or where the developer stands in for the
// connection's identity. SQL Server takes the name from the token itself.
func (h *Handle) user(tok string, id identity.Identity) (string, error) {
	if h.config.Engine == dsn.SQLServer {
		return "", nil
	}
	if h.config.User != "" && (h.userFixed || !id.ReplacesUser()) {
		return h.config.User, nil
	}
	name := credential.UserFromToken(tok)
	if name == "" {
		return "", h.tokenError(errNoUser, noUser)
	}
	return name, nil
}

var (
	errNoUser = errors.New("connector: the connection names no database user, and neither does the token")
	noUser    = advice.Advice{Hint: "set user= in the connection string, or Options.User", Anchor: "missing-user"}
)

// userNow is the user name that the latest login of the identity id used, as far as
// it is known.
func (h *Handle) userNow(id identity.Identity) string {
	if last := h.lastLogin.Load(); last != nil && last.identity.Kind == id.Kind {
		return last.User
	}
	if !h.userFixed && id.ReplacesUser() {
		return "" // the token will name it
	}
	return h.config.User
}
