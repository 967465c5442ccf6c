package connector

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"weak"

	"github.com/azuredb/passwordless/dsn"
	"github.com/azuredb/passwordless/internal/advice"
	"github.com/azuredb/passwordless/internal/redact"
	"github.com/azuredb/passwordless/token"
)

// caches are the process's tokens: handles with equal keys share one.
var caches token.Group[key]

// sources are the process's credentials, weakly held: the handles and the caches
// hold them. Handles that share a cache share its source.
var sources = struct {
	mu  sync.Mutex
	all map[key]weak.Pointer[source]
}{all: map[key]weak.Pointer[source]{}}

// tokenOptions are those of the identity's cache: a person who signs in has more
// time, and is asked only when a connection needs the token.
func tokenOptions(id identity, o *Options) *token.Options {
	t := &token.Options{
		RequestTimeout: o.RequestTimeout,
		StartupWindow:  o.StartupWindow,
		NotReady:       notReady,
		OnDemand:       id.onDemand(),
	}
	if t.OnDemand && t.RequestTimeout == 0 {
		t.RequestTimeout = interactiveTimeout
	}
	return t
}

// sharedSource returns the live source of the key, or makes one.
func sharedSource(k key, id identity, cl cloudInfo, o *Options) (*source, error) {
	sources.mu.Lock()
	defer sources.mu.Unlock()
	if s := sources.all[k].Value(); s != nil {
		return s, nil
	}
	s, err := newSource(id, cl, o)
	if err != nil {
		return nil, err
	}
	w := weak.Make(s)
	sources.all[k] = w
	runtime.AddCleanup(s, func(k key) {
		sources.mu.Lock()
		defer sources.mu.Unlock()
		if sources.all[k] == w {
			delete(sources.all, k)
		}
	}, k)
	return s, nil
}

// observer logs the token's events and passes them on.
func (h *Handle) observer() func(token.Event) {
	log, attrs, observe := h.log, h.attrs(), h.o.Observe
	return func(e token.Event) {
		level := slog.LevelInfo
		line := append(attrs[:len(attrs):len(attrs)],
			slog.Duration("took", e.Duration), slog.Time("expires", e.ExpiresOn))
		switch e.Kind {
		case token.Failed:
			level = slog.LevelWarn
			line = append(line, slog.String("error", redact.OneLine(e.Err.Error())))
		case token.Unchanged:
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
func (h *Handle) lateWarnings(id identity) []string {
	var late []string
	for _, w := range id.warnings {
		if !slices.Contains(h.warnings, w) {
			late = append(late, w)
		}
	}
	return late
}

// user returns the database user name to log in with: the connection's, or the
// token's where the connection has none or where the developer stands in for the
// connection's identity. SQL Server takes the name from the token itself.
func (h *Handle) user(tok string, id identity) (string, error) {
	if h.config.Engine == dsn.SQLServer {
		return "", nil
	}
	if h.config.User != "" && (h.userFixed || !id.replacesUser()) {
		return h.config.User, nil
	}
	name := userFromToken(tok)
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
func (h *Handle) userNow(id identity) string {
	if last := h.lastLogin.Load(); last != nil && last.identity.kind == id.kind {
		return last.User
	}
	if !h.userFixed && id.replacesUser() {
		return "" // the token will name it
	}
	return h.config.User
}
