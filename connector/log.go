package connector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/environ"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/internal/redact"
)

// logger returns the Options' logger, or one to stderr when PASSWORDLESS_LOG asks for it, or a silent one.
func logger(env environ.Vars, o *passwordless.Options) (*slog.Logger, error) {
	if o.Logger != nil {
		return o.Logger, nil
	}
	word, ok := env.Get(envLog)
	if !ok {
		return slog.New(slog.DiscardHandler), nil
	}
	level, ok := map[string]slog.Level{"info": slog.LevelInfo, "debug": slog.LevelDebug}[strings.ToLower(word)]
	if !ok {
		return nil, &passwordless.SetupError{Variable: envLog, Err: errors.New("unknown level: want info or debug")}
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})), nil
}

const envLog = "PASSWORDLESS_LOG"

func (h *Handle) logOpened() {
	id := h.identity
	h.say(slog.LevelInfo, "connection found, identity chosen",
		slog.String("source", h.found.Source),
		slog.String("identity", id.String()), slog.String("rule", id.Rule), slog.String("why", id.Why),
		slog.String("cloud", h.cloud.Name), slog.String("scope", h.cloud.Scope))
	for _, w := range h.warnings() {
		h.say(slog.LevelWarn, w)
	}
}

// logIdentity warns when the tokens are another identity's than before: a developer's sign-in in place of the
// one that was chosen, or that one again; and when there is another note about their database user.
func (h *Handle) logIdentity(id identity.Identity, note string) {
	was := passwordless.IdentityKind(h.logged.Swap(uint32(id.Kind)))
	if was == 0 {
		was = h.identity.Kind
	}
	if was == id.Kind {
		if last := h.lastLogin.Load(); note != "" && (last == nil || last.note != note) {
			h.say(slog.LevelWarn, note)
		}
		return
	}
	warnings := h.lateWarnings(id)
	if len(warnings) == 0 {
		warnings = []string{fmt.Sprintf("logging in as %s instead of %s", id, was)}
	}
	if note != "" {
		warnings[0] += "; " + note
	}
	for _, w := range warnings {
		h.say(slog.LevelWarn, w, slog.String("identity", id.String()), slog.String("rule", id.Rule), slog.String("why", id.Why))
	}
}

// say logs a line about the connection.
func (h *Handle) say(level slog.Level, text string, more ...slog.Attr) {
	h.log.LogAttrs(context.Background(), level, text, append(h.attrs(), more...)...)
}

// attrs name the connection in every log line.
func (h *Handle) attrs() []slog.Attr {
	return []slog.Attr{
		slog.String("engine", h.config.Engine.String()),
		slog.String("host", h.config.Hosts[0].String()),
		slog.String("database", h.config.Database),
	}
}

// Retired tells the log that a connection is closed so that it does not outlive the token that opened it, for
// drivers whose server looks at the token again.
func (h *Handle) Retired() { h.say(slog.LevelDebug, "connection retired before its token expires") }

// observer holds no handle: one that is dropped must be collected.
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
