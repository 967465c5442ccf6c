package connector

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/identity"
	"github.com/azuredb/passwordless/internal/observe"
	"github.com/azuredb/passwordless/internal/plan"
	"github.com/azuredb/passwordless/internal/redact"
)

func (h *Handle) logOpened() {
	id := h.plan.Identity
	h.say(slog.LevelInfo, "connection found, identity chosen",
		slog.String("source", h.plan.Source),
		slog.String("identity", id.String()), slog.String("rule", id.Rule), slog.String("why", id.Why),
		slog.String("cloud", h.plan.Cloud.Name), slog.String("scope", h.plan.Cloud.Scope))
	for _, w := range h.plan.Warnings() {
		h.say(slog.LevelWarn, w)
	}
}

// logIdentity warns when the tokens are another identity's than before: a developer's sign-in in place of the
// one that was chosen, or that one again; and when there is another note about their database user.
func (h *Handle) logIdentity(id identity.Identity, note string) {
	was := passwordless.IdentityKind(h.logged.Swap(uint32(id.Kind)))
	if was == 0 {
		was = h.plan.Identity.Kind
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
	if !h.plan.Log.Enabled(context.Background(), level) {
		return
	}
	h.plan.Log.LogAttrs(context.Background(), level, text, append(attrs(h.plan), more...)...)
}

// attrs name the connection in every log line.
func attrs(p *plan.Plan) []slog.Attr {
	return []slog.Attr{
		slog.String("engine", p.Config.Engine.String()),
		slog.String("host", p.Config.Hosts[0].String()),
		slog.String("database", p.Config.Database),
	}
}

// Retired logs and counts that a connection is closed before the token that opened it expires, for drivers whose server
// checks the token again.
func (h *Handle) Retired() {
	h.say(slog.LevelDebug, "connection retired before its token expires")
	if observe.Active() {
		h.emit(context.Background(), observe.Retired, time.Now(), "", "", nil)
	}
}

// observer holds no handle: one that is dropped must be collected.
func (h *Handle) observer() func(passwordless.Event) {
	p := h.plan
	return func(e passwordless.Event) {
		level := slog.LevelInfo
		line := append(attrs(p), slog.Duration("took", e.Duration), slog.Time("expires", e.ExpiresOn))
		switch e.Kind {
		case passwordless.Failed:
			level = slog.LevelWarn
			line = append(line, slog.String("error", redact.OneLine(e.Err.Error())))
		case passwordless.Unchanged:
			level = slog.LevelDebug
		}
		p.Log.LogAttrs(context.Background(), level, "token "+e.Kind.String(), line...)
		if observe := p.Options.Observe; observe != nil {
			observe(e)
		}
	}
}
