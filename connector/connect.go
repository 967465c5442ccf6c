package connector

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/azuredb/passwordless/dsn"
)

// Login is what one login needs. Print it freely: the password is a
// [dsn.Secret].
type Login struct {
	User      string
	Password  dsn.Secret
	IsToken   bool      // the password is a Microsoft Entra access token
	ExpiresOn time.Time // when the token expires; zero for a password
}

// Login returns the user name and the token, or password, for one connection.
// It waits for a token request only when no usable token is held, and no longer
// than ctx allows.
func (h *Handle) Login(ctx context.Context) (Login, error) {
	a := h.account.Load()
	if a == nil {
		return h.loginWithoutToken()
	}
	tok, err := a.tokens.Token(ctx)
	if err != nil {
		return Login{}, h.tokenError(err, hintOf(err))
	}
	if held := h.held.Load(); held != nil && held.Password.Reveal() == tok.Token {
		return *held, nil
	}
	h.logAnswered()
	user, err := h.user(tok.Token)
	if err != nil {
		return Login{}, err
	}
	login := &Login{User: user, Password: dsn.NewSecret(tok.Token), IsToken: true, ExpiresOn: tok.ExpiresOn}
	h.held.Store(login)
	return *login, nil
}

// loginWithoutToken is that of a password, or the error for a service principal
// whose tenant is not known yet.
func (h *Handle) loginWithoutToken() (Login, error) {
	if h.identity.token() {
		return Login{}, h.tokenError(errNoTenant, unknownTenant)
	}
	return Login{User: h.config.User, Password: h.config.Password}, nil
}

// Connect opens one connection: it gets the login, hands it to attempt, and lets
// classify say what a failure means. A login refused because the token has expired
// is tried once more if a new token can be had; any other refusal has the token
// renewed in the background, for the next login. A failure of attempt is
// returned as a [*LoginError], unless it holds a [*TokenError], which is returned
// itself.
//
// While [Handle.NeedsTenant] is true nothing can be got ahead: attempt receives a
// Login with IsToken but without a password. It begins the login, tells
// [Handle.LearnTenant] what the server names, and calls [Handle.Login] itself.
func Connect[C any](ctx context.Context, h *Handle, attempt func(context.Context, Login) (C, error), classify func(error) Classification) (C, error) {
	var none C
	login, err := h.firstLogin(ctx)
	if err != nil {
		return none, err
	}
	conn, err := attempt(ctx, login)
	if err == nil {
		return conn, nil
	}
	if failed, ok := errors.AsType[*TokenError](err); ok {
		return none, failed
	}
	login = h.used(login)
	c := classify(err)
	h.Refused(login, c)
	if !login.noToken() && c.Refused && c.Expired {
		again, fresh, loginErr := h.loginAgain(ctx, login)
		if loginErr != nil {
			return none, h.loginError(errors.Join(err, loginErr), login, c)
		}
		if fresh {
			if conn, err = attempt(ctx, again); err == nil {
				return conn, nil
			}
			login, c = again, classify(err)
		}
	}
	return none, h.loginError(err, login, c)
}

// Refused says what a server made of a login, for drivers that cannot try one
// again; [Connect] does it itself. A token that has expired is dropped, so that
// the next Login gets a new one. Any other refusal of a token has it renewed in
// the background, at most once in 10 minutes. Refused never waits.
func (h *Handle) Refused(l Login, c Classification) {
	a := h.account.Load()
	switch {
	case a == nil || l.noToken() || !c.Refused:
	case c.Expired:
		a.tokens.Invalidate(l.Password.Reveal())
	default:
		a.tokens.Refused(l.Password.Reveal())
	}
}

// noToken reports whether no token went with the login.
func (l Login) noToken() bool { return !l.IsToken || l.Password.IsZero() }

// firstLogin is what the first attempt gets.
func (h *Handle) firstLogin(ctx context.Context) (Login, error) {
	if h.NeedsTenant() {
		return Login{IsToken: true}, nil
	}
	return h.Login(ctx)
}

// used returns the login that an attempt used, which may have got its own.
func (h *Handle) used(given Login) Login {
	if held := h.held.Load(); held != nil && given.IsToken && given.Password.IsZero() {
		return *held
	}
	return given
}

// loginAgain gets another token than the one that the server called expired.
// fresh is false when there is none: the issuer answers with the same one, or has
// been asked too often because of this server.
func (h *Handle) loginAgain(ctx context.Context, expired Login) (again Login, fresh bool, err error) {
	again, err = h.Login(ctx)
	fresh = err == nil && again.Password.Reveal() != expired.Password.Reveal()
	h.log.LogAttrs(ctx, slog.LevelWarn, "login refused: the server says the token has expired",
		append(h.attrs(), slog.Bool("retried", fresh))...)
	return again, fresh, err
}
